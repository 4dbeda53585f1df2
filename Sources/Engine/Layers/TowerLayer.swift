// One layer of the Whisper-style audio tower, forward and backward; pre-norm, full attention within each block.
//
//     m = x + attention(a Wq + bq, a Wk, a Wv + bv) Wo + bo,   a = layerNorm(x)
//     y = m + gelu(n W1 + b1) W2 + b2,                         n = layerNorm(m)
//
// The published scale headSize^-½ is applied to the scores instead of the queries: the same up to rounding.
// Source: transformers `Qwen2AudioEncoderLayer`, `Qwen2_5OmniAudioEncoderLayer`.
public import TensorCore

/// Sizes of a layer of the audio tower.
public struct TowerSizes: Sendable, Hashable {
  /// Width of the rows between layers.
  public var hiddenSize: Int
  /// Width within the feed-forward part.
  public var intermediateSize: Int
  /// Heads of hiddenSize / headCount numbers each, with keys and values of their own.
  public var headCount: Int

  public init(hiddenSize: Int, intermediateSize: Int, headCount: Int) {
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.headCount = headCount
  }

  /// As attention takes them.
  public var heads: AttentionHeads {
    AttentionHeads(headCount: headCount, keyValueHeadCount: headCount, headSize: hiddenSize / headCount)
  }
}

/// What a layer's forward leaves for its backward, one row a position.
public struct TowerLayerActivations: Sendable {
  /// a [rows, hiddenSize], mean(x) and 1 / deviation(x) [rows, 1].
  public let attentionNormed, attentionMean, attentionInverse: Tensor
  /// q, k, v and attention(q, k, v) [rows, hiddenSize], log Σ exp of each head's scores [rows, headCount].
  public let query, key, value, attended, logSumExp: Tensor
  /// m [rows, hiddenSize].
  public let middle: Tensor
  /// n [rows, hiddenSize], mean(m) and 1 / deviation(m) [rows, 1].
  public let feedForwardNormed, feedForwardMean, feedForwardInverse: Tensor
  /// n W1 + b1 and its gelu, each [rows, intermediateSize].
  public let inner, activated: Tensor

  public init(rows n: Int, sizes: TowerSizes, on backend: some Backend) {
    func matrix(_ width: Int) -> Tensor { backend.empty([n, width], .float32) }
    attentionNormed = matrix(sizes.hiddenSize)
    attentionMean = matrix(1)
    attentionInverse = matrix(1)
    query = matrix(sizes.hiddenSize)
    key = matrix(sizes.hiddenSize)
    value = matrix(sizes.hiddenSize)
    attended = matrix(sizes.hiddenSize)
    logSumExp = matrix(sizes.headCount)
    middle = matrix(sizes.hiddenSize)
    feedForwardNormed = matrix(sizes.hiddenSize)
    feedForwardMean = matrix(1)
    feedForwardInverse = matrix(1)
    inner = matrix(sizes.intermediateSize)
    activated = matrix(sizes.intermediateSize)
  }
}

/// Scratch of one backward pass, shared by all layers.
public struct TowerLayerScratch: Sendable {
  let dNormed, dQuery, dKey, dValue, dAttended, dInner: Tensor

  public init(rows n: Int, sizes: TowerSizes, on backend: some Backend) {
    func matrix(_ width: Int) -> Tensor { backend.empty([n, width], .float32) }
    dNormed = matrix(sizes.hiddenSize)
    dQuery = matrix(sizes.hiddenSize)
    dKey = matrix(sizes.hiddenSize)
    dValue = matrix(sizes.hiddenSize)
    dAttended = matrix(sizes.hiddenSize)
    dInner = matrix(sizes.intermediateSize)
  }
}

/// One layer of the audio tower: x in, y out, both [rows, hiddenSize].
public struct TowerLayer {
  public let sizes: TowerSizes
  /// Weights and biases [hiddenSize].
  public let attentionNorm, feedForwardNorm: LayerNorm
  /// Weights [hiddenSize, hiddenSize]; all but the keys' have a bias.
  public let queryProjection, keyProjection, valueProjection, outputProjection: Linear
  /// Weights [intermediateSize, hiddenSize] and [hiddenSize, intermediateSize], with biases.
  public let firstFeedForward, secondFeedForward: Linear

  public init(
    sizes: TowerSizes, attentionNorm: LayerNorm, feedForwardNorm: LayerNorm, queryProjection: Linear,
    keyProjection: Linear, valueProjection: Linear, outputProjection: Linear, firstFeedForward: Linear,
    secondFeedForward: Linear
  ) {
    self.sizes = sizes
    self.attentionNorm = attentionNorm
    self.feedForwardNorm = feedForwardNorm
    self.queryProjection = queryProjection
    self.keyProjection = keyProjection
    self.valueProjection = valueProjection
    self.outputProjection = outputProjection
    self.firstFeedForward = firstFeedForward
    self.secondFeedForward = secondFeedForward
  }

  private var attentionScale: Float { 1 / Float(sizes.heads.headSize).squareRoot() }

  /// x and y are [rows, hiddenSize]; what the backward needs is left in `a`.
  public func forward(
    _ x: Tensor, into y: Tensor, keeping a: TowerLayerActivations, blocks: [AttentionBlock], on backend: some Backend
  ) {
    attentionNorm.forward(
      x, into: a.attentionNormed, mean: a.attentionMean, inverseDeviation: a.attentionInverse, on: backend)
    Linear.forward(
      a.attentionNormed, [(queryProjection, a.query), (keyProjection, a.key), (valueProjection, a.value)], on: backend)
    backend.attention(
      query: a.query, key: a.key, value: a.value, blocks: blocks, heads: sizes.heads, scale: attentionScale,
      into: a.attended, logSumExp: a.logSumExp)
    outputProjection.forward(a.attended, into: a.middle, on: backend)
    backend.add(x, to: a.middle)
    feedForwardNorm.forward(
      a.middle, into: a.feedForwardNormed, mean: a.feedForwardMean, inverseDeviation: a.feedForwardInverse,
      on: backend)
    firstFeedForward.forward(a.feedForwardNormed, into: a.inner, on: backend)
    backend.gelu(a.inner, into: a.activated)
    secondFeedForward.forward(a.activated, into: y, on: backend)
    backend.add(a.middle, to: y)
  }

  /// Turns `d`, the gradient of `y`, into that of `x`, in place; parameter gradients accumulate.
  public func backward(
    _ d: Tensor, input x: Tensor, kept a: TowerLayerActivations, blocks: [AttentionBlock], questions: [[Range<Int>]],
    scratch s: TowerLayerScratch, on backend: some Backend
  ) {
    // forward: y = m + gelu(n W1 + b1) W2 + b2
    secondFeedForward.backward(d, input: a.activated, questions: questions, into: s.dInner, on: backend)
    backend.geluBackward(s.dInner, input: a.inner, into: s.dInner)
    firstFeedForward.backward(s.dInner, input: a.feedForwardNormed, questions: questions, into: s.dNormed, on: backend)
    feedForwardNorm.backward(
      s.dNormed, input: a.middle, mean: a.feedForwardMean, inverseDeviation: a.feedForwardInverse,
      questions: questions, into: d, adding: true, on: backend)
    // forward: m = x + attended Wo + bo
    outputProjection.backward(d, input: a.attended, questions: questions, into: s.dAttended, on: backend)
    // forward: attended = attention(q, k, v)
    backend.fill(s.dKey, with: 0)
    backend.fill(s.dValue, with: 0)
    backend.attentionBackward(
      s.dAttended, query: a.query, key: a.key, value: a.value, output: a.attended, logSumExp: a.logSumExp,
      blocks: blocks, heads: sizes.heads, scale: attentionScale, intoQuery: s.dQuery, addingToKey: s.dKey,
      addingToValue: s.dValue)
    // forward: q, k, v = a W + b
    Linear.backward(
      [(queryProjection, s.dQuery), (keyProjection, s.dKey), (valueProjection, s.dValue)], input: a.attentionNormed,
      questions: questions, into: s.dNormed, on: backend)
    // forward: a = layerNorm(x)
    attentionNorm.backward(
      s.dNormed, input: x, mean: a.attentionMean, inverseDeviation: a.attentionInverse, questions: questions,
      into: d, adding: true, on: backend)
  }

  /// In the order of the forward.
  public var parameters: [Parameter] {
    [queryProjection, keyProjection, valueProjection, outputProjection, firstFeedForward, secondFeedForward]
      .flatMap { [$0.weight] + ($0.bias.map { [$0] } ?? []) }
      + [attentionNorm.weight, attentionNorm.bias, feedForwardNorm.weight, feedForwardNorm.bias]
  }
}
