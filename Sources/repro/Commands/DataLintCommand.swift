// `repro data lint`: what is wrong with question files that can be read all the same.
import ArgumentParser
import Catalogue
import Diagnostics
import Experiments
import Foundation
import JSONText
import Questions
import Runner

struct DataLintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Flaws of question files and of their clips.",
    discussion: """
      Finds answers outside the choices, duplicate choices, choices that count as right beside the answer, lists for \
      categories, letter prefixes, and clips that cannot be heard whole: no sound, empty, too short for one audio \
      token, cut short, damaged, or followed by another. Every clip is decoded once, as before a run, and remembered. \
      Exits with 1 if there is any flaw, with 2 if a file cannot be read, with 3 if one is missing. Clips are looked \
      for beside the question file.
      """)

  @Argument(help: "Question files; none takes those of the profile.") var files: [String] = []
  @Option(help: "micro, smoke or paper.") var profile: Profile = .paper
  @Flag(help: "Print one JSON object, with every id.") var json = false
  @Flag(help: "Leave the clips alone.") var noAudio = false

  func run() throws {
    _ = try Catalogue.standard()
    var reports: [LintReport] = []
    var mistakes = Diagnostics()
    let needs = profile == .paper ? DataNeed.all : []
    let asked = files.isEmpty ? needs.map { (DataNeed.root + "/" + $0.file, Optional($0)) } : files.map { ($0, nil) }
    for (path, need) in asked {
      do throws(Diagnostics) {
        reports.append(LintReport(try QuestionFile(path, form: need?.form), hearing: !noAudio))
      } catch {
        for var mistake in error.list {
          if need != nil, mistake.kind == .missing { mistake.hint = "repro data list says where it comes from" }
          mistakes.report(mistake)
        }
      }
    }
    if json {
      print(JSONValue.object(["files": .array(reports.map(\.json))]).indentedText, terminator: "")
    } else {
      print(reports.map(\.page).joined(), terminator: "")
    }
    fflush(nil)
    try mistakes.throwIfAnyError()
    if reports.contains(where: { !$0.findings.isEmpty }) { throw ExitCode(1) }
  }
}

/// The flaws of one file.
struct LintReport {
  let file: QuestionFile
  let census: ClipCensus
  let findings: [LintFinding]
  /// What is wrong with each clip that cannot be heard whole, with the ids of its questions; sorted by path.
  let complaints: [Diagnostic]

  init(_ file: QuestionFile, hearing: Bool) {
    self.file = file
    let census = ClipCensus(file)
    var findings = file.findings
    var complaints: [Diagnostic] = []
    if hearing, !census.present.isEmpty {
      let reading = ReadingWitness()
      let inspection = ClipInspection(cache: CellCache(), threads: ProcessInfo.processInfo.activeProcessorCount) {
        if $0 % 100 == 0 { reading.show("listening to the clips of \(file.path)", $0, of: $1) }
      }
      let faults = inspection.faults(of: census.present)
      let gone = Set(census.missing.map { ExactText($0) })
      var (missing, unreadable, asked) = ([String](), [String](), [String: [String]]())
      for question in file.questions {
        guard let name = question.audioPath else { continue }
        if gone.contains(ExactText(name)) { missing.append(question.id) }
        guard let path = file.clipPath(name), faults[path] != nil else { continue }
        unreadable.append(question.id)
        asked[path, default: []].append(question.id)
      }
      complaints = faults.sorted { $0.key < $1.key }.map { $0.value.about(asked[$0.key] ?? []) }
      if !missing.isEmpty { findings.append(LintFinding(.missing_clip, missing)) }
      if !unreadable.isEmpty { findings.append(LintFinding(.unreadable_clip, unreadable)) }
    }
    self.census = census
    self.findings = findings
    self.complaints = complaints
  }

  var json: JSONValue {
    .object([
      "file": .string(file.path), "form": .string(file.form.rawValue), "questions": .integer(file.questions.count),
      "revision": file.revision.revision.map { .string($0.rawValue) } ?? .null,
      "revision_commit": file.revision.commit.map { .string($0) } ?? .null,
      "choice_counts": .object(
        JSONObject(file.choiceCounts.map { ("\($0.choices)", .integer($0.questions)) })),
      "answers_withheld": .integer(file.withheldCount), "clips": .integer(census.count),
      "clips_present": .integer(census.present.count),
      "findings": .array(
        findings.map { finding in
          .object([
            "kind": .string(finding.kind.rawValue), "count": .integer(finding.ids.count),
            "ids": .array(finding.ids.map { .string($0) }),
          ])
        }),
      "sound": .array(complaints.map { .string("\($0)") }),
    ])
  }

  var page: String {
    var lines = ["\(file.path): \(file.form.rawValue), \(counted(file.questions.count, "question"))"]
    if file.form == .mmau { lines.append("  revision: \(file.revision.text)") }
    let counts = file.choiceCounts.map { "\($0.questions) with \($0.choices)" }.joined(separator: ", ")
    lines.append("  choices: \(counts)")
    if file.withheldCount > 0 { lines.append("  \(file.withheldCount) answers withheld") }
    if census.count > 0, census.present.isEmpty {
      lines.append("  none of its \(counted(census.count, "clip")) is there, so none was looked at")
      if let command = file.unpackCommand {
        lines.append("  \(counted(file.embeddedClips, "clip")) in the parquet file itself; this makes files of them:")
        lines.append("    \(command)")
      }
    }
    if findings.isEmpty { lines.append("  no flaws") }
    for finding in findings {
      lines.append("  \(finding.ids.count): \(finding.kind.text)")
      lines.append("    " + finding.ids.prefix(3).joined(separator: ", ") + (finding.ids.count > 3 ? ", …" : ""))
    }
    lines += complaints.prefix(20).map { "  " + "\($0)".replacingOccurrences(of: "\n", with: "\n  ") }
    if complaints.count > 20 { lines.append("  and \(complaints.count - 20) more clips; --json names every one") }
    return lines.joined(separator: "\n") + "\n"
  }
}
