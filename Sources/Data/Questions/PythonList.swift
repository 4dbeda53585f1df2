// Lists of texts as Python prints them: the form in which the published models were asked.

/// A list of texts as Python's `repr` prints it: `['dog', "dog's"]`.
public func pythonList(_ texts: [String]) -> String { "[" + texts.map(pythonString).joined(separator: ", ") + "]" }

/// A text as Python's `repr` prints it: single quotes unless it has those and no double ones; control characters,
/// unprintable and unassigned ones escaped.
public func pythonString(_ text: String) -> String {
  let scalars = text.unicodeScalars
  let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
  var out = String.UnicodeScalarView()
  out.append(quote)
  func escape(_ digits: Int, _ letter: String, _ value: UInt32) {
    let hexadecimal = String(value, radix: 16)
    let zeros = String(repeating: "0", count: digits - hexadecimal.utf8.count)
    out.append(contentsOf: ("\\" + letter + zeros + hexadecimal).unicodeScalars)
  }
  for scalar in scalars {
    switch scalar {
    case quote, "\\": out.append(contentsOf: ["\\", scalar])
    case "\n": out.append(contentsOf: "\\n".unicodeScalars)
    case "\r": out.append(contentsOf: "\\r".unicodeScalars)
    case "\t": out.append(contentsOf: "\\t".unicodeScalars)
    case _ where PythonText.isPrintable(scalar): out.append(scalar)
    case _ where scalar.value <= 0xFF: escape(2, "x", scalar.value)
    case _ where scalar.value <= 0xFFFF: escape(4, "u", scalar.value)
    default: escape(8, "U", scalar.value)
    }
  }
  out.append(quote)
  return String(out)
}

/// Reads a list of texts as Python prints it; nil for anything else, an escape by number too.
func readPythonList(_ text: String) -> [String]? {
  var rest = Substring(PythonText.stripped(text))
  guard rest.first == "[", rest.last == "]" else { return nil }
  rest = rest.dropFirst().dropLast()
  var texts: [String] = []
  func skipSpaces() { rest = rest.drop { $0 == " " || $0 == "\n" } }
  skipSpaces()
  while let quote = rest.first {
    guard quote == "'" || quote == "\"" else { return nil }
    rest.removeFirst()
    var text = ""
    while true {
      guard let letter = rest.popFirst() else { return nil }
      if letter == quote { break }
      guard letter == "\\" else { text.append(letter); continue }
      switch rest.popFirst() {
      case let same? where same == "'" || same == "\"" || same == "\\": text.append(same)
      case "n": text.append("\n")
      case "t": text.append("\t")
      default: return nil
      }
    }
    texts.append(text)
    skipSpaces()
    if rest.isEmpty { break }
    guard rest.popFirst() == "," else { return nil }
    skipSpaces()
  }
  return texts
}
