// What is wrong with a file of questions that can be read all the same.
internal import JSONText

/// A kind of flaw. The raw value is its name in JSON.
public enum LintKind: String, Sendable, Hashable, CaseIterable {
  case answer_outside_choices
  case duplicate_choices
  case empty_choice
  case single_choice
  case several_right
  case never_right
  case sentence_rejected
  case list_category
  case letter_prefixes
  case outer_space
  case missing_clip
  case unreadable_clip

  /// What it is and what follows from it.
  public var text: String {
    switch self {
    case .answer_outside_choices: "the answer is none of the choices"
    case .duplicate_choices: "two choices are the same text, so an index is not a text"
    case .empty_choice: "a choice is empty"
    case .single_choice: "fewer than two choices"
    case .several_right: "another choice than the answer's text counts as right under the official match"
    case .never_right: "the answer itself counts as wrong under the official match"
    case .sentence_rejected: "'The answer is …' with the right choice counts as wrong under the official match"
    case .list_category: "category is a list"
    case .letter_prefixes: "the choices carry letters, such as (A)"
    case .outer_space: "a choice begins or ends with space"
    case .missing_clip: "its clip is not there, though others are"
    case .unreadable_clip: "its clip cannot be heard whole: no sound, empty, too short, cut short, damaged or followed by another"
    }
  }
}

/// The questions with one flaw, in the order of the file.
public struct LintFinding: Sendable, Hashable {
  public var kind: LintKind
  public var ids: [String]

  public init(_ kind: LintKind, _ ids: [String]) {
    self.kind = kind
    self.ids = ids
  }
}

extension QuestionFile {
  /// Flaws of the questions themselves, clips left aside; kinds without a case are left out.
  public var findings: [LintFinding] {
    var ids: [LintKind: [String]] = [:]
    for question in questions {
      for kind in Self.flaws(of: question) { ids[kind, default: []].append(question.id) }
    }
    for (row, question) in zip(rows, questions) {
      if row.json["category"]?.array != nil { ids[.list_category, default: []].append(question.id) }
      let choices = row.json["choices"]?.texts ?? row.json["multi_choice"]?.texts ?? []
      if !choices.isEmpty, !choices.enumerated().contains(where: { withoutLetter($1, index: $0) == nil }) {
        ids[.letter_prefixes, default: []].append(question.id)
      }
    }
    return LintKind.allCases.compactMap { kind in ids[kind].map { LintFinding(kind, $0) } }
  }

  /// How many questions have each number of choices.
  public var choiceCounts: [(choices: Int, questions: Int)] {
    Dictionary(grouping: questions, by: \.choices.count).map { ($0.key, $0.value.count) }.sorted { $0.0 < $1.0 }
  }

  /// Questions without an answer: a test whose answers are kept back.
  public var withheldCount: Int { questions.count { $0.answer == nil } }

  private static func flaws(of question: AudioQuestion) -> [LintKind] {
    let choices = question.choices
    var flaws: [LintKind] = []
    if choices.count < 2 { flaws.append(.single_choice) }
    if Set(choices.map { Array($0.utf8) }).count < choices.count { flaws.append(.duplicate_choices) }
    let bare = choices.map(PythonText.stripped)
    if bare.contains("") { flaws.append(.empty_choice) }
    if zip(bare, choices).contains(where: { !PythonText.areSame($0, $1) }) { flaws.append(.outer_space) }
    guard let answer = question.answer else { return flaws }
    guard choices.contains(where: { PythonText.areSame($0, answer) }) else {
      return flaws + [.answer_outside_choices]
    }
    func isRight(_ said: String) -> Bool { officialStringMatch(said, answer: answer, choices: choices) }
    if choices.contains(where: { !PythonText.areSame($0, answer) && isRight($0) }) { flaws.append(.several_right) }
    if !isRight(answer) {
      flaws.append(.never_right)
    } else if !isRight("The answer is \(answer).") {
      flaws.append(.sentence_rejected)
    }
    return flaws
  }
}
