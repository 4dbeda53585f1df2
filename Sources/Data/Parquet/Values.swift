// Values of a page, one after the other, in each of the encodings.

/// Values one after the other as they are (PLAIN); of a dictionary, by index.
struct PlainValues {
  let bytes: ByteRun
  let leaf: Leaf
  private var position = 0

  init(_ bytes: ByteRun, _ leaf: Leaf) {
    self.bytes = bytes
    self.leaf = leaf
  }

  mutating func next() throws(Damage) -> ParquetValue {
    switch leaf.type {
    case .boolean:
      position += 1
      return .boolean(try bytes.bits(position - 1, width: 1) == 1)
    case .byteArray:
      let length = Int(try bytes.number(position, size: 4))
      let value = try leaf.value(try bytes.slice(position + 4, length))
      position += 4 + length
      return value
    default:
      position += leaf.size
      return try leaf.value(try bytes.slice(position - leaf.size, leaf.size))
    }
  }
}

/// Values a page names by number.
struct ValueDictionary {
  private let bytes: ByteRun
  private let leaf: Leaf
  private let count: Int
  /// Where each begins, of values of any length.
  private var starts: [Int] = []

  init(_ bytes: ByteRun, count: Int, _ leaf: Leaf) throws(Damage) {
    self.bytes = bytes
    self.leaf = leaf
    self.count = count
    switch leaf.type {
    case .boolean: throw Damage("has a dictionary of true and false")
    case .byteArray:
      guard count >= 0, count <= bytes.count / 4 else { throw .cutShort }
      var position = 0
      for _ in 0..<count {
        starts.append(position)
        position += 4 + Int(try bytes.number(position, size: 4))
      }
      guard position <= bytes.count else { throw .cutShort }
    default: guard count >= 0, count <= bytes.count / leaf.size else { throw .cutShort }
    }
  }

  func value(_ index: Int) throws(Damage) -> ParquetValue {
    guard index < count else { throw Damage("names value \(index) of a dictionary of \(count)") }
    guard leaf.type == .byteArray else { return try leaf.value(try bytes.slice(index * leaf.size, leaf.size)) }
    return try leaf.value(try bytes.slice(starts[index] + 4, Int(try bytes.number(starts[index], size: 4))))
  }
}

/// The values of one page.
enum PageValues {
  case plain(PlainValues)
  case indices(Runs, ValueDictionary)
  case booleans(Runs)
  case differences(Differences, Leaf)
  /// Lengths, and then all bytes.
  case lengths(Differences, ByteRun, position: Int, Leaf)
  /// How much of the value before is kept, and what follows that.
  case prefixes(Differences, Differences, ByteRun, position: Int, before: [UInt8], Leaf)
  case splitBytes(ByteRun, index: Int, count: Int, Leaf)

  init(_ encoding: Int, _ bytes: ByteRun, count: Int, _ leaf: Leaf, _ dictionary: ValueDictionary?) throws(Damage) {
    let isBytes = leaf.type == .byteArray || leaf.type == .fixed
    switch encoding {
    case 0: self = .plain(PlainValues(bytes, leaf))
    case 2, 8:
      guard let dictionary else { throw Damage("names values of a dictionary that is not there") }
      // A page of nulls alone may be empty.
      let width = bytes.count == 0 ? 0 : Int(try bytes.byte(0))
      self = .indices(try Runs(bytes.count == 0 ? bytes : bytes.rest(1), width: width), dictionary)
    case 3 where leaf.type == .boolean:
      guard bytes.count > 0 else { self = .booleans(try Runs(bytes, width: 1)); return }
      self = .booleans(try Runs(bytes.slice(4, Int(bytes.number(0, size: 4))), width: 1))
    case 5 where leaf.type == .int32 || leaf.type == .int64: self = .differences(try Differences(bytes), leaf)
    case 6 where leaf.type == .byteArray:
      let lengths = try Differences(bytes)
      self = .lengths(lengths, bytes, position: try lengths.end(), leaf)
    case 7 where isBytes:
      let prefixes = try Differences(bytes)
      let rest = try bytes.rest(try prefixes.end())
      let lengths = try Differences(rest)
      self = .prefixes(prefixes, lengths, rest, position: try lengths.end(), before: [], leaf)
    case 9 where leaf.size > 0: self = .splitBytes(bytes, index: 0, count: bytes.count / leaf.size, leaf)
    default: throw Damage("has the encoding \(Self.name(encoding)) for \(leaf.type), which is not read")
    }
  }

  static func name(_ encoding: Int) -> String {
    let names = [
      "PLAIN", "1", "PLAIN_DICTIONARY", "RLE", "BIT_PACKED", "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY",
      "DELTA_BYTE_ARRAY", "RLE_DICTIONARY", "BYTE_STREAM_SPLIT",
    ]
    return names.indices.contains(encoding) ? names[encoding] : "\(encoding)"
  }

  mutating func next() throws(Damage) -> ParquetValue {
    switch self {
    case .plain(var values):
      defer { self = .plain(values) }
      return try values.next()
    case .indices(var runs, let dictionary):
      defer { self = .indices(runs, dictionary) }
      return try dictionary.value(try runs.next())
    case .booleans(var runs):
      defer { self = .booleans(runs) }
      return .boolean(try runs.next() == 1)
    case .differences(var numbers, let leaf):
      defer { self = .differences(numbers, leaf) }
      return leaf.value(try numbers.next())
    case .lengths(var lengths, let bytes, let position, let leaf):
      let length = try Self.length(&lengths)
      self = .lengths(lengths, bytes, position: position + length, leaf)
      return try leaf.value(try bytes.slice(position, length))
    case .prefixes(var prefixes, var lengths, let bytes, let position, let before, let leaf):
      let (prefix, length) = (try Self.length(&prefixes), try Self.length(&lengths))
      guard prefix <= before.count else { throw Damage("keeps \(prefix) bytes of a value of \(before.count)") }
      let value = Array(before.prefix(prefix)) + (try bytes.slice(position, length).array)
      self = .prefixes(prefixes, lengths, bytes, position: position + length, before: value, leaf)
      return try leaf.value(value)
    case .splitBytes(let bytes, let index, let count, let leaf):
      self = .splitBytes(bytes, index: index + 1, count: count, leaf)
      guard index < count else { throw .cutShort }
      var value: [UInt8] = []
      for place in 0..<leaf.size { value.append(try bytes.byte(place * count + index)) }
      return try leaf.value(value)
    }
  }

  private static func length(_ numbers: inout Differences) throws(Damage) -> Int {
    guard let length = Int(exactly: try numbers.next()), (0...Int(Int32.max)).contains(length) else {
      throw Damage("has a value of a length below 0 or beyond 2 GiB")
    }
    return length
  }
}

extension Leaf {
  /// A value of the bytes it takes.
  func value(_ bytes: ByteRun) throws(Damage) -> ParquetValue {
    switch type {
    case .int32, .int64:
      let bits = try bytes.number(0, size: size)
      return value(size == 4 ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits))
    case .float: return .number(Double(Float(bitPattern: UInt32(truncatingIfNeeded: try bytes.number(0, size: 4)))))
    case .double: return .number(Double(bitPattern: try bytes.number(0, size: 8)))
    default:
      if case .text = meaning {
        guard let text = bytes.text else { throw Damage("holds a text that is no UTF-8") }
        return .text(text)
      }
      return try value(bytes.array)
    }
  }

  /// A value of bytes that had to be put together.
  func value(_ bytes: [UInt8]) throws(Damage) -> ParquetValue {
    switch (type, meaning) {
    case (.int32, _), (.int64, _), (.float, _), (.double, _):
      let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      switch type {
      case .int32: return value(Int64(Int32(truncatingIfNeeded: bits)))
      case .int64: return value(Int64(bitPattern: bits))
      case .float: return .number(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
      default: return .number(Double(bitPattern: bits))
      }
    case (_, .text):
      guard let text = String(validating: bytes, as: UTF8.self) else { throw Damage("holds a text that is no UTF-8") }
      return .text(text)
    case (_, .decimal(let scale)):
      let high = Double(bytes.first.map { Int8(bitPattern: $0) } ?? 0)
      return .number(Self.scaled(bytes.dropFirst().reduce(high) { $0 * 256 + Double($1) }, by: scale))
    case (_, .half) where bytes.count == 2: return .number(Self.half(UInt16(bytes[0]) | UInt16(bytes[1]) << 8))
    default: return .bytes(bytes)
    }
  }

  /// A value of a whole number.
  func value(_ number: Int64) -> ParquetValue {
    switch meaning {
    case .unsigned:
      let bits = type == .int32 ? UInt64(UInt32(truncatingIfNeeded: number)) : UInt64(bitPattern: number)
      return Int(exactly: bits).map { .integer($0) } ?? .number(Double(bits))
    case .decimal(let scale) where scale > 0: return .number(Self.scaled(Double(number), by: scale))
    default: return .integer(type == .int32 ? Int(Int32(truncatingIfNeeded: number)) : Int(number))
    }
  }

  private static func scaled(_ number: Double, by scale: Int) -> Double {
    number / (0..<scale).reduce(1.0) { power, _ in power * 10 }
  }

  /// A number of 16 bits.
  private static func half(_ bits: UInt16) -> Double {
    let (exponent, fraction) = (Int(bits >> 10) & 31, Double(bits & 1023))
    let size =
      switch exponent {
      case 0: fraction * 0x1p-24
      case 31: fraction == 0 ? Double.infinity : .nan
      default: (1024 + fraction) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
      }
    return bits >> 15 == 1 ? -size : size
  }
}
