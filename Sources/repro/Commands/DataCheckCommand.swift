// `repro data check`: whether everything a profile needs is there, clip by clip.
import ArgumentParser
import AudioFeatures
import Catalogue
import Diagnostics
import Experiments
import Foundation
import JSONText
import Questions
import Runner

struct DataCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Whether questions and clips are there and readable.",
    discussion: """
      Reads every question file with the adapter a run would use, looks for every clip, and at the head of each. \
      Exits with 2 if a question file is faulty, else with 3 if anything is missing, else with 1 if a clip is no sound, \
      too short or cut short. Clips are looked for beside the question file. What only a decoder finds, data lint does.
      """)

  @Argument(help: "Question files; none checks what the profile needs.") var files: [String] = []
  @Option(help: "micro, smoke or paper.") var profile: Profile = .paper
  @Flag(help: "Print one JSON object, with every missing clip.") var json = false
  @Option(help: "Write the SHA-256 of every question file and clip that is there.") var manifest: String?

  func run() throws {
    _ = try Catalogue.standard()
    let checks = files.isEmpty ? profileChecks : files.map { DataCheck($0) }
    let weights = files.isEmpty && profile == .paper ? WeightsNeed.all : []
    if json {
      var object = JSONObject([("root", .string(DataNeed.root)), ("sets", .array(checks.map(\.json)))])
      if !weights.isEmpty { object["weights"] = .array(weights.map(\.json)) }
      print(JSONValue.object(object).indentedText, terminator: "")
    } else {
      let pages = checks.map(\.page) + weights.map(\.checkPage)
      print(pages.isEmpty ? "the \(profile.rawValue) profile needs no data\n" : pages.joined(), terminator: "")
    }
    if let manifest {
      var digests = DataManifest()
      for check in checks { if let file = check.file, let census = check.census { try digests.add(file, census) } }
      try Data(digests.text.utf8).write(to: URL(fileURLWithPath: manifest), options: .atomic)
    }
    if checks.contains(where: { $0.status == .faulty }) { throw ExitCode(2) }
    if checks.contains(where: { $0.status == .missing }) || !weights.allSatisfy(\.isWhole) { throw ExitCode(3) }
    if checks.contains(where: { !$0.faults.isEmpty }) { throw ExitCode(1) }
  }

  private var profileChecks: [DataCheck] { profile == .paper ? DataNeed.all.map { DataCheck($0) } : [] }
}

extension WeightsNeed {
  var checkPage: String {
    var page = "\(isWhole ? "complete" : "missing"): \(repository)\n"
    if let folder { page += "  \(folder)\n" }
    page += lines.map { "  \($0)\n" }.joined()
    return page + (isWhole ? "" : "  from: \(source)\n")
  }
}

/// What was found of one set.
struct DataCheck {
  enum Status: String {
    case complete, missing, faulty
    /// All is there, and some clips cannot be heard whole.
    case unusable
  }

  let name: String
  let path: String
  let need: DataNeed?
  private(set) var file: QuestionFile?
  private(set) var census: ClipCensus?
  /// What is wrong with clips that are there, as far as their heads tell, with the ids of their questions.
  private(set) var faults: [Diagnostic] = []
  private(set) var table: SourceTable?
  private(set) var mistakes = Diagnostics()

  init(_ path: String) { self.init(name: path, path: path, need: nil) }
  init(_ need: DataNeed) { self.init(name: need.name, path: DataNeed.root + "/" + need.file, need: need) }

  private init(name: String, path: String, need: DataNeed?) {
    self.name = name
    self.path = path
    self.need = need
    do throws(Diagnostics) {
      if need == nil, let form = SourceTable.form(of: path) {
        table = try SourceTable(path, form: form)
        return
      }
      let file = try QuestionFile(path, form: need?.form)
      self.file = file
      let census = ClipCensus(file)
      self.census = census
      faults = Self.faults(of: census, file)
      if let wanted = need?.revision { try file.require(wanted) }
    } catch { mistakes = error }
  }

  private static func faults(of census: ClipCensus, _ file: QuestionFile) -> [Diagnostic] {
    let found = Waveform.faults(ofHeads: census.present)
    guard !found.isEmpty else { return [] }
    var asked: [String: [String]] = [:]
    for question in file.questions {
      guard let path = question.audioPath.flatMap(file.clipPath), found[path] != nil else { continue }
      asked[path, default: []].append(question.id)
    }
    return found.sorted { $0.key < $1.key }.map { $0.value.about(asked[$0.key] ?? []) }
  }

  /// Whether the clips of a file that was named stand in the file itself. A run needs files of them.
  private var hasClipsInside: Bool { need == nil && file.map { $0.embeddedClips > 0 } ?? false }

  var status: Status {
    if mistakes.list.contains(where: { $0.kind != .missing }) { return .faulty }
    let lacksClips =
      census?.missing.isEmpty == false && !hasClipsInside || table.map { $0.clipCount < $0.rowCount } ?? false
    return !mistakes.list.isEmpty || lacksClips ? .missing : faults.isEmpty ? .complete : .unusable
  }

  var json: JSONValue {
    func number(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    func texts(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
    var object = JSONObject()
    object["name"] = .string(name)
    object["file"] = .string(path)
    object["status"] = .string(status.rawValue)
    object["form"] = text(file?.form.rawValue ?? table?.form.rawValue)
    object["rows"] = number(table?.rowCount)
    object["training_rows"] = number(table?.trainingCount)
    object["repeated"] = texts(table?.repeated ?? [])
    object["revision"] = text(file?.revision.revision?.rawValue)
    object["revision_commit"] = text(file?.revision.commit)
    object["questions"] = number(file?.questions.count)
    object["expected_questions"] = number(need?.questionCount)
    object["clips"] = number(census?.count ?? table?.rowCount)
    object["clips_present"] = number(census?.present.count ?? table?.clipCount)
    if let file, file.embeddedClips > 0 { object["clips_inside"] = .integer(file.embeddedClips) }
    object["missing_clips"] = texts(census?.missing ?? [])
    object["unusable_clips"] = texts(faults.map(\.description))
    object["questions_without_clip"] = number(census?.questionsWithout)
    object["mistakes"] = texts(mistakes.sorted.map(\.description))
    object["source"] = text(need?.source)
    return .object(object)
  }

  var page: String {
    var lines = ["\(status.rawValue): \(name)"]
    if need != nil { lines.append("  looked for \(path)" + (file == nil && status == .missing ? ": it is not there" : "")) }
    if let file {
      var facts = counted(file.questions.count, "question")
      if let expected = need?.questionCount, expected != file.questions.count { facts += " (published: \(expected))" }
      if file.form == .mmau { facts += ", revision: \(file.revision.text)" }
      lines.append("  \(facts)")
    }
    if let table {
      let split = table.form == .vggsound ? ", \(table.trainingCount) for training" : ""
      lines.append("  \(table.form.rawValue): \(counted(table.rowCount, "clip"))\(split), \(table.clipCount) of them in audio/")
      if !table.repeated.isEmpty {
        lines.append("  \(table.repeated.count) repeated: " + table.repeated.prefix(5).joined(separator: ", "))
      }
    }
    if let census, census.count > 0 {
      lines.append("  \(census.present.count) of \(counted(census.count, "clip"))")
      if let file, let command = file.unpackCommand, !census.missing.isEmpty {
        lines.append("  \(counted(file.embeddedClips, "clip")) in the parquet file itself; this makes files of them:")
        lines.append("    \(command)")
      } else if !census.missing.isEmpty {
        let names = census.missing.prefix(5).joined(separator: ", ") + (census.missing.count > 5 ? ", …" : "")
        lines.append("  \(counted(census.questionsWithout, "question")) without a clip: \(names)")
      }
    }
    if !faults.isEmpty {
      lines.append("  \(counted(faults.count, "clip")) cannot be heard whole")
      lines += faults.prefix(20).flatMap { $0.description.split(separator: "\n").map { "  " + $0 } }
      if faults.count > 20 { lines.append("  and \(faults.count - 20) more; --json names every one") }
    }
    let worthSaying = mistakes.sorted.filter { need == nil || $0.kind != .missing }
    lines += worthSaying.flatMap { $0.description.split(separator: "\n").map { "  " + $0 } }
    if status != .complete, let need { lines.append("  from: \(need.source)") }
    return lines.joined(separator: "\n") + "\n"
  }
}
