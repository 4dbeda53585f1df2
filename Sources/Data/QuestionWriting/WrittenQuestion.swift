// A question as a language model wrote it, and the rules it is held to.
internal import JSONText
internal import Questions

/// A question with four choices, one of them right.
public struct WrittenQuestion: Sendable, Hashable {
  public var question: String
  public var choices: [String]
  /// The place of the right choice, from 0.
  public var answer: Int

  public init(question: String, choices: [String], answer: Int) {
    self.question = question
    self.choices = choices
    self.answer = answer
  }

  public static let choiceCount = 4

  /// Characters (code points) of the question and its choices: what the length filter counts.
  public var length: Int { ([question] + choices).reduce(0) { $0 + $1.unicodeScalars.count } }

  /// What makes two questions the same: their words, the choices in whatever order, and which is right.
  var identity: [String] {
    let bare = choices.map(Self.words)
    return [Self.words(question), bare[answer]] + bare.sorted()
  }

  /// A text's words in lower case, a space before, between and after them.
  static func words(_ text: String) -> String {
    let scalars = PythonText.lowercased(text).split { !PythonText.isWord($0) }
    return " " + scalars.map { String(String.UnicodeScalarView($0)) + " " }.joined()
  }
}

/// Why a reply gave no question. The raw value is its name in JSON.
public enum Rejection: String, Sendable, Hashable, CaseIterable, Error {
  case refused_by_server
  case empty_reply
  case no_json
  case broken_json
  case missing_field
  case control_character
  case empty_text
  case not_four_choices
  case repeated_choices
  case answer_no_index
  case answer_out_of_range
  case worked_example
  case speaks_of_text
  case needs_sight
  case answer_in_question
  case refers_to_choices
  case repeated_question
  case too_long

  /// What it means.
  public var text: String {
    switch self {
    case .refused_by_server: "the server refused the request"
    case .empty_reply: "the reply is empty"
    case .no_json: "the reply holds no JSON object with question_text"
    case .broken_json: "what looks like JSON in the reply is none"
    case .missing_field: "question_text is no text, or multi_choice no list of texts"
    case .control_character: "a text holds a control character"
    case .empty_text: "the question or a choice is empty"
    case .not_four_choices: "there are not four choices"
    case .repeated_choices: "two choices say the same"
    case .answer_no_index: "answer is no whole number"
    case .answer_out_of_range: "answer is none of 0, 1, 2, 3"
    case .worked_example: "it is the instruction's own example"
    case .speaks_of_text: "it speaks of a caption or a text, which nobody hears"
    case .needs_sight: "it asks for something that has to be seen"
    case .answer_in_question: "the question holds its answer"
    case .refers_to_choices: "a choice refers to other choices"
    case .repeated_question: "an earlier clip has the same question with the same choices"
    case .too_long: "question and choices are longer than wanted"
    }
  }
}

extension WrittenQuestion {
  /// Reads an object with `question_text`, `multi_choice` and `answer`.
  ///
  /// White space is made single spaces, and letters such as `(A)` or `A.` are taken off if all choices carry them, for
  /// the choices are shuffled later.
  static func reading(_ json: JSONValue) -> Result<WrittenQuestion, Rejection> {
    guard let question = json["question_text"]?.string, let list = json["multi_choice"]?.array else {
      return .failure(.missing_field)
    }
    var choices = list.compactMap(\.string)
    guard choices.count == list.count else { return .failure(.missing_field) }
    let texts = [question] + choices
    if texts.contains(where: { $0.unicodeScalars.contains { isControl($0) } }) { return .failure(.control_character) }
    choices = choices.map(plain)
    let bare = choices.enumerated().compactMap { withoutLetter($1, index: $0) }
    if bare.count == choices.count { choices = bare }
    let written = WrittenQuestion(question: plain(question), choices: choices, answer: 0)
    if ([written.question] + choices).contains("") { return .failure(.empty_text) }
    guard choices.count == choiceCount else { return .failure(.not_four_choices) }
    guard Set(choices.map(spoken)).count == choiceCount else { return .failure(.repeated_choices) }
    guard let answer = json["answer"]?.integer else { return .failure(.answer_no_index) }
    guard choices.indices.contains(answer) else { return .failure(.answer_out_of_range) }
    return .success(WrittenQuestion(question: written.question, choices: choices, answer: answer))
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control && !PythonText.isSpace(scalar)
  }

  private static func plain(_ text: String) -> String {
    let parts = text.unicodeScalars.split(whereSeparator: PythonText.isSpace)
    return parts.map { String($0) }.joined(separator: " ")
  }

  /// A choice for comparison: its words; all of it where it has none.
  private static func spoken(_ choice: String) -> String {
    let words = words(choice)
    return words == " " ? choice : words
  }
}
