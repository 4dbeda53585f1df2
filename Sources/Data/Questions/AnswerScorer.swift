// When an answer counts as right.

/// A rule by which a text counts as right. The raw value is its name in experiments.
public enum AnswerScorer: String, Sendable, Hashable, CaseIterable {
  /// The rule of the MMAU and MMAR scripts; see `officialStringMatch`.
  case string_match
  /// The answer's text stands in the prediction, letter case and outer space aside: the paper's reward.
  case contains
  /// The prediction is the answer, outer space aside.
  case exact
  /// The first letter of the prediction names the choice: `(A)`, `a.`, `B`.
  case first_letter

  /// Whether a text counts as right beside a question's answer and its choices.
  public func isRight(_ prediction: String, answer: String, choices: [String]) -> Bool {
    switch self {
    case .string_match: return officialStringMatch(prediction, answer: answer, choices: choices)
    case .contains:
      let wanted = PythonText.lowercased(PythonText.stripped(answer))
      return !wanted.isEmpty && PythonText.contains(PythonText.lowercased(PythonText.stripped(prediction)), wanted)
    case .exact: return PythonText.areSame(PythonText.stripped(prediction), PythonText.stripped(answer))
    case .first_letter:
      guard let index = letterIndex(prediction), choices.indices.contains(index) else { return false }
      return PythonText.areSame(choices[index], answer)
    }
  }

  /// The number of the choice that a letter of its own at the start names.
  private func letterIndex(_ prediction: String) -> Int? {
    let rest = PythonText.stripped(prediction).unicodeScalars.drop { $0 == "(" }
    guard let letter = rest.first else { return nil }
    if let next = rest.dropFirst().first, PythonText.isWord(next) { return nil }
    switch letter {
    case "A"..."Z": return Int(letter.value) - 65
    case "a"..."z": return Int(letter.value) - 97
    default: return nil
    }
  }
}

/// The official rule: the answer's words are all in the prediction, and none of the words that other choices add is.
///
///     right(p) ⇔ W(p) ≠ ∅,  W(answer) ⊆ W(p),  W(p) ∩ ⋃ (W(c) ∖ W(answer)) = ∅   over choices c with W(c) ≠ W(answer)
///
/// W(t) are the runs of letters, digits and `_` in the lower-cased text, as Python 3.11 has them; their order and number
/// do not count. A prediction without words is wrong. A choice with the same words as the answer is no other choice.
///
/// Source: the evaluation scripts of MMAU and MMAR, described in our own words.
public func officialStringMatch(_ prediction: String, answer: String, choices: [String]) -> Bool {
  let said = PythonText.words(prediction)
  let right = PythonText.words(answer)
  guard !said.isEmpty, right.isSubset(of: said) else { return false }
  for choice in choices {
    // The answer's own words add nothing, so the choice with the same words needs no exception.
    if PythonText.words(choice).contains(where: { !right.contains($0) && said.contains($0) }) { return false }
  }
  return true
}
