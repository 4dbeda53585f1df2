// Attention over a packed forest, forward. One unit of work is a chunk of query rows of one block and one key-value
// head: its keys and values are packed once for all query heads of the group.
//
//     s[j] = scale · (q · k[j])     chain over the head, rising
//     p[j] = exp(s[j] - max s)      max and sum in 16 lanes, lane = j mod 16 over the visible keys
//     o    = (Σⱼ p[j] v[j]) / Σ p   chain over j, rising; then one division's worth of scaling
//
// Invisible keys within a chunk count as p = 0, which leaves a chain as it is.
internal import CKernels
public import TensorCore

extension CPUBackend {
  static var queryChunk: Int { 96 }

  public func attention(
    query q: Tensor, key k: Tensor, value v: Tensor, blocks: [AttentionBlock], heads: AttentionHeads, scale: Float,
    into o: Tensor, logSumExp: Tensor
  ) {
    heads.require(query: q, key: k, value: v, blocks: blocks)
    requireShape(o, q.rowCount, q.width, "attention: output")
    requireShape(logSumExp, q.rowCount, heads.headCount, "attention: logSumExp")
    let (q, k, v, o, lse) = (Matrix(q), Matrix(k), Matrix(v), Matrix(o), Matrix(logSumExp))
    let chunks = QueryChunk.chunks(blocks, size: Self.queryChunk)
    let products = HeadProducts(set: instructions.kernel)
    parallel.tasks(chunks.count * heads.keyValueHeadCount) { task in
      let chunk = chunks[task / heads.keyValueHeadCount]
      unsafe attend(
        chunk, keyValueHead: task % heads.keyValueHeadCount, heads, scale, products, q, k, v, into: o, logSumExp: lse)
    }
  }

  @unsafe private func attend(
    _ chunk: QueryChunk, keyValueHead: Int, _ heads: AttentionHeads, _ scale: Float, _ products: HeadProducts,
    _ q: Matrix, _ k: Matrix, _ v: Matrix, into o: Matrix, logSumExp: Matrix
  ) {
    let (mr, nr, size) = (HeadProducts.mr, HeadProducts.nr, heads.headSize)
    let keys = chunk.block.keyRows(upTo: chunk.range.upperBound)
    let (count, rows) = (keys.count, chunk.range.count)
    guard count > 0 else { return }
    let group = heads.headCount / heads.keyValueHeadCount
    let stride = panelRows(count, 16)
    var scratch = Scratch(
      memory,
      floats: panelRows(count, nr) * size + panelRows(size, nr) * count + mr * (size + count + stride) + 96)
    let (keyPanels, valuePanels) = unsafe (
      scratch.take(panelRows(count, nr) * size), scratch.take(panelRows(size, nr) * count)
    )
    let (queryPanel, weightPanel, scores) = unsafe (
      scratch.take(mr * size), scratch.take(mr * count), scratch.take(mr * stride)
    )
    unsafe keys.withUnsafeBufferPointer { keys in
      let column = keyValueHead * size
      unsafe products.packRows(
        products.slice(k, column: column, rows: keys.baseAddress), first: 0, count: count, k: size, lanes: nr,
        into: keyPanels)
      unsafe products.packColumns(
        products.slice(v, column: column, rows: keys.baseAddress), first: 0, count: size, k: count, lanes: nr,
        into: valuePanels)
    }
    for head in keyValueHead * group..<(keyValueHead + 1) * group {
      let column = head * size
      for first in Swift.stride(from: 0, to: rows, by: mr) {
        let present = min(mr, rows - first)
        let index = chunk.range.lowerBound + first
        let row = chunk.block.queries.lowerBound + index
        let visible = chunk.block.visibleKeyCount(query: index + present - 1)
        unsafe products.packRows(
          products.slice(q, column: column, rows: nil), first: row, count: present, k: size, lanes: mr,
          into: queryPanel)
        unsafe products.multiply(
          queryPanel, keyPanels, m: present, n: visible, k: size, depthA: size, depthB: size, into: scores,
          stride: stride, mode: CK_ASSIGN)
        var inverse = SIMD16<Float>.zero
        for i in 0..<present {
          let own = chunk.block.visibleKeyCount(query: index + i)
          let (maximum, sum) = products.set.softmaxTerms(unsafe Row(base: scores + i * stride, count: own), scale: scale)
          for j in own..<visible { unsafe scores[i * stride + j] = 0 }
          inverse[i] = 1 / sum
          logSumExp[row + i][head] = maximum + Float(Canonical.log(Double(sum)))
        }
        let weights = unsafe ck_matrix(base: UnsafeRawPointer(scores), rows: nil, stride: stride, element: CK_FLOAT32)
        unsafe products.packRows(weights, first: 0, count: present, k: visible, lanes: mr, into: weightPanel)
        let out = unsafe o.base + row * o.width + column
        unsafe products.multiply(
          weightPanel, valuePanels, m: present, n: size, k: visible, depthA: visible, depthB: count, into: out,
          stride: o.width, mode: CK_ASSIGN)
        for i in 0..<present { multiply(unsafe Row(base: out + i * o.width, count: size), by: inverse[i]) }
      }
    }
  }

  private func multiply(_ line: Row, by factor: Float) {
    for c in line.wholeLanes { line[lanes: c] = line[lanes: c] * factor }
    for c in line.tailStart..<line.count { line[c] *= factor }
  }
}
