// Attention, backward, without keeping any weights: they are computed again from q, k and logSumExp.
//
//     p[j] = exp(scale · (q · k[j]) - lse)      dp[j] = dO · v[j]      D = dO · O
//     ds[j] = p[j] (dp[j] - D) scale
//     dq = Σⱼ ds[j] k[j]                        chain over keys j, rising
//     dk[j] += Σ ds[j] q,  dv[j] += Σ p[j] dO   per block and head, a chain over the block's queries, rising
//
// First units of query rows write dq; then units of key rows add dk and dv, blocks in order, heads in order.
internal import CKernels
public import TensorCore

extension CPUBackend {
  public func attentionBackward(
    _ dOutput: Tensor, query q: Tensor, key k: Tensor, value v: Tensor, output o: Tensor, logSumExp: Tensor,
    blocks: [AttentionBlock], heads: AttentionHeads, scale: Float, intoQuery dq: Tensor, addingToKey dk: Tensor,
    addingToValue dv: Tensor
  ) {
    heads.require(query: q, key: k, value: v, blocks: blocks)
    requireShape(dOutput, q.rowCount, q.width, "attentionBackward: output gradient")
    requireShape(dq, q.rowCount, q.width, "attentionBackward: query gradient")
    let dots = empty([q.rowCount, heads.headCount], .float32)
    let unit = AttentionGradient(
      heads: heads, scale: scale, products: HeadProducts(set: instructions.kernel), memory: memory,
      q: Matrix(q), k: Matrix(k), v: Matrix(v), dO: Matrix(dOutput), logSumExp: Matrix(logSumExp), dots: Matrix(dots),
      dq: Matrix(dq), dk: Matrix(dk), dv: Matrix(dv))
    let o = Matrix(o)
    parallel.ranges(q.rowCount, grain: 32) { range in unit.dot(range, o) }

    let chunks = QueryChunk.chunks(blocks, size: Self.queryChunk)
    parallel.tasks(chunks.count * heads.keyValueHeadCount) { task in
      unsafe unit.queryGradient(chunks[task / heads.keyValueHeadCount], keyValueHead: task % heads.keyValueHeadCount)
    }
    let pieces = KeyPiece.pieces(blocks, size: Self.queryChunk)
    parallel.tasks(pieces.count * heads.keyValueHeadCount) { task in
      unsafe unit.keyGradient(pieces[task / heads.keyValueHeadCount], keyValueHead: task % heads.keyValueHeadCount)
    }
    withExtendedLifetime(dots) {}
  }
}

/// Some key rows, and the blocks that see them with the number of the first key in each block's order.
struct KeyPiece {
  var rows: Range<Int>
  var views: [(block: AttentionBlock, firstKey: Int)]

  /// Distinct key ranges of the blocks, cut to `size`. Ranges of different blocks are equal or disjoint.
  static func pieces(_ blocks: [AttentionBlock], size: Int) -> [KeyPiece] {
    var order: [Range<Int>] = []
    var views: [Range<Int>: [(AttentionBlock, Int)]] = [:]
    for block in blocks {
      var first = 0
      for range in block.context + [block.own] where !range.isEmpty {
        if views[range] == nil { order.append(range) }
        views[range, default: []].append((block, first))
        first += range.count
      }
    }
    return order.flatMap { range in
      stride(from: range.lowerBound, to: range.upperBound, by: size).map { start in
        KeyPiece(
          rows: start..<min(start + size, range.upperBound),
          views: (views[range] ?? []).map { ($0.0, $0.1 + start - range.lowerBound) })
      }
    }
  }
}

/// What all units of one backward share.
struct AttentionGradient {
  let heads: AttentionHeads
  let scale: Float
  let products: HeadProducts
  let memory: MemoryPool
  let q, k, v, dO, logSumExp, dots, dq, dk, dv: Matrix

  /// D, the products dO · O by row and head, in lanes.
  func dot(_ rows: Range<Int>, _ o: Matrix) {
    for r in rows {
      for head in 0..<heads.headCount {
        let (a, b) = (dO[r].part(head * heads.headSize, heads.headSize), o[r].part(head * heads.headSize, heads.headSize))
        var sum = Lanes.zero
        for i in a.wholeLanes { sum = sum.fused(a[lanes: i], b[lanes: i]) }
        if a.tailStart < a.count { sum = sum.fused(a.tail(), b.tail()) }
        dots[r][head] = sum.laneSum
      }
    }
  }

  @unsafe func queryGradient(_ chunk: QueryChunk, keyValueHead: Int) {
    let (mr, nr, size) = (HeadProducts.mr, HeadProducts.nr, heads.headSize)
    let keys = chunk.block.keyRows(upTo: chunk.range.upperBound)
    let (count, rows) = (keys.count, chunk.range.count)
    guard count > 0 else { return }
    let group = heads.headCount / heads.keyValueHeadCount
    let width = panelRows(count, 16)
    var scratch = Scratch(
      memory,
      floats: 2 * panelRows(count, nr) * size + panelRows(size, nr) * count + mr * (size + count + 2 * width) + 128)
    let (keyRows, valueRows, keyColumns) = unsafe (
      scratch.take(panelRows(count, nr) * size), scratch.take(panelRows(count, nr) * size),
      scratch.take(panelRows(size, nr) * count)
    )
    let (panel, weightPanel) = unsafe (scratch.take(mr * size), scratch.take(mr * count))
    let (p, dp) = unsafe (scratch.take(mr * width), scratch.take(mr * width))
    unsafe keys.withUnsafeBufferPointer { keys in
      let column = keyValueHead * size
      let (key, value) = unsafe (
        products.slice(k, column: column, rows: keys.baseAddress),
        products.slice(v, column: column, rows: keys.baseAddress)
      )
      unsafe products.packRows(key, first: 0, count: count, k: size, lanes: nr, into: keyRows)
      unsafe products.packRows(value, first: 0, count: count, k: size, lanes: nr, into: valueRows)
      unsafe products.packColumns(key, first: 0, count: size, k: count, lanes: nr, into: keyColumns)
    }
    for head in keyValueHead * group..<(keyValueHead + 1) * group {
      let column = head * size
      for first in stride(from: 0, to: rows, by: mr) {
        let present = min(mr, rows - first)
        let index = chunk.range.lowerBound + first
        let row = chunk.block.queries.lowerBound + index
        let visible = chunk.block.visibleKeyCount(query: index + present - 1)
        // forward: s = scale · (q · k), p = exp(s - lse)
        unsafe products.packRows(
          products.slice(q, column: column, rows: nil), first: row, count: present, k: size, lanes: mr, into: panel)
        unsafe products.multiply(
          panel, keyRows, m: present, n: visible, k: size, depthA: size, depthB: size, into: p, stride: width,
          mode: CK_ASSIGN)
        unsafe products.packRows(
          products.slice(dO, column: column, rows: nil), first: row, count: present, k: size, lanes: mr, into: panel)
        unsafe products.multiply(
          panel, valueRows, m: present, n: visible, k: size, depthA: size, depthB: size, into: dp, stride: width,
          mode: CK_ASSIGN)
        for i in 0..<present {
          let own = chunk.block.visibleKeyCount(query: index + i)
          unsafe queryTerms(p + i * width, dp + i * width, own: own, visible: visible, row: row + i, head: head)
        }
        // forward: o depends on q through s alone; dq = Σ ds k
        let terms = unsafe ck_matrix(base: UnsafeRawPointer(p), rows: nil, stride: width, element: CK_FLOAT32)
        unsafe products.packRows(terms, first: 0, count: present, k: visible, lanes: mr, into: weightPanel)
        unsafe products.multiply(
          weightPanel, keyColumns, m: present, n: size, k: visible, depthA: visible, depthB: count,
          into: dq.base + row * dq.width + column, stride: dq.width, mode: CK_ASSIGN)
      }
    }
  }

  /// From raw products of one query with the keys it sees: ds in `p`, zero for the others of its panel.
  @unsafe private func queryTerms(_ p: Floats, _ dp: Floats, own: Int, visible: Int, row: Int, head: Int) {
    let (terms, gradients) = unsafe (Row(base: p, count: own), Row(base: dp, count: own))
    let (lse, dot) = (logSumExp[row][head], dots[row][head])
    unsafe ck_query_terms(products.set, terms.base, gradients.base, own, scale, lse, dot)
    for j in own..<visible { unsafe p[j] = 0 }
  }

  @unsafe func keyGradient(_ piece: KeyPiece, keyValueHead: Int) {
    let (mr, nr, size) = (HeadProducts.mr, HeadProducts.nr, heads.headSize)
    let group = heads.headCount / heads.keyValueHeadCount
    let count = piece.rows.count
    let most = piece.views.map(\.block.queries.count).max() ?? 0
    let width = panelRows(most, 16)
    var scratch = Scratch(
      memory,
      floats: 2 * panelRows(count, mr) * size + 2 * panelRows(most, nr) * size + 2 * panelRows(size, nr) * most
        + 2 * panelRows(count, mr) * width + panelRows(count, mr) * most + 256)
    let (keyPanels, valuePanels) = unsafe (
      scratch.take(panelRows(count, mr) * size), scratch.take(panelRows(count, mr) * size)
    )
    let (queryRows, gradientRows) = unsafe (
      scratch.take(panelRows(most, nr) * size), scratch.take(panelRows(most, nr) * size)
    )
    let columns = unsafe scratch.take(panelRows(size, nr) * most)
    let gradientColumns = unsafe scratch.take(panelRows(size, nr) * most)
    let (p, ds) = unsafe (scratch.take(panelRows(count, mr) * width), scratch.take(panelRows(count, mr) * width))
    let panel = unsafe scratch.take(panelRows(count, mr) * most)
    let keyColumn = keyValueHead * size
    unsafe products.packRows(
      products.slice(k, column: keyColumn, rows: nil), first: piece.rows.lowerBound, count: count, k: size, lanes: mr,
      into: keyPanels)
    unsafe products.packRows(
      products.slice(v, column: keyColumn, rows: nil), first: piece.rows.lowerBound, count: count, k: size, lanes: mr,
      into: valuePanels)
    for view in piece.views {
      let block = view.block
      // Queries that see none of these keys would add zeros to every chain.
      let blind = (0..<block.queries.count).first { block.visibleKeyCount(query: $0) > view.firstKey }
      guard let start = blind else { continue }
      let (row, queries) = (block.queries.lowerBound + start, block.queries.count - start)
      for head in keyValueHead * group..<(keyValueHead + 1) * group {
        let column = head * size
        let (query, gradient) = unsafe (
          products.slice(q, column: column, rows: nil), products.slice(dO, column: column, rows: nil)
        )
        unsafe products.packRows(query, first: row, count: queries, k: size, lanes: nr, into: queryRows)
        unsafe products.packRows(gradient, first: row, count: queries, k: size, lanes: nr, into: gradientRows)
        unsafe products.packColumns(query, first: row, count: size, k: queries, lanes: nr, into: columns)
        unsafe products.packColumns(gradient, first: row, count: size, k: queries, lanes: nr, into: gradientColumns)
        unsafe products.multiply(
          keyPanels, queryRows, m: count, n: queries, k: size, depthA: size, depthB: size, into: p, stride: width,
          mode: CK_ASSIGN)
        unsafe products.multiply(
          valuePanels, gradientRows, m: count, n: queries, k: size, depthA: size, depthB: size, into: ds,
          stride: width, mode: CK_ASSIGN)
        unsafe weigh(p, ds, count, queries, width, firstKey: view.firstKey, block, start: start, head: head)
        // forward: o = Σ p v, s = scale · (q · k)
        let first = (row: piece.rows.lowerBound, column: keyColumn)
        unsafe add(p, gradientColumns, m: count, k: queries, stride: width, panel: panel, to: dv, at: first)
        unsafe add(ds, columns, m: count, k: queries, stride: width, panel: panel, to: dk, at: first)
      }
    }
  }

  /// Adds the product of weights [m, k], packed into `panel` first, with packed columns of a head to `target`.
  @unsafe private func add(
    _ weights: Floats, _ columns: Floats, m: Int, k: Int, stride: Int, panel: Floats, to target: Matrix,
    at first: (row: Int, column: Int)
  ) {
    let matrix = unsafe ck_matrix(base: UnsafeRawPointer(weights), rows: nil, stride: stride, element: CK_FLOAT32)
    unsafe products.packRows(matrix, first: 0, count: m, k: k, lanes: HeadProducts.mr, into: panel)
    unsafe products.multiply(
      panel, columns, m: m, n: heads.headSize, k: k, depthA: k, depthB: k,
      into: target.base + first.row * target.width + first.column, stride: target.width, mode: CK_ADD)
  }

  /// From raw products [keys, queries]: p in `p`, ds in `ds`, zero where a query does not see a key.
  @unsafe private func weigh(
    _ p: Floats, _ ds: Floats, _ count: Int, _ queries: Int, _ width: Int, firstKey: Int, _ block: AttentionBlock,
    start: Int, head: Int
  ) {
    let row = block.queries.lowerBound + start
    var (lse, dot) = ([Float](repeating: 0, count: width), [Float](repeating: 0, count: width))
    for i in 0..<queries { (lse[i], dot[i]) = (logSumExp[row + i][head], dots[row + i][head]) }
    unsafe lse.withUnsafeMutableBufferPointer { first in
      unsafe dot.withUnsafeMutableBufferPointer { second in
        guard let first = first.baseAddress, let second = second.baseAddress else { return }
        for i in 0..<count {
          let (p, ds) = unsafe (Row(base: p + i * width, count: width), Row(base: ds + i * width, count: width))
          unsafe ck_key_terms(products.set, p.base, ds.base, panelRows(queries, 16), scale, first, second)
          let seeing = (0..<queries).first { block.visibleKeyCount(query: start + $0) > firstKey + i } ?? queries
          for j in 0..<seeing {
            p[j] = 0
            ds[j] = 0
          }
        }
      }
    }
  }
}
