// `repro data`: what data is needed, where it was looked for, what is wrong with it.
import ArgumentParser
import Catalogue
import Diagnostics
import Experiments
import Foundation
import JSONText
import Questions
import Runner
import SafeTensors

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "What data is needed, where it was looked for, what is wrong with it.",
    subcommands: [
      DataListCommand.self, DataCheckCommand.self, DataLintCommand.self, DataGetCommand.self, DataUnpackCommand.self,
    ])
}

/// Weights an experiment at the paper's scale needs.
struct WeightsNeed {
  let repository: String
  static var all: [WeightsNeed] {
    ((try? Catalogue.standard())?.models ?? []).map { WeightsNeed(repository: $0.weights) }
  }

  /// The folder that holds them, whole or not; nil if it is nowhere.
  let folder: String?
  /// What is missing of them, by file.
  let faults: [Diagnostic]

  init(repository: String) {
    self.repository = repository
    folder = try? CheckpointLocation.resolve(repository)
    faults = folder.map { CheckpointFiles.faults($0, name: repository, hears: true) } ?? []
  }

  var isWhole: Bool { folder != nil && faults.isEmpty }
  var state: String { folder == nil ? "missing" : faults.isEmpty ? "there" : "in part" }
  var source: String {
    "\(CheckpointLocation.download(repository)), or a folder of that name under REPRO_MODELS"
  }
  /// What is missing, a line a file, without the remedy that `source` is.
  var lines: [String] { faults.map { ($0.mark.map { $0.text + ": " } ?? "") + $0.fact } }

  var json: JSONValue {
    .object([
      "name": .string(repository), "use": "weights", "file": folder.map { .string($0) } ?? .null,
      "present": .boolean(isWhole), "faults": .array(lines.map { .string($0) }), "source": .string(source),
    ])
  }
}

struct DataListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "What each profile needs, where it belongs and how to get it.")

  @Option(help: "micro, smoke or paper.") var profile: Profile = .paper
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    if profile != .paper {
      let nothing = "the \(profile.rawValue) profile needs no data: its world and its models are in the program"
      print(json ? JSONValue.object(["profile": .string(profile.rawValue), "needs": .array([])]).indentedText : nothing + "\n", terminator: "")
      return
    }
    _ = try Catalogue.standard()
    if json { print(object.indentedText, terminator: "") } else { print(page, terminator: "") }
  }

  private func isThere(_ need: DataNeed) -> Bool {
    FileManager.default.fileExists(atPath: DataNeed.root + "/" + need.file)
  }

  /// Which revision of MMAU's test-mini is there; nil for other sets, and where it cannot be told.
  private func revision(_ need: DataNeed) -> String? {
    guard need.set.isToldApart, isThere(need) else { return nil }
    return (try? QuestionFile(DataNeed.root + "/" + need.file, form: .mmau))?.revision.text
  }

  private var object: JSONValue {
    let sets = DataNeed.all.map { need in
      JSONValue.object([
        "name": .string(need.name), "use": .string(need.use), "file": .string(DataNeed.root + "/" + need.file),
        "clips": need.clips.map { .string(DataNeed.root + "/" + $0) } ?? .null,
        "questions": need.questionCount.map { .integer($0) } ?? .null, "present": .boolean(isThere(need)),
        "source": .string(need.source), "revision": revision(need).map { .string($0) } ?? .null,
      ])
    }
    let weights = WeightsNeed.all.map(\.json)
    return .object([
      "profile": "paper", "root": .string(DataNeed.root), "needs": .array(sets), "weights": .array(weights),
    ])
  }

  private var page: String {
    var lines = ["The paper profile looks for data sets in \(DataNeed.root) (REPRO_DATA names another folder).", ""]
    for need in DataNeed.all {
      let count = need.questionCount.map { ", \(counted($0, "question"))" } ?? ""
      lines.append("\(isThere(need) ? "there  " : "missing")  \(need.name): \(need.use)\(count)")
      lines.append("         \(DataNeed.root)/\(need.file)\(need.clips.map { "; clips in " + DataNeed.root + "/" + $0 } ?? "")")
      if let revision = revision(need) { lines.append("         revision: \(revision)") }
      lines.append("         from: \(need.source)")
    }
    lines += ["", "`repro data get SET` fetches the question files that stand at a public address.", ""]
    for need in WeightsNeed.all {
      lines.append("\(pad(need.state, 7))  \(need.repository): weights")
      if let folder = need.folder { lines.append("         \(folder)") }
      lines += need.lines.map { "         " + $0 }
      lines.append("         from: \(need.source)")
    }
    lines += [
      "", "Parquet is read as it is (repro data check FILE.parquet). Of clips that stand in it, this makes files, and JSON lines",
      "beside them; the file is then to be given the name above:", "  repro data unpack FILE.parquet --output FOLDER",
    ]
    return lines.joined(separator: "\n") + "\n"
  }
}
