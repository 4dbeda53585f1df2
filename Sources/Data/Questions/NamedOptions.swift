// How many of a question's options a completion names: a reward for containing the right one can be earned by naming all.

/// Options that stand in a completion by the rule `contains`. One that stands only within another option's words, such as
/// "rain" in "heavy rain", is not counted beside it.
public func namedOptionCount(of choices: [String], in completion: String) -> Int {
  func words(_ text: String) -> [Unicode.Scalar] {
    Array(PythonText.lowercased(PythonText.stripped(text)))
  }
  let said = words(completion)
  let named = Set(choices.map(words)).filter { !$0.isEmpty && PythonText.contains(said, $0) }
  return named.count { option in !named.contains { $0 != option && PythonText.contains($0, option) } }
}

extension AudioQuestion {
  /// How many of its options a completion names.
  public func namedOptionCount(in completion: String) -> Int { Questions.namedOptionCount(of: choices, in: completion) }
}
