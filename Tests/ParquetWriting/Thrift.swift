// Thrift's compact form, written.

struct Thrift {
  private var bytes: [UInt8] = []
  private var last = 0

  /// A structure with the fields `body` writes, in ascending order.
  static func structure(_ body: (inout Thrift) -> Void) -> [UInt8] {
    var fields = Thrift()
    body(&fields)
    return fields.bytes + [0]
  }

  static func unsigned(_ number: Int) -> [UInt8] {
    var (bytes, rest): ([UInt8], UInt) = ([], UInt(bitPattern: number))
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private mutating func head(_ id: Int, _ kind: UInt8) {
    bytes.append(UInt8(id - last) << 4 | kind)
    last = id
  }

  mutating func int(_ id: Int, _ number: Int) {
    head(id, 5)
    bytes += Self.unsigned(number << 1 ^ number >> 63)
  }

  mutating func long(_ id: Int, _ number: Int) {
    head(id, 6)
    bytes += Self.unsigned(number << 1 ^ number >> 63)
  }

  mutating func text(_ id: Int, _ text: String) {
    head(id, 8)
    bytes += Self.unsigned(text.utf8.count) + Array(text.utf8)
  }

  mutating func texts(_ id: Int, _ texts: [String]) {
    list(id, texts.map { Self.unsigned($0.utf8.count) + Array($0.utf8) }, ofKind: 8)
  }

  mutating func list(_ id: Int, _ elements: [[UInt8]], ofKind kind: UInt8 = 12) {
    head(id, 9)
    bytes += elements.count < 15 ? [UInt8(elements.count) << 4 | kind] : [0xF0 | kind] + Self.unsigned(elements.count)
    bytes += elements.joined()
  }

  mutating func structure(_ id: Int, _ body: (inout Thrift) -> Void) { raw(id, Self.structure(body)) }

  mutating func raw(_ id: Int, _ structure: [UInt8]) {
    head(id, 12)
    bytes += structure
  }
}
