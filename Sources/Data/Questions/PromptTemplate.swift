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

  /// Section III-A of the paper.
  public static let paper = "{question} Please choose the answer from the following options: {choices}."

  /// What the user says.
  public func userText(_ question: AudioQuestion) -> String {
    var asked = question.question
    if saysAudioForVideo { asked = asked.replacing("video", with: "audio") }
    let list =
      switch choices {
      case .python_list: pythonList(question.choices)
      case .comma_list: question.choices.joined(separator: ", ")
      case .lettered:
        question.choices.enumerated().map { index, choice in
          "(\(Character(Unicode.Scalar(UInt8(65 + index % 26))))) \(choice)"
        }.joined(separator: " ")
      }
    return text.replacing("{question}", with: asked).replacing("{choices}", with: list)
  }

  /// Names the template in records.
  public var digest: Digest {
    Digest(of: [text, choices.rawValue, "\(saysAudioForVideo)", system ?? "<default>"].joined(separator: "\u{1F}"))
  }
}

/// A list of texts as Python's `repr` prints it.
public func pythonList(_ texts: [String]) -> String { "[" + texts.map(pythonString).joined(separator: ", ") + "]" }

/// A text as Python's `repr` prints it: single quotes unless it has those and no double ones; control characters,
/// unprintable and unassigned ones escaped.
func pythonString(_ text: String) -> String {
  let quote: Unicode.Scalar = text.contains("'") && !text.contains("\"") ? "\"" : "'"
  var out = String.UnicodeScalarView()
  out.append(quote)
  func escape(_ digits: Int, _ letter: String, _ value: UInt32) {
    let hexadecimal = String(value, radix: 16)
    let zeros = String(repeating: "0", count: digits - hexadecimal.count)
    out.append(contentsOf: ("\\" + letter + zeros + hexadecimal).unicodeScalars)
  }
  for scalar in text.unicodeScalars {
    switch scalar {
    case quote, "\\": out.append(contentsOf: ["\\", scalar])
    case "\n": out.append(contentsOf: "\\n".unicodeScalars)
    case "\r": out.append(contentsOf: "\\r".unicodeScalars)
    case "\t": out.append(contentsOf: "\\t".unicodeScalars)
    case _ where scalar.value < 0x20 || scalar.value == 0x7F: escape(2, "x", scalar.value)
    case _ where scalar.value < 0x7F || isPrintable(scalar): out.append(scalar)
    case _ where scalar.value <= 0xFF: escape(2, "x", scalar.value)
    case _ where scalar.value <= 0xFFFF: escape(4, "u", scalar.value)
    default: escape(8, "U", scalar.value)
    }
  }
  out.append(quote)
  return String(out)
}

/// Python's `str.isprintable` of one character: neither other nor separator, the space aside.
private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
    false
  default: true
  }
}
