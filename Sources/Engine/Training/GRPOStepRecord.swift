// What a step leaves in the record: numbers that two runs must share, and apart from them the seconds.
internal import Foundation
internal import Generation
internal import Models
public import TensorCore

/// Sums over the completion tokens of a step.
public struct LossSums: Sendable, Hashable {
  /// Already weighed as `LossWeights` says: the loss of the step.
  public var loss = 0.0
  /// Unweighed, as are the sums below; a step's record has their means.
  public var kl = 0.0
  public var entropy = 0.0
  public var ratio = 0.0
  public var clippedCount = 0
  public var tokenCount = 0

  public init() {}

  mutating func add(_ token: TokenLoss, weight: Double, entropy: Double) {
    loss += weight * token.loss
    kl += token.kl
    ratio += token.ratio
    clippedCount += token.isClipped ? 1 : 0
    self.entropy += entropy
    tokenCount += 1
  }
}

/// One step of GRPO in numbers. The loss starts near 0 by construction: with one update per rollout the ratio is 1, the
/// advantages of a group sum to 0, and the KL term starts at 0; it is the gradient that is not 0.
public struct GRPOStepRecord: Sendable, Hashable {
  /// Counted from 0.
  public var step: Int
  public var learningRate: Double
  /// Over all completions of the step.
  public var rewardMean: Double
  /// Sample standard deviation over all completions of the step.
  public var rewardDeviation: Double
  /// Share of groups whose rewards are all equal: they teach nothing but the KL term.
  public var zeroAdvantageShare: Double
  /// In tokens, the end token included.
  public var completionLengthMean: Double
  /// Share of completions cut off at the limit.
  public var truncatedShare: Double
  /// Of all questions, audio tokens included, each prompt counted once.
  public var promptTokens: Int
  public var completionTokens: Int
  /// Weighed as `LossWeights` says.
  public var loss = 0.0
  /// Mean over completion tokens (k3).
  public var kl = 0.0
  /// Mean over completion tokens of the policy's entropy, in nats.
  public var entropy = 0.0
  /// Mean over completion tokens of π(token) / π_old(token).
  public var ratioMean = 0.0
  /// Share of completion tokens whose ratio was clipped.
  public var clipShare = 0.0
  /// Before clipping.
  public var gradientNorm = 0.0

  init(step: Int, learningRate: Double, groups: [CompletionGroup]) {
    self.step = step
    self.learningRate = learningRate
    let rewards = groups.flatMap(\.rewards)
    let completions = groups.flatMap(\.completions)
    let count = Double(max(completions.count, 1))
    let mean = rewards.reduce(0, +) / count
    rewardMean = mean
    rewardDeviation =
      rewards.count > 1
      ? (rewards.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rewards.count - 1)).squareRoot() : 0
    zeroAdvantageShare =
      Double(groups.count { $0.advantages.allSatisfy { $0 == 0 } }) / Double(max(groups.count, 1))
    completionTokens = completions.reduce(0) { $0 + $1.tokens.count }
    completionLengthMean = Double(completionTokens) / count
    truncatedShare = Double(completions.count { !$0.isFinished }) / count
    promptTokens = groups.reduce(0) { $0 + $1.prompt.tokens.count }
  }

  mutating func add(_ sums: LossSums, gradientNorm: Double) {
    let count = Double(max(sums.tokenCount, 1))
    loss = sums.loss
    kl = sums.kl / count
    entropy = sums.entropy / count
    ratioMean = sums.ratio / count
    clipShare = Double(sums.clippedCount) / count
    self.gradientNorm = gradientNorm
  }
}

/// Seconds by phase, for the machine's own log and for benchmarks.
public struct PhaseTimes: Sendable {
  /// Wall-clock seconds by phase.
  public private(set) var seconds: [String: Double] = [:]

  public init() {}

  /// Runs `body` to its end on `backend` and adds its time to a phase.
  public mutating func measure<T>(_ phase: String, on backend: any Backend, _ body: () -> T) -> T {
    let start = DispatchTime.now().uptimeNanoseconds
    defer { seconds[phase, default: 0] += Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 }
    let result = body()
    backend.finish()
    return result
  }
}
