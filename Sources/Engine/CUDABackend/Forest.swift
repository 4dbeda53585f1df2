// Blocks of a forest as the kernels of attention read them: lists on the device, made once for all layers.
internal import TensorCore

/// The lists of one forest.
final class Forest: Sendable {
  /// Items of one launch.
  struct Items: Sendable {
    var count: Int
    /// The most columns an item has.
    var most: Int
    var entries, details: DeviceStorage

    var lists: [Argument] { [entries.argument, details.argument] }
  }

  private let blocks: [AttentionBlock]
  private let byQueries = Recent<Int, Items>()
  private let byKeys = Recent<Int, Items>()

  init(_ blocks: [AttentionBlock]) { self.blocks = blocks }

  /// Up to `size` queries of a block an item. entry: first query row, their number, keys seen by the first, whether
  /// causal, first segment, their number. Segments are the key rows a block sees: first and number.
  func queries(size: Int, on backend: CUDABackend) -> Items {
    byQueries.value(of: size) { size in
      var (entries, segments, most) = ([Int32](), [Int32](), 0)
      for block in blocks {
        let first = segments.count / 2
        for range in block.context + [block.own] where !range.isEmpty {
          segments += [Int32(range.lowerBound), Int32(range.count)]
        }
        for start in stride(from: 0, to: block.queries.count, by: size) {
          let count = min(size, block.queries.count - start)
          let last = block.visibleKeyCount(query: start + count - 1)
          guard last > 0 else { continue }
          most = max(most, last)
          entries += [
            Int32(block.queries.lowerBound + start), Int32(count), Int32(block.visibleKeyCount(query: start)),
            block.isCausal ? 1 : 0, Int32(first), Int32(segments.count / 2 - first),
          ]
        }
      }
      return Items(
        count: entries.count / 6, most: most, entries: backend.place(entries), details: backend.place(segments))
    }
  }

  /// Up to `size` rows of a key range an item. entry: first key row, number of keys, first view, number of views. A view
  /// is a block that sees them: first query row, their number, keys seen by the first, whether causal, number of the
  /// item's first key in the block's order. Ranges of different blocks are equal or disjoint.
  func keys(size: Int, on backend: CUDABackend) -> Items {
    byKeys.value(of: size) { size in
      var (order, most) = ([Range<Int>](), 1)
      var seen: [Range<Int>: [(block: Int, firstKey: Int)]] = [:]
      for (number, block) in blocks.enumerated() {
        most = max(most, block.queries.count)
        var first = 0
        for range in block.context + [block.own] where !range.isEmpty {
          if seen[range] == nil { order.append(range) }
          seen[range, default: []].append((number, first))
          first += range.count
        }
      }
      var (entries, views) = ([Int32](), [Int32]())
      for range in order {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: size) {
          let first = views.count / 5
          for (number, firstKey) in seen[range] ?? [] where !blocks[number].queries.isEmpty {
            let block = blocks[number]
            views += [
              Int32(block.queries.lowerBound), Int32(block.queries.count), Int32(block.visibleKeyCount(query: 0)),
              block.isCausal ? 1 : 0, Int32(firstKey + start - range.lowerBound),
            ]
          }
          entries += [
            Int32(start), Int32(min(size, range.upperBound - start)), Int32(first), Int32(views.count / 5 - first),
          ]
        }
      }
      return Items(count: entries.count / 4, most: most, entries: backend.place(entries), details: backend.place(views))
    }
  }
}
