// Data as scripts: a page opened from the disk may load scripts, but not fetch files.
internal import Foundation
internal import JSONText

/// What a name and its data look like as a script file: `repro.take("index", {…});`.
///
/// Answers of models stand in it, so that nothing in it may end the script or begin another: `<` and the two line ends
/// that JSON has and scripts had not are written as escapes.
func scriptText(_ name: String, _ value: JSONValue) -> [UInt8] {
  let json = Array(value.canonicalText.utf8)
  var text = Array("repro.take(\(JSONValue.string(name).canonicalText),".utf8)
  text.reserveCapacity(json.count + 64)
  var place = 0
  while place < json.count {
    let byte = json[place]
    if byte == UInt8(ascii: "<") {
      text += "\\u003c".utf8
    } else if byte == 0xE2, place + 2 < json.count, json[place + 1] == 0x80, json[place + 2] & 0xFE == 0xA8 {
      text += (json[place + 2] == 0xA8 ? "\\u2028" : "\\u2029").utf8
      place += 2
    } else {
      text.append(byte)
    }
    place += 1
  }
  return text + Array(");\n".utf8)
}

/// A number of a curve with five digits, which no plot can tell from all of them; null where it is none.
func plotted(_ value: Double?) -> JSONValue {
  guard let value, value.isFinite else { return .null }
  if value == value.rounded(), abs(value) < 1e9 { return .integer(Int(value)) }
  return .number(Double(String(format: "%.5g", value)) ?? value)
}

/// Texts, each once; columns hold their places.
struct WordTable {
  private(set) var texts: [String] = []
  private var places: [ExactText: Int] = [:]

  mutating func place(_ text: String) -> Int {
    if let known = places[ExactText(text)] { return known }
    places[ExactText(text)] = texts.count
    texts.append(text)
    return texts.count - 1
  }

  var json: JSONValue { .array(texts.map { .string($0) }) }
}

/// A text as a value in an address.
func percentEncoded(_ text: String) -> String {
  text.utf8.map { byte in
    let isPlain = Unicode.Scalar(byte).properties.isAlphabetic && byte < 0x80 || (0x30...0x39).contains(byte)
      || [0x2D, 0x2E, 0x5F, 0x2C].contains(byte)
    return isPlain ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }.joined()
}
