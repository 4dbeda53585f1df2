// Damaged experiment files, files that they extend, and values of --set: read, or every mistake is named; never a trap,
// and
// what was read reads back from the resolved file.
import Diagnostics
import Experiments
import Foundation
import Runner
import TestSupport
import Testing

@Suite("Fuzzing experiments", .enabled(if: Fuzzing.isOn, "REPRO_FUZZ_SECONDS is not set"))
struct ExperimentFuzzTests {
  private static let shared = """
    grpo: {steps: 3, temperature: 1.1}
    evaluation: {max_new_tokens: 9}
    profiles:
      smoke: {grpo: {steps: 2}}
      paper: {seeds: [1, 2]}

    """
  private static let words = [
    ": ", "- ", "{", "}", "[", "]", "extends: ", "shared/s.yaml", "grpo:", "steps:", "&a ", "*a", "!x ", "99999999999", "-1", "1e400",
    "\"", "'", "#", "\r\n", "null", "profiles:", "smoke:", "set:", "train:", "models:",
  ]

  /// The experiment and what its resolved file gives are one.
  private func check(_ experiment: Experiment, _ round: UInt64) throws {
    let again = try Experiment.read(Array(experiment.resolved.utf8), file: "t.yaml", profile: nil)
    #expect(again.training == experiment.training, "round \(round)")
    #expect(again.prompt == experiment.prompt, "round \(round)")
  }

  @Test("damaged experiments and the files they extend", arguments: ["t.yaml", "shared/s.yaml"])
  func fuzzFiles(_ damaged: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("shared"), withIntermediateDirectories: true)
    let lines = soundFile.split(separator: "\n", omittingEmptySubsequences: false)
    try folder.write((lines.prefix(1) + ["extends: shared/s.yaml"] + lines.dropFirst()).joined(separator: "\n"), to: "t.yaml")
    try folder.write(Self.shared, to: "shared/s.yaml")
    _ = try Experiment.read(path: folder.file("t.yaml"), profile: .micro)
    let seed = try folder.bytes(damaged)
    var read = 0
    let rounds = try Fuzzing.run(seeds: [seed], dictionary: Self.words) { round, bytes in
      try folder.write(bytes, to: damaged)
      let experiment: Experiment
      do { experiment = try Experiment.read(path: folder.file("t.yaml"), profile: nil) } catch {
        #expect("\(error)".contains("error: "), "round \(round): \(error)")
        return
      }
      read += 1
      try check(experiment, round)
    }
    print("fuzz: \(damaged): \(rounds) rounds, \(read) read")
    #expect(rounds > 100)
  }

  @Test("damaged values on the command line")
  func fuzzValues() throws {
    let seeds = [
      "grpo.steps=5", "grpo.temperature=0.9", "prompt.system=You # hear", "evaluation.max_new_tokens=12", "seeds=[1, 2]",
      "prompt.template={question} {choices}", "data.subset=clips_usable", "grpo.loss=bnpo",
    ]
    var read = 0
    let rounds = try Fuzzing.run(seeds: seeds.map { Array($0.utf8) }, dictionary: Self.words + ["=", ".", "{question}"]) { round, bytes in
      let value = String(decoding: bytes, as: UTF8.self)
      let experiment: Experiment
      do {
        experiment = try Experiment.read(
          Array(soundFile.utf8), file: "t.yaml", profile: .micro,
          overrides: RunRequest(file: "t.yaml", values: [value]).overrides)
      } catch {
        #expect("\(error)".contains("error: "), "round \(round): \(error)")
        return
      }
      read += 1
      try check(experiment, round)
    }
    print("fuzz: --set: \(rounds) rounds, \(read) read")
    #expect(rounds > 100)
  }
}
