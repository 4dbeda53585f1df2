// The main job: run experiments, show the tables.
public import ArgumentParser
import CPUBackend
import Diagnostics
import Experiments
import Foundation
import JSONText
import Locations
import ResultStore
import Runner

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run an experiment or a table.",
    discussion: "A bare name is looked up in Experiments/. What is known already is not run again.")

  @Argument(help: "Experiment files, such as table4.yaml.") var files: [String]
  @OptionGroup var options: ExperimentOptions
  @OptionGroup var engine: EngineOptions
  @Flag(help: "Begin even what this machine cannot hold by the estimates.") var anyway = false
  @OptionGroup var states: StateOptions
  @Flag(help: "JSON: where the results are and whether they are new.") var json = false

  func run() throws {
    Interruption.listen()
    let backend = try engine.makeBackend()
    var outcomes: [JSONValue] = []
    for (experiment, path) in try options.experiments(files) {
      let start = Date()
      let witness = TerminalWitness()
      let reading = ReadingWitness()
      let run = try ExperimentRun(
        experiment, request: options.request(path, engine, states), results: engine.results(options.results),
        cache: engine.cache(statesInPlace: states.statesInPlace), backend: backend,
        threads: engine.threadCount
      ) { reading.show($0) }
      for remark in run.plan.remarks { witness.say(remark) }
      var pages: Pages?
      let outcome = try run.run(witness, machine: engine.machine(backend), isForced: anyway) { files in
        let made = Pages(experiment: experiment, files: files)
        pages = made
        return try made.pages()
      }
      let (text, version) = describe(outcome)
      let folder = run.resultFolder.path + "/" + version
      if !json {
        // What is shown is what the folder holds.
        let files = ResultFolder.read(folder)
        let shown = pages?.of(files) ?? Pages(experiment: experiment, files: files)
        print(try shown.words(isTerminal: isatty(1) == 1, results: engine.results(options.results)), terminator: "")
        fflush(nil)
      }
      witness.say("\(folder): \(text) (\(duration(Date().timeIntervalSince(start))))")
      witness.say("the report: \(folder)/report.md, the same as a notebook: report.ipynb")
      outcomes.append(.object(["experiment": .string(experiment.name), "folder": .string(folder), "outcome": .string(text)]))
    }
    if json { print(JSONValue.array(outcomes).indentedText, terminator: "") }
  }

  private func describe(_ outcome: ResultFolder.Outcome) -> (text: String, version: String) {
    switch outcome {
    case .new(let version): ("written", version)
    case .reproduced(let version): ("reproduced byte for byte", version)
    case .differs(let version, let old, let files):
      (
        "differs from \(old) in " + files.prefix(6).joined(separator: ", ")
          + (files.count > 6 ? " and \(files.count - 6) more" : ""), version
      )
    }
  }
}

/// What every command on experiment files takes.
struct ExperimentOptions: ParsableArguments {
  @Option(help: "micro, smoke or paper (default: the file's, or micro).") var profile: Profile?
  @Option(help: "One seed instead of the file's.") var seed: Int?
  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: "A value in place of the file's, such as grpo.steps=20; a text is taken as it is typed.")
  var overrides: [String] = []
  @Option(help: "The folder of results.") var results = "results"

  func validate() throws {
    for text in overrides where !text.unicodeScalars.contains("=") {
      throw ValidationError("--set \(text): write it as key=value, such as grpo.steps=20")
    }
  }

  /// The experiments of the files, every mistake of all of them at once.
  func experiments(_ files: [String]) throws -> [(Experiment, path: String)] {
    var mistakes = Diagnostics()
    var list: [(Experiment, path: String)] = []
    let changes = RunRequest(file: "", seed: seed, values: overrides).overrides
    for file in files {
      let path = Self.locate(file)
      do throws(Diagnostics) {
        list.append((try Experiment.read(path: path, profile: profile, overrides: changes), path))
      } catch { for mistake in error.list { mistakes.report(mistake) } }
    }
    for mistake in Papers.mistakes(list.map(\.0)) { mistakes.report(mistake) }
    try mistakes.throwIfAnyError()
    return list
  }

  /// All that a run of one file is given, to be written down.
  func request(_ path: String, _ engine: EngineOptions, _ states: StateOptions) -> RunRequest {
    RunRequest(
      file: URL(fileURLWithPath: path).standardizedFileURL.path, profile: profile, seed: seed, values: overrides,
      threads: engine.threads, arithmetic: engine.arithmetic == .fast ? Arithmetic.fast.rawValue : nil,
      device: engine.device.text, statesInPlace: states.statesInPlace)
  }

  /// A file as named, or in `Experiments/` here, or in the package's, there also in a folder of one paper.
  static func locate(_ file: String) -> String {
    let places = folders.map { $0 + "/" + file }
    return ([file] + places).first { FileManager.default.fileExists(atPath: $0) } ?? file
  }

  /// Where experiments are looked for: `Experiments/` here and the package's, each with its folders of papers. What
  /// stands in `shared` is extended by experiments and is none.
  static var folders: [String] {
    ProjectFolder.folders("Experiments").flatMap { folder in
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
      return [folder] + names.filter { !$0.contains(".") && $0 != "shared" }.map { folder + "/" + $0 }
    }
  }
}

/// How saved states of fine-tunings are replaced.
struct StateOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Remove a saved state before the next is written: half the disk, the same results; a run that dies meanwhile begins "
        + "the steps of that cell anew."))
  var statesInPlace = false
}

extension Profile: ExpressibleByArgument {}

/// `repro check`: every mistake in the files, nothing run.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Name every mistake in experiment files; run nothing.")

  @Argument(help: "Experiment files.") var files: [String]
  @OptionGroup var options: ExperimentOptions

  func run() throws {
    for (experiment, path) in try options.experiments(files) {
      try DataSources(profile: experiment.profile, cache: CellCache(), threads: 1).requireWholeWeights(experiment)
      print("\(path): no mistakes; \(experiment.cells.count) cells")
    }
  }
}
