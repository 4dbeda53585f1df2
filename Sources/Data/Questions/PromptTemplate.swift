// How a question becomes a text: the wording, and the form of the choices.
public import ContentHash

/// How the choices are written.
public enum ChoiceStyle: String, Sendable, Hashable, CaseIterable {
  /// As Python prints a list: `['dog', 'train']`.
  case python_list
  /// `dog, train`.
  case comma_list
  /// `(A) dog (B) train`.
  case lettered
}

/// How a question and its choices are put to a model.
public struct PromptTemplate: Sendable, Hashable {
  /// Text with `{question}` and `{choices}`.
  public var text: String
  public var choices: ChoiceStyle
  /// Writes "audio" for "video" in questions, as training on AVQA does.
  public var saysAudioForVideo: Bool
  /// The system message; nil takes the chat template's default.
  public var system: String?

  public init(
    text: String = PromptTemplate.paper, choices: ChoiceStyle = .python_list, saysAudioForVideo: Bool = false,
    system: String? = nil
  ) {
    self.text = text
    self.choices = choices
    self.saysAudioForVideo = saysAudioForVideo
    self.system = system
  }

  /// Section III-A of the paper, word for word: nothing follows the choices.
  public static let paper = "{question} Please choose the answer from the following options: {choices}"

  /// What the user says.
  public func userText(_ question: AudioQuestion) -> String {
    var asked = question.question
    if saysAudioForVideo { asked = PythonText.replacing(asked, [("video", "audio")]) }
    let list =
      switch choices {
      case .python_list: pythonList(question.choices)
      case .comma_list: question.choices.joined(separator: ", ")
      case .lettered:
        question.choices.enumerated().map { index, choice in
          "(\(Character(Unicode.Scalar(UInt8(65 + index % 26))))) \(choice)"
        }.joined(separator: " ")
      }
    // In one pass: a question that speaks of {choices} keeps its words.
    return PythonText.replacing(text, [("{question}", asked), ("{choices}", list)])
  }

  /// Names the template in records.
  public var digest: Digest {
    Digest(of: [text, choices.rawValue, "\(saysAudioForVideo)", system ?? "<default>"].joined(separator: "\u{1F}"))
  }
}
