// The settings of GRPO, with the paper's symbols.
public import Generation
public import Models

/// How a group's rewards become advantages.
public enum AdvantageScaling: String, Sendable, Hashable, CaseIterable {
  /// (r - mean) / (s + ε), s with n - 1: what the public trainers do.
  case sample
  /// The same with s over n.
  case population
  /// r - mean (Dr. GRPO).
  case none
}

/// How token losses become one number a step; see `LossWeights`.
public enum LossNormalisation: String, Sendable, Hashable, CaseIterable {
  case grpo, bnpo, dr_grpo, dapo
}

/// What one step of group relative policy optimisation depends on.
/// The defaults are the paper's settings, or public trainers' where it leaves one open.
public struct GRPOSettings: Sendable, Hashable {
  /// G, completions of one prompt.
  public var groupSize = 4
  /// β, the weight of the KL term (k3 estimator) to the reference policy; at 0 there is no reference.
  public var klCoefficient = 0.04
  /// ε: the ratio is clipped to 1 - ε ... 1 + ε.
  public var clipRange = 0.2
  /// How rewards of a group become advantages.
  public var advantage = AdvantageScaling.sample
  /// ε, added to the deviation that rewards are divided by.
  public var advantageEpsilon = 1e-4
  /// How token losses become one number a step.
  public var loss = LossNormalisation.grpo
  /// What logits are divided by before log-probabilities are taken, in policy, old policy and reference.
  public var logProbabilityTemperature: Float = 1
  /// Updates made with one rollout.
  public var iterationsPerRollout = 1
  /// Parts of a step that are normalised apart and averaged.
  public var gradientAccumulation = 1
  /// Gradients are scaled down to this global norm; 0 leaves them.
  public var maximumGradientNorm = 1.0
  /// Questions whose activations are in memory together: cannot change a bit of the result.
  public var questionsPerPass = Self.standardPass
  /// As many as the paper's step has: its trunks are encoded once, and a token of all its completions reads the weights
  /// once.
  public static let standardPass = 8
  /// Layers keep only their inputs, and are computed again in the backward, to the same bits.
  public var recomputesActivations = false
  /// How completions are drawn. The temperature is the paper's; top-k 50 is what public trainers set.
  public var sampling = SamplingSettings(temperature: 1.2, topK: 50, topP: 1)
  /// How long completions may be, and what ends them.
  public var limits: CompletionLimits

  public init(limits: CompletionLimits) { self.limits = limits }

  /// What cannot work, in words; empty if all is well.
  public var mistakes: [String] {
    var list: [String] = []
    if groupSize < 2 { list.append("group_size: \(groupSize) gives no group to compare with; at least 2") }
    if !(sampling.temperature > 0 && sampling.temperature.isFinite) {
      list.append("temperature: \(sampling.temperature) samples nothing; above 0")
    }
    if !(klCoefficient >= 0 && klCoefficient.isFinite) { list.append("kl_coefficient: \(klCoefficient) is below 0") }
    if !(clipRange > 0 && clipRange < 1) { list.append("clip_range: \(clipRange) is outside 0...1") }
    if !(logProbabilityTemperature > 0) {
      list.append("log_probability_temperature: \(logProbabilityTemperature) is not above 0")
    }
    if !(advantageEpsilon >= 0 && advantageEpsilon.isFinite) {
      list.append("advantage_epsilon: \(advantageEpsilon) is below 0")
    }
    if iterationsPerRollout < 1 { list.append("iterations_per_rollout: \(iterationsPerRollout) is below 1") }
    if gradientAccumulation < 1 { list.append("gradient_accumulation: \(gradientAccumulation) is below 1") }
    if questionsPerPass < 1 { list.append("questions_per_pass: \(questionsPerPass) is below 1") }
    if limits.maximumTokens < 1 { list.append("max_completion_length: \(limits.maximumTokens) is below 1") }
    return list
  }
}

extension GRPOSettings {
  /// What cannot work with this policy, in words.
  public func mistakes(training policy: AudioLanguageModel) -> [String] {
    mistakes + (policy.trainedParameters.isEmpty ? ["the policy has no trainable parameter"] : [])
  }

  /// Why a prompt of so many tokens does not leave room for its completion; nil if it does.
  public func mistake(promptTokens count: Int, of question: String, for policy: AudioLanguageModel) -> String? {
    let context = policy.configuration.decoder.maximumPositions
    guard count > context - limits.maximumTokens else { return nil }
    return "question '\(question)': its prompt takes \(count) tokens and a completion up to "
      + "\(limits.maximumTokens); the model sees \(context)"
  }
}
