// One step of GRPO on the tiny checkpoint against the numbers the reference implementation computed.
import CPUBackend
import Foundation
import GRPO
import Generation
import JSONText
import Layers
import Models
import Optimizers
import SafeTensors
import TensorCore
import TestSupport
import Testing

/// The fixture's model, frozen reference and groups.
struct GRPOFixture {
  let backend: CPUBackend
  let policy: AudioLanguageModel
  let reference: AudioLanguageModel
  let meta: JSONValue
  let folder = Fixtures.folder.path + "/grpo/"

  init(threadCount: Int = 2) throws {
    backend = CPUBackend(threadCount: threadCount)
    let bytes = try #require(FileManager.default.contents(atPath: folder + "meta.json"))
    meta = try JSONValue(parsing: Array(bytes), file: "meta.json")
    policy = try AudioLanguageModel(
      folder: Fixtures.folder.path + "/checkpoints/omni", use: .training, on: backend)
    reference = policy.copy()
    let overrides = try SafeTensorsFile(path: folder + "reference_model.safetensors")
    var count = 0
    for parameter in reference.allParameters where overrides.entry(parameter.name) != nil {
      backend.copy(try overrides.tensor(parameter.name), to: parameter.value)
      count += 1
    }
    #expect(count == overrides.entries.count)
    policy.train()
  }

  func settings() -> GRPOSettings {
    GRPOSettings(limits: CompletionLimits(maximumTokens: 16, endTokens: [1002]))
  }

  func trainer(_ settings: GRPOSettings, optimizer: AdamWSettings = AdamWSettings(), rate: Double) -> GRPOTrainer {
    GRPOTrainer(
      policy: policy, reference: reference, settings: settings, optimizer: optimizer,
      learningRate: LearningRate(peak: rate, schedule: .constant, stepCount: 10), seed: 1)
  }

  func group(_ file: String, hasAudio: Bool) throws -> CompletionGroup {
    let data = try SafeTensorsFile(path: folder + file + ".safetensors")
    var clips: [MelClip] = []
    if hasAudio {
      let mel = try data.tensor("mel")
      let (bands, frames, values) = (mel.shape.sizes[0], mel.shape.sizes[1], mel.hostValues)
      var rows = [Float](repeating: 0, count: values.count)
      for band in 0..<bands { for frame in 0..<frames { rows[frame * bands + band] = values[band * frames + frame] } }
      clips = [MelClip(values: rows, validFrameCount: frames, paddedFrameCount: frames, tailValue: 0)]
    }
    let shape = try #require(data.entry("completion_ids")).shape.sizes
    let ids = try data.integers("completion_ids")
    let mask = try data.integers("completion_mask")
    let completions = (0..<shape[0]).map { row in
      let range = row * shape[1]..<(row + 1) * shape[1]
      return Completion(tokens: range.filter { mask[$0] == 1 }.map { Int32(ids[$0]) }, isFinished: true)
    }
    let rewards = try data.tensor("rewards").hostValues.map(Double.init)
    return CompletionGroup(
      prompt: PromptInput(tokens: try data.integers("prompt_ids").map { Int32($0) }, clips: clips),
      completions: completions, rewards: rewards, advantages: groupAdvantages(rewards, scaling: .sample))
  }

  /// The worst difference of any gradient, relative to the largest element of its tensor.
  /// Tensors whose elements the fixture leaves out are compared by their norm.
  func worstGradient(_ file: String) throws -> (name: String, difference: Float, count: Int) {
    let expected = try SafeTensorsFile(path: folder + file + ".safetensors")
    let norms = meta[String(file.prefix(5))]?["grad_norm_per_tensor"]
    var worst: (String, Float, Int) = ("", 0, 0)
    for parameter in policy.trainedParameters {
      let ours = try #require(parameter.gradient).hostValues
      guard expected.entry(parameter.name) != nil else {
        let norm = ours.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let theirs = norms?[parameter.name]?.double ?? 0
        #expect(abs(norm - theirs) <= 1e-3 * max(theirs, 1e-3), "\(parameter.name): norm \(norm), not \(theirs)")
        continue
      }
      let theirs = try expected.tensor(parameter.name).hostValues
      let size = theirs.map(abs).max() ?? 0
      let difference = zip(ours, theirs).reduce(Float(0)) {
        let d = abs($1.0 - $1.1)
        return d.isNaN ? .infinity : max($0, d)
      }
      worst.2 += 1
      // The audio tower's key bias has no gradient in exact arithmetic; so tiny tensors are held to the step's scale.
      let relative = difference / max(size, 1e-4)
      if relative > worst.1 { worst = (parameter.name, relative, worst.2) }
    }
    return worst
  }
}

@Suite("Parity of a GRPO step", .enabled(if: Fixtures.areThere, "no reference fixtures: set REPRO_FIXTURES"))
struct GRPOParityTests {
  @Test("losses of every normalisation, at temperature 1 and at the sampling temperature")
  func losses() throws {
    let fixture = try GRPOFixture()
    for (temperature, key) in [(Float(1), "loss"), (1.2, "loss_with_logps_at_T1_2")] {
      for kind in [LossNormalisation.grpo, .bnpo, .dr_grpo] {
        var settings = fixture.settings()
        settings.loss = kind
        settings.logProbabilityTemperature = temperature
        var groups = [try fixture.group("case1_step", hasAudio: true)]
        var passes: [ForestPass] = []
        fixture.policy.clearGradients()
        let sums = fixture.trainer(settings, rate: 1e-3).accumulate(&groups, passes: &passes)
        let expected = try #require(fixture.meta["case1"]?[key]?[kind.rawValue]?.double)
        #expect(abs(sums.loss - expected) < 2e-6, "\(kind.rawValue) at \(temperature): \(sums.loss), not \(expected)")
      }
    }
  }

  @Test("log-probabilities, KL, every gradient, the clip coefficient and every parameter after a step")
  func step() throws {
    let fixture = try GRPOFixture()
    let data = try SafeTensorsFile(path: fixture.folder + "case1_step.safetensors")
    var groups = [try fixture.group("case1_step", hasAudio: true)]
    var passes: [ForestPass] = []
    let trainer = fixture.trainer(fixture.settings(), rate: 1e-3)
    fixture.policy.clearGradients()
    let sums = trainer.accumulate(&groups, passes: &passes)
    fixture.policy.finishGradients()

    let mask = try data.integers("completion_mask")
    let expected = zip(try data.tensor("policy_logps").hostValues, mask).filter { $1 == 1 }.map(\.0)
    let ours = try #require(groups[0].oldLogProbabilities).flatMap(\.self)
    #expect(ours.count == expected.count)
    for (a, b) in zip(ours, expected) { #expect(abs(a - b) < 1e-4) }
    let kl = zip(try data.tensor("per_token_kl").hostValues, mask).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    #expect(sums.tokenCount == mask.reduce(0, +))
    #expect(abs(sums.kl - kl) < 2e-5 * Double(sums.tokenCount))

    let worst = try fixture.worstGradient("case1_grads_unclipped")
    #expect(worst.count > 40)
    #expect(worst.difference < 1e-3, "\(worst.name) differs by \(worst.difference) of its largest element")
    let norm = trainer.optimizer.gradientNorm()
    let expectedNorm = try #require(fixture.meta["case1"]?["grad_norm_before_clip"]?.double)
    #expect(abs(norm / expectedNorm - 1) < 1e-4)

    trainer.optimizer.step(rate: 1e-3, gradientNorm: norm, maximumNorm: 1)
    let after = try SafeTensorsFile(path: fixture.folder + "case1_params_after_step.safetensors")
    for parameter in fixture.policy.trainedParameters where after.entry(parameter.name) != nil {
      // The first AdamW step moves by rate · g/(|g| + ε): where a gradient is rounding noise its sign is too, so the
      // comparison is of those elements whose gradient is not.
      let gradient = try #require(parameter.gradient).hostValues
      for ((a, b), g) in zip(zip(parameter.value.hostValues, try after.tensor(parameter.name).hostValues), gradient) {
        let tolerance: Float = abs(g) > 1e-4 ? 2e-6 : 2.1e-3
        #expect(abs(a - b) <= tolerance, "\(parameter.name): \(a), not \(b)")
      }
    }
  }

  @Test("a second iteration on the same rollout, with active clipping")
  func secondIteration() throws {
    let fixture = try GRPOFixture()
    var optimizer = AdamWSettings()
    optimizer.weightDecay = 0.01
    optimizer.decaysVectors = true
    let trainer = fixture.trainer(fixture.settings(), optimizer: optimizer, rate: 5e-5)
    var groups = [try fixture.group("case1_step", hasAudio: true)]
    var passes: [ForestPass] = []
    fixture.policy.clearGradients()
    _ = trainer.accumulate(&groups, passes: &passes)
    trainer.optimizer.step(rate: 5e-5, gradientNorm: trainer.optimizer.gradientNorm(), maximumNorm: 1)
    fixture.policy.clearGradients()
    let sums = trainer.accumulate(&groups, passes: &passes)
    let meta = try #require(fixture.meta["case2"])
    #expect(abs(sums.loss - (meta["loss"]?["grpo"]?.double ?? .nan)) < 2e-4)
    #expect(abs(Double(sums.clippedCount) / Double(sums.tokenCount) - (meta["clip_fraction"]?.double ?? .nan)) < 1e-6)
    let norm = trainer.optimizer.gradientNorm()
    #expect(abs(norm / (meta["grad_norm_before_clip"]?.double ?? .nan) - 1) < 1e-3)
    let worst = try fixture.worstGradient("case2_grads_unclipped")
    #expect(worst.difference < 5e-3, "\(worst.name) differs by \(worst.difference) of its largest element")
  }

  @Test("gradients accumulate over two prompts, in any number of passes, to the same bits")
  func accumulation() throws {
    var bits: [[UInt32]] = []
    for questionsPerPass in [1, 2] {
      for recomputes in [false, true] {
        let fixture = try GRPOFixture(threadCount: questionsPerPass)
        var settings = fixture.settings()
        settings.questionsPerPass = questionsPerPass
        settings.recomputesActivations = recomputes
        let trainer = fixture.trainer(settings, rate: 1e-3)
        var groups = [
          try fixture.group("case1_step", hasAudio: true), try fixture.group("case3_second_prompt", hasAudio: false),
        ]
        var passes: [ForestPass] = []
        fixture.policy.clearGradients()
        _ = trainer.accumulate(&groups, passes: &passes)
        fixture.policy.finishGradients()
        let norm = trainer.optimizer.gradientNorm()
        let expected = try #require(fixture.meta["case3"]?["grad_norm_before_clip"]?.double)
        #expect(abs(norm / expected - 1) < 1e-4)
        let worst = try fixture.worstGradient("case3_grads_unclipped")
        #expect(worst.difference < 1e-3, "\(worst.name) differs by \(worst.difference) of its largest element")
        bits.append(fixture.policy.trainedParameters.flatMap { $0.gradient?.hostValues.map(\.bitPattern) ?? [] })
      }
    }
    for other in bits.dropFirst() { #expect(other == bits[0]) }
  }

  @Test("advantages")
  func advantages() throws {
    let fixture = try GRPOFixture()
    let cases = try #require(fixture.meta["advantage_cases"]?.array)
    #expect(!cases.isEmpty)
    for item in cases {
      let rewards = item["rewards"]?.array?.compactMap(\.double) ?? []
      let scaled = item["scaled"]?.array?.compactMap(\.double) ?? []
      let plain = item["unscaled"]?.array?.compactMap(\.double) ?? []
      for (a, b) in zip(groupAdvantages(rewards, scaling: .sample), scaled) { #expect(abs(a - b) < 1e-6) }
      for (a, b) in zip(groupAdvantages(rewards, scaling: .none), plain) { #expect(abs(a - b) < 1e-6) }
    }
  }
}
