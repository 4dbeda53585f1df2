// Where weights come from: a checkpoint, or a seed.
public import Diagnostics
public import Layers
public import TensorCore

/// What a weight is before training, when no checkpoint gives it.
public enum InitialValue: Sendable, Hashable {
  /// Normal with deviation 1/√(inputs of an output), so that a narrow model hears its input from the first step.
  case normal
  case zeros
  case ones
  /// A table of sines and cosines.
  case sinusoids
}

/// Hands out parameters by published name and expected shape, and remembers them.
public struct WeightSource {
  let backend: any Backend
  private let fetch: (String, Shape, InitialValue) throws(Diagnostics) -> Tensor
  /// Those handed out so far, in order.
  public private(set) var parameters: [Parameter] = []

  public init(
    backend: any Backend, fetch: @escaping (String, Shape, InitialValue) throws(Diagnostics) -> Tensor
  ) {
    self.backend = backend
    self.fetch = fetch
  }

  /// Fresh weights: every weight has its own random stream, so that adding a layer changes no other.
  public static func random(seed: UInt64, on backend: any Backend) -> WeightSource {
    WeightSource(backend: backend) { name, shape, initial throws(Diagnostics) in
      let tensor = backend.empty(shape, .float32)
      switch initial {
      case .zeros: backend.fill(tensor, with: 0)
      case .ones: backend.fill(tensor, with: 1)
      case .sinusoids:
        backend.upload(sinusoidalPositions(count: shape.rowCount, width: shape.width), to: tensor)
      case .normal:
        var numbers = RandomStream(seed: seed, purpose: "initial weight " + name).sequence
        let deviation = 1 / Double(max(shape.elementCount / max(shape.sizes.first ?? 1, 1), 1)).squareRoot()
        backend.upload((0..<shape.elementCount).map { _ in Float(deviation * numbers.normal()) }, to: tensor)
      }
      return tensor
    }
  }

  mutating func parameter(
    _ name: String, _ shape: Shape, _ initial: InitialValue = .normal
  ) throws(Diagnostics) -> Parameter {
    let parameter = Parameter(name: name, value: try fetch(name, shape, initial))
    precondition(parameter.value.shape == shape, "\(name) came as \(parameter.value.shape), not \(shape)")
    parameters.append(parameter)
    return parameter
  }

  /// A constant that is no parameter.
  func place(_ values: [Float], shape: Shape) -> Tensor {
    let tensor = backend.empty(shape, .float32)
    backend.upload(values, to: tensor)
    return tensor
  }
}

/// Published tensor names of an architecture, and how other savers spell them.
public struct ParameterNames: Sendable {
  public let architecture: ModelArchitecture
  /// Columns of the audio projection.
  let hiddenSize: Int

  init(_ architecture: ModelArchitecture, hiddenSize: Int) {
    self.architecture = architecture
    self.hiddenSize = hiddenSize
  }

  private var family: ModelFamily { architecture.family }
  var tower: String { family.tower }
  var towerNorm: String { family.towerNorm }
  var projection: String { family.projection }
  var decoder: String { family.decoder }
  var head: String { family.head }

  /// The published name first, then the names transformers 5 and 4.5x give the same tensor when they save it.
  public static func spellings(of published: String, _ architecture: ModelArchitecture) -> [String] {
    [published]
      + architecture.family.spellings.filter { published.hasPrefix($0.published) }.map {
        $0.other + published.dropFirst($0.published.count)
      }
  }

  /// The published name of a tensor that no parameter has but that a written checkpoint keeps: the vision tower and the
  /// unused marks of the audio tower. Nil for what is left out: speech, and constants that every loader computes.
  static func carried(_ name: String) -> String? {
    if ["thinker.visual.", "thinker.audio_tower."].contains(where: name.hasPrefix) { return name }
    for prefix in ["visual.", "audio_tower."] {
      if name.hasPrefix(prefix) { return "thinker." + name }
      if name.hasPrefix("model." + prefix) { return "thinker." + name.dropFirst("model.".count) }
    }
    return nil
  }

  /// Tensors of the full published models that hearing and answering do not touch.
  public static func isUnused(_ name: String) -> Bool {
    let prefixes = ["thinker.visual.", "visual.", "model.visual.", "talker.", "token2wav."]
    return prefixes.contains { name.hasPrefix($0) } || name.hasSuffix("audio_bos_eos_token.weight")
      || name.hasSuffix("rotary_emb.inv_freq")
  }
}
