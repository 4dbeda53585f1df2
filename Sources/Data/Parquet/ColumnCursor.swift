// One column of one row group, page by page.

/// What a page says before its values.
private struct PageHead {
  var type = -1
  var size = -1
  var packedSize = -1
  var checksum: UInt32?
  var valueCount = 0
  var encoding = -1
  var definitionEncoding = 3
  var repetitionEncoding = 3
  var definitionSize = 0
  var repetitionSize = 0
  var isPacked = true

  init(_ reader: inout ThriftReader) throws(Damage) {
    try reader.fields { reader, id, kind throws(Damage) in
      switch id {
      case 1: type = try reader.integer(kind)
      case 2: size = try reader.integer(kind)
      case 3: packedSize = try reader.integer(kind)
      case 4: checksum = UInt32(truncatingIfNeeded: try reader.integer(kind))
      case 5, 7, 8:
        try reader.fields(kind) { reader, field, kind throws(Damage) in
          switch (id, field) {
          case (_, 1): valueCount = try reader.integer(kind)
          case (5, 2), (7, 2), (8, 4): encoding = try reader.integer(kind)
          case (5, 3): definitionEncoding = try reader.integer(kind)
          case (5, 4): repetitionEncoding = try reader.integer(kind)
          case (8, 5): definitionSize = try reader.integer(kind)
          case (8, 6): repetitionSize = try reader.integer(kind)
          case (8, 7): isPacked = try reader.boolean(kind)
          default: return false
          }
          return true
        }
      default: return false
      }
      return true
    }
    guard size >= 0, packedSize >= 0, valueCount >= 0 else { throw Damage("has a page of a size below 0") }
  }
}

/// How much may be unpacked from one file, all pages together.
final class UnpackingBudget {
  private var left: Int

  /// Of a file of many small pages that each claim much, this bounds the time.
  init(fileSize: Int) { left = 1 << 32 + 1100 * fileSize }

  func take(_ size: Int) throws(Damage) {
    left -= size
    guard left >= 0 else { throw Damage("unpacks to more than is sane for a file of this size") }
  }
}

/// Walks through the values of a column, with their levels.
final class ColumnCursor {
  let leaf: Leaf
  private let file: ByteRun
  private let codec: Codec
  private let budget: UnpackingBudget
  /// Where the next page begins, and the byte the current one began at.
  private var position: Int
  private(set) var pageStart: Int
  private var leftInChunk: Int
  private var leftInPage = 0
  private var dictionary: ValueDictionary?
  private var repetitions: Runs?
  private var definitions: Runs?
  private var values: PageValues?
  /// The levels of the next value; nil if it has not been looked at.
  private var levels: (repetition: Int, definition: Int)?

  /// - Parameter file: the file's bytes before its footer.
  init(_ file: ByteRun, _ chunk: ColumnChunk, _ leaf: Leaf, _ budget: UnpackingBudget) throws(Damage) {
    guard !chunk.isElsewhere else { throw Damage("keeps its values in another file, which is not read") }
    guard !chunk.isEncrypted else { throw Damage("is encrypted, which is not read") }
    guard let codec = Codec(rawValue: chunk.codec) else { throw Damage("is packed with the unknown codec \(chunk.codec)") }
    guard ![.lzo, .brotli, .lz4, .lz4Raw].contains(codec) else {
      throw Damage("is packed with \(codec.name), which is not read", hint: "read are snappy, gzip and zstd")
    }
    guard chunk.type == leaf.type.rawValue else { throw Damage("has values of another type than its schema says") }
    guard chunk.valueCount >= 0, chunk.start >= 4 || chunk.valueCount == 0 else { throw Damage("has no place in the file") }
    self.file = file
    self.leaf = leaf
    self.codec = codec
    self.budget = budget
    position = chunk.start
    pageStart = chunk.start
    leftInChunk = chunk.valueCount
  }

  /// The levels of the next value; nil after the last.
  func peek() throws(Damage) -> (repetition: Int, definition: Int)? {
    if let levels { return levels }
    while leftInPage == 0 {
      guard leftInChunk > 0 else { return nil }
      try nextPage()
    }
    let repetition = try repetitions?.next() ?? 0
    let definition = try definitions?.next() ?? 0
    guard repetition <= leaf.maxRepetition, definition <= leaf.maxDefinition else {
      throw Damage("has a level beyond what its schema allows")
    }
    levels = (repetition, definition)
    return levels
  }

  /// The next value; null where it, or a group it stands in, is not there.
  func take() throws(Damage) -> ParquetValue {
    guard let next = try peek() else { throw Damage("has fewer values than rows") }
    levels = nil
    leftInPage -= 1
    leftInChunk -= 1
    guard next.definition == leaf.maxDefinition else { return .null }
    guard let value = try values?.next() else { throw .cutShort }
    return value
  }

  private func nextPage() throws(Damage) {
    pageStart = position
    var reader = ThriftReader(try file.rest(position))
    let head = try PageHead(&reader)
    let body = try file.slice(position + reader.position, head.packedSize)
    position += reader.position + head.packedSize
    if let checksum = head.checksum, checksum != Codec.checksum(body) {
      throw Damage("is not what was written: its CRC-32 differs", hint: "the file is damaged; load it again")
    }
    switch head.type {
    case 0, 3:
      guard head.valueCount <= leftInChunk else { throw Damage("has more values than its column is said to have") }
      try budget.take(head.size)
      if head.type == 0 { try read(head, body) } else { try readSecond(head, body) }
      leftInPage = head.valueCount
    case 2:
      guard dictionary == nil else { throw Damage("is a second dictionary") }
      guard head.encoding == 0 || head.encoding == 2 else {
        throw Damage("is a dictionary in the encoding \(PageValues.name(head.encoding)), which is not read")
      }
      try budget.take(head.size)
      dictionary = try ValueDictionary(try codec.unpack(body, size: head.size), count: head.valueCount, leaf)
    default: break
    }
  }

  private static func width(_ largest: Int) -> Int { Int.bitWidth - largest.leadingZeroBitCount }

  /// A page of the first version: levels and values packed together.
  private func read(_ head: PageHead, _ body: ByteRun) throws(Damage) {
    let bytes = try codec.unpack(body, size: head.size)
    var start = 0
    func runs(_ largest: Int, _ encoding: Int) throws(Damage) -> Runs? {
      guard largest > 0 else { return nil }
      guard encoding == 3 else { throw Damage("has levels in the encoding \(PageValues.name(encoding)), which is not read") }
      let length = Int(try bytes.number(start, size: 4))
      let levels = try bytes.slice(start + 4, length)
      start += 4 + length
      return try Runs(levels, width: Self.width(largest))
    }
    repetitions = try runs(leaf.maxRepetition, head.repetitionEncoding)
    definitions = try runs(leaf.maxDefinition, head.definitionEncoding)
    values = try PageValues(head.encoding, try bytes.rest(start), count: head.valueCount, leaf, dictionary)
  }

  /// A page of the second version: levels stand before the packed values.
  private func readSecond(_ head: PageHead, _ body: ByteRun) throws(Damage) {
    let levels = head.repetitionSize + head.definitionSize
    guard head.repetitionSize >= 0, head.definitionSize >= 0, levels <= head.size else { throw .cutShort }
    repetitions = leaf.maxRepetition == 0
      ? nil : try Runs(body.slice(0, head.repetitionSize), width: Self.width(leaf.maxRepetition))
    definitions = leaf.maxDefinition == 0
      ? nil : try Runs(body.slice(head.repetitionSize, head.definitionSize), width: Self.width(leaf.maxDefinition))
    let packed = try body.rest(levels)
    let isPacked = head.isPacked && packed.count > 0
    let bytes = isPacked ? try codec.unpack(packed, size: head.size - levels) : packed
    values = try PageValues(head.encoding, bytes, count: head.valueCount, leaf, dictionary)
  }
}
