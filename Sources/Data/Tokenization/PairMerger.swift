// Byte-pair encoding of one piece: the adjacent pair of lowest rank is merged, leftmost first, until none is left.
//
// Source: Sennrich, Haddow & Birch 2016, algorithm 1, over bytes. No deviations.

/// The merges, by pair. Space for work is kept between pieces.
struct PairMerger {
  var merges: MergeTable
  private var ids: [Int32] = []
  private var ranks: [UInt32] = []
  private var nextOf: [Int32] = []
  private var previousOf: [Int32] = []
  private var queue = RankQueue()

  /// Longer pieces take the way whose time grows with n log n instead of n².
  static let shortLimit = 64

  init(merges: MergeTable) { self.merges = merges }

  /// Appends the tokens of text[range].
  mutating func encode(_ text: [UInt8], _ range: Range<Int>, into result: inout [Int32]) {
    ids.removeAll(keepingCapacity: true)
    for index in range { ids.append(merges.byteIDs[Int(text[index])]) }
    if ids.count <= Self.shortLimit { mergeShort() } else { mergeLong() }
    result += ids
  }

  private mutating func mergeShort() {
    ranks.removeAll(keepingCapacity: true)
    for index in 0..<max(ids.count - 1, 0) { ranks.append(merges.rank(ids[index], ids[index + 1])) }
    while true {
      var best = UInt32.max
      var place = 0
      for index in ranks.indices where ranks[index] < best { (best, place) = (ranks[index], index) }
      guard best != .max else { return }
      ids[place] = merges.product(ofRank: best)
      ids.remove(at: place + 1)
      ranks.remove(at: place)
      if place < ranks.count { ranks[place] = merges.rank(ids[place], ids[place + 1]) }
      if place > 0 { ranks[place - 1] = merges.rank(ids[place - 1], ids[place]) }
    }
  }

  private mutating func mergeLong() {
    let count = ids.count
    nextOf = (0..<count).map { Int32(truncatingIfNeeded: $0 + 1) }
    previousOf = (0..<count).map { Int32(truncatingIfNeeded: $0 - 1) }
    ranks = [UInt32](repeating: .max, count: count)
    queue = RankQueue()
    func settle(_ place: Int) {
      let next = Int(nextOf[place])
      ranks[place] = next < count ? merges.rank(ids[place], ids[next]) : .max
      if ranks[place] != .max { queue.push(UInt64(ranks[place]) << 32 | UInt64(place)) }
    }
    for place in 0..<count { settle(place) }
    while let entry = queue.pop() {
      let (rank, place) = (UInt32(truncatingIfNeeded: entry >> 32), Int(truncatingIfNeeded: entry & 0xFFFF_FFFF))
      // The pair may have been merged into another since it was queued.
      guard ranks[place] == rank else { continue }
      let gone = Int(nextOf[place])
      ids[place] = merges.product(ofRank: rank)
      ids[gone] = -1
      ranks[gone] = .max
      nextOf[place] = nextOf[gone]
      if Int(nextOf[gone]) < count { previousOf[Int(nextOf[gone])] = Int32(truncatingIfNeeded: place) }
      settle(place)
      if previousOf[place] >= 0 { settle(Int(previousOf[place])) }
    }
    ids.removeAll { $0 < 0 }
    if count > 1 << 16 { (nextOf, previousOf, ranks, queue) = ([], [], [], RankQueue()) }
  }
}

/// What merges into what, and in which order.
struct MergeTable: Sendable {
  /// The token of each single byte.
  let byteIDs: [Int32]
  private var rankOf: [UInt64: UInt32]
  private var products: [Int32] = []

  init(byteIDs: [Int32], expectedCount: Int) {
    self.byteIDs = byteIDs
    rankOf = Dictionary(minimumCapacity: expectedCount)
  }

  var count: Int { products.count }

  /// Adds the merge of the next rank; false if the pair has one already.
  mutating func append(_ left: Int32, _ right: Int32, product: Int32) -> Bool {
    let rank = UInt32(truncatingIfNeeded: products.count)
    guard rankOf.updateValue(rank, forKey: Self.key(left, right)) == nil else { return false }
    products.append(product)
    return true
  }

  /// `UInt32.max` if the pair does not merge.
  func rank(_ left: Int32, _ right: Int32) -> UInt32 { rankOf[Self.key(left, right)] ?? .max }
  func product(ofRank rank: UInt32) -> Int32 { products[Int(rank)] }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}

/// Smallest number first.
private struct RankQueue {
  private var heap: [UInt64] = []

  mutating func push(_ entry: UInt64) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0, heap[(child - 1) / 2] > entry {
      heap[child] = heap[(child - 1) / 2]
      child = (child - 1) / 2
    }
    heap[child] = entry
  }

  mutating func pop() -> UInt64? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    var parent = 0
    while 2 * parent + 1 < heap.count {
      var child = 2 * parent + 1
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      if heap[child] >= last { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = last
    return first
  }
}
