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

  @Test("a form is matched over the whole completion, as a regular expression would", arguments: [
    ("<answer>{text}</answer>", "<answer>(?s:.)*</answer>"),
    ("<think>{text}</think>{space}<answer>{text}</answer>", "<think>(?s:.)*</think>[ \\n\\t]*<answer>(?s:.)*</answer>"),
    ("{text}", "(?s:.)*"), ("ab", "ab"), ("{space}a{space}", "[ \\n\\t]*a[ \\n\\t]*"), ("a{text}{text}b", "a(?s:.)*b"),
    ("a{txt}b", "a\\{txt\\}b"),
  ])
  func forms(_ pattern: String, _ expression: String) throws {
    let (form, regex) = (CompletionForm(pattern), try Regex(expression))
    let pieces = ["<answer>", "</answer>", "<think>", "</think>", " ", "\n", "a", "b", "{txt}", "a dog", "é"]
    var said = [""]
    for length in 1...4 {
      var seed = UInt64(length) &* 0x9E37_79B9_7F4A_7C15
      for _ in 0..<400 {
        said.append((0..<length).map { _ in
          seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return pieces[Int(seed >> 33) % pieces.count]
        }.joined())
      }
    }
    said += [
      "<answer>a dog</answer>", " <answer>a dog</answer>", "<answer>a\ndog</answer>", "<answer>a dog</answer>\n",
      "<think>x</think>\n<answer>y</answer>", "<think></think><answer></answer>", "<answer>a</answer><answer>b</answer>",
    ]
    for text in said { #expect(form.matches(text) == ((try? regex.wholeMatch(in: text)) != nil), "\(pattern): \(text)") }
  }

  @Test("a long completion of nothing but gaps takes no time to speak of")
  func longForms() {
    let form = CompletionForm(String(repeating: "{text}<a>", count: 40))
    #expect(!form.matches(String(repeating: "<a", count: 50_000)))
    let tag = AnswerTag("answer")
    #expect(tag?.answer(in: String(repeating: "<answer>", count: 20_000) + "\n</answer>").hasPrefix("<answer>") == true)
  }

  @Test("the answer is what stands in the first pair of tags on one line", arguments: [
    ("<answer>a dog</answer>", "a dog"), ("x <answer> a dog </answer> y", "a dog"), ("a dog", "a dog"),
    ("<answer>a\ndog</answer>", "<answer>a\ndog</answer>"), ("<answer>a</answer><answer>b</answer>", "a"),
    ("<answer>a\n<answer>b</answer>", "b"), ("<answer>a <answer>b</answer>", "a <answer>b"),
    ("</answer><answer>b</answer>", "b"), ("<answer>b", "<answer>b"), ("<answer></answer>", ""),
    ("<Answer>b</Answer>", "<Answer>b</Answer>"), ("<answer>a\n</answer> <answer>c</answer>", "c"),
  ])
  func tags(_ completion: String, _ answer: String) {
    #expect(AnswerTag("answer")?.answer(in: completion) == answer)
  }

  @Test("names of tags")
  func tagNames() {
    #expect(AnswerTag("final_answer-2") != nil)
    for name in ["", "a b", "<a>", "ä", "a/"] { #expect(AnswerTag(name) == nil) }
  }

  @Test("parts add up: a rule of what stands in a tag, a form, and a graded measure")
  func parts() {
    let rule = RewardRule([
      .init(.rule(.exact), weight: 1, tag: AnswerTag("answer")),
      .init(.form(CompletionForm("<answer>{text}</answer>")), weight: 0.5), .init(.wordF1, weight: 2),
    ])
    func reward(_ said: String) -> Double { rule.reward(said, answer: "a big dog", choices: []) }
    // Words of the whole completion: answer, a, big, dog, answer against a, big, dog.
    #expect(reward("<answer>a big dog</answer>") == 3.0)
    #expect(reward("a big dog") == 3.0)
    #expect(reward("a dog") == 1.6)
    #expect(reward(" <answer>a big dog</answer>") == 2.5)
    let twoOfThree = 4.0 / 6
    #expect(wordF1("a a b", "a b b") == twoOfThree)
    #expect(wordF1("", "a") == 0 && wordF1("!", "?") == 0)
  }
}
