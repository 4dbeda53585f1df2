// One trunk for G completions against G copies of prompt and completion.
//
// The forward is the same bits: a row is a chain over its own inputs, whoever else is there. The backward is not: with a
// shared trunk a trunk row's gradient is the sum over the branches, taken before it goes on through the layer below, and
// a weight's chain runs over the trunk once; with copies each copy's gradient goes through on its own and the sums come
// last. So the two agree within rounding; where only one completion has an advantage the others add exact zeros, and
// they agree in every bit.
import CPUBackend
import Generation
import Layers
import Models
import Optimizers
import Records
import TensorCore
import TestSupport
import Testing
import Training

@Suite("A shared trunk against copies")
struct SharedTrunkTests {
  struct Outcome {
    var logProbabilities: [[Float]]
    var sums: LossSums
    var gradients: [(name: String, values: [Float])]
  }

  private let completions: [[Int32]] = [[3, 8, 9, 1], [5, 9, 11, 20, 7, 31], [1], [8, 40, 2, 1]]

  private func outcome(_ task: TinyTask, advantages: [Double], isShared: Bool) throws -> Outcome {
    let model = try task.model()
    model.train()
    var settings = task.settings
    settings.klCoefficient = 0
    settings.questionsPerPass = 4
    // Weights that do not know how completions are grouped.
    settings.loss = .dapo
    let trainer = GRPOTrainer(
      policy: model, reference: nil, settings: settings, learningRate: LearningRate(peak: 1e-3, stepCount: 1), seed: 1)
    func group(_ indices: Range<Int>) -> CompletionGroup {
      CompletionGroup(
        prompt: task.prompt(2), completions: indices.map { Completion(tokens: completions[$0], isFinished: true) },
        rewards: indices.map { _ in 0 }, advantages: Array(advantages[indices]))
    }
    var groups = isShared ? [group(0..<4)] : (0..<4).map { group($0..<$0 + 1) }
    var passes: [ForestPass] = []
    model.clearGradients()
    let sums = trainer.objective.accumulate(&groups, passes: &passes)
    model.finishGradients()
    return Outcome(
      logProbabilities: groups.flatMap { $0.oldLogProbabilities ?? [] }, sums: sums,
      gradients: model.trainedParameters.map { ($0.name, $0.gradient?.hostValues ?? []) })
  }

  @Test("every completion teaches: the same forward bits and loss, gradients within rounding", arguments: [false, true])
  func all(_ isTied: Bool) throws {
    var task = TinyTask()
    task.tiesWordEmbeddings = isTied
    let advantages = [1.5, -0.5, 0.25, -1]
    let shared = try outcome(task, advantages: advantages, isShared: true)
    let copies = try outcome(task, advantages: advantages, isShared: false)
    #expect(shared.logProbabilities.joined().map(\.bitPattern) == copies.logProbabilities.joined().map(\.bitPattern))
    #expect(shared.sums == copies.sums)
    let largest = shared.gradients.flatMap(\.values).reduce(0) { max($0, abs($1)) }
    var isSame = true
    for (a, b) in zip(shared.gradients, copies.gradients) {
      let scale = a.values.reduce(0) { max($0, abs($1)) }
      let difference = zip(a.values, b.values).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      // The key bias of the tower has no gradient but rounding: it is held to the largest of all.
      #expect(difference <= 2e-5 * max(scale, 1e-2 * largest), "\(a.name): \(difference) of \(scale)")
      if difference != 0 { isSame = false }
    }
    #expect(!isSame, "shared and separate gradients were thought to differ in rounding")
  }

  @Test("one completion teaches: every bit of every gradient", arguments: 0..<4)
  func one(_ teacher: Int) throws {
    let advantages = (0..<4).map { $0 == teacher ? 1.25 : 0 }
    let shared = try outcome(TinyTask(), advantages: advantages, isShared: true)
    let copies = try outcome(TinyTask(), advantages: advantages, isShared: false)
    #expect(shared.gradients.contains { $0.values.contains { $0 != 0 } })
    for (a, b) in zip(shared.gradients, copies.gradients) {
      // 0 and -0 are one number here.
      #expect(a.values == b.values, "\(a.name)")
    }
  }
}
