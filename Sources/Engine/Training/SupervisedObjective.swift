// Supervised training on the same packed forest: several turns behind one prefix, the prefix encoded once.
//
// The micro world's base models and supervised fine-tunings come from here. An item is a prompt (its audio included)
// and turns; each turn is a branch, and only its target tokens count. Gradients come question by question as in GRPO.
public import Layers
public import Models
public import Optimizers
public import TensorCore

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

/// Minimises the mean of -log p(target token) over a step's target tokens.
public final class SupervisedObjective: TrainingObjective {
  public let model: AudioLanguageModel
  /// Gradients of a larger global norm are scaled down to it.
  public let maximumGradientNorm: Double
  /// Items whose activations are in memory together: cannot change a bit of the result.
  public let itemsPerPass: Int
  /// Layers keep only their inputs, and are computed again in the backward, to the same bits.
  public let recomputesActivations: Bool

  /// The items of a step, and the sum of -log p over their targets once it is known.
  public struct Prepared {
    var items: [SupervisedItem]
    var targetTokens: Int
    var sum = 0.0
  }

  public init(
    model: AudioLanguageModel, maximumGradientNorm: Double = 1, itemsPerPass: Int = 8,
    recomputesActivations: Bool = false
  ) {
    self.model = model
    self.maximumGradientNorm = maximumGradientNorm
    self.itemsPerPass = max(itemsPerPass, 1)
    self.recomputesActivations = recomputesActivations
  }

  public var parameters: [Parameter] { model.trainedParameters }
  public var backend: any Backend { model.backend }

  public func name(of item: SupervisedItem) -> String { item.id }
  public func finishGradients() { model.finishGradients() }
  public func clearGradients() { model.clearGradients() }

  /// - Precondition: some item has a target.
  public func prepare(step: Int, _ items: [SupervisedItem], _ phases: inout PhaseTimes) -> Prepared {
    let total = items.reduce(0) { $0 + $1.turns.reduce(0) { $0 + $1.target.count } }
    precondition(total > 0, "a supervised step without a target token")
    return Prepared(items: items, targetTokens: total)
  }

  public func accumulate(_ prepared: inout Prepared, _ phases: inout PhaseTimes) -> Double {
    let items = prepared.items
    let weight = 1 / Double(prepared.targetTokens)
    prepared.sum = stride(from: 0, to: items.count, by: itemsPerPass).reduce(0.0) { sum, start in
      sum + accumulate(Array(items[start..<min(start + itemsPerPass, items.count)]), weight: weight)
    }
    return prepared.sum
  }

  public func record(
    _ prepared: Prepared, step: Int, learningRate: Double, gradientNorm: Double
  ) -> SupervisedStepRecord {
    SupervisedStepRecord(
      step: step, learningRate: learningRate, loss: prepared.sum / Double(prepared.targetTokens),
      gradientNorm: gradientNorm, targetTokens: prepared.targetTokens)
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

extension Trainer where Objective == SupervisedObjective {
  public convenience init(
    model: AudioLanguageModel, optimizer: AdamWSettings = AdamWSettings(), learningRate: LearningRate,
    maximumGradientNorm: Double = 1, itemsPerPass: Int = 8, recomputesActivations: Bool = false
  ) {
    self.init(
      SupervisedObjective(
        model: model, maximumGradientNorm: maximumGradientNorm, itemsPerPass: itemsPerPass,
        recomputesActivations: recomputesActivations),
      optimizer: optimizer, learningRate: learningRate)
  }
}

public typealias SupervisedTrainer = Trainer<SupervisedObjective>
