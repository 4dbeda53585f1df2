// Supervised training: what it minimises, and that neither passes nor recomputing change a bit.
import Generation
import Layers
import Models
import Optimizers
import TensorCore
import TestSupport
import Testing
import Training

@Suite("Supervised training")
struct SupervisedTrainingTests {
  private let task = TinyTask()
  private let targets: [[Int32]] = [[5, 9, 1], [12, 1], [7, 30, 31, 8, 1], [3, 1]]
  private let rate = LearningRate(peak: 3e-3, stepCount: 10)

  private func items() -> [SupervisedItem] {
    targets.enumerated().map { index, target in
      SupervisedItem(id: "q\(index)", prefix: task.prompt(index), turns: [SupervisedTurn(given: [], target: target)])
    }
  }

  private func trainer(itemsPerPass: Int = 8, recomputes: Bool = false) throws -> SupervisedTrainer {
    let model = try task.model()
    model.train()
    return SupervisedTrainer(
      model: model, learningRate: rate, itemsPerPass: itemsPerPass, recomputesActivations: recomputes)
  }

  private func bits(_ optimizer: AdamW) -> [[UInt32]] { optimizer.state.map { $0.tensor.hostValues.map(\.bitPattern) } }

  @Test("the mean of -log p over target tokens: its gradient is that of a policy rewarded alike for every token")
  func definition() throws {
    let supervised = try trainer()
    let record = try supervised.step(0, items())
    // The token losses of a policy that drew the targets, with advantage 1, no KL term and a mean over all tokens.
    let policy = try task.model()
    policy.train()
    var settings = task.settings
    (settings.klCoefficient, settings.loss, settings.gradientAccumulation) = (0, .dapo, 1)
    let other = GRPOTrainer(policy: policy, reference: nil, settings: settings, learningRate: rate, seed: 1)
    var groups = items().map { item in
      CompletionGroup(
        prompt: item.prefix, completions: [Completion(tokens: item.turns[0].target, isFinished: true)], rewards: [1],
        advantages: [1])
    }
    var passes: [ForestPass] = []
    _ = other.objective.accumulate(&groups, passes: &passes)
    policy.finishGradients()
    let norm = other.optimizer.gradientNorm()
    other.optimizer.step(rate: rate.rate(step: 0), gradientNorm: norm, maximumNorm: 1)
    let count = targets.joined().count
    let sum = groups.flatMap { $0.oldLogProbabilities?.joined().map { Double($0) } ?? [] }.reduce(0, +)
    #expect(record.targetTokens == count && abs(record.loss + sum / Double(count)) < 1e-6 * abs(sum))
    #expect(record.gradientNorm == norm && norm > 0)
    #expect(bits(supervised.optimizer) == bits(other.optimizer))
  }

  @Test("items a pass and recomputed activations change no bit; steps lower the loss")
  func passes() throws {
    let reference = try trainer()
    var losses: [Double] = []
    for step in 0..<6 { losses.append(try reference.step(step, items()).loss) }
    #expect(losses[5] < losses[0])
    for (count, recomputes) in [(1, false), (3, false), (8, true), (2, true)] {
      let other = try trainer(itemsPerPass: count, recomputes: recomputes)
      var own: [Double] = []
      for step in 0..<6 { own.append(try other.step(step, items()).loss) }
      #expect(bits(other.optimizer) == bits(reference.optimizer), "\(count) items a pass")
      #expect(zip(own, losses).allSatisfy { abs($0 - $1) < 1e-12 })
    }
  }

  @Test("a step that leaves the numbers changes nothing")
  func notFinite() throws {
    let trainer = try trainer()
    _ = try trainer.step(0, items())
    let weight = trainer.objective.model.trainedParameters[0].value
    trainer.objective.model.backend.fill(weight, with: .nan)
    let before = bits(trainer.optimizer)
    let words = refusal { try trainer.step(1, items()) }
    #expect(words == "step 1: the loss is not a finite number; questions of the step: q0, q1, q2, q3")
    #expect(bits(trainer.optimizer) == before && trainer.optimizer.stepCount == 1)
  }
}
