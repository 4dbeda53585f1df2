// What a completion earns, by hand.
import Questions
import Testing

@Suite("Rewards of completions")
struct RewardRuleTests {
  /// Completion; right by contains, exact, string_match.
  static let cases: [(String, Bool, Bool, Bool)] = [
    ("a dog", true, true, true), ("  a dog\n", true, true, true), ("A DOG", true, false, true),
    ("It is a dog barking.", true, false, true), ("a dog and a cat", true, false, false),
    ("dog a", false, false, true), ("a cat", false, false, false), ("", false, false, false), (" ", false, false, false),
    ("a dogma", true, false, false), ("hot dog", false, false, false),
  ]

  @Test("each rule, and sums of them with weights", arguments: cases)
  func rules(_ completion: String, contains: Bool, exact: Bool, matches: Bool) {
    func reward(_ rule: RewardRule) -> Double {
      rule.reward(completion, answer: "a dog", choices: ["a dog", "a cat", "hot rain"])
    }
    #expect(reward(RewardRule(.contains)) == (contains ? 1 : 0))
    #expect(reward(RewardRule(.exact)) == (exact ? 1 : 0))
    #expect(reward(RewardRule(.string_match)) == (matches ? 1 : 0))
    let sum = RewardRule([.init(.contains, weight: 0.5), .init(.exact, weight: 2), .init(.string_match, weight: 0.25)])
    #expect(reward(sum) == (contains ? 0.5 : 0) + (exact ? 2 : 0) + (matches ? 0.25 : 0))
  }

  @Test("a question without an answer earns nothing by the paper's rule")
  func nothing() {
    #expect(RewardRule.contains.reward("anything", answer: "", choices: []) == 0)
    #expect(RewardRule.contains.reward("anything", answer: "  ", choices: []) == 0)
    #expect(RewardRule([]).reward("a dog", answer: "a dog", choices: []) == 0)
  }

  @Test("a rule alone is told from a sum")
  func single() {
    #expect(RewardRule.contains.single == .contains)
    #expect(RewardRule([.init(.exact, weight: 2)]).single == nil)
    #expect(RewardRule([.init(.exact), .init(.contains)]).single == nil)
  }

  @Test("options that a completion names are counted; one within another's words is not counted beside it")
  func namedOptions() {
    let question = AudioQuestion(
      id: "1", audioPath: nil, question: "What?", choices: ["Rain", "heavy rain", "a dog ", "", "a dog"], answer: "Rain")
    for (said, count) in [
      ("", 0), ("wind", 0), ("rain", 1), ("RAIN.", 1), ("heavy rain", 1), ("a dog", 1), ("a dog and rain", 2),
      ("Rain heavy rain a dog", 2),
    ] {
      #expect(question.namedOptionCount(in: said) == count, "\(said)")
    }
    #expect(RewardRule.contains.reward("a dog and rain", answer: "Rain", choices: question.choices) == 1)
  }
}
