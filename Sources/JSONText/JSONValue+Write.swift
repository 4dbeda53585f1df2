// Writing: keys sorted, floats as the shortest text that reads back the same, LF. The same value is the same
// bytes.

extension JSONValue {
  /// On one line, keys sorted.
  public var canonicalText: String {
    var text: [UInt8] = []
    write(into: &text, indent: nil)
    return String(decoding: text, as: UTF8.self)
  }

  /// One key or element a line, two spaces a level, keys sorted, a line feed at the end.
  public var indentedText: String {
    var text: [UInt8] = []
    write(into: &text, indent: 0)
    text.append(0x0A)
    return String(decoding: text, as: UTF8.self)
  }

  /// - Precondition: numbers are finite; JSON has no word for others.
  private func write(into text: inout [UInt8], indent: Int?) {
    switch self {
    case .null: text += "null".utf8
    case .boolean(let value): text += (value ? "true" : "false").utf8
    case .integer(let value): text += value.description.utf8
    case .number(let value):
      precondition(value.isFinite, "JSON cannot hold \(value)")
      text += value.description.utf8
    case .string(let value): Self.write(value, into: &text)
    case .array(let values):
      Self.list(values.count, "[", "]", into: &text, indent: indent) { index, text, inner in
        values[index].write(into: &text, indent: inner)
      }
    case .object(let object):
      let keys = object.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      Self.list(keys.count, "{", "}", into: &text, indent: indent) { index, text, inner in
        Self.write(keys[index], into: &text)
        text.append(UInt8(ascii: ":"))
        if indent != nil { text.append(UInt8(ascii: " ")) }
        (object[keys[index]] ?? .null).write(into: &text, indent: inner)
      }
    }
  }

  private static func list(
    _ count: Int, _ open: String, _ close: String, into text: inout [UInt8], indent: Int?,
    element: (Int, inout [UInt8], Int?) -> Void
  ) {
    text += open.utf8
    for index in 0..<count {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      if let indent { text += [0x0A] + [UInt8](repeating: 0x20, count: 2 * (indent + 1)) }
      element(index, &text, indent.map { $0 + 1 })
    }
    if let indent, count > 0 { text += [0x0A] + [UInt8](repeating: 0x20, count: 2 * indent) }
    text += close.utf8
  }

  private static func write(_ string: String, into text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): text += "\\\"".utf8
      case UInt8(ascii: "\\"): text += "\\\\".utf8
      case 0x0A: text += "\\n".utf8
      case 0x0D: text += "\\r".utf8
      case 0x09: text += "\\t".utf8
      case 0..<0x20:
        let hexadecimal = String(byte, radix: 16)
        text += ("\\u" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal).utf8
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
