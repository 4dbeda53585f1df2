// `repro verify`: what was measured against what was published, cell by cell and claim by claim.
import ArgumentParser
import Diagnostics
import Experiments
import Foundation
import JSONText
import Publications
import Reports
import Runner

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Hold the results against the published numbers and claims.",
    discussion: """
      Every published cell is reproduced, within interval, differing, impossible, not measured or not comparable; \
      every claim holds, is contradicted, is not seen (smaller than a bound) or undecided, by the rules of \
      Documentation/verdicts.md. Results at another scale than the paper's bear on claims only. Exits with 1 if a cell \
      differs or a claim is contradicted. With --rerun everything is computed again from nothing instead, and every \
      byte compared; exits with 1 if one differs.

      With --row and --predictions one published number is held against a file of predictions made anywhere: whether \
      the file bears it out, by which scorer, which category moved, and whether the number is outside what the file \
      can give. Documentation/predictions.md has the forms that are read and the rules. Exits with 1 if it differs.
      """)

  @Argument(help: "Experiments, such as table4.yaml (default: all that have results).")
  var files: [String] = []
  @Option(help: "The folder of results.")
  var results = "results"
  @Option(help: "Only tables of this paper, by the name of its folder.")
  var paper: String?
  @Option(help: "Only this profile (default: all but smoke).")
  var profile: String?
  @Option(
    help: ArgumentHelp(
      "A file of scores from a benchmark's server, to be judged with the results (see repro tables --help).",
      valueName: "file"))
  var scores: String?
  @Option(help: "A row of a published table, as it is printed there, to hold --predictions against.")
  var row: String?
  @Option(help: ArgumentHelp("Predictions made anywhere, in any of the forms of repro score.", valueName: "file"))
  var predictions: String?
  @Option(help: "With --row: the number of the table, where the row stands in several.")
  var table: Int?
  @Option(help: "With --row: the column with the average, where the row has several.")
  var column: String?
  @Option(help: "With --row: the benchmark's question file, where the predictions do not hold the questions.")
  var questions: String?
  @Flag(help: "Print JSON, a list with one object a profile; with --row one object.")
  var json = false
  @Flag(help: "Print every part of every claim's evidence, not only the part that decides it.")
  var evidence = false
  @Flag(help: "Compute everything again, from nothing, and compare bytes.")
  var rerun = false
  @OptionGroup var engine: EngineOptions

  func validate() throws { try validateRow() }

  func run() throws {
    if let request = try rowRequest() { return try verify(request) }
    if rerun { return try runAgain() }
    let shelf = try Papers.shelf()
    var papers = PapersInUse(shelf)
    var runs = try ResultsFolder(path: results).newest(
      experiments: files.isEmpty ? nil : files, profile: profile
    )
    .filter { !$0.tables.isEmpty && (paper == nil || ($0.paper ?? shelf.standard) == paper) }
    // The smoke profile says nothing about a claim: it is judged where it is asked for, or where nothing else is there.
    let telling = runs.filter { $0.profile != Profile.smoke.rawValue }
    if profile == nil, !telling.isEmpty { runs = telling }
    guard !runs.isEmpty else {
      throw Diagnostic("no results of a table in \(results)", hint: papers.runHint(paper), kind: .missing)
    }
    var isNegative = false
    var list: [JSONValue] = []
    let extra = try scores.map { try ScoreFile.read($0, &papers) }
    for group in runs.grouped(by: { $0 }, standard: shelf.standard) {
      let paper = try papers.paper(group[0].paper)
      var measured: [Int: Measurements] = [:]
      for run in group {
        var own = try run.measurements()
        if let extra, extra.paper ?? shelf.standard == paper.id { own.cells = extra.cells + own.cells }
        for table in run.tables { measured[table] = own }
      }
      let verification = Verification(paper, measured)
      isNegative = isNegative || verification.isNegative
      let names = group.map(\.name)
      if json {
        list.append(
          .object(["results": .array(names.map { .string($0) }), "verification": verification.json]))
      } else {
        print(names.joined(separator: ", ") + "\n")
        print(verification.text(width: Terminal.width(limit: 100), isFull: evidence))
      }
    }
    if json { print(JSONValue.array(list).indentedText, terminator: "") }
    if isNegative { throw ExitCode(1) }
  }

  /// Where the file of a run is: as it was named, or where a bare name is looked up, or where the run found it.
  private func place(_ run: RunResults) -> String {
    let name = run.experiment + ".yaml"
    let named = files.first { ($0 as NSString).lastPathComponent == name && $0 != name }
    let found = ExperimentOptions.locate(named ?? name)
    if FileManager.default.fileExists(atPath: found) { return found }
    let machine = (run.path as NSString).deletingLastPathComponent + "/machine"
    return RunRequest.last(machine: machine)?.file ?? found
  }

  /// Every experiment that was named, or that has results, once more.
  private func runAgain() throws {
    Interruption.listen()
    let runs = try ResultsFolder(path: results).newest(
      experiments: files.isEmpty ? nil : files, profile: profile ?? (files.isEmpty ? nil : Profile.micro.rawValue))
    guard !runs.isEmpty else {
      throw Diagnostic("no results to compare with in \(results)", hint: "run an experiment first", kind: .missing)
    }
    var list: [JSONValue] = []
    var isNegative = false
    for run in runs {
      guard let profile = Profile(rawValue: run.profile) else { continue }
      let path = place(run)
      // What the run was given on its command line stands in its own experiment.yaml.
      let resolved = String(decoding: FileManager.default.contents(atPath: run.path + "/experiment.yaml") ?? Data(), as: UTF8.self)
      let experiment = try Experiment.read(
        path: path, profile: profile, overrides: Experiment.commandLineValues(resolved: resolved))
      if let arithmetic = try run.json("provenance.json")?["arithmetic"]?.string, arithmetic != "canonical" {
        throw Diagnostic(
          "\(run.name) was computed by \(arithmetic), whose bits other machines and threads do not repeat: its bytes are "
            + "not compared", path: "--rerun")
      }
      let (version, different) = try Rerun(experiment: experiment, results: results, engine: engine).differences()
      isNegative = isNegative || !different.isEmpty
      let name = "\(run.experiment)/\(run.profile)/\(version)"
      list.append(
        .object([
          "results": .string(name), "reproduced": .boolean(different.isEmpty),
          "differing": .array(different.map { .string($0) }),
        ]))
      if !json {
        print(different.isEmpty ? "\(name): reproduced byte for byte" : "\(name): differs in")
        for file in different { print("  " + file) }
      }
    }
    if json { print(JSONValue.array(list).indentedText, terminator: "") }
    if isNegative { throw ExitCode(1) }
  }
}
