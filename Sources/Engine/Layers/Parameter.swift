// Weights by name, and where their gradients go.
public import TensorCore

/// A named weight. Its gradient exists only while it is trained.
public final class Parameter {
  /// The published checkpoint name.
  public let name: String
  /// Stored as the checkpoint has it; Float32 where it is trained.
  public let value: Tensor
  /// Accumulates over the questions of a step. Zero between steps: the update leaves it so, and `clearGradient` makes it
  /// so where a step is given up.
  public private(set) var gradient: Tensor?

  public init(name: String, value: Tensor) {
    self.name = name
    self.value = value
  }

  /// Whether it has a gradient.
  public var isTrained: Bool { gradient != nil }

  /// Makes room for a gradient, zero.
  /// - Precondition: the weight is stored as Float32; others are for inference only.
  public func train(on backend: some Backend) {
    precondition(value.elementType == .float32, "\(name): only Float32 weights can be trained")
    if gradient == nil { gradient = backend.zeros(value.shape) }
  }

  /// Gives the gradient's memory back.
  public func freeze() { gradient = nil }

  /// Sets the gradient, if there is one, to zero.
  public func clearGradient(on backend: some Backend) {
    if let gradient { backend.fill(gradient, with: 0) }
  }
}

/// y = x wᵀ + b.
public struct Linear {
  public let weight: Parameter
  public let bias: Parameter?

  public init(weight: Parameter, bias: Parameter? = nil) {
    self.weight = weight
    self.bias = bias
  }

  /// Width of what `forward` gives.
  public var outputSize: Int { weight.value.rowCount }

  /// x is [rows, inputs], y is [rows, outputs].
  public func forward(_ x: Tensor, into y: Tensor, on backend: some Backend) {
    Self.forward(x, [(self, y)], on: backend)
  }

  /// Parameter gradients accumulate; `dx`, where given, is assigned, or added to if `adding`.
  public func backward(
    _ dy: Tensor, input x: Tensor, questions: [[Range<Int>]], into dx: Tensor?, adding: Bool = false,
    on backend: some Backend
  ) {
    Self.backward([(self, dy)], input: x, questions: questions, into: dx, adding: adding, on: backend)
  }

  /// Several maps of one input.
  static func forward(_ x: Tensor, _ maps: [(linear: Linear, y: Tensor)], on backend: some Backend) {
    backend.linear(
      x,
      through: maps.map { map in
        LinearOutput(
          weight: map.linear.matrix(map.linear.weight.value), bias: map.linear.bias?.value, output: map.y)
      })
  }

  /// The gradients of several maps of one input: `dx` is the sum over the maps in their order.
  static func backward(
    _ maps: [(linear: Linear, dy: Tensor)], input x: Tensor, questions: [[Range<Int>]], into dx: Tensor?,
    adding: Bool = false, on backend: some Backend
  ) {
    backend.linearBackward(
      maps.compactMap { map in
        map.linear.weight.gradient.map {
          LinearGradient(dy: map.dy, weight: map.linear.matrix($0), bias: map.linear.bias?.gradient)
        }
      }, input: x, questions: questions,
      inputGradient: dx.map { dx in
        LinearInputGradient(
          terms: maps.map { ($0.dy, $0.linear.matrix($0.linear.weight.value)) }, output: dx, isAdding: adding)
      })
  }

  /// A convolution's weight [out, in, taps] is the matrix [out, in · taps].
  private func matrix(_ w: Tensor) -> Tensor {
    w.shape.sizes.count == 2 ? w : w.reshaped([w.shape.sizes[0], w.elementCount / max(w.shape.sizes[0], 1)])
  }
}

/// y = x / rms(x) · w.
public struct RMSNorm {
  public let weight: Parameter
  public let epsilon: Float

  public init(weight: Parameter, epsilon: Float) {
    self.weight = weight
    self.epsilon = epsilon
  }

  /// x and y are [rows, width]; 1 / √(mean x² + ε) is left in `inverseRMS` [rows, 1].
  public func forward(_ x: Tensor, into y: Tensor, inverseRMS: Tensor, on backend: some Backend) {
    backend.rmsNorm(x, weight: weight.value, epsilon: epsilon, into: y, inverseRMS: inverseRMS)
  }

  /// `dx` is assigned, or added to if `adding`; gradients of the parameters accumulate, question by question.
  public func backward(
    _ dy: Tensor, input x: Tensor, inverseRMS: Tensor, questions: [[Range<Int>]], into dx: Tensor, adding: Bool,
    on backend: some Backend
  ) {
    backend.rmsNormBackward(
      dy, input: x, weight: weight.value, inverseRMS: inverseRMS, questions: questions, into: dx, adding: adding,
      weightGradient: weight.gradient)
  }
}

/// y = (x - mean) / deviation · w + b.
public struct LayerNorm {
  public let weight: Parameter
  public let bias: Parameter
  public let epsilon: Float

  public init(weight: Parameter, bias: Parameter, epsilon: Float = 1e-5) {
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
  }

  /// x and y are [rows, width]; mean and 1 / √(variance + ε) are left in [rows, 1] each.
  public func forward(
    _ x: Tensor, into y: Tensor, mean: Tensor, inverseDeviation: Tensor, on backend: some Backend
  ) {
    backend.layerNorm(
      x, weight: weight.value, bias: bias.value, epsilon: epsilon, into: y, mean: mean,
      inverseDeviation: inverseDeviation)
  }

  /// `dx` is assigned, or added to if `adding`; gradients of the parameters accumulate, question by question.
  public func backward(
    _ dy: Tensor, input x: Tensor, mean: Tensor, inverseDeviation: Tensor, questions: [[Range<Int>]], into dx: Tensor,
    adding: Bool, on backend: some Backend
  ) {
    backend.layerNormBackward(
      dy, input: x, weight: weight.value, mean: mean, inverseDeviation: inverseDeviation, questions: questions,
      into: dx, adding: adding, weightGradient: weight.gradient, biasGradient: bias.gradient)
  }
}
