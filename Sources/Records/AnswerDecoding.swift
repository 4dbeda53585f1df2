// The ways in which an answer is read off a model, as experiments and records name them.

/// How an answer is read off the model.
public enum AnswerDecoding: String, Sendable, Hashable, CaseIterable {
  /// What the model says, freely: the likeliest token each time.
  case greedy
  /// What the model says, freely: each token drawn from its distribution, by random numbers of the question's own.
  case sampled
  /// Freely, in the way that the checkpoint's `generation_config.json` says.
  case checkpoint
  /// What it says when it may say nothing but one of the options: tells a gain in format from a gain in reasoning.
  case constrained
  /// The option of highest log-probability, end token included.
  case likelihood

  /// Whether the answer is one of the options.
  public var needsOptions: Bool { self == .constrained || self == .likelihood }

  /// Ways to answer freely, the one that tables show first.
  public static let free: [AnswerDecoding] = [.greedy, .checkpoint, .sampled]
}
