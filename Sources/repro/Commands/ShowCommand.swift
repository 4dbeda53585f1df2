// `repro show`: results, a prompt, a cell, as they are.
public import ArgumentParser
import CPUBackend
import Catalogue
import Diagnostics
import Experiments
import Foundation
import JSONText
import Publications
public import Questions
import Reports
import Runner

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show results, the exact prompt of a question, or a cell of the cache.",
    subcommands: [ShowResultsCommand.self, ShowPromptCommand.self, ShowCellCommand.self])
}

struct ShowResultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "results", abstract: "The scores of a version of results, and where its report is.")

  @Argument(help: "experiment/profile/v0001, experiment/profile, experiment, or a folder.") var version: String
  @Option(help: "The folder of results.") var results = "results"
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let run = try ResultsFolder(path: results).version(version)
    if json {
      print(
        JSONValue.object([
          "results": .string(run.name), "folder": .string(run.path), "scores": run.scores.json,
          "provenance": try run.json("provenance.json") ?? .null,
        ]).indentedText, terminator: "")
      return
    }
    print("\(run.name), in \(run.path)\n")
    let width = run.scores.cells.map(\.name.count).max() ?? 0
    print(pad("", width) + "  right       accuracy  95 % interval   cell")
    for cell in run.scores.cells {
      if cell.questionCount == 0, cell.unscoredCount > 0 {
        print(pad(cell.name, width) + "  " + pad("\(cell.unscoredCount) submitted, not scored", 38) + cell.key.prefix(12))
        continue
      }
      let interval = wilsonInterval(cell.correctCount, of: cell.questionCount)
      let share = 100 * Double(cell.correctCount) / Double(max(cell.questionCount, 1))
      let range = fixed(100 * interval.low, decimals: 1) + " to " + fixed(100 * interval.high, decimals: 1)
      print(
        pad(cell.name, width) + "  " + pad("\(cell.correctCount)/\(cell.questionCount)", 12)
          + pad(fixed(share, decimals: 1) + " %", 10) + pad(range, 16) + cell.key.prefix(12))
    }
    print("\nthe report: \(run.path)/report.md")
  }
}

struct ShowPromptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prompt", abstract: "The exact prompt of a question: its words and token ids.",
    discussion: """
      The question is one of a file (--benchmark says its form) or of a set by name, such as avqa or mmau-mini, under \
      the profile's world. Prompt settings come from an experiment (--experiment, --set) or are the paper's.
      """)

  @Argument(help: "A file of questions, or the name of a set.") var source: String
  @Option(parsing: .unconditional, help: "The question's id; the first question without it.") var id: String?
  @Option(help: "The form of the file: mmau, mmar, avqa or arc; recognised without it.") var benchmark: DataForm?
  @Option(help: "qwen2-audio, qwen2.5-omni, or a checkpoint folder.") var model = "qwen2.5-omni"
  @Option(help: "The experiment whose prompt settings are taken.") var experiment: String?
  @Flag(help: "As asked without the sound.") var withoutAudio = false
  @OptionGroup var options: ExperimentOptions
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let chosen = try experiment.map { try options.experiments([$0])[0].0 }
    let sources = DataSources(
      profile: chosen?.profile ?? options.profile ?? .micro, cache: CellCache(), threads: CPUBackend.availableThreads)
    let settings = chosen?.prompt ?? PromptSettings()
    let (folder, questions, form) = try questions(sources)
    guard let question = id.map({ id in questions.first { $0.id == id } }) ?? questions.first else {
      throw Diagnostic(
        "there is no question '\(id ?? "")' in \(source)",
        hint: id.flatMap { nearest(to: $0, among: questions.map(\.id)) }.map { "did you mean '\($0)'?" })
    }
    let (name, modelFolder) = try checkpoint(sources)
    let preview = try PromptPreview(
      question, in: folder, hasAudio: !withoutAudio, settings.asking(name).asking(form), model: name,
      modelFolder: modelFolder)
    if json { print(object(preview, name).indentedText, terminator: "") } else { show(preview, name) }
  }

  private func questions(_ sources: DataSources) throws -> (folder: String, questions: [AudioQuestion], form: DataForm) {
    guard FileManager.default.fileExists(atPath: source) else { return try sources.set(named: source) }
    let file = try QuestionFile(source, form: benchmark)
    let folder = (source as NSString).deletingLastPathComponent
    return (folder.isEmpty ? "." : folder, file.questions, file.form)
  }

  /// The model's name and where its tokenizer is.
  private func checkpoint(_ sources: DataSources) throws -> (CatalogueModel, String?) {
    let catalogue = try Catalogue.standard()
    if let known = catalogue.model(model) { return (known, sources.baseFolder(known)) }
    guard FileManager.default.fileExists(atPath: model + "/config.json") else {
      throw Diagnostic(
        "'\(model)' is neither a model nor a checkpoint folder",
        hint: suggestion(for: model, among: catalogue.models.map(\.name)))
    }
    return (try catalogue.model(ofFolder: model), model)
  }

  private func show(_ preview: PromptPreview, _ model: CatalogueModel) {
    print("question \(preview.id), as \(model.name) is asked\n")
    print(preview.text)
    guard let tokens = preview.tokens, let digest = preview.digest else {
      print("\nno tokens: \(preview.reason ?? "")")
      return
    }
    print("\n\(tokens.count) tokens, \(preview.audioTokenCount) of them audio; SHA-256 \(digest)")
    var line = ""
    for token in Self.runs(tokens) {
      if line.count + token.count > 100 {
        print("  " + line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + token
    }
    if !line.isEmpty { print("  " + line) }
  }

  /// Ids, long runs of one as `151646 × 250`.
  private static func runs(_ tokens: [Int32]) -> [String] {
    var list: [(id: Int32, count: Int)] = []
    for token in tokens {
      if list.last?.id == token { list[list.count - 1].count += 1 } else { list.append((token, 1)) }
    }
    return list.flatMap { $0.count > 3 ? ["\($0.id)×\($0.count)"] : [String](repeating: "\($0.id)", count: $0.count) }
  }

  private func object(_ preview: PromptPreview, _ model: CatalogueModel) -> JSONValue {
    .object([
      "id": .string(preview.id), "model": .string(model.name), "user_text": .string(preview.userText),
      "text": .string(preview.text), "tokens": preview.tokens.map { .array($0.map { .integer(Int($0)) }) } ?? .null,
      "audio_tokens": .integer(preview.audioTokenCount), "sha256": preview.digest.map { .string($0) } ?? .null,
      "reason": preview.reason.map { .string($0) } ?? .null,
    ])
  }
}

extension DataForm: ExpressibleByArgument {}

struct ShowCellCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cell", abstract: "A cell of the cache, by the first digits of its key or by its name in the results.")

  @Argument(help: "At least four digits of a key, or a name such as qwen2-audio-avqa-s1.") var cell: String
  @Option(help: "The folder of results, where names are looked up.") var results = "results"
  @Flag(help: "Print JSON, a list with one object a cell.") var json = false

  func run() throws {
    let cache = CellCache()
    let keys = try self.keys(cache)
    var list: [JSONValue] = []
    for (key, names) in keys {
      let entry = cache.entry(key)
      let files = cache.files(key)
      let state = Self.words(cache.state(key))
      if json {
        list.append(
          .object([
            "key": .string(key), "names": .array(names.map { .string($0) }), "state": .string(state),
            "folder": .string(cache.folder(key)), "bytes": .integer(entry?.byteCount ?? 0),
            "files": .object(JSONObject(files.map { ($0.name, .integer($0.byteCount)) })),
            "seconds": entry?.seconds.map { .number($0) } ?? .null, "work": cache.work(key) ?? .null,
          ]))
        continue
      }
      print("\(key)  \(state)")
      if !names.isEmpty { print("  named     " + names.joined(separator: ", ")) }
      print("  folder    \(cache.folder(key))")
      if let seconds = entry?.seconds { print("  took      \(duration(seconds))") }
      if let memory = cache.work(key)?["peak_memory"]?.integer { print("  memory    \(bytes(memory)) at most") }
      if let heard = cache.work(key)?["waveforms"]?.string { print("  heard     waveforms \(heard.prefix(12))") }
      for file in files { print("  file      \(pad(bytes(file.byteCount), 8))\(file.name)") }
    }
    if json { print(JSONValue.array(list).indentedText, terminator: "") }
  }

  private static func words(_ state: CellCache.State) -> String {
    switch state {
    case .absent: "not in the cache"
    case .begun: "begun"
    case .done: "done"
    case .damaged(let file): "damaged: \(file) is not as it was written"
    }
  }

  /// Keys that are meant, each with the names it has in results.
  private func keys(_ cache: CellCache) throws -> [(key: String, names: [String])] {
    let named = try Referenced(results: results)
    let isKey = cell.count >= 4 && cell.allSatisfy { $0.isHexDigit && !$0.isUppercase }
    var keys = named.names.filter { $0.value.contains { $0.hasSuffix("/" + cell) } }.map(\.key)
    if isKey { keys += Set(cache.entries().map(\.key) + Array(named.names.keys)).filter { $0.hasPrefix(cell) } }
    let found = Set(keys).sorted()
    guard !found.isEmpty else {
      let all = Set(named.names.values.joined().compactMap { $0.split(separator: "/").last.map(String.init) }).sorted()
      throw Diagnostic(
        "there is no cell '\(cell)'", hint: nearest(to: cell, among: all).map { "did you mean '\($0)'?" }, kind: .missing)
    }
    return found.map { ($0, (named.names[$0] ?? []).sorted()) }
  }
}

/// The cells that the newest results of every experiment name, and those of runs that have not ended.
struct Referenced {
  /// By key, `experiment/profile/name` of each cell.
  private(set) var names: [String: [String]] = [:]

  init(results: String) throws {
    let folder = ResultsFolder(path: results)
    for run in folder.runs {
      for unfinished in UnfinishedRun.list(machine: "\(folder.path)/\(run.experiment)/\(run.profile)/machine") {
        for (name, key) in unfinished.cells { names[key, default: []].append("\(run.experiment)/\(run.profile)/\(name)") }
      }
      guard let version = folder.versions(run.experiment, run.profile).last else { continue }
      let results = try folder.version("\(run.experiment)/\(run.profile)/\(version)")
      for (name, key) in try results.json("provenance.json")?["cells"]?.object?.pairs ?? [] {
        if let key = key.string { names[key, default: []].append("\(run.experiment)/\(run.profile)/\(name)") }
      }
    }
  }
}
