// Numbers as pages pack them: runs of equal or bit-packed ones, and differences.

/// Runs of equal numbers and of bit-packed ones: levels, and indices into a dictionary.
struct Runs {
  private let bytes: ByteRun
  private let width: Int
  private var position = 0
  /// What is left of the current run.
  private var left = 0
  private var repeated: UInt64?
  private var bit = 0

  /// - Parameter width: bits of a number, at most 32.
  init(_ bytes: ByteRun, width: Int) throws(Damage) {
    guard width <= 32 else { throw Damage("packs numbers in \(width) bits") }
    self.bytes = bytes
    self.width = width
  }

  mutating func next() throws(Damage) -> Int {
    guard width > 0 else { return 0 }
    while left == 0 { try nextRun() }
    left -= 1
    if let repeated { return Int(repeated) }
    let value = try bytes.bits(bit, width: width)
    bit += width
    return Int(value)
  }

  private mutating func nextRun() throws(Damage) {
    var reader = ThriftReader(try bytes.rest(position))
    let head = try reader.unsigned()
    position += reader.position
    guard head >> 1 <= UInt64(Int32.max) else { throw Damage("has a run of \(head >> 1) values") }
    if head & 1 == 1 {
      left = 8 * Int(head >> 1)
      repeated = nil
      bit = 8 * position
      position += Int(head >> 1) * width
    } else {
      left = Int(head >> 1)
      let size = (width + 7) / 8
      repeated = try bytes.number(position, size: size)
      position += size
    }
  }
}

/// Whole numbers as differences from the one before (DELTA_BINARY_PACKED), unpacked one block's part at a time.
struct Differences {
  private let bytes: ByteRun
  /// How many numbers are left.
  private(set) var left: Int
  private var value: Int64
  private var isFirst = true
  private let partSize: Int
  private let partCount: Int
  private var part: Int
  private var smallest: Int64 = 0
  private var widths = 0
  private var width = 0
  private var bit = 0
  private var leftInPart = 0
  private var position: Int

  init(_ bytes: ByteRun) throws(Damage) {
    var reader = ThriftReader(bytes)
    let blockSize = try reader.unsigned()
    let partCount = try reader.unsigned()
    let count = try reader.unsigned()
    value = try reader.signed()
    guard (8...1 << 20).contains(blockSize), partCount > 0, blockSize % partCount == 0, (blockSize / partCount) % 8 == 0,
      count <= UInt64(Int32.max)
    else { throw Damage("has differences in blocks of \(blockSize) in \(partCount) parts") }
    self.bytes = bytes
    self.partCount = Int(partCount)
    partSize = Int(blockSize / partCount)
    left = Int(count)
    part = Int(partCount)
    position = reader.position
  }

  mutating func next() throws(Damage) -> Int64 {
    guard left > 0 else { throw .cutShort }
    left -= 1
    if isFirst {
      isFirst = false
      return value
    }
    if leftInPart == 0 { try nextPart() }
    leftInPart -= 1
    value = value &+ smallest &+ Int64(bitPattern: try bytes.bits(bit, width: width))
    bit += width
    return value
  }

  private mutating func nextPart() throws(Damage) {
    if part == partCount {
      var reader = ThriftReader(try bytes.rest(position))
      smallest = try reader.signed()
      widths = position + reader.position
      position = widths + partCount
      part = 0
    }
    width = Int(try bytes.byte(widths + part))
    guard width <= 64 else { throw Damage("packs differences in \(width) bits") }
    part += 1
    bit = 8 * position
    position += partSize / 8 * width
    leftInPart = partSize
  }

  /// Where the numbers end; runs through all of them.
  func end() throws(Damage) -> Int {
    var copy = self
    while copy.left > 0 { _ = try copy.next() }
    return copy.position
  }
}
