// Reading JSON (RFC 8259) from bytes that nobody vouches for: every mistake has a line and a column, nesting
// and counts are bounded, duplicate keys are refused, nothing traps.
public import Diagnostics

extension JSONValue {
  /// What a reader is ready to hold.
  public struct Limits: Sendable {
    /// Levels of lists and objects within each other.
    public var depth = 128
    /// Values in all.
    public var valueCount = 50_000_000
    /// Takes an escaped half of a surrogate pair for U+FFFD instead of refusing it, for texts other programs wrote.
    public var mendsSurrogates = false
    public init(depth: Int = 128, valueCount: Int = 50_000_000, mendsSurrogates: Bool = false) {
      self.depth = depth
      self.valueCount = valueCount
      self.mendsSurrogates = mendsSurrogates
    }
  }

  /// Reads one JSON value that fills `bytes`. `file` and `firstLine` are for messages.
  public init(
    parsing bytes: [UInt8], file: String, firstLine: Int = 1, limits: Limits = Limits()
  ) throws(Diagnostic) {
    var parser = JSONParser(bytes: bytes, file: file, firstLine: firstLine, limits: limits)
    self = try parser.document()
  }

  public init(parsing text: String, file: String) throws(Diagnostic) {
    try self.init(parsing: Array(text.utf8), file: file)
  }
}

struct JSONParser {
  let bytes: [UInt8]
  let file: String
  let firstLine: Int
  let limits: JSONValue.Limits
  private var position = 0
  private var valueCount = 0

  init(bytes: [UInt8], file: String, firstLine: Int, limits: JSONValue.Limits) {
    self.bytes = bytes
    self.file = file
    self.firstLine = firstLine
    self.limits = limits
  }

  mutating func document() throws(Diagnostic) -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    let value = try self.value(depth: 0)
    skipSpace()
    if position < bytes.count { throw mistake("expected the end of the JSON text, found \(found)") }
    return value
  }

  private mutating func value(depth: Int) throws(Diagnostic) -> JSONValue {
    guard depth <= limits.depth else { throw mistake("lists and objects are nested more than \(limits.depth) deep") }
    valueCount += 1
    guard valueCount <= limits.valueCount else { throw mistake("more than \(limits.valueCount) values") }
    skipSpace()
    guard position < bytes.count else { throw mistake("expected a value, found the end of the text") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): try word("true"); return .boolean(true)
    case UInt8(ascii: "f"): try word("false"); return .boolean(false)
    case UInt8(ascii: "n"): try word("null"); return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw mistake("expected a value, found \(found)")
    }
  }

  private mutating func array(depth: Int) throws(Diagnostic) -> [JSONValue] {
    position += 1
    var values: [JSONValue] = []
    skipSpace()
    if take("]") { return values }
    while true {
      values.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return values }
      guard take(",") else { throw mistake("expected ',' or ']', found \(found)") }
    }
  }

  private mutating func object(depth: Int) throws(Diagnostic) -> JSONObject {
    position += 1
    var object = JSONObject()
    skipSpace()
    if take("}") { return object }
    while true {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw mistake("expected a key in double quotes, found \(found)")
      }
      let start = position
      let key = try string()
      skipSpace()
      guard take(":") else { throw mistake("expected ':' after the key '\(shortened(key))', found \(found)") }
      guard object.insert(key, try value(depth: depth + 1)) else {
        throw mistake("the key '\(shortened(key))' stands twice in one object", at: start)
      }
      skipSpace()
      if take("}") { return object }
      guard take(",") else { throw mistake("expected ',' or '}', found \(found)") }
    }
  }

  private mutating func string() throws(Diagnostic) -> String {
    let start = position
    position += 1
    var plain = position
    var text: [UInt8] = []
    // Bytes below 128 alone are valid UTF-8: most texts need no second look.
    var all: UInt8 = 0
    while true {
      guard position < bytes.count else { throw mistake("this text has no closing quote", at: start) }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let rest = bytes[plain..<position]
        position += 1
        if text.isEmpty, all < 0x80 { return String(decoding: rest, as: UTF8.self) }
        if !text.isEmpty { text += rest }
        let string =
          text.isEmpty ? String(validating: rest, as: UTF8.self) : String(validating: text, as: UTF8.self)
        guard let string else { throw mistake("this text is not valid UTF-8", at: start) }
        return string
      case UInt8(ascii: "\\"):
        text += bytes[plain..<position]
        text += Array(String(try escape()).utf8)
        plain = position
      case 0..<0x20: throw mistake("a control character stands in a text unescaped")
      default:
        all |= bytes[position]
        position += 1
      }
    }
  }

  private mutating func escape() throws(Diagnostic) -> Unicode.Scalar {
    let start = position
    position += 1
    guard position < bytes.count else { throw mistake("this text ends within an escape", at: start) }
    let letter = bytes[position]
    position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let high = try hexadecimal(start)
      if (0xD800..<0xDC00).contains(high) {
        let end = position
        if bytes[end...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
          position += 2
          let low = try hexadecimal(start)
          if (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
          {
            return scalar
          }
          position = end
        }
      }
      guard let scalar = Unicode.Scalar(high) ?? (limits.mendsSurrogates ? "\u{FFFD}" : nil) else {
        throw mistake("half of a surrogate pair stands alone", at: start)
      }
      return scalar
    default: throw mistake("an escape JSON does not have", at: start)
    }
  }

  private mutating func hexadecimal(_ start: Int) throws(Diagnostic) -> UInt32 {
    guard position + 4 <= bytes.count else { throw mistake("\\u needs four hexadecimal digits", at: start) }
    var value: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
      default: throw mistake("\\u needs four hexadecimal digits", at: start)
      }
    }
    position += 4
    return value
  }

  private mutating func number() throws(Diagnostic) -> JSONValue {
    let start = position
    var isWhole = true
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    let first = position
    digits()
    guard position > first else { throw mistake("a number without digits", at: start) }
    if position - first > 1, bytes[first] == UInt8(ascii: "0") {
      throw mistake("a number with a leading zero", at: start)
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      let fraction = position
      digits()
      guard position > fraction else { throw mistake("a number that ends in a point", at: start) }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
        position += 1
      }
      let exponent = position
      digits()
      guard position > exponent else { throw mistake("a number with an empty exponent", at: start) }
    }
    if isWhole, position - first <= 18 {
      let size = bytes[first..<position].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
      return .integer(first > start ? -size : size)
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw mistake("the number \(text.prefix(40)) is out of range", at: start)
    }
    return .number(value)
  }

  private mutating func digits() {
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) { position += 1 }
  }

  private mutating func word(_ word: String) throws(Diagnostic) {
    guard bytes[position...].starts(with: word.utf8) else { throw mistake("expected a value, found \(found)") }
    position += word.utf8.count
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private var found: String {
    guard position < bytes.count else { return "the end of the text" }
    let byte = bytes[position]
    return (0x21...0x7E).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
  }

  private func shortened(_ key: String) -> String { key.count > 80 ? key.prefix(79) + "…" : key }

  private func mistake(_ fact: String, at place: Int? = nil) -> Diagnostic {
    let end = min(place ?? position, bytes.count)
    let line = firstLine + bytes[..<end].count { $0 == 0x0A }
    let lineStart = (bytes[..<end].lastIndex(of: 0x0A) ?? -1) + 1
    let column = 1 + bytes[lineStart..<end].count { $0 & 0xC0 != 0x80 }
    return Diagnostic(fact, at: SourceMark(file: file, line: line, column: column))
  }
}
