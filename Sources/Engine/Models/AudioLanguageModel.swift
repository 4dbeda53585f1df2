// A model that hears and answers: an audio tower, and a Qwen2 decoder over text and audio tokens.
//
// Both published architectures share this class: without images, Omni's three-axis rotary positions are equal and reduce
// to plain ones.
public import Diagnostics
public import Layers
public import TensorCore

/// Weights of a model, and the backend they are computed on. A `ForestPass` computes with them.
public final class AudioLanguageModel {
  public let configuration: ModelConfiguration
  public let backend: any Backend
  public let tower: AudioTower
  /// [vocabularySize, hiddenSize].
  public let embedding: Parameter
  /// From the embedding to the final norm.
  public let layers: [DecoderLayer]
  /// Before the vocabulary head.
  public let finalNorm: RMSNorm
  /// Shares the embedding's numbers if the configuration ties them, but keeps a gradient of its own until
  /// `finishGradients`: else the order of the two sums would depend on the packing.
  public let head: Linear
  /// Every parameter in the order of the checkpoint, the frozen position table included.
  public let allParameters: [Parameter]

  public init(_ configuration: ModelConfiguration, weights: WeightSource) throws(Diagnostics) {
    var source = weights
    self.configuration = configuration
    backend = source.backend
    let c = configuration.decoder
    let names = ParameterNames(configuration.architecture, hiddenSize: c.sizes.hiddenSize)
    tower = try AudioTower(configuration: configuration.tower, source: &source, names: names)
    embedding = try source.parameter(
      names.decoder + "embed_tokens.weight", [c.vocabularySize, c.sizes.hiddenSize])
    func norm(_ name: String, _ source: inout WeightSource) throws(Diagnostics) -> RMSNorm {
      RMSNorm(
        weight: try source.parameter(names.decoder + name, [c.sizes.hiddenSize], .ones), epsilon: c.rmsEpsilon)
    }
    func linear(
      _ name: String, _ out: Int, _ input: Int, hasBias: Bool = false, _ source: inout WeightSource
    ) throws(Diagnostics) -> Linear {
      Linear(
        weight: try source.parameter(names.decoder + name + ".weight", [out, input]),
        bias: hasBias ? try source.parameter(names.decoder + name + ".bias", [out], .zeros) : nil)
    }
    var layers: [DecoderLayer] = []
    let s = c.sizes
    for i in 0..<c.layerCount {
      let prefix = "layers.\(i)."
      layers.append(
        DecoderLayer(
          sizes: s, attentionNorm: try norm(prefix + "input_layernorm.weight", &source),
          feedForwardNorm: try norm(prefix + "post_attention_layernorm.weight", &source),
          queryProjection: try linear(prefix + "self_attn.q_proj", s.queryWidth, s.hiddenSize, hasBias: true, &source),
          keyProjection: try linear(prefix + "self_attn.k_proj", s.keyValueWidth, s.hiddenSize, hasBias: true, &source),
          valueProjection: try linear(
            prefix + "self_attn.v_proj", s.keyValueWidth, s.hiddenSize, hasBias: true, &source),
          outputProjection: try linear(prefix + "self_attn.o_proj", s.hiddenSize, s.queryWidth, &source),
          gateProjection: try linear(prefix + "mlp.gate_proj", s.intermediateSize, s.hiddenSize, &source),
          upProjection: try linear(prefix + "mlp.up_proj", s.intermediateSize, s.hiddenSize, &source),
          downProjection: try linear(prefix + "mlp.down_proj", s.hiddenSize, s.intermediateSize, &source)))
    }
    self.layers = layers
    finalNorm = try norm("norm.weight", &source)
    head = Linear(
      weight: c.tiesWordEmbeddings
        ? Parameter(name: embedding.name, value: embedding.value)
        : try source.parameter(names.head, [c.vocabularySize, c.sizes.hiddenSize]))
    allParameters = source.parameters
  }

  /// What training may change, tower first: everything but the position table.
  public var trainableParameters: [Parameter] {
    allParameters.filter { $0 !== tower.positionParameter }
  }

  /// Makes room for gradients; `freezingTower` leaves the tower and its projection as they are.
  public func train(freezingTower: Bool = false) {
    let frozen = freezingTower ? Set(tower.parameters.map(ObjectIdentifier.init)) : []
    for parameter in trainableParameters {
      if frozen.contains(ObjectIdentifier(parameter)) { parameter.freeze() } else { parameter.train(on: backend) }
    }
    if configuration.decoder.tiesWordEmbeddings { head.weight.train(on: backend) }
  }

  /// Clears the gradients: of a step that is given up, as `AdamW` leaves those it has used cleared.
  public func clearGradients() {
    for parameter in trainedParameters { parameter.clearGradient(on: backend) }
    if configuration.decoder.tiesWordEmbeddings { head.weight.clearGradient(on: backend) }
  }

  /// Completes the gradients after the last question of a step.
  public func finishGradients() {
    guard configuration.decoder.tiesWordEmbeddings, let own = head.weight.gradient, let total = embedding.gradient
    else { return }
    backend.add(own, to: total)
    backend.fill(own, with: 0)
  }

  /// Those with a gradient, in the order of `allParameters`.
  public var trainedParameters: [Parameter] { allParameters.filter(\.isTrained) }
  /// Numbers of all weights, trained or not.
  public var parameterCount: Int { allParameters.reduce(0) { $0 + $1.value.elementCount } }

  /// The same weights in fresh memory: the frozen reference of a training run.
  public func copy() -> AudioLanguageModel {
    let values = Dictionary(uniqueKeysWithValues: allParameters.map { ($0.name, $0.value) })
    let backend = self.backend
    let source = WeightSource(backend: backend) { name, shape, _ throws(Diagnostics) in
      guard let value = values[name] else { preconditionFailure("\(name) is no parameter of this model") }
      let copy = backend.empty(shape, value.elementType)
      backend.copy(value, to: copy)
      return copy
    }
    do { return try AudioLanguageModel(configuration, weights: source) } catch {
      preconditionFailure("copying a model failed: \(error)")
    }
  }
}
