// Settings of one cell, and settings that files share.
import Diagnostics
import Experiments
import Foundation
import Generation
import ResultStore
import Runner
import TestSupport
import Testing
import Training

@Suite("Settings of one cell, and of several files")
struct OwnSettingsTests {
  private func read(_ text: String, _ values: [String] = []) throws -> Experiment {
    try Experiment.read(
      Array(text.utf8), file: "t.yaml", profile: .smoke, overrides: RunRequest(file: "t.yaml", values: values).overrides)
  }

  private func file(_ sets: [String], more: String = "") -> String {
    let cells = sets.enumerated().map { index, set in
      "  - {train: {from: qwen2-audio, on: avqa, audio: true\(set.isEmpty ? "" : ", set: " + set)}, as: t\(index)}\n"
    }
    return "title: A test\n" + more + "cells:\n  - model: qwen2-audio\n" + cells.joined()
  }

  private func keys(_ experiment: Experiment) throws -> [String] {
    let folder = try TemporaryFolder()
    let sources = DataSources(profile: .smoke, cache: CellCache(root: folder.file("cache")), threads: 1)
    return try Plan(experiment, sources: sources).jobs.filter { $0.name.hasPrefix("t") }.map(\.key)
  }

  @Test("a cell's own settings stand over the experiment's, make its key, and are written out again")
  func own() throws {
    let experiment = try read(
      file(["", "{kl_coefficient: 0.04}", "{kl_coefficient: 0}", "{questions_per_step: 2}", "{completions_per_step: 8}",
        "{prompt.template: \"{question} # {choices}\", steps: 5}", "{with_nothing: 1}"].dropLast()))
    let keys = try keys(experiment)
    #expect(keys[0] == keys[1] && keys[3] == keys[4])
    #expect(Set(keys).count == 4)
    let again = try read(experiment.resolved)
    #expect(again.cells == experiment.cells && again.values == experiment.values)
    #expect(experiment.resolved.contains("audio: true, set: {kl_coefficient: 0.0}}\n    as: \"t2\""))
    #expect(experiment.resolved.contains("set: {steps: 5, prompt.template: \"{question} # {choices}\"}}"))
    guard case .train(let cell, _) = experiment.cells[6] else { throw Refusal() }
    #expect(experiment.trainingSettings(of: cell).steps == 5 && experiment.training.steps == 1000)
    // What every training sets itself is not the experiment's to set.
    let all = try read(file(["{kl_coefficient: 0}"]), ["grpo.kl_coefficient=0.1"])
    #expect(all.withoutEffect == ["grpo.kl_coefficient"] && all.training.klCoefficient == 0.04)
    let batch = try read(file(["{completions_per_step: 8}", "{questions_per_step: 2}"]), ["grpo.questions_per_step=4"])
    #expect(batch.withoutEffect == ["grpo.questions_per_step"] && batch.training.batch == .questions(8))
    #expect(!batch.resolved.contains("  questions_per_step:") && !batch.resolved.contains("# questions_per_step:"))
  }

  private struct Refusal: Error {}

  @Test("faulty settings of a cell are named like those of a file", arguments: [
    ("{kl_coefficent: 0}", "cells[2].train.set: unknown field 'kl_coefficent'\n  hint: did you mean 'kl_coefficient'?"),
    ("{group_size: 1}", "cells[2].train.set.group_size: 1 is outside 2...1024"),
    ("{evaluation.seed: 1}", "cells[2].train.set: unknown field 'evaluation.seed'"),
    ("{completions_per_step: 6}", "cells[2].train.set: 6 completions are no whole number of questions with 4 completions each"),
    ("{completions_per_step: 8, questions_per_step: 8}", "completions_per_step: the batch is said in questions_per_step too"),
    ("7", "cells[2].train.set: '7' where a mapping is expected"),
  ])
  func faulty(_ set: String, _ words: String) {
    let found = refusal { try read(file([set])) } ?? ""
    #expect(found.contains("error: ") && found.contains(words), "\(found)")
  }

  @Test("a cell says how it trains, with settings of that way alone; an evaluation has its own too")
  func ways() throws {
    let text = file(["{steps: 5}"]).replacing("audio: true", with: "audio: true, with: sft") + """
        - evaluate: {models: [qwen2-audio, t0], on: mmau-mini, audio: true}
        - evaluate: {models: [t0], on: mmau-mini, audio: true, set: {scorer: exact, prompt.choices: lettered}}

      """
    let experiment = try read(text)
    #expect(experiment.resolved.contains("audio: true, with: sft, set: {steps: 5}}\n"))
    #expect(experiment.resolved.contains("decoding: greedy, set: {scorer: exact, prompt.choices: lettered}}\n"))
    let again = try read(experiment.resolved)
    #expect(again.cells == experiment.cells && again.values == experiment.values)
    let folder = try TemporaryFolder()
    let sources = DataSources(profile: .smoke, cache: CellCache(root: folder.file("cache")), threads: 1)
    let jobs = try Plan(experiment, sources: sources).jobs
    #expect(
      jobs.map(\.name) == [
        "qwen2-audio", "t0-s42", "qwen2-audio-mmau-mini-audio-greedy", "t0-s42-mmau-mini-audio-greedy",
        "t0-s42-mmau-mini-audio-greedy-set2",
      ])
    #expect(Set(jobs.map(\.key)).count == jobs.count)
    let wrong = refusal { try read(text.replacing("{steps: 5}", with: "{kl_coefficient: 0}")) } ?? ""
    #expect(wrong.contains("cells[2].train.set: unknown field 'kl_coefficient'"), "\(wrong)")
  }

  @Test("a way of training is one of a list; a batch of completions is of whole questions")
  func lists() {
    let other = refusal { try read(file([""]).replacing("audio: true", with: "audio: true, with: sfd")) } ?? ""
    #expect(other.contains("cells[2].train.with: 'sfd' is not a way of training\n  hint: did you mean 'sft'?"))
    let batch = refusal { try read(file([""]), ["grpo.completions_per_step=6"]) } ?? ""
    #expect(batch.contains("grpo.completions_per_step: 6 completions are no whole number of questions with 4"))
  }

  @Test("an extended file's settings stand below the file's own, and name their file")
  func extended() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("shared"), withIntermediateDirectories: true)
    try folder.write("grpo: {top_k: 9, steps: 8}\nprofiles: {smoke: {grpo: {steps: 3}, seeds: [4]}}\n", to: "shared/base.yaml")
    try folder.write(file([""], more: "extends: shared/base.yaml\ngrpo: {steps: 6}\n"), to: "a.yaml")
    let experiment = try Experiment.read(path: folder.file("a.yaml"), profile: .smoke)
    #expect(experiment.training.steps == 6 && experiment.training.sampling.topK == 9 && experiment.seeds == [4])
    #expect(experiment.resolved.contains("  top_k: 9  # shared/base.yaml\n"))
    #expect(experiment.resolved.contains("seeds: [4]  # smoke profile\n"))
    #expect(!experiment.resolved.contains("extends"))
    func words(_ name: String) -> String { refusal { try Experiment.read(path: folder.file(name), profile: .smoke) } ?? "" }
    try folder.write("extends: a.yaml\n", to: "shared/base.yaml")
    #expect(words("a.yaml").contains("shared/base.yaml:1:10: error: extends: there is no file"))
    try folder.write("extends: base.yaml\ntitle: No\n", to: "shared/base.yaml")
    #expect(words("a.yaml").contains("extends itself: a.yaml extends base.yaml extends base.yaml"))
    #expect(words("a.yaml").contains("shared/base.yaml:2:1: error: unknown field 'title'"))
    for name in ["../b.yaml", "/b.yaml", "b", "a//b.yaml"] {
      try folder.write(file([""], more: "extends: \(name)\n"), to: "c.yaml")
      #expect(words("c.yaml").contains("extends: an extended file is named from this file's folder"), "\(name)")
    }
  }
}
