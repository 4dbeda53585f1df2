// Everything a device must be able to do: memory, and one call per fused operation, forward beside backward.
//
// Matrices are [rows, width], row-major. Outputs are given by the caller and are assigned unless the label says
// `adding`. `questions` names, for each question of a step in order, the row ranges that belong to it (its trunk, then
// its branches): a parameter gradient receives, for each question in turn, the sum over that question's own chain, its
// ranges one after another in rising row order (gradient += chain), so that neither packing nor micro-batches can change
// a bit. Inputs and outputs may not overlap unless said. Shape mismatches are our own mistakes and trap with both
// shapes. `TestSupport/ReferenceBackend` is the definition, in plain Double loops.

/// The operations of a device. What a device gives is what every other gives, bit for bit, in canonical arithmetic.
public protocol Backend: AnyObject, Sendable {
  /// For provenance, such as `canonical`. Names no machine, unless the bits depend on it.
  var arithmetic: String { get }
  /// What it runs on, for timings: `processor`, or a GPU's name. Never part of a result.
  var device: String { get }
  /// Returns when all that was asked is done; only clocks need to know.
  func finish()

  // MARK: Memory
  /// Contents undefined.
  func empty(_ shape: Shape, _ elementType: ElementType) -> Tensor
  func zeros(_ shape: Shape) -> Tensor
  func fill(_ x: Tensor, with value: Float)
  func upload(_ values: [Float], to x: Tensor)
  func download(_ x: Tensor) -> [Float]
  /// Same element count; converts between element types, to bfloat16 by rounding to nearest even.
  func copy(_ x: Tensor, to y: Tensor)

  // MARK: Products
  /// y[r, o] = Σᵢ x[r, i] · w[o, i] + b[o]. `w` may be bfloat16.
  func linear(_ x: Tensor, weight w: Tensor, bias b: Tensor?, into y: Tensor)
  /// dx[r, i] = Σₒ dy[r, o] · w[o, i], assigned; or dx += that sum if `adding`.
  func linearBackward(_ dy: Tensor, weight w: Tensor, into dx: Tensor, adding: Bool)
  /// dw[o, i] += Σᵣ dy[r, o] · x[r, i];  db[o] += Σᵣ dy[r, o], per question.
  func linearBackward(_ dy: Tensor, input x: Tensor, questions: [[Range<Int>]], addingTo dw: Tensor, bias db: Tensor?)
  /// `linear` for several weights of one input.
  func linear(_ x: Tensor, through outputs: [LinearOutput])
  /// All gradients of linear maps that share their input: dw and db of each as above, and dx as above from each term in
  /// turn.
  func linearBackward(
    _ gradients: [LinearGradient], input x: Tensor, questions: [[Range<Int>]], inputGradient: LinearInputGradient?)

  // MARK: Rows
  /// y[r] = table[indices[r]]. `table` may be bfloat16.
  func gatherRows(_ table: Tensor, _ indices: [Int32], into y: Tensor)
  /// table[indices[r]] += dy[r], in rising r.
  func scatterAddRows(_ dy: Tensor, _ indices: [Int32], addingTo table: Tensor)
  /// y[indices[r]] = x[r]; indices are distinct.
  func setRows(_ x: Tensor, _ indices: [Int32], into y: Tensor)
  /// x[r] += table[indices[r]].
  func addRows(_ table: Tensor, _ indices: [Int32], addingTo x: Tensor)
  /// y[r] = (x[starts[r]] + x[starts[r] + 1]) / 2.
  func averagePairs(_ x: Tensor, _ starts: [Int32], into y: Tensor)
  /// dx is zero but dx[starts[r]] = dx[starts[r] + 1] = dy[r] / 2.
  func averagePairsBackward(_ dy: Tensor, _ starts: [Int32], into dx: Tensor)
  /// y[t, c · 3 + tap] = x[stride · t + tap - 1, c] within each chunk, zero outside it; t counts from its start.
  func unfold(_ x: Tensor, chunks: [ConvolutionChunk], stride: Int, into y: Tensor)
  /// dx[s, c] = Σ over taps, rising, of dy[t, c · 3 + tap] with stride · t + tap - 1 = s; rows in no chunk become zero.
  func unfoldBackward(_ dy: Tensor, chunks: [ConvolutionChunk], stride: Int, into dx: Tensor)

  // MARK: Elementwise
  /// y += x.
  func add(_ x: Tensor, to y: Tensor)
  func scale(_ x: Tensor, by factor: Float)
  /// y = x/2 · (1 + erf(x/√2)).
  func gelu(_ x: Tensor, into y: Tensor)
  /// dx may be dy.
  func geluBackward(_ dy: Tensor, input x: Tensor, into dx: Tensor)
  /// y = g · σ(g) · u.
  func swiGLU(gate g: Tensor, up u: Tensor, into y: Tensor)
  func swiGLUBackward(_ dy: Tensor, gate g: Tensor, up u: Tensor, intoGate dg: Tensor, up du: Tensor)

  // MARK: Normalisation
  /// y[r, c] = x[r, c] · s[r] · w[c], s[r] = 1/√(mean of x[r]² + ε).
  func rmsNorm(_ x: Tensor, weight w: Tensor, epsilon: Float, into y: Tensor, inverseRMS s: Tensor)
  /// dx assigned or added to; dw += per question, where given.
  func rmsNormBackward(
    _ dy: Tensor, input x: Tensor, weight w: Tensor, inverseRMS s: Tensor, questions: [[Range<Int>]],
    into dx: Tensor, adding: Bool, weightGradient dw: Tensor?)
  /// y = (x - m) · s · w + b, m the row's mean, s = 1/√(variance + ε); the variance over the width, not width - 1.
  func layerNorm(
    _ x: Tensor, weight w: Tensor, bias b: Tensor, epsilon: Float, into y: Tensor, mean m: Tensor,
    inverseDeviation s: Tensor)
  func layerNormBackward(
    _ dy: Tensor, input x: Tensor, weight w: Tensor, mean m: Tensor, inverseDeviation s: Tensor,
    questions: [[Range<Int>]], into dx: Tensor, adding: Bool, weightGradient dw: Tensor?, biasGradient db: Tensor?)

  // MARK: Attention
  /// Turns each pair (i, i + headSize/2) of each head of each row by positions[r] · θ^(-2i/headSize), in place;
  /// backwards if `inverse`, which is its own gradient.
  func rotate(_ x: Tensor, headSize: Int, positions: [Int32], theta: Double, inverse: Bool)
  /// o[r] = Σⱼ pⱼ v[j], p = softmax over visible j of scale · q[r]·k[j], per head; logSumExp is [rows, headCount].
  func attention(
    query q: Tensor, key k: Tensor, value v: Tensor, blocks: [AttentionBlock], heads: AttentionHeads, scale: Float,
    into o: Tensor, logSumExp: Tensor)
  /// dq is assigned in the blocks' query rows; dk and dv are added to, blocks in order, so the caller clears them.
  func attentionBackward(
    _ dOutput: Tensor, query q: Tensor, key k: Tensor, value v: Tensor, output o: Tensor, logSumExp: Tensor,
    blocks: [AttentionBlock], heads: AttentionHeads, scale: Float, intoQuery dq: Tensor, addingToKey dk: Tensor,
    addingToValue dv: Tensor)

  // MARK: Loss
  /// l[r] = x[r, targets[r]]/T - lse[r], lse[r] = log Σ exp(x[r]/T), entropy[r] = -Σ p log p; each [rows].
  func logProbabilities(
    _ x: Tensor, targets: [Int32], temperature: Float, into l: Tensor, logSumExp: Tensor, entropy: Tensor)
  /// dx[r, v] = coefficients[r] / T · ((v = targets[r]) - exp(x[r, v]/T - lse[r])); dx may be x.
  func logProbabilitiesBackward(
    _ x: Tensor, logSumExp: Tensor, targets: [Int32], temperature: Float, coefficients: [Float], into dx: Tensor)

  // MARK: Optimisation
  /// Σ x² of each, summed in Double in 16 lanes.
  func squaredNorms(_ x: [Tensor]) -> [Double]
  /// One AdamW update of each parameter; see `AdamWStep`. The gradients become zero: they have been used.
  func adamW(_ updates: [AdamWUpdate])
}

extension Backend {
  public var device: String { "processor" }
  public func finish() {}
  public func linear(_ x: Tensor, through outputs: [LinearOutput]) {
    for o in outputs { linear(x, weight: o.weight, bias: o.bias, into: o.output) }
  }
  public func linearBackward(
    _ gradients: [LinearGradient], input x: Tensor, questions: [[Range<Int>]], inputGradient: LinearInputGradient?
  ) {
    for g in gradients { linearBackward(g.dy, input: x, questions: questions, addingTo: g.weight, bias: g.bias) }
    guard let inputGradient else { return }
    for (index, term) in inputGradient.terms.enumerated() {
      linearBackward(
        term.dy, weight: term.weight, into: inputGradient.output, adding: inputGradient.isAdding || index > 0)
    }
  }
}

/// One linear map of an input that several maps share.
public struct LinearOutput: Sendable {
  /// [outputs, inputs].
  public var weight: Tensor
  /// [outputs].
  public var bias: Tensor?
  /// [rows, outputs].
  public var output: Tensor

  public init(weight: Tensor, bias: Tensor? = nil, output: Tensor) {
    self.weight = weight
    self.bias = bias
    self.output = output
  }
}

/// The gradient of a linear map's output, and where those of its parameters accumulate.
public struct LinearGradient: Sendable {
  /// dy is [rows, outputs]; the gradient of the weight is [outputs, inputs] and is added to.
  public var dy, weight: Tensor
  public var bias: Tensor?

  public init(dy: Tensor, weight: Tensor, bias: Tensor? = nil) {
    self.dy = dy
    self.weight = weight
    self.bias = bias
  }
}

/// The gradient of an input that several linear maps share.
public struct LinearInputGradient: Sendable {
  /// The gradient is the sum of dy · weight, term by term in this order.
  public var terms: [(dy: Tensor, weight: Tensor)]
  /// [rows, inputs].
  public var output: Tensor
  /// Whether the terms are added to what is there, rather than the first assigned.
  public var isAdding: Bool

  public init(terms: [(dy: Tensor, weight: Tensor)], output: Tensor, isAdding: Bool = false) {
    self.terms = terms
    self.output = output
    self.isAdding = isAdding
  }
}

/// A parameter and what its update reads and writes. The moments may be bfloat16.
public struct AdamWUpdate: Sendable {
  public var step: AdamWStep
  /// All of one shape; parameter and moments are written, the gradient is left zero.
  public var parameter, gradient, firstMoment, secondMoment: Tensor

  public init(_ step: AdamWStep, parameter: Tensor, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor) {
    self.step = step
    self.parameter = parameter
    self.gradient = gradient
    self.firstMoment = firstMoment
    self.secondMoment = secondMoment
  }
}

/// The numbers of one AdamW update.
///
///     g = gradientScale · gradient
///     m = β₁ m + (1 - β₁) g          v = β₂ v + (1 - β₂) g²
///     parameter = parameter · (1 - rate · weightDecay) - rate/(1 - β₁ᵗ) · m / (√v/√(1 - β₂ᵗ) + ε)
///
/// Source: Loshchilov & Hutter 2019, algorithm 2; the order of operations of torch.optim.AdamW.
public struct AdamWStep: Sendable, Hashable {
  /// The learning rate of this step.
  public var rate: Double
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8
  public var weightDecay = 0.0
  /// What gradients are multiplied by first (the clip coefficient).
  public var gradientScale: Float = 1
  /// 1 - β₁ᵗ and 1 - β₂ᵗ, t counted from 1.
  public var firstCorrection: Double
  public var secondCorrection: Double
  /// Rounds moments that are stored as bfloat16; see `BFloat16.init(_:rounding:)`. Word i mod 4 at position i / 4 is for
  /// element i: its lower half for the first moment, its upper half for the second.
  public var rounding = RandomStream(seed: 0, purpose: "moments")

  public init(rate: Double, firstCorrection: Double, secondCorrection: Double) {
    self.rate = rate
    self.firstCorrection = firstCorrection
    self.secondCorrection = secondCorrection
  }
}
