// What short pieces became last time. A text repeats its words; the merges need not.

/// A fixed number of slots, the newer piece taking the place of the older: no text can make it grow or slow.
struct PieceCache {
  private struct Slot {
    var key: SIMD4<UInt64> = .zero
    var ids: SIMD8<Int32> = .zero
    /// 0: nothing here.
    var length: UInt8 = 0
    var idCount: UInt8 = 0
  }

  private var slots: [Slot]
  private let shift: UInt64

  /// Longest piece that is kept, in bytes.
  static let pieceLimit = 32

  init(slotCountLog2: Int) {
    slots = [Slot](repeating: Slot(), count: 1 << slotCountLog2)
    shift = UInt64(64 - slotCountLog2)
  }

  /// Appends the tokens of text[range], asking `encode` for what is not known.
  mutating func encode(
    _ text: [UInt8], _ range: Range<Int>, into result: inout [Int32], by merger: inout PairMerger
  ) {
    guard range.count <= Self.pieceLimit else { return merger.encode(text, range, into: &result) }
    let key = Self.key(text, range)
    var mixed = (key[0] ^ UInt64(range.count)) &* 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 29) ^ key[1]) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 31) ^ key[2] ^ (key[3] &* 0x94D0_49BB_1331_11EB)) &* 0x9E37_79B9_7F4A_7C15
    let place = Int(truncatingIfNeeded: mixed >> shift)
    if Int(slots[place].length) == range.count, slots[place].key == key {
      let ids = slots[place].ids
      for index in 0..<Int(slots[place].idCount) { result.append(ids[index]) }
      return
    }
    let before = result.count
    merger.encode(text, range, into: &result)
    let count = result.count - before
    guard count <= 8 else { return }
    var slot = Slot()
    slot.key = key
    slot.length = UInt8(truncatingIfNeeded: range.count)
    slot.idCount = UInt8(truncatingIfNeeded: count)
    for index in 0..<count { slot.ids[index] = result[before + index] }
    slots[place] = slot
  }

  private static func key(_ text: [UInt8], _ range: Range<Int>) -> SIMD4<UInt64> {
    func word(_ number: Int) -> UInt64 {
      let start = range.lowerBound + 8 * number
      var word: UInt64 = 0
      var index = min(start + 8, range.upperBound)
      while index > start {
        index -= 1
        word = word << 8 | UInt64(text[index])
      }
      return word
    }
    if range.count <= 8 { return SIMD4(word(0), 0, 0, 0) }
    return SIMD4(word(0), word(1), word(2), word(3))
  }
}
