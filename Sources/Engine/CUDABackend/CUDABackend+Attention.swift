// Attention: items of work and their launches. See `Kernels/attention.cu`.
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
    /// Whether four numbers of a head may be read at once.
    var isInFours: Bool

    init(_ heads: AttentionHeads, _ scale: Float, isAligned: Bool) {
      self.heads = heads
      self.scale = scale
      isInFours = isAligned && heads.headSize % 4 == 0
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
        .integer(set), .integer(stride), .integer(isInFours ? 1 : 0), .number(scale),
      ]
    }
  }

  private func areAligned(_ x: [Tensor]) -> Bool { x.allSatisfy { location($0) % 16 == 0 } }

  private func forest(_ blocks: [AttentionBlock]) -> Forest {
    forests.value(of: blocks) { Forest($0) }
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
    heads.require(query: q, key: k, value: v, blocks: blocks)
    requireShape(o, q.rowCount, q.width, "attention: output")
    requireShape(logSumExp, q.rowCount, heads.headCount, "attention: logSumExp")
    let plan = Plan(heads, scale, isAligned: areAligned([q, k, v]))
    let forest = forest(blocks)
    let queries = forest.queries(size: Self.rows / plan.set, on: self)
    let items = queries.count * plan.setCount
    guard items > 0 else { return }
    let (count, scratch) = grid(items: items, stride: queries.most, copies: 1)
    launch(
      "attention", blocks: count,
      plan.arguments(items: items, stride: queries.most) + queries.lists
        + [address(q), address(k), address(v), output(o), output(logSumExp), scratch.argument])
  }

  public func attentionBackward(
    _ dOutput: Tensor, query q: Tensor, key k: Tensor, value v: Tensor, output o: Tensor, logSumExp: Tensor,
    blocks: [AttentionBlock], heads: AttentionHeads, scale: Float, intoQuery dq: Tensor, addingToKey dk: Tensor,
    addingToValue dv: Tensor
  ) {
    heads.require(query: q, key: k, value: v, blocks: blocks)
    requireShape(dOutput, q.rowCount, q.width, "attentionBackward: output gradient")
    requireShape(dq, q.rowCount, q.width, "attentionBackward: query gradient")
    let plan = Plan(heads, scale, isAligned: areAligned([q, k, v, dOutput]))
    let dots = empty([q.rowCount, heads.headCount], .float32)
    lanes(
      q.rowCount * heads.headCount, "attention_dots",
      [.integer(heads.headSize), address(dOutput), address(o), output(dots)])

    let inputs = [q, k, v, dOutput, logSumExp, dots].map(address)
    let forest = forest(blocks)
    let queries = forest.queries(size: Self.rows / plan.set, on: self)
    let items = queries.count * plan.setCount
    guard items > 0 else { return }
    do {
      let (count, scratch) = grid(items: items, stride: queries.most, copies: 2)
      launch(
        "attention_queries", blocks: count,
        plan.arguments(items: items, stride: queries.most) + queries.lists + inputs
          + [output(dq), scratch.argument])
    }
    let keys = forest.keys(size: Self.rows, on: self)
    let keyItems = keys.count * heads.keyValueHeadCount
    let (count, scratch) = grid(items: keyItems, stride: keys.most, copies: 2)
    launch(
      "attention_keys", blocks: count,
      plan.arguments(items: keyItems, stride: keys.most) + keys.lists + inputs
        + [output(dk), output(dv), scratch.argument])
  }
}
