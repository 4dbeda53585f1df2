// One layer of the Qwen2 decoder over the rows of a packed forest, forward and backward.
//
//     a = rmsNorm(x)      q = rope(a Wq + bq)   k = rope(a Wk + bk)   v = a Wv + bv
//     m = x + attention(q, k, v) Wo
//     y = m + (silu(n Wg) · n Wu) Wd             n = rmsNorm(m)
//
// Rows are whatever tokens the caller packs; attention alone reads `AttentionBlock`s.
// Source: transformers `Qwen2DecoderLayer`. No deviations.
public import TensorCore

/// Sizes of a decoder layer.
public struct DecoderSizes: Sendable, Hashable {
  /// Width of the rows between layers.
  public var hiddenSize: Int
  /// Width of gate and up.
  public var intermediateSize: Int
  public var heads: AttentionHeads
  /// θ of the rotary embedding: pair i turns by position · θ^(-2i/headSize).
  public var ropeTheta: Double

  public init(hiddenSize: Int, intermediateSize: Int, heads: AttentionHeads, ropeTheta: Double) {
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.heads = heads
    self.ropeTheta = ropeTheta
  }

  /// headCount · headSize.
  public var queryWidth: Int { heads.headCount * heads.headSize }
  /// keyValueHeadCount · headSize: what a token takes in the cache, twice.
  public var keyValueWidth: Int { heads.keyValueHeadCount * heads.headSize }
}

/// The keys and values attention can see, one row a token.
public struct KeyValueRows: Sendable {
  /// [rows, keyValueWidth] Float32, turned by position.
  public let key: Tensor
  /// [rows, keyValueWidth] Float32.
  public let value: Tensor

  public init(rows: Int, sizes: DecoderSizes, on backend: some Backend) {
    key = backend.empty([rows, sizes.keyValueWidth], .float32)
    value = backend.empty([rows, sizes.keyValueWidth], .float32)
  }
}

/// Where the keys and values of new rows go.
public enum KeyValuePlacement {
  /// The same rows of `KeyValueRows`.
  case rows(Range<Int>)
  /// Row by row elsewhere, through a scratch of the new rows' size: decoding appends to a cache.
  case scattered([Int32], scratch: KeyValueRows)
}

/// What a layer's forward leaves for its backward, one row a token.
public struct DecoderLayerActivations: Sendable {
  /// a [rows, hiddenSize] and 1 / rms(x) [rows, 1].
  public let attentionNormed, attentionInverseRMS: Tensor
  /// q and attention(q, k, v) [rows, queryWidth], and log Σ exp of each head's scores [rows, headCount].
  public let query, attended, logSumExp: Tensor
  /// m [rows, hiddenSize].
  public let middle: Tensor
  /// n [rows, hiddenSize] and 1 / rms(m) [rows, 1].
  public let feedForwardNormed, feedForwardInverseRMS: Tensor
  /// n Wg, n Wu and silu(n Wg) · n Wu, each [rows, intermediateSize].
  public let gate, up, activated: Tensor

  public init(rows n: Int, sizes: DecoderSizes, on backend: some Backend) {
    func matrix(_ width: Int) -> Tensor { backend.empty([n, width], .float32) }
    attentionNormed = matrix(sizes.hiddenSize)
    attentionInverseRMS = matrix(1)
    query = matrix(sizes.queryWidth)
    attended = matrix(sizes.queryWidth)
    logSumExp = matrix(sizes.heads.headCount)
    middle = matrix(sizes.hiddenSize)
    feedForwardNormed = matrix(sizes.hiddenSize)
    feedForwardInverseRMS = matrix(1)
    gate = matrix(sizes.intermediateSize)
    up = matrix(sizes.intermediateSize)
    activated = matrix(sizes.intermediateSize)
  }

  private init(_ a: DecoderLayerActivations, _ range: Range<Int>) {
    attentionNormed = a.attentionNormed.rows(range)
    attentionInverseRMS = a.attentionInverseRMS.rows(range)
    query = a.query.rows(range)
    attended = a.attended.rows(range)
    logSumExp = a.logSumExp.rows(range)
    middle = a.middle.rows(range)
    feedForwardNormed = a.feedForwardNormed.rows(range)
    feedForwardInverseRMS = a.feedForwardInverseRMS.rows(range)
    gate = a.gate.rows(range)
    up = a.up.rows(range)
    activated = a.activated.rows(range)
  }

  /// Views of some rows.
  public func rows(_ range: Range<Int>) -> DecoderLayerActivations { DecoderLayerActivations(self, range) }

  /// The same with room for `rows` rows, of which the first `count` are copied.
  public func extended(to rows: Int, keeping count: Int, sizes: DecoderSizes, on backend: some Backend)
    -> DecoderLayerActivations
  {
    let longer = DecoderLayerActivations(rows: rows, sizes: sizes, on: backend)
    for (old, new) in zip(tensors, longer.tensors) { backend.copy(old.rows(0..<count), to: new.rows(0..<count)) }
    return longer
  }

  private var tensors: [Tensor] {
    [
      attentionNormed, attentionInverseRMS, query, attended, logSumExp, middle, feedForwardNormed,
      feedForwardInverseRMS, gate, up, activated,
    ]
  }
}

/// Scratch of one backward pass, shared by all layers.
public struct DecoderLayerScratch: Sendable {
  let dNormed, dQuery, dKey, dValue, dAttended, dGate, dUp, dActivated: Tensor

  public init(rows n: Int, sizes: DecoderSizes, on backend: some Backend) {
    func matrix(_ width: Int) -> Tensor { backend.empty([n, width], .float32) }
    dNormed = matrix(sizes.hiddenSize)
    dQuery = matrix(sizes.queryWidth)
    dKey = matrix(sizes.keyValueWidth)
    dValue = matrix(sizes.keyValueWidth)
    dAttended = matrix(sizes.queryWidth)
    dGate = matrix(sizes.intermediateSize)
    dUp = matrix(sizes.intermediateSize)
    dActivated = matrix(sizes.intermediateSize)
  }
}

/// One layer of the decoder: x in, y out, both [rows, hiddenSize].
public struct DecoderLayer {
  public let sizes: DecoderSizes
  /// Weights [hiddenSize].
  public let attentionNorm, feedForwardNorm: RMSNorm
  /// Weights [queryWidth, hiddenSize], [keyValueWidth, hiddenSize] twice, with biases, and
  /// [hiddenSize, queryWidth] without.
  public let queryProjection, keyProjection, valueProjection, outputProjection: Linear
  /// Weights [intermediateSize, hiddenSize] twice and [hiddenSize, intermediateSize], without biases.
  public let gateProjection, upProjection, downProjection: Linear

  public init(
    sizes: DecoderSizes, attentionNorm: RMSNorm, feedForwardNorm: RMSNorm, queryProjection: Linear,
    keyProjection: Linear, valueProjection: Linear, outputProjection: Linear, gateProjection: Linear,
    upProjection: Linear, downProjection: Linear
  ) {
    self.sizes = sizes
    self.attentionNorm = attentionNorm
    self.feedForwardNorm = feedForwardNorm
    self.queryProjection = queryProjection
    self.keyProjection = keyProjection
    self.valueProjection = valueProjection
    self.outputProjection = outputProjection
    self.gateProjection = gateProjection
    self.upProjection = upProjection
    self.downProjection = downProjection
  }

  var attentionScale: Float { 1 / Float(sizes.heads.headSize).squareRoot() }

  /// `x`, `y` are [rows, hiddenSize]; `cache` holds the keys and values of all rows the blocks name.
  public func forward(
    _ x: Tensor, into y: Tensor, keeping a: DecoderLayerActivations, cache: KeyValueRows,
    placement: KeyValuePlacement, positions: [Int32], blocks: [AttentionBlock], on backend: some Backend
  ) {
    attentionNorm.forward(x, into: a.attentionNormed, inverseRMS: a.attentionInverseRMS, on: backend)
    let (key, value) =
      switch placement {
      case .rows(let range): (cache.key.rows(range), cache.value.rows(range))
      case .scattered(_, let scratch): (scratch.key, scratch.value)
      }
    Linear.forward(
      a.attentionNormed, [(queryProjection, a.query), (keyProjection, key), (valueProjection, value)], on: backend)
    let (headSize, theta) = (sizes.heads.headSize, sizes.ropeTheta)
    backend.rotate(a.query, headSize: headSize, positions: positions, theta: theta, inverse: false)
    backend.rotate(key, headSize: headSize, positions: positions, theta: theta, inverse: false)
    if case .scattered(let rows, _) = placement {
      backend.setRows(key, rows, into: cache.key)
      backend.setRows(value, rows, into: cache.value)
    }
    backend.attention(
      query: a.query, key: cache.key, value: cache.value, blocks: blocks, heads: sizes.heads, scale: attentionScale,
      into: a.attended, logSumExp: a.logSumExp)
    outputProjection.forward(a.attended, into: a.middle, on: backend)
    backend.add(x, to: a.middle)
    feedForward(a, into: y, on: backend)
  }

  /// y = m + (silu(n Wg) · n Wu) Wd of `a.middle`.
  func feedForward(_ a: DecoderLayerActivations, into y: Tensor, on backend: some Backend) {
    feedForwardNorm.forward(a.middle, into: a.feedForwardNormed, inverseRMS: a.feedForwardInverseRMS, on: backend)
    Linear.forward(a.feedForwardNormed, [(gateProjection, a.gate), (upProjection, a.up)], on: backend)
    backend.swiGLU(gate: a.gate, up: a.up, into: a.activated)
    downProjection.forward(a.activated, into: y, on: backend)
    backend.add(a.middle, to: y)
  }

  /// Turns `d`, the gradient of y, into that of m, in place.
  func feedForwardBackward(
    _ d: Tensor, kept a: DecoderLayerActivations, questions: [[Range<Int>]], scratch s: DecoderLayerScratch,
    on backend: some Backend
  ) {
    // forward: y = m + activated Wd, activated = silu(gate) · up
    downProjection.backward(d, input: a.activated, questions: questions, into: s.dActivated, on: backend)
    backend.swiGLUBackward(s.dActivated, gate: a.gate, up: a.up, intoGate: s.dGate, up: s.dUp)
    // forward: gate = n Wg, up = n Wu, n = rmsNorm(m)
    Linear.backward(
      [(gateProjection, s.dGate), (upProjection, s.dUp)], input: a.feedForwardNormed, questions: questions,
      into: s.dNormed, on: backend)
    feedForwardNorm.backward(
      s.dNormed, input: a.middle, inverseRMS: a.feedForwardInverseRMS, questions: questions, into: d, adding: true,
      on: backend)
  }

  /// Turns `d`, the gradient of `y`, into that of `x`, in place; parameter gradients accumulate. All rows of the forest
  /// go through at once, and `cache` holds exactly their keys and values.
  public func backward(
    _ d: Tensor, input x: Tensor, kept a: DecoderLayerActivations, cache: KeyValueRows, positions: [Int32],
    blocks: [AttentionBlock], questions: [[Range<Int>]], scratch s: DecoderLayerScratch, on backend: some Backend
  ) {
    feedForwardBackward(d, kept: a, questions: questions, scratch: s, on: backend)
    // forward: m = x + attended Wo
    outputProjection.backward(d, input: a.attended, questions: questions, into: s.dAttended, on: backend)
    // forward: attended = attention(q, k, v)
    backend.fill(s.dKey, with: 0)
    backend.fill(s.dValue, with: 0)
    backend.attentionBackward(
      s.dAttended, query: a.query, key: cache.key, value: cache.value, output: a.attended, logSumExp: a.logSumExp,
      blocks: blocks, heads: sizes.heads, scale: attentionScale, intoQuery: s.dQuery, addingToKey: s.dKey,
      addingToValue: s.dValue)
    // forward: q = rope(a Wq + bq), k = rope(a Wk + bk), v = a Wv + bv
    let (headSize, theta) = (sizes.heads.headSize, sizes.ropeTheta)
    backend.rotate(s.dQuery, headSize: headSize, positions: positions, theta: theta, inverse: true)
    backend.rotate(s.dKey, headSize: headSize, positions: positions, theta: theta, inverse: true)
    Linear.backward(
      [(queryProjection, s.dQuery), (keyProjection, s.dKey), (valueProjection, s.dValue)], input: a.attentionNormed,
      questions: questions, into: s.dNormed, on: backend)
    // forward: a = rmsNorm(x)
    attentionNorm.backward(
      s.dNormed, input: x, inverseRMS: a.attentionInverseRMS, questions: questions, into: d, adding: true, on: backend)
  }

  /// In the order of the forward.
  public var parameters: [Parameter] {
    [queryProjection, keyProjection, valueProjection, outputProjection, gateProjection, upProjection, downProjection]
      .flatMap { [$0.weight] + ($0.bias.map { [$0] } ?? []) } + [attentionNorm.weight, feedForwardNorm.weight]
  }
}
