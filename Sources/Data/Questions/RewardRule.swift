// What a completion earns in training.

/// Σ over parts of weight · grade, a grade being between 0 and 1.
///
/// Source: the first paper, equation 2, is `contains` alone with weight 1.
public struct RewardRule: Sendable, Hashable {
  /// What a part grades.
  public enum Measure: Sendable, Hashable {
    /// 1 if the completion is right by a rule, else 0.
    case rule(AnswerScorer)
    /// 1 if the whole completion has a form, else 0.
    case form(CompletionForm)
    /// F1 of the words of completion and answer: graded.
    case wordF1
  }

  /// One summand of a reward.
  public struct Part: Sendable, Hashable {
    public var measure: Measure
    public var weight: Double
    /// What of the completion is graded; nil grades all of it.
    public var tag: AnswerTag?

    public init(_ measure: Measure, weight: Double = 1, tag: AnswerTag? = nil) {
      self.measure = measure
      self.weight = weight
      self.tag = tag
    }

    public init(_ scorer: AnswerScorer, weight: Double = 1) { self.init(.rule(scorer), weight: weight) }

    /// 0 to 1.
    func grade(_ completion: String, answer: String, choices: [String]) -> Double {
      let said = tag?.answer(in: completion) ?? completion
      return switch measure {
      case .rule(let scorer): scorer.isRight(said, answer: answer, choices: choices) ? 1 : 0
      case .form(let form): form.matches(completion) ? 1 : 0
      case .wordF1: Questions.wordF1(said, answer)
      }
    }
  }

  public var parts: [Part]

  public init(_ parts: [Part]) { self.parts = parts }
  public init(_ scorer: AnswerScorer) { parts = [Part(scorer)] }

  public static let contains = RewardRule(.contains)

  /// The sum over the parts, for a completion as text.
  public func reward(_ completion: String, answer: String, choices: [String]) -> Double {
    parts.reduce(0) { $0 + $1.weight * $1.grade(completion, answer: answer, choices: choices) }
  }

  /// The rule alone, if it is one with weight 1.
  public var single: AnswerScorer? {
    guard parts.count == 1, parts[0].weight == 1, parts[0].tag == nil, case .rule(let scorer) = parts[0].measure else {
      return nil
    }
    return scorer
  }
}

/// F1 of two texts' words, each word as often as it stands: 2·common / (words of a + words of b); 0 without words.
///
/// Words as in `officialStringMatch`. Source: the measure of SQuAD, arXiv:1606.05250, without its rule for articles.
public func wordF1(_ a: String, _ b: String) -> Double {
  func counts(_ text: String) -> [[Unicode.Scalar]: Int] {
    PythonText.wordList(text).reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }
  let (left, right) = (counts(a), counts(b))
  let total = left.values.reduce(0, +) + right.values.reduce(0, +)
  let common = left.reduce(0) { $0 + min($1.value, right[$1.key] ?? 0) }
  return total == 0 ? 0 : 2 * Double(common) / Double(total)
}
