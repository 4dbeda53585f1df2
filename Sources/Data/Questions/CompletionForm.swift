// The form of a completion: literal text with gaps, matched over the whole of it.

/// A pattern such as `<think>{text}</think>{space}<answer>{text}</answer>`: `{text}` stands for any text, line ends too,
/// `{space}` for white space or nothing; everything else for itself. Nothing may come before or after.
///
/// Matching takes time in proportion to the lengths of pattern and completion, whatever they are.
public struct CompletionForm: Sendable, Hashable {
  private enum Piece: Sendable, Hashable {
    case scalar(Unicode.Scalar)
    case text, space
  }

  /// As it is written.
  public let pattern: String
  private let pieces: [Piece]

  public init(_ pattern: String) {
    self.pattern = pattern
    var pieces: [Piece] = []
    var rest = Substring.UnicodeScalarView(pattern.unicodeScalars)[...]
    while let scalar = rest.first {
      if rest.starts(with: "{text}".unicodeScalars) {
        pieces.append(.text)
        rest = rest.dropFirst(6)
      } else if rest.starts(with: "{space}".unicodeScalars) {
        pieces.append(.space)
        rest = rest.dropFirst(7)
      } else {
        pieces.append(.scalar(scalar))
        rest = rest.dropFirst()
      }
    }
    self.pieces = pieces
  }

  /// Whether the whole completion has this form.
  public func matches(_ completion: String) -> Bool {
    // Which prefixes of the pattern match what was read so far.
    var states = [Bool](repeating: false, count: pieces.count + 1)
    states[0] = true
    skipGaps(&states)
    for scalar in completion.unicodeScalars {
      var next = [Bool](repeating: false, count: states.count)
      for (index, piece) in pieces.enumerated() where states[index] {
        switch piece {
        case .scalar(let wanted): if scalar == wanted { next[index + 1] = true }
        case .text: next[index] = true
        case .space: if PythonText.isSpace(scalar) { next[index] = true }
        }
      }
      skipGaps(&next)
      states = next
    }
    return states[pieces.count]
  }

  /// A gap may be empty.
  private func skipGaps(_ states: inout [Bool]) {
    for (index, piece) in pieces.enumerated() where states[index] && (piece == .text || piece == .space) {
      states[index + 1] = true
    }
  }
}

/// Where the answer of a completion stands: between `<name>` and `</name>`.
public struct AnswerTag: Sendable, Hashable {
  public let name: String

  /// Nil unless the name is of letters, digits, `_` and `-`.
  public init?(_ name: String) {
    let isName = !name.isEmpty && name.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || $0 == "_" || $0 == "-" || ("0"..."9").contains($0))
    }
    guard isName else { return nil }
    self.name = name
  }

  /// The text of the first pair of tags with no line end between them, outer space removed; all of the completion where
  /// there is none.
  ///
  /// Source: the public code of R1-AQA, described in our own words.
  public func answer(in completion: String) -> String {
    let scalars = Array(completion.unicodeScalars)
    let (open, close) = (Array("<\(name)>".unicodeScalars), Array("</\(name)>".unicodeScalars))
    // Where an opening tag may begin whose first closing tag is the one that is looked at.
    var earliest = 0
    while let closed = scalars[earliest...].firstRange(of: close) {
      let line = scalars[earliest..<closed.lowerBound].lastIndex(of: "\n").map { $0 + 1 } ?? earliest
      if let opened = scalars[line..<closed.lowerBound].firstRange(of: open) {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[opened.upperBound..<closed.lowerBound])
        return PythonText.stripped(String(text))
      }
      earliest = closed.upperBound
    }
    return completion
  }
}
