// The table of settings: each enters the keys of the cells it bears on, and each field of the settings is in the table.
import Diagnostics
import Experiments
import Foundation
import ResultStore
import Runner
import TestSupport
import Testing

/// One model, trained with sound and without and on answers, asked in every way.
private let everything = """
  title: A test
  seeds: [1]
  cells:
    - model: qwen2-audio
    - train: {from: qwen2-audio, on: avqa, audio: true}
      as: heard
    - train: {from: qwen2-audio, on: arc-easy, audio: false}
      as: read
    - train: {from: qwen2-audio, on: avqa, audio: true, with: sft}
      as: told
    - evaluate: {models: qwen2-audio, on: mmau-mini, audio: [true, false]}
    - evaluate: {models: [qwen2-audio, heard, read], on: mmau-mini, audio: false, decoding: sampled}
    - evaluate: {models: [qwen2-audio], on: mmau-mini, audio: false, decoding: likelihood}

  """

/// Jobs whose keys a setting may change, by name.
private enum Reach: Sendable {
  case trained, told, kept, evaluated, sampled, free, all, hearing, heard
  /// The job is another one, or the key says it in other words.
  case elsewhere
  /// There is one value.
  case fixed

  func holds(_ job: String) -> Bool {
    let isAsked = job.contains("mmau")
    return switch self {
    case .trained: job.hasPrefix("heard") || job.hasPrefix("read")
    case .heard: job.hasPrefix("heard")
    case .kept: ["heard", "read", "told"].contains { job.hasPrefix($0) }
    case .told: job.hasPrefix("told")
    case .evaluated: isAsked
    case .sampled: job.hasSuffix("sampled")
    case .free: job.hasSuffix("sampled") || job.hasSuffix("greedy")
    case .all: job != "qwen2-audio"
    case .hearing: job.hasPrefix("heard") || job.hasPrefix("told") || job.contains("-audio-greedy")
    case .elsewhere, .fixed: false
    }
  }
}

private struct Sample: Sendable, CustomTestStringConvertible {
  var path: String
  var value: String
  var reach: Reach
  var testDescription: String { path }

  init(_ path: String, _ value: String, _ reach: Reach) { (self.path, self.value, self.reach) = (path, value, reach) }
}

private let samples: [Sample] = [
  Sample("seeds", "[7]", .elsewhere),
  Sample("grpo.group_size", "6", .trained), Sample("grpo.temperature", "1.3", .trained),
  Sample("grpo.kl_coefficient", "0", .trained), Sample("grpo.learning_rate", "2e-6", .trained),
  Sample("grpo.steps", "7", .trained), Sample("grpo.steps_on", "{avqa: 7}", .heard),
  Sample("grpo.questions_per_step", "2", .trained), Sample("grpo.completions_per_step", "8", .trained),
  Sample("grpo.question_order", "listed", .trained), Sample("grpo.top_k", "0", .trained),
  Sample("grpo.top_p", "0.9", .trained), Sample("grpo.repetition_penalty", "1.1", .trained),
  Sample("grpo.clip_range", "0.1", .trained), Sample("grpo.max_completion_length", "9", .trained),
  Sample("grpo.min_completion_length", "1", .trained), Sample("grpo.loss", "bnpo", .trained),
  Sample("grpo.log_probability_temperature", "1.2", .trained), Sample("grpo.advantage", "none", .trained),
  Sample("grpo.advantage_epsilon", "0", .trained), Sample("grpo.iterations_per_rollout", "2", .trained),
  Sample("grpo.gradient_accumulation", "1", .trained), Sample("grpo.max_gradient_norm", "0", .trained),
  Sample("grpo.weight_decay", "0.1", .trained), Sample("grpo.decays_vectors", "true", .trained),
  Sample("grpo.adam_beta1", "0.8", .trained), Sample("grpo.adam_beta2", "0.99", .trained),
  Sample("grpo.adam_epsilon", "1e-6", .trained), Sample("grpo.schedule", "constant", .trained),
  Sample("grpo.warm_up_steps", "3", .trained), Sample("grpo.reward", "exact", .trained),
  Sample("grpo.moments", "bfloat16", .trained), Sample("grpo.freeze_audio_tower", "true", .trained),
  Sample("sft.target", "It is {answer}", .told), Sample("sft.learning_rate", "2e-5", .told),
  Sample("sft.steps", "7", .told), Sample("sft.questions_per_step", "2", .told),
  Sample("sft.question_order", "listed", .told), Sample("sft.schedule", "constant", .told),
  Sample("sft.warm_up_steps", "3", .told), Sample("sft.max_gradient_norm", "0", .told),
  Sample("sft.weight_decay", "0.1", .told), Sample("sft.decays_vectors", "true", .told),
  Sample("sft.adam_beta1", "0.8", .told), Sample("sft.adam_beta2", "0.99", .told),
  Sample("sft.adam_epsilon", "1e-6", .told), Sample("sft.moments", "bfloat16", .told),
  Sample("sft.freeze_audio_tower", "true", .told),
  Sample("evaluation.max_new_tokens", "9", .evaluated), Sample("evaluation.scorer", "exact", .evaluated),
  Sample("evaluation.answer_tag", "answer", .evaluated), Sample("evaluation.option_probabilities", "true", .evaluated),
  Sample("evaluation.decoding", "checkpoint", .elsewhere), Sample("evaluation.temperature", "0.7", .sampled),
  Sample("evaluation.top_k", "20", .sampled), Sample("evaluation.top_p", "0.5", .sampled),
  Sample("evaluation.repetition_penalty", "1.1", .free), Sample("evaluation.seed", "7", .sampled),
  Sample("prompt.template", "{question} {choices}", .all), Sample("prompt.choices", "lettered", .all),
  Sample("prompt.audio_for_video", "false", .all), Sample("prompt.system", "Listen.", .all),
  Sample("prompt.system_of", "{qwen2-audio: Listen.}", .all),
  Sample("audio.pipeline", "r1_aqa", .hearing), Sample("audio.limit", "none", .fixed),
  Sample("answers.end_tokens", "message", .all), Sample("answers.suppressed_tokens", "unused", .all),
  Sample("precision.trained_weights", "bfloat16", .fixed), Sample("precision.activations", "bfloat16", .fixed),
  Sample("precision.gradients", "bfloat16", .fixed), Sample("precision.checkpoint", "bfloat16", .kept),
  Sample("precision.reference", "float32", .fixed),
  Sample("precision.asked_weights", "float32", .fixed),
  // In the paper profile the questions that were taken stand in the key; the micro world lacks none.
  Sample("data.subset", "clips_present", .elsewhere), Sample("data.training_subset", "clips_present", .elsewhere),
]

@Suite("The table of settings")
struct SettingTableTests {
  private let folder: TemporaryFolder
  private let sources: DataSources

  init() throws {
    folder = try TemporaryFolder()
    sources = DataSources(profile: .smoke, cache: CellCache(root: folder.file("cache")), threads: 1)
  }

  private func read(_ values: [String] = [], _ text: String = everything) throws -> Experiment {
    try Experiment.read(
      Array(text.utf8), file: "t.yaml", profile: .smoke, overrides: RunRequest(file: "t.yaml", values: values).overrides)
  }

  private func keys(_ experiment: Experiment) throws -> [String: String] {
    Dictionary(try Plan(experiment, sources: sources).jobs.map { ($0.name, $0.key) }) { first, _ in first }
  }

  @Test("each setting stands in the table once, with an origin and what is allowed, and in the resolved file")
  func listed() throws {
    let experiment = try read()
    #expect(experiment.settings.map(\.path) == samples.map(\.path))
    #expect(experiment.settings.allSatisfy { !$0.origin.isEmpty && !$0.allowed.isEmpty && !$0.value.isEmpty })
    let unwritten = [
      "grpo.steps_on", "evaluation.answer_tag", "evaluation.option_probabilities", "data.training_subset",
    ]
    for setting in experiment.settings where !unwritten.contains(setting.path) {
      let name = setting.path.split(separator: ".").last ?? ""
      let isThere = experiment.resolved.contains(try Regex("(?m)^( *#?) *\(name): "))
      #expect(isThere || !setting.hasEffect, "\(setting.path)")
    }
  }

  @Test("another value changes the keys of the cells it bears on, and no others")
  func keysChange() throws {
    let before = try keys(try read())
    #expect(before.count == 10)
    for sample in samples {
      if sample.reach == .fixed {
        let words = refusal { try read([sample.path + "=" + sample.value]) } ?? ""
        #expect(words.contains("error: \(sample.path): '\(sample.value)' is not a"), "\(words)")
        continue
      }
      let experiment = try read([sample.path + "=" + sample.value])
      let setting = try #require(experiment.settings.first { $0.path == sample.path })
      #expect(setting.origin == "command line" && setting.hasEffect, "\(sample.path)")
      #expect(try read().settings.first { $0.path == sample.path }?.value != setting.value, "\(sample.path)")
      guard sample.reach != .elsewhere else { continue }
      let after = try keys(experiment)
      let changed = Set(after.filter { $0.value != before[$0.key] }.keys)
      #expect(changed == Set(before.keys.filter(sample.reach.holds)), "\(sample.path): \(changed.sorted())")
    }
    #expect(Set(try keys(try read(["seeds=[7]"])).keys).isDisjoint(with: ["heard-s1", "read-s1"]))
    let asked = try keys(try read(["evaluation.decoding=checkpoint"]))
    #expect(asked["qwen2-audio-mmau-mini-audio-checkpoint"] != nil && asked["qwen2-audio-mmau-mini-audio-greedy"] == nil)
  }

  @Test("the resolved file reads back as the same experiment with the same keys; what is at its default adds nothing")
  func resolved() throws {
    for values in [[]] + samples.filter({ $0.reach != .fixed }).map({ [$0.path + "=" + $0.value] }) {
      let experiment = try read(values)
      let again = try read([], experiment.resolved)
      #expect(again.values == experiment.values && again.cells == experiment.cells, "\(values)")
      if values.isEmpty { #expect(try keys(again) == keys(experiment)) }
    }
    // As they were before settings could be set that stand at their defaults here.
    let soundKeys = try keys(try Experiment.read(Array(soundFile.utf8), file: "t.yaml", profile: .smoke))
    #expect(soundKeys["tuned-s1"]?.hasPrefix("0d94e7cb4078211c") == true, "\(soundKeys)")
    #expect(soundKeys["tuned-s1-mmau-mini-audio-greedy"]?.hasPrefix("5c21323a44de8bb0") == true)
  }

  /// Stored values by dotted path; what is no structure is one value.
  private func leaves(_ value: Any, _ path: String = "") -> [String: String] {
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .struct, !mirror.children.isEmpty else { return [path: String(reflecting: value)] }
    return mirror.children.reduce(into: [:]) { all, child in
      all.merge(leaves(child.value, (path.isEmpty ? "" : path + ".") + (child.label ?? ""))) { $1 }
    }
  }

  /// Set when work begins, by the checkpoint, the seed or the profile's scale; the last two change no bit.
  private static let setByTheRunner: Set = [
    "methods.grpo.objective.limits.endTokens", "methods.grpo.objective.limits.suppressedTokens", "methods.grpo.optimizer.roundingSeed",
    "methods.sft.optimizer.roundingSeed",
    "methods.grpo.objective.questionsPerPass", "methods.grpo.objective.recomputesActivations",
  ]

  @Test("no value of the settings, the engine's among them, is without its line in the table")
  func fields() throws {
    let before = leaves(try read().values)
    var reached: Set<String> = []
    for sample in samples where sample.reach != .fixed {
      let after = leaves(try read([sample.path + "=" + sample.value]).values)
      let changed = after.filter { before[$0.key] != $0.value }.map(\.key)
      #expect(!changed.isEmpty, "\(sample.path) changes nothing")
      reached.formUnion(changed)
    }
    let fixed = samples.filter { $0.reach == .fixed }.map { $0.path.replacing("_", with: "") }
    let missing = before.keys.filter { leaf in
      !reached.contains(leaf) && !Self.setByTheRunner.contains(leaf) && !fixed.contains(leaf.lowercased())
    }
    #expect(missing.isEmpty, "no setting reaches \(missing.sorted())")
    #expect(Self.setByTheRunner.isSubset(of: before.keys))
  }

  @Test("what the paper does not say is not said to be the paper's")
  func attributed() throws {
    let origins = Dictionary(uniqueKeysWithValues: try read().settings.map { ($0.path, $0.origin) })
    #expect(origins["grpo.advantage"] == "assumed: the public trainers divide by n - 1; equation 1 leaves n or n - 1 open")
    #expect(origins["grpo.reward"]?.hasPrefix("assumed: letter case and outer space do not count") == true)
    #expect(origins["grpo.kl_coefficient"] == "paper, section IV-A")
    #expect(origins["precision.activations"]?.hasPrefix("this program's one form: ") == true)
    #expect(origins["grpo.completions_per_step"] == "by grpo.questions_per_step")
    let batch = try read(["grpo.completions_per_step=8"])
    #expect(batch.training.questionsPerStep == 2)
    #expect(batch.resolved.contains("  # questions_per_step: 2, by grpo.completions_per_step\n  completions_per_step: 8  # command line\n"))
  }
}
