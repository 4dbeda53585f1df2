// Matrix products: packed panels, one chain of fused multiply-adds an element.
internal import CKernels
public import TensorCore

/// One operand, and along which axis its panels lie.
@safe struct Operand {
  @unsafe var matrix: ck_matrix
  /// Whether the rows of the matrix are lanes of a panel (its elements go down the panel), or its columns are.
  var hasRowLanes: Bool
}

extension CPUBackend {
  public func linear(_ x: Tensor, weight w: Tensor, bias b: Tensor?, into y: Tensor) {
    linear(x, weight: w, panels: nil, bias: b, into: y)
  }

  public func linear(_ x: Tensor, weight w: Tensor, prepared: any PreparedWeight, bias b: Tensor?, into y: Tensor) {
    guard let panels = prepared as? WeightPanels else { preconditionFailure("a weight of another backend") }
    precondition(panels.rows == w.rowCount && panels.width == w.width, "panels of another weight than \(w.shape)")
    linear(x, weight: w, panels: panels, bias: b, into: y)
  }

  private func linear(_ x: Tensor, weight w: Tensor, panels: WeightPanels?, bias b: Tensor?, into y: Tensor) {
    let (m, n, k) = (x.rowCount, w.rowCount, x.width)
    requireShape(w, n, k, "linear: weight")
    requireShape(y, m, n, "linear: output")
    if let b { precondition(b.elementCount == n, "linear: bias is \(b.shape), [\(n)] is needed") }
    let b = b.map(wide)
    defer { withExtendedLifetime(b) {} }
    if arithmeticKind == .fast, m > 1, w.elementType == .float32 {
      unsafe OpenBLAS.product(m, n, k, x.floats, w.floats, transposed: true, into: y.floats, adding: false)
      if let b { unsafe addBias(b.floats, to: y.floats, rows: m, width: n) }
      return
    }
    unsafe product(
      m, n, k, Operand(matrix: plain(x), hasRowLanes: true), Operand(matrix: plain(w), hasRowLanes: true),
      into: y.floats, stride: n, adding: false, bias: b?.floats, panels: panels)
  }

  public func linearBackward(_ dy: Tensor, weight w: Tensor, into dx: Tensor, adding: Bool) {
    let (m, n, k) = (dy.rowCount, w.width, dy.width)
    requireShape(w, k, n, "linearBackward: weight")
    requireShape(dx, m, n, "linearBackward: input gradient")
    if arithmeticKind == .fast, m > 1, w.elementType == .float32 {
      unsafe OpenBLAS.product(m, n, k, dy.floats, w.floats, transposed: false, into: dx.floats, adding: adding)
      return
    }
    unsafe product(
      m, n, k, Operand(matrix: plain(dy), hasRowLanes: true), Operand(matrix: plain(w), hasRowLanes: false),
      into: dx.floats, stride: n, adding: adding, bias: nil)
  }

  public func linearBackward(
    _ dy: Tensor, input x: Tensor, questions: [[Range<Int>]], addingTo dw: Tensor, bias db: Tensor?
  ) {
    let (m, n) = (dy.width, x.width)
    precondition(dy.rowCount == x.rowCount, "linearBackward: \(dy.shape) against \(x.shape)")
    requireShape(dw, m, n, "linearBackward: weight gradient")
    // All questions in one go: their rows one after another, each question's a chain of its own.
    var rows: [Int32] = []
    var chains: [Range<Int>] = []
    for ranges in questions {
      let first = rows.count
      for range in ranges { rows.append(contentsOf: range.lazy.map { Int32($0) }) }
      if rows.count > first { chains.append(first..<rows.count) }
    }
    unsafe rows.withUnsafeBufferPointer { rows in
      var (left, right) = unsafe (plain(dy), plain(x))
      unsafe left.rows = rows.baseAddress
      unsafe right.rows = rows.baseAddress
      unsafe product(
        m, n, rows.count, Operand(matrix: left, hasRowLanes: false), Operand(matrix: right, hasRowLanes: false),
        into: dw.floats, stride: n, adding: true, bias: nil, chains: chains)
    }
    guard let db else { return }
    for chain in chains { unsafe addColumnSums(dy.floats, rows: Array(rows[chain]), width: m, to: db.floats) }
  }

  /// out[c] += the chain of x[r, c] over the rows in order.
  func addColumnSums(_ x: Floats, rows: [Int32], width: Int, to out: Floats) {
    unsafe rows.withUnsafeBufferPointer { rows in
      parallel.ranges(width, grain: max(64, 65_536 / max(rows.count, 1))) { columns in
        var start = columns.lowerBound
        while start < columns.upperBound {
          let lanes = min(16, columns.upperBound - start)
          if lanes == 16 {
            var sum = SIMD16<Float>.zero
            for unsafe r in unsafe rows {
              sum += unsafe UnsafeRawPointer(x + Int(r) * width + start).loadUnaligned(as: SIMD16<Float>.self)
            }
            for lane in 0..<16 { unsafe out[start + lane] += sum[lane] }
          } else {
            for c in start..<start + lanes {
              var sum: Float = 0
              for unsafe r in unsafe rows { unsafe sum += x[Int(r) * width + c] }
              unsafe out[c] += sum
            }
          }
          start += lanes
        }
      }
    }
  }

  private func addBias(_ bias: Floats, to y: Floats, rows: Int, width: Int) {
    parallel.ranges(rows, grain: max(1, 16_384 / max(width, 1))) { range in
      for r in range { for c in 0..<width { unsafe y[r * width + c] += bias[c] } }
    }
  }

  /// A tensor as the kernels take it.
  @unsafe func plain(_ x: Tensor) -> ck_matrix {
    unsafe ck_matrix(
      base: UnsafeRawPointer(x.hostAddress), rows: nil, stride: x.width,
      element: x.elementType == .float32 ? CK_FLOAT32 : CK_BFLOAT16)
  }

  /// Rows of k that stay in the caches while a panel of the right side is used.
  static var depth: Int { 640 }

  /// c[m, n] = or += Σ a b: the left operand is packed once by all threads, then each task packs some panels of the right
  /// and runs them against all of the left.
  /// - Parameter chains: parts of k in order, each a chain of its own that is added to what is there before the next
  ///   begins; nil is one chain over all of k.
  /// - Precondition: only an adding product has more than one chain.
  @unsafe func product(
    _ m: Int, _ n: Int, _ k: Int, _ a: Operand, _ b: Operand, into c: Floats, stride: Int, adding: Bool, bias: Floats?,
    panels: WeightPanels? = nil, chains: [Range<Int>]? = nil
  ) {
    guard m > 0, n > 0 else { return }
    guard k > 0 else {
      if !adding { unsafe emptyChains(m, n, into: c, stride: stride, bias: bias) }
      return
    }
    let (mr, nr) = (Int(CK_MR), Int(CK_NR))
    let (leftPanels, rightPanels) = ((m + mr - 1) / mr, (n + nr - 1) / nr)
    let left = memory.storage(byteCount: leftPanels * mr * k * 4)
    defer { withExtendedLifetime(left) {} }
    let leftFloats = unsafe left.base.assumingMemoryBound(to: Float.self)
    let set = instructions.kernel
    let work = m * n * k
    let isSmall = work < 60_000 || parallel.threadCount == 1

    func packLeft(_ panel: Int) {
      let first = panel * mr
      let target = unsafe leftFloats + panel * mr * k
      if a.hasRowLanes {
        unsafe ck_pack_rows(set, a.matrix, first, min(mr, m - first), 0, k, Int32(mr), target)
      } else {
        unsafe ck_pack_columns(set, a.matrix, first, min(mr, m - first), 0, k, Int32(mr), target)
      }
    }
    if isSmall || m * k < 32_768 {
      for panel in 0..<leftPanels { packLeft(panel) }
    } else {
      parallel.tasks(leftPanels, packLeft)
    }

    // Long chains of an adding product go through a scratch of their own, as the output's old value comes last.
    let chains = chains ?? [0..<k]
    let longest = chains.reduce(0) { max($0, $1.count) }
    let needsScratch = adding && longest > Self.depth
    func run(_ part: Range<Int>) {
      let depth = min(longest, Self.depth)
      let scratchCount = (panels == nil ? depth * nr : 0) + (needsScratch ? m * nr : 0)
      let scratch = memory.storage(byteCount: scratchCount * 4)
      defer { withExtendedLifetime(scratch) {} }
      let right = unsafe scratch.base.assumingMemoryBound(to: Float.self)
      let partials = unsafe right + (panels == nil ? depth * nr : 0)
      for panel in part {
        let first = panel * nr
        let width = min(nr, n - first)
        for chain in chains {
          let usesScratch = adding && chain.count > Self.depth
          var k0 = chain.lowerBound
          while k0 < chain.upperBound {
            let depth = min(Self.depth, chain.upperBound - k0)
            let isLast = k0 + depth == chain.upperBound
            var right = unsafe right
            if let panels {
              unsafe right = panels.floats + (panel * k + k0) * nr
            } else if b.hasRowLanes {
              unsafe ck_pack_rows(set, b.matrix, first, width, k0, depth, Int32(nr), right)
            } else {
              unsafe ck_pack_columns(set, b.matrix, first, width, k0, depth, Int32(nr), right)
            }
            let mode = k0 > chain.lowerBound ? CK_CONTINUE : adding && !usesScratch ? CK_ADD : CK_ASSIGN
            for row in 0..<leftPanels {
              let rows = min(mr, m - row * mr)
              let target =
                unsafe usesScratch ? (partials + row * mr * nr) : (c + row * mr * stride + first)
              unsafe ck_tile(
                set, depth, leftFloats + row * mr * k + k0 * mr, right, target, usesScratch ? nr : stride, Int32(rows),
                Int32(width), mode, isLast ? bias.map { unsafe UnsafePointer($0 + first) } : nil)
            }
            k0 += depth
          }
          if usesScratch {
            for i in 0..<m { for j in 0..<width { unsafe c[i * stride + first + j] += partials[i * nr + j] } }
          }
        }
      }
    }
    if isSmall {
      run(0..<rightPanels)
    } else if rightPanels >= parallel.threadCount {
      let parts = min(rightPanels, parallel.threadCount * 4)
      parallel.tasks(parts) { part in run(rightPanels * part / parts..<rightPanels * (part + 1) / parts) }
    } else {
      run(0..<rightPanels)
    }
  }

  @unsafe private func emptyChains(_ m: Int, _ n: Int, into c: Floats, stride: Int, bias: Floats?) {
    for i in 0..<m { for j in 0..<n { unsafe c[i * stride + j] = unsafe bias?[j] ?? 0 } }
  }
}
