// One smoke run that many tests look at: made once, from nothing, by the built program.
import Foundation
import JSONText
import TestSupport

/// A smoke run of an experiment of three cells, with its own cache and results.
final class SmokeRun: Sendable {
  static let shared: Result<SmokeRun, any Error> = Result { try SmokeRun() }

  let place: TemporaryFolder
  let first: Program.Outcome

  var cache: String { place.file("cache") }
  var results: String { place.file("results") }
  var file: String { place.file("tiny.yaml") }
  var version: String { results + "/tiny/smoke/v0001" }

  /// Two models, one of them fine-tuned, on one benchmark.
  static let experiment = """
    title: Tiny
    reproduces: {table: 4}
    profiles:
      smoke:
        seeds: [1]
        grpo: {learning_rate: 2.0e-4, steps: 3, questions_per_step: 4, max_completion_length: 6, gradient_accumulation: 1}
        evaluation: {max_new_tokens: 6}
      paper:
        seeds: [1]
        grpo: {steps: 1, questions_per_step: 2, max_completion_length: 6, gradient_accumulation: 1}
        evaluation: {max_new_tokens: 6}
    cells:
      - note: "**Words** before the first cell."
      - model: qwen2.5-omni
      - evaluate: {models: qwen2.5-omni, on: mmau-mini, audio: [true, false]}
      - note: Words before the fine-tuning.
      - train: {from: qwen2.5-omni, on: avqa, audio: true}
        as: tuned
      - evaluate: {models: tuned, on: mmau-mini, audio: [true, false]}
      - evaluate: {models: qwen2.5-omni, on: mmau-mini, audio: false, decoding: likelihood}

    """

  private init() throws {
    place = try TemporaryFolder()
    try place.write(Self.experiment, to: "tiny.yaml")
    first = try Program.run(
      ["run", place.file("tiny.yaml"), "--profile", "smoke", "--results", place.file("results"), "--threads", "2"],
      environment: ["REPRO_CACHE": place.file("cache")], in: place.path)
  }

  /// The program with this run's cache.
  func run(
    _ arguments: [String], environment: [String: String] = [:], in folder: String? = nil
  ) throws -> Program.Outcome {
    try Program.run(
      arguments, environment: ["REPRO_CACHE": cache].merging(environment) { $1 }, in: folder ?? place.path)
  }

  /// Key and whether it is known, by job, of a plan.
  func plan(
    _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> [String: (key: String, isKnown: Bool)] {
    let outcome = try run(["plan", file, "--json"] + arguments, environment: environment)
    guard outcome.status == 0 else { throw Failure(text: outcome.errors) }
    let json = try JSONValue(parsing: outcome.output, file: "plan")
    return (json.array?.first?["jobs"]?.array ?? []).reduce(into: [:]) { jobs, job in
      jobs[job["name"]?.string ?? ""] = (job["key"]?.string ?? "", job["known"]?.boolean ?? false)
    }
  }

  struct Failure: Error, CustomStringConvertible {
    var text: String
    var description: String { text }
  }

  /// Every file below a folder, by relative path.
  static func contents(_ folder: String) -> [String: Data] {
    let names = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
    return names.reduce(into: [:]) { files, name in files[name] = FileManager.default.contents(atPath: folder + "/" + name) }
  }

  /// A cache that has the base model and the sounds, nothing else.
  func cacheOfBases() throws -> TemporaryFolder {
    let copy = try TemporaryFolder()
    let files = FileManager.default
    try files.copyItem(atPath: cache, toPath: copy.file("cache"))
    for part in try files.contentsOfDirectory(atPath: copy.file("cache/cells")) {
      for key in try files.contentsOfDirectory(atPath: copy.file("cache/cells/" + part)) {
        let folder = copy.file("cache/cells/\(part)/\(key)")
        let isBase = !files.fileExists(atPath: folder + "/steps.journal")
          && !files.fileExists(atPath: folder + "/predictions.journal")
        if !isBase { try files.removeItem(atPath: folder) }
      }
    }
    return copy
  }
}
