// Finding a question in what a language model replied: JSON by itself, in a code fence, or amid prose.
internal import JSONText

enum ReplyText {
  /// Braces that are tried, and bytes that are looked at: what a reply may cost to read.
  private static let startLimit = 64
  private static let byteLimit = 1 << 16

  /// The JSON objects of a text, outermost ones in their order.
  static func objects(in text: String) -> [JSONValue] {
    let bytes = Array(text.utf8.prefix(byteLimit))
    let limits = JSONValue.Limits(depth: 16, valueCount: 10_000, mendsSurrogates: true)
    var objects: [JSONValue] = []
    var place = 0
    for _ in 0..<startLimit {
      guard let start = bytes[place...].firstIndex(of: 0x7B) else { break }
      place = start + 1
      guard let end = end(of: bytes, from: start),
        let json = try? JSONValue(parsing: Array(bytes[start...end]), file: "reply", limits: limits)
      else { continue }
      objects.append(json)
      place = end + 1
    }
    return objects
  }

  /// Whether a text has a brace at all, so that what is wrong with it can be said.
  static func hasBrace(_ text: String) -> Bool { text.utf8.contains(0x7B) }

  /// The brace that closes the one at `start`, texts in quotes passed over.
  private static func end(of bytes: [UInt8], from start: Int) -> Int? {
    var depth = 0
    var isInText = false, isEscaped = false
    for index in start..<bytes.count {
      let byte = bytes[index]
      if isInText {
        isInText = isEscaped || byte != 0x22
        isEscaped = !isEscaped && byte == 0x5C
        continue
      }
      switch byte {
      case 0x22: isInText = true
      case 0x7B: depth += 1
      case 0x7D:
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
    }
    return nil
  }

  /// The first object with `question_text`, in an object or somewhere within it.
  static func question(in json: JSONValue, depth: Int = 0) -> JSONValue? {
    if json["question_text"] != nil { return json }
    guard depth < 8 else { return nil }
    let inner = json.array ?? json.object?.pairs.map(\.value) ?? []
    return inner.lazy.compactMap { question(in: $0, depth: depth + 1) }.first
  }
}
