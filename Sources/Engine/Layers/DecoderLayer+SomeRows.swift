// The last layer where the outputs of only some rows are needed: all rows give keys and values, those alone the rest.
//
// A row that is left out would have a gradient of zero, which adds nothing to any chain: the bits are those of the whole
// layer.
public import TensorCore

/// What `DecoderLayer.forward` for some rows leaves for its backward.
public struct SomeRowsActivations: Sendable {
  /// Of all rows.
  public let normed, inverseRMS: Tensor
  /// Of the needed rows, in their order.
  public let needed: DecoderLayerActivations

  public init(rows: Int, needed: Int, sizes: DecoderSizes, on backend: some Backend) {
    normed = backend.empty([rows, sizes.hiddenSize], .float32)
    inverseRMS = backend.empty([rows, 1], .float32)
    self.needed = DecoderLayerActivations(rows: needed, sizes: sizes, on: backend)
  }

  private init(normed: Tensor, inverseRMS: Tensor, needed: DecoderLayerActivations) {
    self.normed = normed
    self.inverseRMS = inverseRMS
    self.needed = needed
  }

  /// The same with more room, of which the first `keptRows` rows and `keptNeeded` needed rows are copied.
  public func extended(
    to rows: Int, needed: Int, keepingRows keptRows: Int, needed keptNeeded: Int, sizes: DecoderSizes,
    on backend: some Backend
  ) -> SomeRowsActivations {
    let longer = (normed: backend.empty([rows, normed.width], .float32), inverse: backend.empty([rows, 1], .float32))
    for (old, new) in [(normed, longer.normed), (inverseRMS, longer.inverse)] {
      backend.copy(old.rows(0..<keptRows), to: new.rows(0..<keptRows))
    }
    return SomeRowsActivations(
      normed: longer.normed, inverseRMS: longer.inverse,
      needed: self.needed.extended(to: needed, keeping: keptNeeded, sizes: sizes, on: backend))
  }

  /// Views of some rows, and of some needed rows.
  public func rows(_ rows: Range<Int>, needed range: Range<Int>) -> SomeRowsActivations {
    SomeRowsActivations(
      normed: normed.rows(rows), inverseRMS: inverseRMS.rows(rows), needed: needed.rows(range))
  }
}

/// Which rows are needed.
public struct NeededRows: Sendable {
  /// Rows of the layer's input.
  public var rows: [Int32]
  /// Queries count through `rows`.
  public var blocks: [AttentionBlock]
  /// Ranges of `rows` for each question.
  public var questions: [[Range<Int>]]

  public init(rows: [Int32], blocks: [AttentionBlock], questions: [[Range<Int>]]) {
    self.rows = rows
    self.blocks = blocks
    self.questions = questions
  }
}

extension DecoderLayer {
  /// `x` is [rows, hiddenSize]; the outputs of the needed rows are set in `y`, of the same shape. The keys and values of
  /// all rows go to `range` of `cache`.
  public func forward(
    _ x: Tensor, needing needed: NeededRows, into y: Tensor, keeping kept: SomeRowsActivations, cache: KeyValueRows,
    range: Range<Int>, positions: [Int32], on backend: some Backend
  ) {
    let a = kept.needed
    let (headSize, theta) = (sizes.heads.headSize, sizes.ropeTheta)
    attentionNorm.forward(x, into: kept.normed, inverseRMS: kept.inverseRMS, on: backend)
    let key = cache.key.rows(range)
    Linear.forward(
      kept.normed, [(keyProjection, key), (valueProjection, cache.value.rows(range))], on: backend)
    backend.rotate(key, headSize: headSize, positions: positions, theta: theta, inverse: false)

    backend.gatherRows(kept.normed, needed.rows, into: a.attentionNormed)
    queryProjection.forward(a.attentionNormed, into: a.query, on: backend)
    backend.rotate(
      a.query, headSize: headSize, positions: needed.rows.map { positions[Int($0)] }, theta: theta, inverse: false)
    backend.attention(
      query: a.query, key: cache.key, value: cache.value, blocks: needed.blocks, heads: sizes.heads,
      scale: attentionScale, into: a.attended, logSumExp: a.logSumExp)
    outputProjection.forward(a.attended, into: a.middle, on: backend)
    let some = backend.empty([needed.rows.count, sizes.hiddenSize], .float32)
    backend.gatherRows(x, needed.rows, into: some)
    backend.add(some, to: a.middle)
    feedForward(a, into: some, on: backend)
    backend.setRows(some, needed.rows, into: y)
  }

  /// Turns `d`, the gradient of the output, zero but in the needed rows, into that of `x`, in place; parameter gradients
  /// accumulate. `cache` holds exactly the keys and values of `x`'s rows, whose questions are `questions`.
  public func backward(
    _ d: Tensor, input x: Tensor, needing needed: NeededRows, kept: SomeRowsActivations, cache: KeyValueRows,
    positions: [Int32], questions: [[Range<Int>]], scratch s: DecoderLayerScratch, on backend: some Backend
  ) {
    let a = kept.needed
    let some = DecoderLayerScratch(rows: needed.rows.count, sizes: sizes, on: backend)
    let dSome = backend.empty([needed.rows.count, sizes.hiddenSize], .float32)
    backend.gatherRows(d, needed.rows, into: dSome)
    feedForwardBackward(dSome, kept: a, questions: needed.questions, scratch: some, on: backend)
    // forward: m = x + attended Wo
    outputProjection.backward(
      dSome, input: a.attended, questions: needed.questions, into: some.dAttended, on: backend)
    backend.fill(s.dKey, with: 0)
    backend.fill(s.dValue, with: 0)
    backend.attentionBackward(
      some.dAttended, query: a.query, key: cache.key, value: cache.value, output: a.attended, logSumExp: a.logSumExp,
      blocks: needed.blocks, heads: sizes.heads, scale: attentionScale, intoQuery: some.dQuery,
      addingToKey: s.dKey, addingToValue: s.dValue)
    let (headSize, theta) = (sizes.heads.headSize, sizes.ropeTheta)
    backend.rotate(
      some.dQuery, headSize: headSize, positions: needed.rows.map { positions[Int($0)] }, theta: theta, inverse: true)
    backend.rotate(s.dKey, headSize: headSize, positions: positions, theta: theta, inverse: true)
    // forward: q of the needed rows, k and v of all
    queryProjection.backward(
      some.dQuery, input: a.attentionNormed, questions: needed.questions, into: some.dNormed, on: backend)
    backend.fill(s.dNormed, with: 0)
    backend.setRows(some.dNormed, needed.rows, into: s.dNormed)
    Linear.backward(
      [(keyProjection, s.dKey), (valueProjection, s.dValue)], input: kept.normed, questions: questions,
      into: s.dNormed, adding: true, on: backend)
    backend.setRows(dSome, needed.rows, into: d)
    attentionNorm.backward(
      s.dNormed, input: x, inverseRMS: kept.inverseRMS, questions: questions, into: d, adding: true, on: backend)
  }
}
