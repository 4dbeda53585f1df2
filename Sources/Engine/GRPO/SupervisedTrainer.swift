// Supervised training on the same packed forest: several turns behind one prefix, the prefix encoded once.
//
// The micro world's base models and supervised fine-tunings come from here. An item is a prompt (its audio included)
// and turns; each turn is a branch, and only its target tokens count. Gradients come question by question as in GRPO.
internal import Layers
public import Models
public import Optimizers
internal import TensorCore

/// A turn behind a prefix: what is given, and what is to be said.
public struct SupervisedTurn: Sendable, Hashable {
  /// Tokens between the prefix and the target; they are read, not taught.
  public var given: [Int32]
  /// Tokens that are taught; the end token is one of them only where it is given.
  public var target: [Int32]

  public init(given: [Int32], target: [Int32]) {
    self.given = given
    self.target = target
  }
}

/// A prompt and the turns that are taught behind it.
public struct SupervisedItem: Sendable, Hashable {
  public var id: String
  /// What stands before every turn, its audio included.
  public var prefix: PromptInput
  /// Branches behind the prefix; none sees another.
  public var turns: [SupervisedTurn]

  /// - Precondition: the prefix has a token, and some turn a target.
  public init(id: String, prefix: PromptInput, turns: [SupervisedTurn]) {
    self.id = id
    self.prefix = prefix
    self.turns = turns
  }
}

/// One supervised step in numbers.
public struct SupervisedStepRecord: Sendable, Hashable {
  public var step: Int
  public var learningRate: Double
  /// Mean negative log-probability of a target token.
  public var loss: Double
  /// Before clipping.
  public var gradientNorm: Double
  public var targetTokens: Int
}

/// Minimises the mean negative log-probability of target tokens.
public final class SupervisedTrainer {
  public let model: AudioLanguageModel
  public let optimizer: AdamW
  public let learningRate: LearningRate
  /// Gradients of a larger global norm are scaled down to it.
  public let maximumGradientNorm: Double
  /// Items whose activations are in memory together: cannot change a bit of the result.
  public let itemsPerPass: Int
  /// Layers keep only their inputs, and are computed again in the backward, to the same bits.
  public let recomputesActivations: Bool

  public init(
    model: AudioLanguageModel, optimizer: AdamWSettings = AdamWSettings(), learningRate: LearningRate,
    maximumGradientNorm: Double = 1, itemsPerPass: Int = 8, recomputesActivations: Bool = false
  ) {
    self.recomputesActivations = recomputesActivations
    self.model = model
    self.learningRate = learningRate
    self.maximumGradientNorm = maximumGradientNorm
    self.itemsPerPass = max(itemsPerPass, 1)
    self.optimizer = AdamW(model.trainedParameters, settings: optimizer, on: model.backend)
  }

  /// Minimises the mean of -log p(target token) over the step's target tokens.
  public func step(_ index: Int, items: [SupervisedItem]) throws(NotFinite) -> SupervisedStepRecord {
    let total = items.reduce(0) { $0 + $1.turns.reduce(0) { $0 + $1.target.count } }
    precondition(total > 0, "a supervised step without a target token")
    let rate = learningRate.rate(step: index)
    var sum = 0.0
    for start in stride(from: 0, to: items.count, by: itemsPerPass) {
      sum += accumulate(Array(items[start..<min(start + itemsPerPass, items.count)]), weight: 1 / Double(total))
    }
    model.finishGradients()
    let norm = optimizer.gradientNorm()
    guard sum.isFinite, norm.isFinite else {
      model.clearGradients()
      throw NotFinite(step: index, what: sum.isFinite ? "gradient norm" : "loss", questions: items.map(\.id))
    }
    optimizer.step(rate: rate, gradientNorm: norm, maximumNorm: maximumGradientNorm)
    return SupervisedStepRecord(
      step: index, learningRate: rate, loss: sum / Double(total), gradientNorm: norm, targetTokens: total)
  }

  /// The sum of -log p over the targets; the gradient of `weight` times that sum is added.
  private func accumulate(_ items: [SupervisedItem], weight: Double) -> Double {
    let branches = items.map { $0.turns.map { Array(($0.given + $0.target).dropLast()) } }
    let pass = ForestPass(
      model, prompts: items.map(\.prefix), branches: branches,
      keeping: recomputesActivations ? .layerInputs : .everything, outputs: .completions)
    var rows: [[Int]] = []
    var targets: [Int32] = []
    for (question, item) in items.enumerated() {
      var own: [Int] = []
      for (turn, range) in zip(item.turns, pass.branches[question]) {
        // The row before target token t predicts it; behind an empty `given` that is the trunk's last row.
        for (offset, token) in turn.target.enumerated() {
          let position = turn.given.count + offset - 1
          own.append(position < 0 ? pass.trunks[question].upperBound - 1 : range.lowerBound + position)
          targets.append(token)
        }
      }
      rows.append(own)
    }
    let head = HeadPass(pass, rowsByQuestion: rows)
    let scores = head.score(targets)
    let dOutput = head.backward(scores, coefficients: targets.map { _ in Float(-weight) })
    pass.backward(dOutput)
    return scores.logProbabilities.reduce(0.0) { $0 - Double($1) }
  }
}
