// A file of questions of whichever form, with where its clips are.
public import Diagnostics
internal import Foundation
internal import JSONText

/// The forms of question files.
public enum DataForm: String, Sendable, Hashable, CaseIterable {
  case mmau, mmar, avqa, arc

  /// Recognises a form by the first row's keys.
  init?(row: JSONValue) {
    if row["multi_choice"] != nil || row["video_name"] != nil {
      self = .avqa
    } else if row["answerKey"] != nil {
      self = .arc
    } else if row["audio_id"] != nil || row["instruction"] != nil {
      self = .mmau
    } else if row["audio_path"] != nil {
      self = .mmar
    } else {
      return nil
    }
  }
}

/// A file of questions, read by its adapter.
public struct QuestionFile: Sendable {
  public let path: String
  public let form: DataForm
  public let questions: [AudioQuestion]
  public let revision: RevisionFinding
  /// The rows as they stand, for what adapters pass over; none for a table.
  let rows: [DataRow]

  let folder: DataFolder

  /// Reads a file; its clips are looked for in its folder.
  /// - Parameter form: the form it must have; nil takes the one it looks like.
  /// - Throws: everything its adapter refuses.
  public init(_ path: String, form: DataForm? = nil) throws(Diagnostics) {
    self.path = path
    let parent = (path as NSString).deletingLastPathComponent
    folder = DataFolder(parent.isEmpty ? "." : parent)
    let name = (path as NSString).lastPathComponent
    let isTable = name.hasSuffix(".csv")
    if let table = SourceTable.form(of: path) {
      throw Diagnostics([
        Diagnostic(
          "is a table of clips (\(table.rawValue)), not of questions", at: SourceMark(file: path),
          hint: "repro data check counts its clips")
      ])
    }
    if isTable, form == nil { try Self.refuseUnknownTable(path) }
    rows = isTable ? [] : try readRows(path)
    guard let form = form ?? (isTable ? .arc : rows.first.flatMap { DataForm(row: $0.json) }) else {
      throw Diagnostics([
        Diagnostic(
          rows.isEmpty ? "holds no questions" : "its first row is of no known form", at: SourceMark(file: path),
          hint: "known: " + DataForm.allCases.map(\.rawValue).joined(separator: ", "))
      ])
    }
    self.form = form
    switch form {
    case .mmau, .mmar:
      let benchmark =
        form == .mmau
        ? try Benchmark(mmau: name, in: folder, name: name) : try Benchmark(mmar: name, in: folder, name: name)
      (questions, revision) = (benchmark.questions, benchmark.revision)
    case .avqa, .arc:
      let set =
        form == .avqa
        ? try TrainingSet(avqa: name, in: folder, name: name) : try TrainingSet(arc: name, in: folder, name: name)
      (questions, revision) = (set.questions, .unknown)
    }
  }

  /// Refuses a CSV that is none of those known, by what it begins with.
  private static func refuseUnknownTable(_ path: String) throws(Diagnostics) {
    do throws(Diagnostic) {
      var rows = try CSVRows(path)
      guard let first = try rows.next() else { throw Diagnostic("is empty", at: SourceMark(file: path)) }
      if first.fields.contains("questionID") { return }
      let start = first.fields.prefix(6).joined(separator: " | ").prefix(100)
      throw Diagnostic(
        "is a table of no known set; its first row has \(first.fields.count) fields: \(start)",
        at: SourceMark(file: path, line: first.line),
        hint: "known: ARC (questionID, AnswerKey, question), VGGSound (video id, start second, label, train or test; no "
          + "header), AudioSetCaps (id, caption), with commas between fields")
    } catch { throw Diagnostics([error]) }
  }

  /// The full path of a clip; nil for a name that is refused.
  public func clipPath(_ name: String) -> String? { try? folder.file(name, of: "", in: path) }

  /// Refuses the other revision of MMAU than an experiment names; `RevisionFinding.remark` says what passes.
  public func require(_ wanted: MMAURevision) throws(Diagnostics) { try revision.require(wanted, file: path) }
}

/// Which of a file's clips are there.
public struct ClipCensus: Sendable, Hashable {
  /// Full paths of clips that are there, sorted.
  public var present: [String] = []
  /// Names of clips that are not, as the questions have them, sorted.
  public var missing: [String] = []
  /// Questions whose clip is not there.
  public var questionsWithout = 0

  public init(_ file: QuestionFile) {
    var known: [ExactText: Bool] = [:]
    for question in file.questions {
      guard let name = question.audioPath else { continue }
      let key = ExactText(name)
      if known[key] == nil {
        let path = try? file.folder.file(name, of: question.id, in: file.path)
        let isThere = path.map { FileManager.default.fileExists(atPath: $0) } ?? false
        known[key] = isThere
        if let path, isThere { present.append(path) } else { missing.append(name) }
      }
      if known[key] == false { questionsWithout += 1 }
    }
    present.sort()
    missing.sort()
  }

  public var count: Int { present.count + missing.count }
}

extension Benchmark {
  /// Refuses the other revision of MMAU than an experiment names; `RevisionFinding.remark` says what passes.
  public func require(_ wanted: MMAURevision) throws(Diagnostics) { try revision.require(wanted, file: folder) }
}

extension RevisionFinding {
  fileprivate func require(_ wanted: MMAURevision, file: String) throws(Diagnostics) {
    let fact: String
    switch self {
    case .published(let found) where found.family != wanted:
      fact = "holds the revision \(found.text), not \(wanted.name)"
    case .other(let shares) where shares[wanted.other] > shares[wanted]:
      fact = "holds a revision that was not published, nearer to \(wanted.other.rawValue) than to \(wanted.rawValue): "
        + shares.text
    default: return
    }
    throw Diagnostics([
      Diagnostic(
        fact, at: SourceMark(file: file),
        hint: "their scores cannot be set beside each other; each has a folder of its own")
    ])
  }
}
