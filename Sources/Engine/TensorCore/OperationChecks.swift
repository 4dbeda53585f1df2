// What every backend asks of its arguments. A mismatch is our own mistake and traps with both shapes.

/// Traps unless a tensor is [rows, width], or as many numbers in one row.
public func requireShape(_ tensor: Tensor, _ rows: Int, _ width: Int, _ name: String) {
  precondition(
    tensor.elementCount == rows * width && (tensor.width == width || rows * width == 0 || tensor.shape.sizes.count == 1),
    "\(name) is \(tensor.shape), [\(rows), \(width)] is needed")
}

/// Traps unless two tensors have as many numbers.
public func requireSame(_ a: Tensor, _ b: Tensor, _ name: String) {
  precondition(a.elementCount == b.elementCount, "\(name): \(a.shape) against \(b.shape)")
}

/// Traps unless every row number is one of `count` rows.
public func requireRows(_ indices: [Int32], below count: Int, _ name: String) {
  for index in indices { precondition(index >= 0 && Int(index) < count, "\(name): row \(index) of \(count)") }
}

extension AttentionHeads {
  /// Traps unless queries, keys and values have these heads, and the blocks' rows are theirs.
  public func require(query q: Tensor, key k: Tensor, value v: Tensor, blocks: [AttentionBlock]) {
    precondition(
      q.width == headCount * headSize && k.width == keyValueHeadCount * headSize && k.shape == v.shape
        && headCount % keyValueHeadCount == 0,
      "attention: query \(q.shape), key \(k.shape), value \(v.shape) for \(self)")
    for block in blocks {
      precondition(block.queries.upperBound <= q.rowCount, "attention: queries \(block.queries) of \(q.rowCount)")
      for range in block.context + [block.own] {
        precondition(range.upperBound <= k.rowCount, "attention: keys \(range) of \(k.rowCount)")
      }
    }
  }
}

extension AdamWUpdate {
  /// Traps unless gradient and moments have the parameter's numbers.
  public func requireShapes() {
    for x in [gradient, firstMoment, secondMoment] { requireSame(parameter, x, "adamW") }
  }
}

/// The constants of an AdamW update in Float32, each rounded once from Double:
/// w = w · decay - m · rate / (√v · correction + ε), and so on.
public struct AdamWConstants: Sendable, Hashable {
  public let scale, beta1, beta2, keep1, keep2, decay, rate, correction, epsilon: Float

  public init(_ s: AdamWStep) {
    scale = s.gradientScale
    (beta1, beta2) = (Float(s.beta1), Float(s.beta2))
    (keep1, keep2) = (Float(1 - s.beta1), Float(1 - s.beta2))
    decay = Float(1 - s.rate * s.weightDecay)
    rate = Float(s.rate / s.firstCorrection)
    correction = Float(1 / s.secondCorrection.squareRoot())
    epsilon = Float(s.epsilon)
  }
}
