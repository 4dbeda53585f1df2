// A backend of plain Double loops: each operation is computed by its definition and rounded once, when it is stored.
public import TensorCore

/// What every backend is measured against. Good for tiny models only.
public final class ReferenceBackend: Backend {
  public init() {}
  public var arithmetic: String { "reference" }

  // MARK: Memory
  public func empty(_ shape: Shape, _ elementType: ElementType) -> Tensor {
    Tensor(
      storage: HostStorage(byteCount: shape.elementCount * elementType.byteCount), shape: shape,
      elementType: elementType)
  }
  public func zeros(_ shape: Shape) -> Tensor {
    let x = empty(shape, .float32)
    fill(x, with: 0)
    return x
  }
  public func fill(_ x: Tensor, with value: Float) { put([Double](repeating: Double(value), count: x.elementCount), x) }
  public func upload(_ values: [Float], to x: Tensor) { put(values.map(Double.init), x) }
  public func download(_ x: Tensor) -> [Float] { x.hostValues }
  public func copy(_ x: Tensor, to y: Tensor) { put(flat(x), y) }

  private func flat(_ x: Tensor) -> [Double] { x.hostValues.map(Double.init) }

  /// Stores numbers, rounded to the tensor's type.
  private func put(_ values: [Double], _ x: Tensor) {
    precondition(values.count == x.elementCount, "\(values.count) values for \(x.shape)")
    let address = unsafe x.hostAddress
    for (i, value) in values.enumerated() {
      switch x.elementType {
      case .float32: unsafe address.storeBytes(of: Float(value), toByteOffset: i * 4, as: Float.self)
      case .bfloat16:
        unsafe address.storeBytes(of: BFloat16(Float(value)).bitPattern, toByteOffset: i * 2, as: UInt16.self)
      }
    }
  }
  private func put(_ grid: Grid, _ x: Tensor, adding: Bool = false) { put(grid.values, x, adding: adding) }
  private func put(_ values: [Double], _ x: Tensor, adding: Bool) {
    put(adding ? zip(flat(x), values).map { $0 + $1 } : values, x)
  }

  // MARK: Products
  public func linear(_ x: Tensor, weight w: Tensor, bias b: Tensor?, into y: Tensor) {
    put(Reference.linear(Grid(x), weight: Grid(w), bias: b.map(flat)), y)
  }
  public func linearBackward(_ dy: Tensor, weight w: Tensor, into dx: Tensor, adding: Bool) {
    put(Reference.linearBackward(Grid(dy), weight: Grid(w)), dx, adding: adding)
  }
  public func linearBackward(
    _ dy: Tensor, input x: Tensor, questions: [[Range<Int>]], addingTo dw: Tensor, bias db: Tensor?
  ) {
    let sums = Reference.linearBackward(Grid(dy), input: Grid(x), questions: questions)
    put(sums.weight, dw, adding: true)
    if let db { put(sums.bias, db, adding: true) }
  }

  // MARK: Rows
  public func gatherRows(_ table: Tensor, _ indices: [Int32], into y: Tensor) {
    let table = Grid(table)
    put(indices.flatMap { table.row(Int($0)) }, y)
  }
  public func scatterAddRows(_ dy: Tensor, _ indices: [Int32], addingTo table: Tensor) {
    var sums = Grid(table)
    let dy = Grid(dy)
    for (r, index) in indices.enumerated() { for c in 0..<dy.width { sums[Int(index), c] += dy[r, c] } }
    put(sums, table)
  }
  public func setRows(_ x: Tensor, _ indices: [Int32], into y: Tensor) {
    var rows = Grid(y)
    let x = Grid(x)
    for (r, index) in indices.enumerated() { for c in 0..<x.width { rows[Int(index), c] = x[r, c] } }
    put(rows, y)
  }
  public func addRows(_ table: Tensor, _ indices: [Int32], addingTo x: Tensor) {
    let table = Grid(table)
    put(indices.flatMap { table.row(Int($0)) }, x, adding: true)
  }
  public func averagePairs(_ x: Tensor, _ starts: [Int32], into y: Tensor) {
    put(Reference.averagePairs(Grid(x), starts), y)
  }
  public func averagePairsBackward(_ dy: Tensor, _ starts: [Int32], into dx: Tensor) {
    put(Reference.averagePairsBackward(Grid(dy), starts, inputRows: dx.rowCount), dx)
  }
  public func unfold(_ x: Tensor, chunks: [ConvolutionChunk], stride: Int, into y: Tensor) {
    put(Reference.unfold(Grid(x), chunks: chunks, stride: stride, outputRows: y.rowCount), y)
  }
  public func unfoldBackward(_ dy: Tensor, chunks: [ConvolutionChunk], stride: Int, into dx: Tensor) {
    put(Reference.unfoldBackward(Grid(dy), chunks: chunks, stride: stride, inputRows: dx.rowCount), dx)
  }

  // MARK: Elementwise
  public func add(_ x: Tensor, to y: Tensor) { put(flat(x), y, adding: true) }
  public func scale(_ x: Tensor, by factor: Float) { put(flat(x).map { $0 * Double(factor) }, x) }
  public func gelu(_ x: Tensor, into y: Tensor) { put(flat(x).map(Reference.gelu), y) }
  public func geluBackward(_ dy: Tensor, input x: Tensor, into dx: Tensor) {
    put(zip(flat(dy), flat(x)).map { $0 * Reference.geluSlope($1) }, dx)
  }
  public func swiGLU(gate g: Tensor, up u: Tensor, into y: Tensor) {
    put(zip(flat(g), flat(u)).map(Reference.swiGLU), y)
  }
  public func swiGLUBackward(_ dy: Tensor, gate g: Tensor, up u: Tensor, intoGate dg: Tensor, up du: Tensor) {
    let slopes = zip(flat(g), flat(u)).map(Reference.swiGLUSlopes)
    let d = flat(dy)
    put(zip(d, slopes).map { $0 * $1.gate }, dg)
    put(zip(d, slopes).map { $0 * $1.up }, du)
  }

  // MARK: Normalisation
  public func rmsNorm(_ x: Tensor, weight w: Tensor, epsilon: Float, into y: Tensor, inverseRMS s: Tensor) {
    let result = Reference.rmsNorm(Grid(x), weight: flat(w), epsilon: Double(epsilon))
    put(result.y, y)
    put(result.inverseRMS, s)
  }
  public func rmsNormBackward(
    _ dy: Tensor, input x: Tensor, weight w: Tensor, inverseRMS s: Tensor, questions: [[Range<Int>]],
    into dx: Tensor, adding: Bool, weightGradient dw: Tensor?
  ) {
    let result = Reference.rmsNormBackward(
      Grid(dy), input: Grid(x), weight: flat(w), inverseRMS: flat(s), questions: questions)
    put(result.dx, dx, adding: adding)
    if let dw { put(result.dw, dw, adding: true) }
  }
  public func layerNorm(
    _ x: Tensor, weight w: Tensor, bias b: Tensor, epsilon: Float, into y: Tensor, mean m: Tensor,
    inverseDeviation s: Tensor
  ) {
    let result = Reference.layerNorm(Grid(x), weight: flat(w), bias: flat(b), epsilon: Double(epsilon))
    put(result.y, y)
    put(result.mean, m)
    put(result.inverseDeviation, s)
  }
  public func layerNormBackward(
    _ dy: Tensor, input x: Tensor, weight w: Tensor, mean m: Tensor, inverseDeviation s: Tensor,
    questions: [[Range<Int>]], into dx: Tensor, adding: Bool, weightGradient dw: Tensor?, biasGradient db: Tensor?
  ) {
    let result = Reference.layerNormBackward(
      Grid(dy), input: Grid(x), weight: flat(w), mean: flat(m), inverseDeviation: flat(s), questions: questions)
    put(result.dx, dx, adding: adding)
    if let dw { put(result.dw, dw, adding: true) }
    if let db { put(result.db, db, adding: true) }
  }

  // MARK: Attention
  public func rotate(_ x: Tensor, headSize: Int, positions: [Int32], theta: Double, inverse: Bool) {
    put(Reference.rotate(Grid(x), headSize: headSize, positions: positions, theta: theta, inverse: inverse), x)
  }
  public func attention(
    query q: Tensor, key k: Tensor, value v: Tensor, blocks: [AttentionBlock], heads: AttentionHeads, scale: Float,
    into o: Tensor, logSumExp: Tensor
  ) {
    let result = Reference.attention(
      Grid(q), Grid(k), Grid(v), blocks: blocks, heads: heads, scale: Double(scale))
    for row in blocks.flatMap({ Array($0.queries) }) {
      put(result.o.row(row), o.rows(row..<row + 1))
      put(result.logSumExp.row(row), logSumExp.rows(row..<row + 1))
    }
  }
  public func attentionBackward(
    _ dOutput: Tensor, query q: Tensor, key k: Tensor, value v: Tensor, output o: Tensor, logSumExp: Tensor,
    blocks: [AttentionBlock], heads: AttentionHeads, scale: Float, intoQuery dq: Tensor, addingToKey dk: Tensor,
    addingToValue dv: Tensor
  ) {
    let result = Reference.attentionBackward(
      Grid(dOutput), Grid(q), Grid(k), Grid(v), blocks: blocks, heads: heads, scale: Double(scale))
    for row in blocks.flatMap({ Array($0.queries) }) { put(result.dq.row(row), dq.rows(row..<row + 1)) }
    put(result.dk, dk, adding: true)
    put(result.dv, dv, adding: true)
  }

  // MARK: Loss
  public func logProbabilities(
    _ x: Tensor, targets: [Int32], temperature: Float, into l: Tensor, logSumExp: Tensor, entropy: Tensor
  ) {
    let result = Reference.logProbabilities(Grid(x), targets: targets, temperature: Double(temperature))
    put(result.l, l)
    put(result.logSumExp, logSumExp)
    put(result.entropy, entropy)
  }
  public func logProbabilitiesBackward(
    _ x: Tensor, logSumExp: Tensor, targets: [Int32], temperature: Float, coefficients: [Float], into dx: Tensor
  ) {
    put(
      Reference.logProbabilitiesBackward(
        Grid(x), logSumExp: flat(logSumExp), targets: targets, temperature: Double(temperature),
        coefficients: coefficients.map(Double.init)), dx)
  }

  // MARK: Optimisation
  public func squaredNorms(_ x: [Tensor]) -> [Double] { x.map { flat($0).reduce(0) { $0 + $1 * $1 } } }
  /// Moments that are stored as bfloat16, rounded by the words of the update's stream.
  private func rounded(_ moments: [Double], _ u: AdamWUpdate, isSecond: Bool) -> [Double] {
    guard u.firstMoment.elementType == .bfloat16 else { return moments }
    return moments.enumerated().map { i, value in
      let word = u.step.rounding.words(at: i / 4)[i % 4]
      return Double(BFloat16(Float(value), rounding: UInt16(isSecond ? word >> 16 : word & 0xFFFF)).float)
    }
  }

  public func adamW(_ updates: [AdamWUpdate]) {
    for u in updates {
      let s = u.step
      let g = flat(u.gradient).map { $0 * Double(s.gradientScale) }
      let m = zip(flat(u.firstMoment), g).map { s.beta1 * $0 + (1 - s.beta1) * $1 }
      let v = zip(flat(u.secondMoment), g).map { s.beta2 * $0 + (1 - s.beta2) * $1 * $1 }
      let w = flat(u.parameter).enumerated().map { i, w in
        w * (1 - s.rate * s.weightDecay) - s.rate / s.firstCorrection * m[i]
          / (v[i].squareRoot() / s.secondCorrection.squareRoot() + s.epsilon)
      }
      put(w, u.parameter)
      put(rounded(m, u, isSecond: false), u.firstMoment)
      put(rounded(v, u, isSecond: true), u.secondMoment)
      put(g.map { _ in 0 }, u.gradient)
    }
  }
}
