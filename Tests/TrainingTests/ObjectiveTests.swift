// The objective by hand: advantages, weights, ratios, clipping and KL from the formulas, beside what a step computes.
import CPUBackend
import Foundation
import Generation
import Layers
import Models
import Optimizers
import TensorCore
import TestSupport
import Testing
import Training

/// Completions of fixed lengths with advantages and old log-probabilities made up.
struct ObjectiveFixture {
  var task = TinyTask()
  let policy: AudioLanguageModel
  let reference: AudioLanguageModel
  /// Two questions, three completions each, one to six tokens.
  let completions: [[[Int32]]] = [
    [[3, 8, 1], [5, 9, 11, 20, 7, 31], [1]], [[40, 2, 2, 1], [8, 1], [17, 33, 4, 12, 1]],
  ]
  let advantages = [[1.5, -0.25, 0], [-1, 0.75, 0.125]]

  init() throws {
    policy = try task.model()
    reference = policy.copy()
    for parameter in reference.trainableParameters {
      let values = policy.backend.download(parameter.value)
      policy.backend.upload(values.map { $0 * 1.1 }, to: parameter.value)
    }
  }

  func groups() -> [CompletionGroup] {
    completions.indices.map { question in
      CompletionGroup(
        prompt: task.prompt(question),
        completions: completions[question].map { Completion(tokens: $0, isFinished: true) },
        rewards: [0, 0, 0], advantages: advantages[question])
    }
  }

  /// Sums of one accumulation under `settings`, and what it found for old log-probabilities.
  func sums(
    _ settings: GRPOSettings, _ model: AudioLanguageModel? = nil, old: [[[Float]]]? = nil
  ) -> (sums: LossSums, old: [[[Float]]]) {
    let model = model ?? policy
    model.train()
    model.clearGradients()
    let trainer = GRPOTrainer(
      policy: model, reference: reference, settings: settings,
      learningRate: LearningRate(peak: 1e-3, stepCount: 1), seed: 1)
    var groups = groups()
    if let old { for index in groups.indices { groups[index].oldLogProbabilities = old[index] } }
    var passes: [ForestPass] = []
    let sums = trainer.objective.accumulate(&groups, passes: &passes)
    model.finishGradients()
    return (sums, groups.compactMap(\.oldLogProbabilities))
  }

  /// The sums as the formulas have them.
  func byHand(
    _ s: GRPOSettings, lp: [[[Float]]], old: [[[Float]]], reference: [[[Float]]]
  ) -> (loss: Double, kl: Double, ratio: Double, clipped: Int) {
    var (loss, kl, ratio, clipped) = (0.0, 0.0, 0.0, 0)
    let total = completions.joined().joined().count
    for question in 0..<2 {
      for (index, tokens) in completions[question].enumerated() {
        // Of two accumulation parts each question is one.
        let parts = Double(s.gradientAccumulation)
        let members = parts == 1 ? 6.0 : 3.0
        let own = parts == 1 ? total : completions[question].joined().count
        let weight: Double =
          switch s.loss {
          case .grpo: 1 / (members * Double(tokens.count) * parts)
          case .bnpo: 1 / (Double(own) * parts)
          case .dr_grpo: 1 / (members * Double(s.limits.maximumTokens) * parts)
          case .dapo: 1 / Double(total)
          }
        let advantage = advantages[question][index]
        for t in tokens.indices {
          let (l, o, r) = (
            Double(lp[question][index][t]), Double(old[question][index][t]), Double(reference[question][index][t])
          )
          let rho = exp(l - o)
          let bounded = Swift.min(Swift.max(rho, 1 - s.clipRange), 1 + s.clipRange)
          let divergence = exp(r - l) - (r - l) - 1
          loss += weight * (-Swift.min(rho * advantage, bounded * advantage) + s.klCoefficient * divergence)
          if s.klCoefficient > 0 { kl += divergence }
          ratio += rho
          if bounded * advantage < rho * advantage { clipped += 1 }
        }
      }
    }
    return (loss, kl, ratio, clipped)
  }

  /// Old log-probabilities that make ratios of 0.5, 0.9, 1, 1.15 and 1.6 in turn.
  func shifted(_ lp: [[[Float]]], by shifts: [Float] = [-0.7, -0.1, 0, 0.14, 0.47]) -> [[[Float]]] {
    var count = 0
    return lp.map {
      $0.map {
        $0.map { value in
          count += 1
          return value - shifts[count % shifts.count]
        }
      }
    }
  }
}

@Suite("The objective of GRPO, by hand")
struct ObjectiveTests {
  @Test("loss, KL, ratio and clipping under every normalisation, temperature and number of parts",
    arguments: LossNormalisation.allCases, [Float(1), 1.2])
  func sums(_ loss: LossNormalisation, _ temperature: Float) throws {
    let fixture = try ObjectiveFixture()
    for (beta, parts) in [(0.04, 1), (0.5, 2), (0, 1)] {
      var settings = fixture.task.settings
      settings.groupSize = 3
      settings.loss = loss
      settings.logProbabilityTemperature = temperature
      settings.klCoefficient = beta
      settings.gradientAccumulation = parts
      let lp = fixture.sums(settings).old
      let reference = fixture.sums(settings, fixture.reference.copy()).old
      let old = fixture.shifted(lp)
      let ours = fixture.sums(settings, old: old).sums
      let hand = fixture.byHand(settings, lp: lp, old: old, reference: reference)
      #expect(ours.tokenCount == 21)
      #expect(abs(ours.loss - hand.loss) < 1e-9, "β \(beta), \(parts) parts")
      #expect(abs(ours.kl - hand.kl) < 1e-9)
      #expect(abs(ours.ratio - hand.ratio) < 1e-9)
      #expect(ours.clippedCount == hand.clipped && hand.clipped > 0)
    }
  }

  @Test("log-probabilities are those of the softmax at that temperature")
  func temperatures() throws {
    let fixture = try ObjectiveFixture()
    for temperature in [Float(1), 1.2, 0.5] {
      var settings = fixture.task.settings
      settings.logProbabilityTemperature = temperature
      let lp = fixture.sums(settings).old
      for question in 0..<2 {
        for (index, tokens) in fixture.completions[question].enumerated() {
          let prompt = fixture.task.prompt(question)
          let whole = PromptInput(tokens: prompt.tokens + tokens.dropLast(), clips: prompt.clips)
          let pass = ForestPass(fixture.policy, prompts: [whole], branchCapacity: 0, keeping: .nothing)
          let rows = Array(prompt.tokens.count - 1..<whole.tokens.count)
          let logits = HeadPass(pass, rowsByQuestion: [rows]).logits
          let (values, width) = (logits.hostValues.map { Double($0) / Double(temperature) }, logits.width)
          for (t, token) in tokens.enumerated() {
            let line = values[t * width..<(t + 1) * width]
            let expected = line[t * width + Int(token)] - log(line.reduce(0) { $0 + exp($1) })
            #expect(abs(Double(lp[question][index][t]) - expected) < 2e-6)
          }
        }
      }
    }
  }

  @Test("the gradient is the slope of the loss", arguments: LossNormalisation.allCases)
  func slope(_ loss: LossNormalisation) throws {
    let fixture = try ObjectiveFixture()
    var settings = fixture.task.settings
    settings.loss = loss
    settings.klCoefficient = 0.3
    settings.gradientAccumulation = 2
    // Ratios of 0.6, 1 and 1.6: no step along the gradient takes one over the edge of the clip range.
    let old = fixture.shifted(fixture.sums(settings).old, by: [-0.5, 0, 0.47, 0])
    _ = fixture.sums(settings, old: old)
    let parameters = fixture.policy.trainedParameters
    let start = parameters.map { $0.value.hostValues }
    let gradients = parameters.map { $0.gradient?.hostValues ?? [] }
    let norm = gradients.joined().reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    // Along the gradient the loss rises by its norm; two distances, to take out what is curved.
    func rise(_ h: Double) -> Double {
      let losses = [h, -h].map { h in
        for (index, parameter) in parameters.enumerated() {
          fixture.policy.backend.upload(
            zip(start[index], gradients[index]).map { Float(Double($0) + h * Double($1) / norm) }, to: parameter.value)
        }
        return fixture.sums(settings, old: old).sums.loss
      }
      return (losses[0] - losses[1]) / (2 * h)
    }
    let slope = (4 * rise(1e-3) - rise(2e-3)) / 3
    #expect(abs(slope / norm - 1) < 5e-3, "slope \(slope), norm \(norm)")
  }

  @Test("advantages by hand")
  func advantages() {
    func near(_ a: [Double], _ b: [Double]) -> Bool {
      a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 }
    }
    // Mean 1/4; the sum of squares is 3/4.
    let rewards = [1.0, 0, 0, 0]
    #expect(near(groupAdvantages(rewards, scaling: .sample), [0.75, -0.25, -0.25, -0.25].map { $0 / (0.5 + 1e-4) }))
    #expect(
      near(
        groupAdvantages(rewards, scaling: .population),
        [0.75, -0.25, -0.25, -0.25].map { $0 / (0.1875.squareRoot() + 1e-4) }))
    #expect(groupAdvantages(rewards, scaling: .none) == [0.75, -0.25, -0.25, -0.25])
    for scaling in AdvantageScaling.allCases {
      #expect(groupAdvantages([0.1, 0.1, 0.1], scaling: scaling) == [0, 0, 0])
      #expect(groupAdvantages([], scaling: scaling) == [])
    }
  }
}
