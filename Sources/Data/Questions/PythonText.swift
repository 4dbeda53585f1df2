// Texts as Python sees them. Official scores are what a Python script prints, and Swift's own operations differ from
// Python's: they compare canonically, walk over grapheme clusters and know newer characters.

/// What `str` does in Python, on code points.
///
/// Characters have the properties of Unicode 14, which is Python 3.11's; a younger character is unassigned. The whole
/// table is held to Python's by a digest in the tests.
package enum PythonText {
  private static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
    guard let age = scalar.properties.age else { return false }
    return age.major <= 14
  }

  /// What `\w` matches: `str.isalnum` of one character, or `_`.
  package static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_": return true
    case _ where scalar.isASCII: return false
    default: break
    }
    guard isKnown(scalar) else { return false }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
    default: return scalar.properties.numericType != nil
    }
  }

  /// `str.isspace` of one character: what `str.strip` removes.
  package static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
    default: false
    }
  }

  /// `str.isprintable` of one character: neither other nor separator, the space aside.
  package static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return (0x20...0x7E).contains(scalar.value) }
    guard isKnown(scalar) else { return false }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  /// `str.strip()`.
  package static func stripped(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isSpace($0) }), let last = scalars.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(scalars[first...last])
  }

  /// `str.lower()`: full mappings without a language, a capital sigma at the end of a word as ς.
  package static func lowercased(_ text: String) -> [Unicode.Scalar] {
    let scalars = Array(text.unicodeScalars)
    var lower: [Unicode.Scalar] = []
    lower.reserveCapacity(scalars.count)
    for (index, scalar) in scalars.enumerated() {
      switch scalar {
      case "A"..."Z": lower.append(Unicode.Scalar(UInt8(scalar.value) + 32))
      case "Σ": lower.append(isFinal(index, in: scalars) ? "ς" : "σ")
      case _ where scalar.isASCII || !isKnown(scalar): lower.append(scalar)
      default: lower.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
      }
    }
    return lower
  }

  /// Whether a cased character stands before a sigma and none after it, ignorable ones passed over.
  private static func isFinal(_ index: Int, in scalars: [Unicode.Scalar]) -> Bool {
    guard let before = scalars[..<index].last(where: { !isCaseIgnorable($0) }), isCased(before) else { return false }
    guard let after = scalars[(index + 1)...].first(where: { !isCaseIgnorable($0) }) else { return true }
    return !isCased(after)
  }

  // Two characters changed their nature after Unicode 14.
  private static func isCased(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\u{295}" || isKnown(scalar) && scalar.properties.isCased
  }
  private static func isCaseIgnorable(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\u{1171E}" || isKnown(scalar) && scalar.properties.isCaseIgnorable
  }

  /// The set of `re.findall(r"\b\w+\b", text.lower())`.
  package static func words(_ text: String) -> Set<[Unicode.Scalar]> { Set(wordList(text)) }

  /// The same in order, each as often as it stands.
  package static func wordList(_ text: String) -> [[Unicode.Scalar]] {
    lowercased(text).split(whereSeparator: { !isWord($0) }).map(Array.init)
  }

  /// `needle in text`, in time linear in both (Knuth, Morris, Pratt).
  package static func contains(_ text: [Unicode.Scalar], _ needle: [Unicode.Scalar]) -> Bool {
    guard !needle.isEmpty else { return true }
    var border = [Int](repeating: 0, count: needle.count)
    var length = 0
    for index in needle.indices.dropFirst() {
      while length > 0, needle[index] != needle[length] { length = border[length - 1] }
      if needle[index] == needle[length] { length += 1 }
      border[index] = length
    }
    length = 0
    for scalar in text {
      while length > 0, scalar != needle[length] { length = border[length - 1] }
      if scalar == needle[length] { length += 1 }
      if length == needle.count { return true }
    }
    return false
  }

  /// `text.replace(old, new)` for several `old` at once, from left to right; what was put in is not looked at again.
  package static func replacing(_ text: String, _ pairs: [(old: String, new: String)]) -> String {
    var rest = text.unicodeScalars[...]
    var out = String.UnicodeScalarView()
    while let first = rest.first {
      if let pair = pairs.first(where: { !$0.old.isEmpty && rest.starts(with: $0.old.unicodeScalars) }) {
        out.append(contentsOf: pair.new.unicodeScalars)
        rest = rest.dropFirst(pair.old.unicodeScalars.count)
      } else {
        out.append(first)
        rest = rest.dropFirst()
      }
    }
    return String(out)
  }

  /// `a == b`: the same code points. Swift's own comparison takes `é` and `e` with an accent for the same.
  package static func areSame(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
}
