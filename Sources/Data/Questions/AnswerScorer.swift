// When an answer counts as right.
internal import Foundation

public enum AnswerScorer: String, Sendable, Hashable, CaseIterable {
  /// The rule of the MMAU and MMAR scripts; see `officialStringMatch`.
  case string_match
  /// The answer's text stands in the prediction, letter case and outer space aside: the paper's reward.
  case contains
  /// The prediction is the answer, outer space aside.
  case exact
  /// The first letter of the prediction names the choice: `(A)`, `a.`, `B`.
  case first_letter

  public func isRight(_ prediction: String, answer: String, choices: [String]) -> Bool {
    switch self {
    case .string_match: officialStringMatch(prediction, answer: answer, choices: choices)
    case .contains:
      !trimmed(answer).isEmpty && trimmed(prediction).lowercased().contains(trimmed(answer).lowercased())
    case .exact: trimmed(prediction) == trimmed(answer)
    case .first_letter: choices.firstIndex(of: answer) == letterIndex(prediction)
    }
  }

  private func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

  private func letterIndex(_ prediction: String) -> Int? {
    let rest = trimmed(prediction).drop { $0 == "(" }
    guard let letter = rest.first?.uppercased().unicodeScalars.first, ("A"..."Z").contains(letter) else { return nil }
    if let next = rest.dropFirst().first, next.isLetter || next.isNumber { return nil }
    return Int(letter.value) - 65
  }
}

/// The official rule: the answer's words are all in the prediction, and none of the words that other choices add is.
///
/// Words are the runs of Unicode letters, digits and `_` in the lower-cased text; their order and number do not count.
/// An empty prediction is wrong. A choice with the same words as the answer is no other choice.
///
/// Source: the evaluation scripts of MMAU and MMAR, described in our own words.
public func officialStringMatch(_ prediction: String, answer: String, choices: [String]) -> Bool {
  let said = wordSet(prediction)
  let right = wordSet(answer)
  guard !said.isEmpty else { return false }
  var wrong: Set<String> = []
  for choice in choices {
    let words = wordSet(choice)
    if words != right { wrong.formUnion(words.subtracting(right)) }
  }
  return right.isSubset(of: said) && said.isDisjoint(with: wrong)
}

/// The matches of `\w+` in the lower-cased text, as Python's `re` sees them.
func wordSet(_ text: String) -> Set<String> {
  var words: Set<String> = []
  var word = String.UnicodeScalarView()
  func close() {
    if !word.isEmpty { words.insert(String(word)) }
    word = String.UnicodeScalarView()
  }
  for scalar in text.lowercased().unicodeScalars {
    if scalar == "_" || isAlphanumeric(scalar) { word.append(scalar) } else { close() }
  }
  close()
  return words
}

/// Python's `str.isalnum` of one character: letters, and decimals, digits and numerics.
func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
  default: scalar.properties.numericType != nil
  }
}
