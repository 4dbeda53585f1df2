// Attention over blocks in Double: softmax by its definition, one query, one head at a time.
internal import Foundation
public import TensorCore

extension Reference {
  /// Rows of the keys that query `index` of a block sees.
  static func visible(_ block: AttentionBlock, _ index: Int) -> [Int] {
    let own = block.isCausal ? block.own.count - block.queries.count + index + 1 : block.own.count
    return block.context.flatMap { Array($0) } + block.own.prefix(own)
  }

  /// Calls `body` for every query, head and what it sees: its row, columns of the head in q and in k and v, key rows and
  /// their weights.
  private static func each(
    _ q: Grid, _ k: Grid, _ blocks: [AttentionBlock], _ heads: AttentionHeads, _ scale: Double,
    _ body: (_ row: Int, _ head: Int, _ columns: Range<Int>, _ kv: Int, _ keys: [Int], _ p: [Double], _ lse: Double)
      -> Void
  ) {
    for block in blocks {
      for index in 0..<block.queries.count {
        let (row, keys) = (block.queries.lowerBound + index, visible(block, index))
        guard !keys.isEmpty else { continue }
        for head in 0..<heads.headCount {
          let columns = head * heads.headSize..<(head + 1) * heads.headSize
          let kv = head / (heads.headCount / heads.keyValueHeadCount) * heads.headSize - columns.lowerBound
          let scores = keys.map { key in columns.reduce(0) { $0 + q[row, $1] * k[key, $1 + kv] } * scale }
          let highest = scores.max() ?? 0
          let lse = highest + log(scores.reduce(0) { $0 + exp($1 - highest) })
          body(row, head, columns, kv, keys, scores.map { exp($0 - lse) }, lse)
        }
      }
    }
  }

  public static func attention(
    _ q: Grid, _ k: Grid, _ v: Grid, blocks: [AttentionBlock], heads: AttentionHeads, scale: Double
  ) -> (o: Grid, logSumExp: Grid) {
    var (o, logSumExp) = (Grid(q.rows, q.width), Grid(q.rows, heads.headCount))
    each(q, k, blocks, heads, scale) { row, head, columns, kv, keys, p, lse in
      logSumExp[row, head] = lse
      for c in columns { o[row, c] = zip(keys, p).reduce(0) { $0 + $1.1 * v[$1.0, c + kv] } }
    }
    return (o, logSumExp)
  }

  /// Through the softmax as it stands: ds = p (dp - Σ p dp).
  public static func attentionBackward(
    _ dO: Grid, _ q: Grid, _ k: Grid, _ v: Grid, blocks: [AttentionBlock], heads: AttentionHeads, scale: Double
  ) -> (dq: Grid, dk: Grid, dv: Grid) {
    var (dq, dk, dv) = (Grid(q.rows, q.width), Grid(k.rows, k.width), Grid(v.rows, v.width))
    each(q, k, blocks, heads, scale) { row, _, columns, kv, keys, p, _ in
      let dp = keys.map { key in columns.reduce(0) { $0 + dO[row, $1] * v[key, $1 + kv] } }
      let mean = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
      for (j, key) in keys.enumerated() {
        let ds = p[j] * (dp[j] - mean) * scale
        for c in columns {
          dq[row, c] += ds * k[key, c + kv]
          dk[key, c + kv] += ds * q[row, c]
          dv[key, c + kv] += p[j] * dO[row, c]
        }
      }
    }
    return (dq, dk, dv)
  }
}
