// Reading `paper/<id>/`: paper.yaml, its tables and claims.yaml, all mistakes at once, each with its place.
internal import CSV
public import Diagnostics
internal import Foundation
internal import YAMLNodes

extension PublishedPaper {
  /// Reads a paper's folder; the folder's name is the paper's id.
  /// - Parameter shared: benchmarks that the paper may name beside its own.
  /// - Throws: every mistake of every file of the folder; of kind `missing` if it has no paper.yaml.
  public static func load(folder: String, shared: [Benchmark] = []) throws(Diagnostics) -> PublishedPaper {
    let mistakes = MistakeCollector()
    let id = URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent
    var reader = PaperReader(folder: folder, id: id, mistakes)
    guard let root = reader.document("paper.yaml") else { throw mistakes.found }
    reader.paper.benchmarks = shared
    reader.read(root)
    if let claims = reader.document("claims.yaml", isRequired: false) { reader.readClaims(claims) }
    try mistakes.found.throwIfAnyError()
    return reader.paper
  }
}

/// Reads one paper; what it has read so far is what the rest is checked against.
struct PaperReader {
  let folder: String
  let mistakes: MistakeCollector
  var paper: PublishedPaper
  private(set) var runs: [PublishedTable.Run] = []
  /// Tables that paper.yaml lists, also those that could not be read.
  private var tableCount = 0

  /// Bytes of a table of values.
  private static let tableLimit = 1 << 20

  init(folder: String, id: String, _ mistakes: MistakeCollector) {
    self.folder = folder
    self.mistakes = mistakes
    paper = PublishedPaper(
      id: id, title: "", authors: "", source: "", read: "", tables: [], benchmarks: [], claims: [], notes: [],
      settings: [], controls: [], report: PaperReport(tables: [], question: "", method: ""))
  }

  func path(_ name: String) -> String { folder + "/" + name }

  /// The root of a YAML file; nil, with a mistake reported, if it cannot be read.
  func document(_ name: String, isRequired: Bool = true) -> YAMLNode? {
    let file = path(name)
    guard FileManager.default.fileExists(atPath: file) || isRequired else { return nil }
    do {
      guard let root = try YAMLNode.parse(readFile(file, limit: YAMLLimits().byteCount), file: file) else {
        mistakes.report("the file is empty", at: SourceMark(file: file), path: "")
        return nil
      }
      return root
    } catch let error as Diagnostics {
      for mistake in error.list { mistakes.report(mistake) }
    } catch let error as Diagnostic {
      mistakes.report(error)
    } catch {}
    return nil
  }

  mutating func read(_ root: YAMLNode) {
    guard var top = MappingReader(root, path: "", mistakes) else { return }
    paper.title = top.requiredText("title")
    paper.authors = top.text("authors") ?? ""
    paper.source = top.requiredText("source")
    paper.read = top.text("read") ?? ""
    readBenchmarks(&top)
    readRuns(&top)
    _ = top.required("tables")
    let tables = top.list("tables")
    tableCount = tables.count
    for (index, node) in tables.enumerated() {
      guard let table = table(node, path: "tables[\(index + 1)]") else { continue }
      if paper.table(table.number) != nil {
        mistakes.report("there are two tables \(table.number)", at: node.mark, path: "tables[\(index + 1)].number")
      }
      paper.tables.append(table)
    }
    for (index, node) in top.list("settings").enumerated() { readSetting(node, path: "settings[\(index + 1)]") }
    for (index, node) in top.list("controls").enumerated() { readControl(node, path: "controls[\(index + 1)]") }
    if let node = top.node("report"), var part = MappingReader(node, path: "report", mistakes) {
      for node in part.list("tables") {
        if let number = number(of: node, "report.tables") { paper.report.tables.append(number) }
      }
      paper.report.question = part.text("question") ?? ""
      paper.report.method = part.text("method") ?? ""
      part.finish()
    }
    top.finish()
  }

  private mutating func readBenchmarks(_ top: inout MappingReader) {
    paper.benchmarks = Benchmark.list(top.entries("benchmarks"), path: "benchmarks", mistakes) + paper.benchmarks
    for benchmark in paper.benchmarks {
      guard let other = benchmark.otherRevision, paper.benchmark(other) == nil else { continue }
      mistakes.report(
        "'\(other)' is not a benchmark", at: benchmark.mark, path: benchmark.id + ".other_revision",
        hint: suggestion(for: other, among: paper.benchmarks.map(\.id)))
    }
  }

  /// Named runs, with settings of theirs alone. Those that model and training do not tell apart can only be joined by
  /// name.
  mutating func readRuns(_ top: inout MappingReader) {
    for pair in top.entries("runs") {
      guard var part = MappingReader(pair.value, path: "runs." + pair.key, mistakes) else { continue }
      let model = part.requiredText("model")
      let training = part.text("on")
      let audio = part.boolean("audio")
      let method = part.text("with")
      for own in part.entries("set") {
        let path = part.full("set")
        guard let text = own.value.text else {
          mistakes.report("\(own.value.kindName) where a value is expected, as text", at: own.value.mark, path: path)
          continue
        }
        paper.runSettings[pair.key, default: [:]][own.key] = text
      }
      if training == nil, audio != nil || method != nil {
        mistakes.report("a run that is trained says on what: 'on' is missing", at: pair.value.mark, path: part.path)
      }
      if training != nil, audio == nil {
        mistakes.report("a run that is trained says whether with audio: 'audio' is missing", at: pair.value.mark, path: part.path)
      }
      part.finish()
      runs.append(.init(model: model, training: training, trainingAudio: audio, method: method, name: pair.key))
    }
    for index in runs.indices {
      let twins = runs.filter { $0.model == runs[index].model && $0.training == runs[index].training }
        .filter { $0.trainingAudio == runs[index].trainingAudio && $0.method == runs[index].method }
      runs[index].needsName = twins.count > 1
    }
  }

  mutating func readSetting(_ node: YAMLNode, path: String) {
    guard var part = MappingReader(node, path: path, mistakes) else { return }
    let value = node.mapping?.first { $0.key == "value" }?.value
    let setting = PaperSetting(
      name: part.requiredText("name"), value: part.requiredText("value"), place: part.text("place"),
      code: part.text("code"), assumed: part.text("assumed"), note: part.text("note"),
      mark: value?.mark)
    if setting.place == nil, setting.assumed == nil {
      mistakes.report(
        "a setting needs a place in the paper, or why its value is assumed", at: node.mark, path: path,
        hint: "add place: or assumed:")
    }
    part.finish()
    paper.settings.append(setting)
  }

  private mutating func readControl(_ node: YAMLNode, path: String) {
    guard var part = MappingReader(node, path: path, mistakes) else { return }
    let number = part.required("table").flatMap { self.number(of: $0, path + ".table") }
    let column = part.requiredText("column")
    let table = number.flatMap { paper.table($0) }
    if let table, !column.isEmpty { check(column, among: table.columns.map(\.id), "column", of: table, &part, "column") }
    var models: [PaperControl.Model] = []
    for (index, node) in part.list("models").enumerated() {
      guard var model = MappingReader(node, path: path + ".models[\(index + 1)]", mistakes) else { continue }
      let base = model.requiredText("base")
      if let table, !base.isEmpty {
        check(base, among: table.rows.filter { $0.run != nil }.map(\.id), "measured row", of: table, &model, "base")
      }
      var tuned: [PaperControl.Tuning] = []
      for pair in model.entries("tuned") {
        if let table, !table.rows.isEmpty, table.row(pair.key)?.run == nil {
          mistakes.report(
            "table \(table.number) has no measured row '\(pair.key)'", at: pair.keyMark, path: model.path + ".tuned",
            hint: suggestion(for: pair.key, among: table.rows.filter { $0.run != nil }.map(\.id)))
        }
        tuned.append(.init(row: pair.key, name: pair.value.text ?? pair.key))
      }
      models.append(.init(base: base, name: model.requiredText("name"), tuned: tuned))
      model.finish()
    }
    part.finish()
    if let number { paper.controls.append(PaperControl(table: number, column: column, models: models)) }
  }

  /// Of a table whose values could not be read nothing is said twice.
  private func check(
    _ id: String, among ids: [String], _ what: String, of table: PublishedTable, _ reader: inout MappingReader,
    _ key: String
  ) {
    guard !ids.contains(id), !ids.isEmpty else { return }
    reader.report(
      "table \(table.number) has no \(what) '\(id)'", key, hint: suggestion(for: id, among: ids))
  }

  /// Whether some table could not be read, or has no number, so that nothing can be said of one that is not there.
  var isMissingTables: Bool { paper.tables.contains { $0.number == 0 } || paper.tables.count != tableCount }

  /// The number of one of the paper's tables.
  func number(of node: YAMLNode, _ path: String) -> Int? {
    guard let number = node.integer, paper.table(number) != nil else {
      if isMissingTables { return nil }
      let known = paper.tables.map { "\($0.number)" }.joined(separator: ", ")
      mistakes.report(
        "\(node.kindName) is no table of this paper", at: node.mark, path: path,
        hint: known.isEmpty ? nil : "allowed: " + known)
      return nil
    }
    return number
  }

  /// A table of values; nil, with a mistake reported, if it cannot be read.
  func values(_ name: String, _ reader: MappingReader) -> CSVText? {
    guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
      reader.report("'\(name)' is not inside the paper's folder", "values")
      return nil
    }
    do throws(Diagnostic) {
      let bytes = try readFile(path(name), limit: Self.tableLimit)
      return try CSVText(parsing: bytes, file: path(name))
    } catch { mistakes.report(error) }
    return nil
  }
}

/// The bytes of a plain file of at most `limit` bytes.
func readFile(_ path: String, limit: Int) throws(Diagnostic) -> [UInt8] {
  let mark = SourceMark(file: path)
  let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  guard let attributes = try? FileManager.default.attributesOfItem(atPath: target)
  else { throw Diagnostic("there is no such file", at: mark, kind: .missing) }
  guard attributes[.type] as? FileAttributeType == .typeRegular else { throw Diagnostic("is no plain file", at: mark) }
  let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
  guard size <= limit else { throw Diagnostic("\(size) bytes; the limit is \(limit)", at: mark) }
  guard let data = FileManager.default.contents(atPath: path) else { throw Diagnostic("cannot be read", at: mark) }
  return Array(data)
}
