// Vocabularies are written in letters: every byte has one printable character that stands for it.
//
// Source: the table of GPT-2's encoder; models.md, section e.

/// The characters that stand for bytes in vocabulary and merge files.
enum ByteCharacters {
  /// Bytes 33–126, 161–172 and 174–255 stand for themselves; the others, rising, are U+0100, U+0101, …
  static let characters: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0...255).map { (byte: UInt32) -> Unicode.Scalar in
      switch byte {
      case 33...126, 161...172, 174...255: return Unicode.Scalar(UInt8(byte))
      default:
        defer { next += 1 }
        return Unicode.Scalar(next) ?? " "
      }
    }
  }()

  private static let bytes: [Int16] = {
    var table = [Int16](repeating: -1, count: 0x144)
    for (byte, character) in characters.enumerated() { table[Int(character.value)] = Int16(byte) }
    return table
  }()

  /// Appends the bytes that `text` spells; false if a character stands for none.
  static func append(_ text: some StringProtocol, to result: inout [UInt8]) -> Bool {
    for character in text.unicodeScalars {
      guard character.value < 0x144, bytes[Int(character.value)] >= 0 else { return false }
      result.append(UInt8(truncatingIfNeeded: bytes[Int(character.value)]))
    }
    return true
  }

  /// The spelling of `bytes`.
  static func text(_ bytes: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(characters[Int(byte)]) }
    return String(text)
  }
}
