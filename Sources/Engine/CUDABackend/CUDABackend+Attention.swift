// Attention: which rows are an item of work, and which they see. See `Kernels/attention.cu`.
public import TensorCore

extension CUDABackend {
  /// Rows of an item.
  private static var rows: Int { 16 }

  /// Numbers that all launches of one attention share.
  private struct Plan {
    var heads: AttentionHeads
    var scale: Float
    /// Heads of one key-value head that are rows of an item together.
    var set: Int

    init(_ heads: AttentionHeads, _ scale: Float) {
      self.heads = heads
      self.scale = scale
      set = min(heads.headCount / heads.keyValueHeadCount, CUDABackend.rows)
    }

    /// Sets of heads.
    var setCount: Int {
      let group = heads.headCount / heads.keyValueHeadCount
      return heads.keyValueHeadCount * ((group + set - 1) / set)
    }

    func arguments(items: Int, stride: Int) -> [Argument] {
      [
        .integer(items), .integer(heads.headCount), .integer(heads.keyValueHeadCount), .integer(heads.headSize),
        .integer(set), .integer(stride), .number(scale),
      ]
    }
  }

  private func checkAttention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, _ blocks: [AttentionBlock], _ heads: AttentionHeads
  ) {
    precondition(
      q.width == heads.headCount * heads.headSize && k.width == heads.keyValueHeadCount * heads.headSize
        && k.shape == v.shape && heads.headCount % heads.keyValueHeadCount == 0,
      "attention: query \(q.shape), key \(k.shape), value \(v.shape) for \(heads)")
    for block in blocks {
      precondition(block.queries.upperBound <= q.rowCount, "attention: queries \(block.queries) of \(q.rowCount)")
      for range in block.context + [block.own] {
        precondition(range.upperBound <= k.rowCount, "attention: keys \(range) of \(k.rowCount)")
      }
    }
  }

  /// Items of queries, as the kernels read them.
  private struct Queries {
    var entries: [Int32] = []
    var segments: [Int32] = []
    /// Keys of the item that sees the most.
    var most = 0
    var count: Int { entries.count / 6 }

    /// - Parameter size: queries of an item.
    init(_ blocks: [AttentionBlock], size: Int) {
      for block in blocks {
        let first = segments.count / 2
        for range in block.context + [block.own] where !range.isEmpty {
          segments += [Int32(range.lowerBound), Int32(range.count)]
        }
        for start in stride(from: 0, to: block.queries.count, by: size) {
          let count = min(size, block.queries.count - start)
          let visible = block.visibleKeyCount(query: start)
          let last = block.visibleKeyCount(query: start + count - 1)
          guard last > 0 else { continue }
          most = max(most, last)
          entries += [
            Int32(block.queries.lowerBound + start), Int32(count), Int32(visible), block.isCausal ? 1 : 0, Int32(first),
            Int32(segments.count / 2 - first),
          ]
        }
      }
    }
  }

  /// Blocks of threads for some items, and the scratch of each: 16 rows of `stride` numbers, `copies` times.
  private func grid(items: Int, stride: Int, copies: Int) -> (blocks: Int, scratch: DeviceStorage) {
    let blocks = max(1, min(items, 8 * gpu.multiprocessorCount, (1 << 30) / max(stride * copies * Self.rows * 4, 1)))
    return (blocks, memory.storage(byteCount: blocks * copies * Self.rows * stride * 4))
  }

  public func attention(
    query q: Tensor, key k: Tensor, value v: Tensor, blocks: [AttentionBlock], heads: AttentionHeads, scale: Float,
    into o: Tensor, logSumExp: Tensor
  ) {
    checkAttention(q, k, v, blocks, heads)
    requireShape(o, q.rowCount, q.width, "attention: output")
    requireShape(logSumExp, q.rowCount, heads.headCount, "attention: logSumExp")
    let plan = Plan(heads, scale)
    let queries = Queries(blocks, size: Self.rows / plan.set)
    let items = queries.count * plan.setCount
    let (count, scratch) = grid(items: items, stride: queries.most, copies: 1)
    let lists = [place(queries.entries), place(queries.segments)]
    guard items > 0 else { return }
    launch(
      "attention", blocks: count,
      plan.arguments(items: items, stride: queries.most) + lists.map(\.argument)
        + [address(q), address(k), address(v), output(o), output(logSumExp), scratch.argument])
  }

  public func attentionBackward(
    _ dOutput: Tensor, query q: Tensor, key k: Tensor, value v: Tensor, output o: Tensor, logSumExp: Tensor,
    blocks: [AttentionBlock], heads: AttentionHeads, scale: Float, intoQuery dq: Tensor, addingToKey dk: Tensor,
    addingToValue dv: Tensor
  ) {
    checkAttention(q, k, v, blocks, heads)
    requireShape(dOutput, q.rowCount, q.width, "attentionBackward: output gradient")
    requireShape(dq, q.rowCount, q.width, "attentionBackward: query gradient")
    let plan = Plan(heads, scale)
    let dots = empty([q.rowCount, heads.headCount], .float32)
    lanes(
      q.rowCount * heads.headCount, "attention_dots",
      [.integer(heads.headSize), address(dOutput), address(o), output(dots)])

    let inputs = [q, k, v, dOutput, logSumExp, dots].map(address)
    let queries = Queries(blocks, size: Self.rows / plan.set)
    let items = queries.count * plan.setCount
    guard items > 0 else { return }
    do {
      let (count, scratch) = grid(items: items, stride: queries.most, copies: 2)
      let lists = [place(queries.entries), place(queries.segments)]
      launch(
        "attention_queries", blocks: count,
        plan.arguments(items: items, stride: queries.most) + lists.map(\.argument) + inputs
          + [output(dq), scratch.argument])
    }
    let keys = Keys(blocks, size: Self.rows)
    let keyItems = keys.count * heads.keyValueHeadCount
    let (count, scratch) = grid(items: keyItems, stride: keys.most, copies: 2)
    let lists = [place(keys.entries), place(keys.views)]
    launch(
      "attention_keys", blocks: count,
      plan.arguments(items: keyItems, stride: keys.most) + lists.map(\.argument) + inputs
        + [output(dk), output(dv), scratch.argument])
  }

  /// Items of keys with the blocks that see them, in the blocks' order.
  private struct Keys {
    var entries: [Int32] = []
    var views: [Int32] = []
    /// Queries of the block that has the most.
    var most = 1
    var count: Int { entries.count / 4 }

    /// Distinct key ranges of the blocks, cut to `size`. Ranges of different blocks are equal or disjoint.
    init(_ blocks: [AttentionBlock], size: Int) {
      var order: [Range<Int>] = []
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
    }
  }
}
