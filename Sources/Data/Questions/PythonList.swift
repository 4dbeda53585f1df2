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

/// The texts of a list as Python prints it, `['dog', "dog's"]`; nil for anything else.
package func texts(ofPythonList text: String) -> [String]? {
  let stripped = PythonText.stripped(text).unicodeScalars
  guard stripped.first == "[", stripped.last == "]", stripped.count >= 2 else { return nil }
  var rest = stripped.dropFirst().dropLast()
  func skipSpace() { rest = rest.drop(while: PythonText.isSpace) }
  var texts: [String] = []
  skipSpace()
  while let quote = rest.first {
    guard quote == "'" || quote == "\"" else { return nil }
    rest = rest.dropFirst()
    var item = String.UnicodeScalarView()
    while let scalar = rest.first, scalar != quote {
      rest = rest.dropFirst()
      guard scalar == "\\" else {
        item.append(scalar)
        continue
      }
      guard let escaped = rest.first else { return nil }
      rest = rest.dropFirst()
      switch escaped {
      case "n": item.append("\n")
      case "r": item.append("\r")
      case "t": item.append("\t")
      case "'", "\"", "\\": item.append(escaped)
      case "x", "u", "U":
        let count = escaped == "x" ? 2 : escaped == "u" ? 4 : 8
        guard rest.count >= count, let value = UInt32(String(rest.prefix(count)), radix: 16),
          let read = Unicode.Scalar(value)
        else { return nil }
        item.append(read)
        rest = rest.dropFirst(count)
      default: return nil
      }
    }
    guard rest.first == quote else { return nil }
    rest = rest.dropFirst()
    texts.append(String(item))
    skipSpace()
    guard let comma = rest.first else { break }
    guard comma == "," else { return nil }
    rest = rest.dropFirst()
    skipSpace()
  }
  return texts
}
