// One step of GRPO on the tiny checkpoint against the numbers the reference implementation computed.
import CPUBackend
import Foundation
import Generation
import JSONText
import Layers
import Models
import Optimizers
import SafeTensors
import TensorCore
import TestSupport
import Testing
import Training

@Suite("Parity of a GRPO step")
struct GRPOParityTests {
  @Test("losses of every normalisation, at temperature 1 and at the sampling temperature", arguments: Fixtures.sets)
  func losses(_ set: FixtureSet) throws { #expect(try lossDisagreements(set) == []) }

  private func lossDisagreements(_ set: FixtureSet) throws -> [String] {
    let fixture = try GRPOFixture(set)
    var list: [String] = []
    for (temperature, key) in [(Float(1), "loss"), (1.2, "loss_with_logps_at_T1_2")] {
      for kind in [LossNormalisation.grpo, .bnpo, .dr_grpo] {
        var settings = try fixture.settings()
        settings.loss = kind
        settings.logProbabilityTemperature = temperature
        var groups = [try fixture.group("case1_step")]
        var passes: [ForestPass] = []
        fixture.policy.clearGradients()
        let sums = fixture.trainer(settings, rate: 1e-3).objective.accumulate(&groups, passes: &passes)
        let expected = try #require(fixture.meta["case1"]?[key]?[kind.rawValue]?.double)
        if !(abs(sums.loss - expected) < 2e-6) { list.append("\(key) \(kind.rawValue): \(sums.loss), not \(expected)") }
      }
    }
    return list
  }

  @Test(
    "log-probabilities, KL, every gradient, the clip coefficient and every parameter after a step",
    arguments: Fixtures.sets)
  func step(_ set: FixtureSet) throws { #expect(try stepDisagreements(set) == []) }

  private func stepDisagreements(_ set: FixtureSet) throws -> [String] {
    let fixture = try GRPOFixture(set)
    let data = try SafeTensorsFile(path: fixture.folder + "case1_step.safetensors")
    var groups = [try fixture.group("case1_step")]
    var passes: [ForestPass] = []
    let trainer = fixture.trainer(try fixture.settings(), rate: 1e-3)
    fixture.policy.clearGradients()
    let sums = trainer.objective.accumulate(&groups, passes: &passes)
    fixture.policy.finishGradients()

    var list: [String] = []
    let mask = try data.integers("completion_mask")
    let expected = zip(try data.tensor("policy_logps").hostValues, mask).filter { $1 == 1 }.map(\.0)
    let ours = try #require(groups[0].oldLogProbabilities).flatMap(\.self)
    let difference = largestDifference(ours, expected)
    if !(difference < 1e-4) { list.append("policy_logps differ by \(difference)") }
    let kl = zip(try data.tensor("per_token_kl").hostValues, mask).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    #expect(sums.tokenCount == mask.reduce(0, +))
    if !(abs(sums.kl - kl) < 2e-5 * Double(sums.tokenCount)) { list.append("per_token_kl: \(sums.kl), not \(kl)") }
    list += try fixture.gradientDisagreements("case1_grads_unclipped", limit: 1e-3)
    let norm = trainer.optimizer.gradientNorm()
    let expectedNorm = try #require(fixture.meta["case1"]?["grad_norm_before_clip"]?.double)
    if !(abs(norm / expectedNorm - 1) < 1e-4) { list.append("grad_norm_before_clip: \(norm), not \(expectedNorm)") }

    // The update leaves the gradients zero.
    let gradients = try fixture.policy.trainedParameters.map { try #require($0.gradient).hostValues }
    trainer.optimizer.step(rate: 1e-3, gradientNorm: norm, maximumNorm: 1)
    let after = try SafeTensorsFile(path: fixture.folder + "case1_params_after_step.safetensors")
    #expect(after.entries.count > 5)
    for (parameter, gradient) in zip(fixture.policy.trainedParameters, gradients)
    where after.entry(parameter.name) != nil {
      // The first AdamW step moves by rate · g/(|g| + ε): where a gradient is rounding noise its sign is too, so the
      // comparison is of those elements whose gradient is not.
      for ((a, b), g) in zip(zip(parameter.value.hostValues, try after.tensor(parameter.name).hostValues), gradient) {
        let tolerance: Float = abs(g) > 1e-4 ? 2e-6 : 2.1e-3
        if !(abs(a - b) <= tolerance) { list.append("\(parameter.name) after the step: \(a), not \(b)") }
      }
    }
    return list
  }

  @Test("a second iteration on the same rollout, with active clipping", arguments: Fixtures.sets)
  func secondIteration(_ set: FixtureSet) throws { #expect(try secondDisagreements(set) == []) }

  private func secondDisagreements(_ set: FixtureSet) throws -> [String] {
    let fixture = try GRPOFixture(set)
    let meta = try #require(fixture.meta["case2"])
    let rate = try #require(meta["adamw"]?["lr"]?.double)
    var optimizer = AdamWSettings()
    optimizer.weightDecay = try #require(meta["adamw"]?["weight_decay"]?.double)
    optimizer.decaysVectors = true
    let trainer = fixture.trainer(try fixture.settings(), optimizer: optimizer, rate: rate)
    var groups = [try fixture.group("case1_step")]
    var passes: [ForestPass] = []
    fixture.policy.clearGradients()
    _ = trainer.objective.accumulate(&groups, passes: &passes)
    fixture.policy.finishGradients()
    trainer.optimizer.step(rate: rate, gradientNorm: trainer.optimizer.gradientNorm(), maximumNorm: 1)
    fixture.policy.clearGradients()
    let sums = trainer.objective.accumulate(&groups, passes: &passes)
    fixture.policy.finishGradients()
    var list: [String] = []
    func require(_ name: String, _ ours: Double, _ theirs: Double?, _ limit: Double) {
      if !(abs(ours - (theirs ?? .nan)) < limit) { list.append("\(name): \(ours), not \(theirs ?? .nan)") }
    }
    require("loss", sums.loss, meta["loss"]?["grpo"]?.double, 2e-4)
    require("clip_fraction", Double(sums.clippedCount) / Double(sums.tokenCount), meta["clip_fraction"]?.double, 1e-6)
    let expected = meta["grad_norm_before_clip"]?.double ?? .nan
    require("grad_norm_before_clip", trainer.optimizer.gradientNorm() / expected, 1, 1e-3)
    return list + (try fixture.gradientDisagreements("case2_grads_unclipped", limit: 5e-3))
  }

  @Test("gradients accumulate over two prompts, in any number of passes, to the same bits", arguments: Fixtures.sets)
  func accumulation(_ set: FixtureSet) throws {
    var bits: [[UInt32]] = []
    for questionsPerPass in [1, 2] {
      for recomputes in [false, true] {
        let fixture = try GRPOFixture(set, threadCount: questionsPerPass)
        var settings = try fixture.settings()
        settings.questionsPerPass = questionsPerPass
        settings.recomputesActivations = recomputes
        let trainer = fixture.trainer(settings, rate: 1e-3)
        var groups = [try fixture.group("case1_step"), try fixture.group("case3_second_prompt")]
        var passes: [ForestPass] = []
        fixture.policy.clearGradients()
        _ = trainer.objective.accumulate(&groups, passes: &passes)
        fixture.policy.finishGradients()
        let norm = trainer.optimizer.gradientNorm()
        let expected = try #require(fixture.meta["case3"]?["grad_norm_before_clip"]?.double)
        #expect(abs(norm / expected - 1) < 1e-4)
        #expect(try fixture.gradientDisagreements("case3_grads_unclipped", limit: 1e-3) == [])
        bits.append(fixture.policy.trainedParameters.flatMap { $0.gradient?.hostValues.map(\.bitPattern) ?? [] })
      }
    }
    for other in bits.dropFirst() { #expect(other == bits[0]) }
  }

  @Test("advantages", arguments: Fixtures.sets)
  func advantages(_ set: FixtureSet) throws {
    let fixture = try GRPOFixture(set)
    let cases = try #require(fixture.meta["advantage_cases"]?.array)
    #expect(!cases.isEmpty)
    for item in cases {
      let rewards = item["rewards"]?.array?.compactMap(\.double) ?? []
      let scaled = item["scaled"]?.array?.compactMap(\.double) ?? []
      let plain = item["unscaled"]?.array?.compactMap(\.double) ?? []
      #expect(scaled.count == rewards.count && plain.count == rewards.count)
      for (a, b) in zip(groupAdvantages(rewards, scaling: .sample), scaled) { #expect(abs(a - b) < 1e-6) }
      for (a, b) in zip(groupAdvantages(rewards, scaling: .none), plain) { #expect(abs(a - b) < 1e-6) }
    }
  }

  @Test("a number moved by ten times its tolerance is told")
  func moved() throws {
    let (small, step) = (Fixtures.small, "grpo/case1_step.safetensors")
    let loss = try MovedFixtures(small)
    try loss.move(["case1", "loss", "bnpo"], of: "grpo/meta.json", by: 2e-5)
    #expect(try lossDisagreements(loss.set).map { $0.prefix(9) } == ["loss bnpo"])
    let scores = try MovedFixtures(small)
    try scores.move("policy_logps", of: step, by: 1e-3)
    let tokens = try SafeTensorsFile(path: small.file(step)).integers("completion_mask").reduce(0, +)
    try scores.move("per_token_kl", of: step, by: 2e-4 * Float(tokens))
    #expect(try stepDisagreements(scores.set).map { $0.prefix(12) } == ["policy_logps", "per_token_kl"])
    for (file, limit, isFirst) in [("case1_grads_unclipped", Float(1e-3), true), ("case2_grads_unclipped", 5e-3, false)] {
      let gradients = try MovedFixtures(small)
      let tensors = try SafeTensorsFile(path: small.file("grpo/\(file).safetensors"))
      let name = try #require(tensors.entries.first { $0.name.hasSuffix("model.norm.weight") }).name
      let distance = 10 * limit * GRPOFixture.scale(try tensors.tensor(name).hostValues)
      try gradients.move(name, of: "grpo/\(file).safetensors", by: distance)
      let told = try isFirst ? stepDisagreements(gradients.set) : secondDisagreements(gradients.set)
      #expect(told.count == 1 && told[0].hasPrefix("\(file): \(name) differs"), "\(told)")
    }
    let after = try MovedFixtures(small)
    let gradient = try SafeTensorsFile(path: small.file("grpo/case1_grads_unclipped.safetensors"))
      .tensor("thinker.model.norm.weight").hostValues.map(abs)
    let place = try #require(gradient.indices.max { gradient[$0] < gradient[$1] })
    try after.move(
      "thinker.model.norm.weight", of: "grpo/case1_params_after_step.safetensors", element: place, by: 2e-5)
    #expect(try stepDisagreements(after.set).map { $0.prefix(40) } == ["thinker.model.norm.weight after the step"])
  }
}
