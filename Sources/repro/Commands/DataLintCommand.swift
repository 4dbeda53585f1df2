// `repro data lint`: what is wrong with question files that can be read all the same.
import ArgumentParser
import AudioFeatures
import Diagnostics
import ExperimentRunner
import Foundation
import JSONText
import Questions

struct DataLintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Flaws of question files and of their clips.",
    discussion: """
      Finds answers outside the choices, duplicate choices, choices that count as right beside the answer, lists for \
      categories, letter prefixes, and clips that are empty or no sound. Exits with 1 if there is any, with 2 if a file \
      cannot be read, with 3 if one is missing. Clips are looked for beside the question file.
      """)

  @Argument(help: "Question files; none takes those of the profile.") var files: [String] = []
  @Option(help: "micro, smoke or paper.") var profile: Profile = .paper
  @Flag(help: "Print one JSON object, with every id.") var json = false
  @Flag(help: "Leave the clips alone.") var noAudio = false

  func run() throws {
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
  /// What was said of each clip that is no sound, by path.
  let complaints: [String]

  init(_ file: QuestionFile, hearing: Bool) {
    self.file = file
    let census = ClipCensus(file)
    var findings = file.findings
    var complaints: [String] = []
    if hearing, !census.present.isEmpty {
      var bad: Set<String> = []
      for path in census.present {
        do throws(Diagnostic) { _ = try Waveform.load(path: path, limitSeconds: 1) } catch {
          bad.insert(path)
          complaints.append("\(error)")
        }
      }
      let gone = Set(census.missing)
      func ids(where isFlawed: (String) -> Bool) -> [String] {
        file.questions.filter { $0.audioPath.map(isFlawed) ?? false }.map(\.id)
      }
      let missing = ids { gone.contains($0) }
      let unreadable = ids { name in !gone.contains(name) && file.clipPath(name).map { bad.contains($0) } ?? false }
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
      "sound": .array(complaints.map { .string($0) }),
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
    }
    if findings.isEmpty { lines.append("  no flaws") }
    for finding in findings {
      lines.append("  \(finding.ids.count): \(finding.kind.text)")
      lines.append("    " + finding.ids.prefix(3).joined(separator: ", ") + (finding.ids.count > 3 ? ", …" : ""))
    }
    lines += complaints.prefix(5).map { "  " + $0.replacingOccurrences(of: "\n", with: "\n  ") }
    return lines.joined(separator: "\n") + "\n"
  }
}
