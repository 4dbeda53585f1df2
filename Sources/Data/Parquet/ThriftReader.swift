// Thrift's compact form, in which a parquet file describes itself.

/// Reads fields one after the other; what is not asked for is passed over.
struct ThriftReader {
  enum Kind: UInt8 {
    case yes = 1, no, byte, short, int, long, double, binary, list, set, map, structure
  }

  let bytes: ByteRun
  private(set) var position = 0
  private var depth = 0

  init(_ bytes: ByteRun) { self.bytes = bytes }

  mutating func byte() throws(Damage) -> UInt8 {
    let byte = try bytes.byte(position)
    position += 1
    return byte
  }

  /// A number of seven bits a byte, the lowest first.
  mutating func unsigned() throws(Damage) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      let byte = try byte()
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw Damage("has a number of more than 64 bits")
  }

  /// A number with its sign in the lowest bit.
  mutating func signed() throws(Damage) -> Int64 {
    let value = try unsigned()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// A whole number of a field.
  mutating func integer(_ kind: Kind) throws(Damage) -> Int {
    switch kind {
    case .byte: Int(Int8(bitPattern: try byte()))
    case .short, .int, .long: Int(try signed())
    default: throw Damage("has \(kind) where a whole number is expected")
    }
  }

  mutating func boolean(_ kind: Kind) throws(Damage) -> Bool {
    guard kind == .yes || kind == .no else { throw Damage("has \(kind) where true or false is expected") }
    return kind == .yes
  }

  mutating func binary(_ kind: Kind) throws(Damage) -> ByteRun {
    guard kind == .binary else { throw Damage("has \(kind) where a text is expected") }
    let count = try length()
    let run = try bytes.slice(position, count)
    position += run.count
    return run
  }

  mutating func text(_ kind: Kind) throws(Damage) -> String {
    guard let text = try binary(kind).text else { throw Damage("has a name that is no UTF-8") }
    return text
  }

  /// Fields of a structure, until its end.
  mutating func fields(
    _ kind: Kind = .structure, _ body: (inout ThriftReader, _ id: Int, _ kind: Kind) throws(Damage) -> Bool
  ) throws(Damage) {
    guard kind == .structure else { throw Damage("has \(kind) where a structure is expected") }
    try descend()
    var id = 0
    while true {
      let head = try byte()
      if head == 0 { break }
      let kind = try Self.kind(head & 0x0F)
      id = head >> 4 == 0 ? Int(try signed()) : id + Int(head >> 4)
      guard (0...Int(Int16.max)).contains(id) else { throw Damage("has a field of number \(id)") }
      if !(try body(&self, id, kind)) { try skip(kind) }
    }
    depth -= 1
  }

  /// Elements of a list, each read by `body`.
  mutating func elements(
    _ kind: Kind, _ body: (inout ThriftReader, _ kind: Kind) throws(Damage) -> Void
  ) throws(Damage) {
    guard kind == .list || kind == .set else { throw Damage("has \(kind) where a list is expected") }
    try descend()
    let head = try byte()
    let count = head >> 4 == 15 ? try length() : Int(head >> 4)
    // Every element takes a byte at least.
    guard count <= bytes.count - position else { throw .cutShort }
    // Some writers leave the kind of no elements open.
    let element = count == 0 ? Kind.byte : try Self.kind(head & 0x0F)
    for _ in 0..<count { try body(&self, element) }
    depth -= 1
  }

  private mutating func skip(_ kind: Kind) throws(Damage) {
    switch kind {
    case .yes, .no: break
    case .byte: _ = try byte()
    case .short, .int, .long: _ = try unsigned()
    case .double: position = try bytes.slice(position, 8).count + position
    case .binary: _ = try binary(kind)
    case .list, .set: try elements(kind) { reader, kind throws(Damage) in try reader.skipElement(kind) }
    case .structure: try fields { _, _, _ throws(Damage) in false }
    case .map:
      let count = try length()
      guard count > 0 else { return }
      guard count <= bytes.count - position else { throw .cutShort }
      try descend()
      let kinds = try byte()
      let (key, value) = (try Self.kind(kinds >> 4), try Self.kind(kinds & 0x0F))
      for _ in 0..<count {
        try skipElement(key)
        try skipElement(value)
      }
      depth -= 1
    }
  }

  /// In a list, true and false take a byte.
  private mutating func skipElement(_ kind: Kind) throws(Damage) {
    if kind == .yes || kind == .no { _ = try byte() } else { try skip(kind) }
  }

  private mutating func length() throws(Damage) -> Int {
    guard let length = Int(exactly: try unsigned()), length <= bytes.count else { throw .cutShort }
    return length
  }

  private mutating func descend() throws(Damage) {
    depth += 1
    guard depth <= 32 else { throw Damage("nests its description more than 32 deep") }
  }

  private static func kind(_ code: UInt8) throws(Damage) -> Kind {
    guard let kind = Kind(rawValue: code) else { throw Damage("has a field of the unknown kind \(code)") }
    return kind
  }
}
