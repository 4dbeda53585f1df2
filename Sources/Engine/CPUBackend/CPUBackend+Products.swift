// Matrix products: packed panels, one chain of fused multiply-adds an element.
internal import CKernels
public import TensorCore

extension CPUBackend {
  public func linear(_ x: Tensor, weight w: Tensor, bias b: Tensor?, into y: Tensor) {
    linear(x, through: [LinearOutput(weight: w, bias: b, output: y)])
  }

  public func linear(_ x: Tensor, through outputs: [LinearOutput]) {
    let (m, k) = (x.rowCount, x.width)
    if m > 0, m <= Int(CK_FEW), k > 0, arithmeticKind == .canonical || m == 1 {
      linear(fewRows: x, through: outputs)
      return
    }
    var batch = ProductBatch()
    let left = unsafe batch.left(Operand(matrix: plain(x), hasRowLanes: true), rows: m, depth: k)
    var biases: [Tensor] = []
    for o in outputs {
      let (w, y, n) = (o.weight, o.output, o.weight.rowCount)
      requireShape(w, n, k, "linear: weight")
      requireShape(y, m, n, "linear: output")
      if let b = o.bias { precondition(b.elementCount == n, "linear: bias is \(b.shape), [\(n)] is needed") }
      let bias = o.bias.map(wide)
      if let bias { biases.append(bias) }
      if arithmeticKind == .fast, m > 1, w.elementType == .float32 {
        unsafe OpenBLAS.product(m, n, k, x.floats, w.floats, transposed: true, into: y.floats, adding: false)
        if let bias { unsafe addBias(bias.floats, to: y.floats, rows: m, width: n) }
        continue
      }
      guard k > 0 else {
        fill(y, with: 0)
        if let bias { unsafe addBias(bias.floats, to: y.floats, rows: m, width: n) }
        continue
      }
      let output = unsafe ProductBatch.Output(left: left, base: y.floats, stride: n, bias: bias?.floats)
      unsafe batch.term(Operand(matrix: plain(w), hasRowLanes: true), chains: [0..<k], outputs: [output], isAdding: false)
      batch.job(columns: n)
    }
    if !batch.jobs.isEmpty { run(batch) }
    withExtendedLifetime(biases) {}
  }

  /// Sixteen columns of an output.
  @safe private struct Columns {
    @unsafe var weight: ck_matrix
    var first, count: Int
    @unsafe var output: Floats
    var stride: Int
    @unsafe var bias: Floats?
  }

  /// Reads each weight once, where it lies: what decoding does again and again.
  private func linear(fewRows x: Tensor, through outputs: [LinearOutput]) {
    let (m, k, lanes) = (x.rowCount, x.width, 16)
    var biases: [Tensor] = []
    var columns: [Columns] = []
    for o in outputs {
      let n = o.weight.rowCount
      requireShape(o.weight, n, k, "linear: weight")
      requireShape(o.output, m, n, "linear: output")
      if let b = o.bias { precondition(b.elementCount == n, "linear: bias is \(b.shape), [\(n)] is needed") }
      let bias = o.bias.map(wide)
      if let bias { biases.append(bias) }
      let (matrix, y, b) = unsafe (plain(o.weight), o.output.floats, bias?.floats)
      for first in stride(from: 0, to: n, by: lanes) {
        unsafe columns.append(
          Columns(
            weight: matrix, first: first, count: min(lanes, n - first), output: y + first, stride: n,
            bias: b.map { unsafe $0 + first }))
      }
    }
    let (set, rows) = unsafe (instructions.kernel, x.floats)
    parallel.ranges(columns.count, grain: max(1, 60_000 / (m * k * lanes))) { range in
      for index in range {
        let c = columns[index]
        unsafe ck_few_rows(
          set, k, rows, k, Int32(m), c.weight, c.first, Int32(c.count), c.output, c.stride, c.bias)
      }
    }
    withExtendedLifetime(biases) {}
  }

  public func linearBackward(_ dy: Tensor, weight w: Tensor, into dx: Tensor, adding: Bool) {
    linearBackward(through: [(dy, w)], into: dx, adding: adding)
  }

  public func linearBackward(through terms: [(dy: Tensor, weight: Tensor)], into dx: Tensor, adding: Bool) {
    var batch = ProductBatch()
    add(terms, into: dx, adding: adding, to: &batch)
    if !batch.jobs.isEmpty { run(batch) }
  }

  /// dx = or += Σₒ dy w of each term in turn.
  private func add(_ terms: [(dy: Tensor, weight: Tensor)], into dx: Tensor, adding: Bool, to batch: inout ProductBatch) {
    let (m, n) = (dx.rowCount, dx.width)
    for (index, (dy, w)) in terms.enumerated() {
      let k = dy.width
      let isAdding = adding || index > 0
      requireShape(w, k, n, "linearBackward: weight")
      requireShape(dy, m, k, "linearBackward: output gradient")
      if arithmeticKind == .fast, m > 1, w.elementType == .float32 {
        unsafe OpenBLAS.product(m, n, k, dy.floats, w.floats, transposed: false, into: dx.floats, adding: isAdding)
        continue
      }
      guard k > 0 else {
        if !isAdding { fill(dx, with: 0) }
        continue
      }
      let left = unsafe batch.left(Operand(matrix: plain(dy), hasRowLanes: true), rows: m, depth: k)
      let output = unsafe ProductBatch.Output(left: left, base: dx.floats, stride: n, bias: nil)
      unsafe batch.term(
        Operand(matrix: plain(w), hasRowLanes: false), chains: [0..<k], outputs: [output], isAdding: isAdding)
    }
    batch.job(columns: n)
  }

  public func linearBackward(
    _ dy: Tensor, input x: Tensor, questions: [[Range<Int>]], addingTo dw: Tensor, bias db: Tensor?
  ) {
    linearBackward([LinearGradient(dy: dy, weight: dw, bias: db)], input: x, questions: questions, inputGradient: nil)
  }

  public func linearBackward(
    _ gradients: [LinearGradient], input x: Tensor, questions: [[Range<Int>]], inputGradient: LinearInputGradient?
  ) {
    // All questions in one go: their rows one after another, each question's a chain of its own.
    var rows: [Int32] = []
    var chains: [Range<Int>] = []
    for ranges in questions {
      let first = rows.count
      for range in ranges { rows.append(contentsOf: range.lazy.map { Int32($0) }) }
      if rows.count > first { chains.append(first..<rows.count) }
    }
    var batch = ProductBatch()
    unsafe rows.withUnsafeBufferPointer { buffer in
      var outputs: [ProductBatch.Output] = []
      for gradient in gradients {
        let (dy, dw) = (gradient.dy, gradient.weight)
        precondition(dy.rowCount == x.rowCount, "linearBackward: \(dy.shape) against \(x.shape)")
        requireShape(dw, dy.width, x.width, "linearBackward: weight gradient")
        var matrix = unsafe plain(dy)
        unsafe matrix.rows = buffer.baseAddress
        let left = unsafe batch.left(Operand(matrix: matrix, hasRowLanes: false), rows: dy.width, depth: rows.count)
        unsafe outputs.append(ProductBatch.Output(left: left, base: dw.floats, stride: x.width, bias: nil))
      }
      if !chains.isEmpty, !outputs.isEmpty {
        var matrix = unsafe plain(x)
        unsafe matrix.rows = buffer.baseAddress
        unsafe batch.term(
          Operand(matrix: matrix, hasRowLanes: false), chains: chains, outputs: outputs, isAdding: true)
        batch.job(columns: x.width)
      }
      if let i = inputGradient { add(i.terms, into: i.output, adding: i.isAdding, to: &batch) }
      if !batch.jobs.isEmpty { run(batch) }
    }
    for gradient in gradients {
      guard let db = gradient.bias else { continue }
      for chain in chains {
        unsafe addColumnSums(gradient.dy.floats, rows: Array(rows[chain]), width: gradient.dy.width, to: db.floats)
      }
    }
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
}
