// A table of a paper: what its columns are about, what its rows are, and the values as printed.
internal import CSV
internal import Diagnostics
internal import YAMLNodes

extension PaperReader {
  /// Nil, with mistakes reported, if the node is no table at all.
  func table(_ node: YAMLNode, path: String) -> PublishedTable? {
    guard var part = MappingReader(node, path: path, mistakes) else { return nil }
    var table = PublishedTable(number: 0, title: "", place: "", labels: [], columns: [], rows: [])
    if part.required("number") != nil { table.number = part.integer("number", in: 1...999) ?? 0 }
    table.title = part.requiredText("title")
    table.place = part.requiredText("place")
    table.experiment = part.text("experiment")
    for pair in part.entries("labels") {
      table.labels.append(.init(id: pair.key, label: pair.value.text ?? pair.key))
    }
    _ = part.required("labels")
    _ = part.required("columns")
    for pair in part.entries("columns") {
      if let column = column(pair, path: path + ".columns." + pair.key) { table.columns.append(column) }
    }
    let file = part.requiredText("values")
    var known: [RowFacts] = []
    for pair in part.entries("rows") {
      if let facts = facts(pair, path: path + ".rows." + pair.key) { known.append(facts) }
    }
    if !file.isEmpty, let csv = values(file, part) { rows(&table, csv, self.path(file), known) }
    part.finish()
    return table
  }

  private func column(_ pair: YAMLNode.Pair, path: String) -> PublishedTable.Column? {
    guard var part = MappingReader(pair.value, path: path, mistakes) else { return nil }
    let label = part.requiredText("label")
    let group = part.text("group") ?? ""
    let column = PublishedTable.Column(
      id: pair.key, label: label, group: group, benchmark: part.requiredText("benchmark"),
      category: part.text("category"), audio: part.boolean("audio") ?? true,
      name: part.text("name") ?? (group.isEmpty ? label : "\(group) \(label)"))
    part.finish()
    guard !column.benchmark.isEmpty else { return column }
    guard let benchmark = paper.benchmark(column.benchmark) else {
      part.report(
        "'\(column.benchmark)' is not a benchmark", "benchmark",
        hint: suggestion(for: column.benchmark, among: paper.benchmarks.map(\.id)))
      return column
    }
    if let category = column.category, let names = benchmark.categoryNames, !names.contains(category) {
      part.report(
        "'\(category)' is no category of \(benchmark.id)", "category", hint: suggestion(for: category, among: names))
    }
    return column
  }

  /// What paper.yaml says about a row.
  private struct RowFacts {
    var id: String
    var mark: SourceMark
    var origin: PublishedTable.Origin
    var run: PublishedTable.Run?
    var name: String?
    var source: String
  }

  /// A row with a run is the paper's own, one without is others', unless it says otherwise: a value of others may stand
  /// for what can be run here.
  private func facts(_ pair: YAMLNode.Pair, path: String) -> RowFacts? {
    guard var part = MappingReader(pair.value, path: path, mistakes) else { return nil }
    let runName = part.text("run")
    let run = runName.flatMap { name in runs.first { $0.name == name } }
    if let runName, run == nil {
      part.report(
        "'\(runName)' is no run of this paper", "run", hint: suggestion(for: runName, among: runs.compactMap(\.name)))
    }
    let origin = part.choice("origin", PublishedTable.Origin.self, "an origin") ?? (runName == nil ? .published : .measured)
    if runName != nil, origin == .human { part.report("people are no run", "origin") }
    let source = part.text("source")
    if source == nil, origin != .measured {
      part.report("a row of others needs a source", "source", hint: "add source: where the values are from")
    }
    let name = part.text("name")
    part.finish()
    return RowFacts(
      id: pair.key, mark: pair.keyMark, origin: origin, run: run, name: name, source: source ?? "this paper")
  }

  /// The rows of the values file. Every one is told about in paper.yaml, and none is told about that is not there.
  private func rows(_ table: inout PublishedTable, _ csv: CSVText, _ file: String, _ known: [RowFacts]) {
    let head = SourceMark(file: file, line: csv.headerLine)
    let needed = ["id"] + table.labels.map(\.id) + table.columns.map(\.id)
    let missing = needed.filter { !csv.header.contains($0) }
    for name in missing { mistakes.report("no column '\(name)'", at: head, path: "") }
    for name in csv.header where !needed.contains(name) && name != "section" {
      mistakes.report("unknown column '\(name)'", at: head, path: "", hint: suggestion(for: name, among: needed))
    }
    guard missing.isEmpty else { return }
    for (line, fields) in csv.rows {
      let mark = SourceMark(file: file, line: line)
      let values = Dictionary(zip(csv.header, fields), uniquingKeysWith: { first, _ in first })
      let id = values["id"] ?? ""
      guard table.row(id) == nil else {
        mistakes.report("the row '\(id)' is there twice", at: mark, path: "")
        continue
      }
      let facts = known.first { $0.id == id }
      if facts == nil {
        mistakes.report(
          "paper.yaml says nothing about the row '\(id)'", at: mark, path: "",
          hint: "add it to the table's rows: a run that measures it, or a source")
      }
      let labels = table.labels.map { values[$0.id] ?? "" }
      table.rows.append(
        PublishedTable.Row(
          id: id, section: values["section"] ?? "", labels: labels, origin: facts?.origin ?? .published,
          run: facts?.run, name: facts?.name ?? labels.filter { $0 != "-" }.joined(separator: ", "),
          source: facts?.source ?? "",
          values: table.columns.map { number(values[$0.id] ?? "", $0.id, at: mark) }))
    }
    for facts in known where table.row(facts.id) == nil {
      mistakes.report(
        "\(file) has no row '\(facts.id)'", at: facts.mark, path: "rows",
        hint: suggestion(for: facts.id, among: table.rows.map(\.id)))
    }
  }

  /// A printed percentage; nil where nothing, or a dash, stands.
  private func number(_ text: String, _ column: String, at mark: SourceMark) -> PrintedNumber? {
    guard !text.isEmpty, text != "-" else { return nil }
    guard let number = PrintedNumber(text), number.units <= 100 * number.scale else {
      mistakes.report("'\(text)' is not a percentage", at: mark, path: column)
      return nil
    }
    return number
  }
}

extension Benchmark {
  /// Benchmarks by their ids.
  static func list(_ pairs: [YAMLNode.Pair], path: String, _ mistakes: MistakeCollector) -> [Benchmark] {
    pairs.compactMap { pair in
      guard var part = MappingReader(pair.value, path: path + "." + pair.key, mistakes) else { return nil }
      var benchmark = Benchmark(id: pair.key, title: part.requiredText("title"), mark: pair.keyMark)
      if part.required("questions") != nil { benchmark.questionCount = part.integer("questions", in: 1...1_000_000) ?? 1 }
      let categories = part.entries("categories")
      if !categories.isEmpty {
        benchmark.categoryNames = categories.map(\.key)
        benchmark.categoryCounts = categories.map { $0.value.integer ?? 0 }
        let sum = benchmark.categoryCounts.filter { (1...1_000_000).contains($0) }.reduce(0, +)
        if benchmark.categoryCounts.contains(where: { $0 < 1 }) {
          part.report("every category has a number of questions", "categories")
        } else if sum != benchmark.questionCount {
          part.report("the categories add up to \(sum), not to \(benchmark.questionCount)", "categories")
        }
      }
      benchmark.chance = part.number("chance")
      if let chance = benchmark.chance, !(0...100).contains(chance) {
        part.report("\(chance) is no percentage", "chance")
      }
      benchmark.otherRevision = part.text("other_revision")
      benchmark.source = part.requiredText("source")
      part.finish()
      return benchmark
    }
  }
}
