// AdamW over a list of parameters, with the global norm of their gradients.
//
// The update itself is one fused operation of the backend (`AdamWStep`).
public import Layers
public import TensorCore

/// Coefficients of AdamW; the learning rate comes with each step.
public struct AdamWSettings: Sendable, Hashable {
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8
  public var weightDecay = 0.0
  /// Whether biases and norm weights decay too; the usual trainers leave them alone.
  public var decaysVectors = false
  /// Storage of the moments; bfloat16 halves their memory. Its numbers lie further apart than the thousandth by which a
  /// step lets the second moment fall, so they are rounded by chance: right in the mean, where the nearest would never
  /// fall.
  public var momentType = ElementType.float32
  /// The seed of that chance; step, parameter and element are the rest of the key.
  public var roundingSeed: UInt64 = 0

  public init() {}
}

/// The moments of a list of parameters, and the step that updates both.
/// Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization, algorithm 2.
public final class AdamW {
  public let parameters: [Parameter]
  public let settings: AdamWSettings
  /// m of each parameter, of its shape.
  public let firstMoments: [Tensor]
  /// v of each parameter, of its shape.
  public let secondMoments: [Tensor]
  /// Updates made so far.
  public private(set) var stepCount = 0
  private let backend: any Backend

  /// - Precondition: every parameter has a gradient.
  public init(_ parameters: [Parameter], settings: AdamWSettings = AdamWSettings(), on backend: any Backend) {
    precondition(parameters.allSatisfy(\.isTrained), "a parameter without a gradient cannot be optimised")
    self.parameters = parameters
    self.settings = settings
    self.backend = backend
    func moments() -> [Tensor] {
      parameters.map { parameter in
        let zeros = backend.zeros(parameter.value.shape)
        guard settings.momentType != .float32 else { return zeros }
        let moment = backend.empty(parameter.value.shape, settings.momentType)
        backend.copy(zeros, to: moment)
        return moment
      }
    }
    firstMoments = moments()
    secondMoments = moments()
  }

  /// √Σ g² over all gradients; not finite if one of them is not.
  public func gradientNorm() -> Double {
    backend.squaredNorms(parameters.compactMap(\.gradient)).reduce(0, +).squareRoot()
  }

  /// Goes on after `count` updates whose moments have been put back.
  public func resume(afterSteps count: Int) { stepCount = count }

  /// One update, which leaves the gradients zero. They are scaled by min(1, maximumNorm / (norm + 1e-6)), as torch clips
  /// them.
  public func step(rate: Double, gradientNorm: Double, maximumNorm: Double) {
    stepCount += 1
    let clip = maximumNorm > 0 ? min(1, maximumNorm / (gradientNorm + 1e-6)) : 1
    var step = AdamWStep(
      rate: rate, firstCorrection: 1 - power(settings.beta1, stepCount),
      secondCorrection: 1 - power(settings.beta2, stepCount))
    step.beta1 = settings.beta1
    step.beta2 = settings.beta2
    step.epsilon = settings.epsilon
    step.gradientScale = Float(clip)
    backend.adamW(
      parameters.enumerated().compactMap { index, parameter in
        guard let gradient = parameter.gradient else { return nil }
        let decays = settings.decaysVectors || parameter.value.shape.sizes.count > 1
        step.weightDecay = decays ? settings.weightDecay : 0
        step.rounding = RandomStream(
          seed: settings.roundingSeed, purpose: "moments", step: stepCount, question: parameter.name)
        return AdamWUpdate(
          step, parameter: parameter.value, gradient: gradient, firstMoment: firstMoments[index],
          secondMoment: secondMoments[index])
      })
  }

  /// xⁿ by repeated squaring: the same bits everywhere.
  private func power(_ x: Double, _ n: Int) -> Double {
    var (base, exponent, result) = (x, n, 1.0)
    while exponent > 0 {
      if exponent & 1 == 1 { result *= base }
      base *= base
      exponent >>= 1
    }
    return result
  }
}
