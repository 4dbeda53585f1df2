// What a completion earns in training.

/// Σ over rules of weight · (1 if the completion is right by the rule, else 0).
///
/// Source: the paper, equation 2, is `contains` alone with weight 1.
public struct RewardRule: Sendable, Hashable {
  public struct Part: Sendable, Hashable {
    public var scorer: AnswerScorer
    public var weight: Double

    public init(_ scorer: AnswerScorer, weight: Double = 1) {
      self.scorer = scorer
      self.weight = weight
    }
  }

  public var parts: [Part]

  public init(_ parts: [Part]) { self.parts = parts }
  public init(_ scorer: AnswerScorer) { parts = [Part(scorer)] }

  public static let contains = RewardRule(.contains)

  public func reward(_ completion: String, answer: String, choices: [String]) -> Double {
    parts.reduce(0) { $0 + ($1.scorer.isRight(completion, answer: answer, choices: choices) ? $1.weight : 0) }
  }

  /// The rule alone, if it is one with weight 1.
  public var single: AnswerScorer? { parts.count == 1 && parts[0].weight == 1 ? parts[0].scorer : nil }
}
