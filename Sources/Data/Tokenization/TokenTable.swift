// The tokens as bytes, found by id and by bytes.

/// Tokens by id and by bytes. Ids need not be dense.
struct TokenTable: Sendable {
  private var bytes: [UInt8] = []
  private var starts: [Int32] = []
  private var lengths: [Int32] = []
  /// Open addressing: 1 + an id, 0 where nothing is.
  private var slots: [Int32]
  private var count = 0

  /// Ids at or above this are refused: tables are as long as the largest id.
  static let idLimit = 10_000_000
  static let byteLimit = Int(Int32.max)

  init(expectedCount: Int) {
    var size = 1024
    while size < 2 * expectedCount { size *= 2 }
    slots = [Int32](repeating: 0, count: size)
  }

  /// One more than the largest id.
  var idCount: Int { starts.count }

  /// Why a token cannot be added.
  enum Refusal: Error { case idIsTaken, bytesAreTaken(by: Int), tooLarge }

  /// - Precondition: 0 <= id < idLimit.
  mutating func add(_ token: [UInt8], id: Int) throws(Refusal) {
    if let other = find(token, 0..<token.count) { throw .bytesAreTaken(by: Int(other)) }
    while starts.count <= id {
      starts.append(-1)
      lengths.append(0)
    }
    guard starts[id] < 0 else { throw .idIsTaken }
    guard bytes.count + token.count <= Self.byteLimit else { throw .tooLarge }
    starts[id] = Int32(truncatingIfNeeded: bytes.count)
    lengths[id] = Int32(truncatingIfNeeded: token.count)
    bytes += token
    count += 1
    if 2 * count > slots.count { grow() }
    place(id)
  }

  /// The bytes of a token; nil if no token has this id.
  func token(_ id: Int) -> ArraySlice<UInt8>? {
    guard starts.indices.contains(id), starts[id] >= 0 else { return nil }
    return bytes[Int(starts[id])..<Int(starts[id]) + Int(lengths[id])]
  }

  /// The token with exactly these bytes.
  func find(_ text: [UInt8], _ range: Range<Int>) -> Int32? {
    var slot = Self.hash(text, range) & (slots.count - 1)
    while slots[slot] != 0 {
      let id = Int(slots[slot]) - 1
      if let token = token(id), token.count == range.count, token.elementsEqual(text[range]) { return Int32(id) }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private mutating func grow() {
    slots = [Int32](repeating: 0, count: 2 * slots.count)
    for id in starts.indices where starts[id] >= 0 { place(id) }
  }

  private mutating func place(_ id: Int) {
    let start = Int(starts[id])
    var slot = Self.hash(bytes, start..<start + Int(lengths[id])) & (slots.count - 1)
    while slots[slot] != 0 {
      if Int(slots[slot]) == id + 1 { return }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = Int32(truncatingIfNeeded: id + 1)
  }

  /// Seeded anew in every process, so that no vocabulary can be written to collide.
  private static func hash(_ text: [UInt8], _ range: Range<Int>) -> Int {
    var hasher = Hasher()
    var word: UInt64 = 0
    for index in range {
      word = word << 8 | UInt64(text[index])
      if (index - range.lowerBound) & 7 == 7 {
        hasher.combine(word)
        word = 0
      }
    }
    hasher.combine(word)
    hasher.combine(range.count)
    return hasher.finalize()
  }
}
