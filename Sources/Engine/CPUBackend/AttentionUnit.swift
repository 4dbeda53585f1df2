// The pieces of attention that forward and backward share: which rows a block sees.
internal import TensorCore

/// Some query rows of one block.
struct QueryChunk {
  var block: AttentionBlock
  /// Indices within the block.
  var range: Range<Int>

  /// Blocks cut so that threads have enough to do and a chunk's keys stay in the caches.
  static func chunks(_ blocks: [AttentionBlock], size: Int) -> [QueryChunk] {
    blocks.flatMap { block in
      stride(from: 0, to: block.queries.count, by: size).map {
        QueryChunk(block: block, range: $0..<min($0 + size, block.queries.count))
      }
    }
  }
}

extension AttentionBlock {
  /// Rows of all keys that the first `queryCount` queries see, in key order.
  func keyRows(upTo queryCount: Int) -> [Int32] {
    let all = context.flatMap { $0.map { Int32($0) } }
    guard queryCount > 0 else { return all }
    let ownCount = visibleKeyCount(query: queryCount - 1) - all.count
    return all + own.prefix(ownCount).map { Int32($0) }
  }
}

/// Room for `count` rows in whole panels of `lanes`.
func panelRows(_ count: Int, _ lanes: Int) -> Int { (count + lanes - 1) / lanes * lanes }
