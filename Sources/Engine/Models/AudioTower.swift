// Log-mel frames to audio tokens: two convolutions, positions, layers, pooling by two, norm, projection.
//
// Qwen2-Audio pads each clip to a fixed length and masks the padding; only the valid positions are computed here, with
// the few padded frames that the convolutions reach. Omni cuts each clip into windows that do not see each other.
// Source: transformers `Qwen2AudioEncoder`, `Qwen2_5OmniAudioEncoder`. Deviation: the order of scaling (TowerLayer).
internal import Diagnostics
public import Layers
public import TensorCore

/// The log-mel of one clip as the tower takes it.
public struct MelClip: Sendable, Hashable {
  /// Row-major [rows, melBandCount], the first `rows` frames of the padded clip.
  public var values: [Float]
  /// Frames that hold sound.
  public var validFrameCount: Int
  /// Frames of the padded clip; Omni pads none.
  public var paddedFrameCount: Int
  /// What every band of the frames beyond `values` holds.
  public var tailValue: Float

  public init(values: [Float], validFrameCount: Int, paddedFrameCount: Int, tailValue: Float) {
    self.values = values
    self.validFrameCount = validFrameCount
    self.paddedFrameCount = paddedFrameCount
    self.tailValue = tailValue
  }

  /// Positions after the convolutions: (T - 1) // 2 + 1, 0 for an empty clip.
  public static func positionCount(frames: Int) -> Int { frames <= 0 ? 0 : (frames - 1) / 2 + 1 }
  /// Audio tokens for T frames: (c - 2) // 2 + 1 with floor division, so 0 for T of 1 or 2.
  public static func tokenCount(frames: Int) -> Int { positionCount(frames: frames) / 2 }
  /// Audio tokens that the valid frames become.
  public var tokenCount: Int { Self.tokenCount(frames: validFrameCount) }
}

/// Weights of an audio tower. A `TowerPass` computes with them.
public final class AudioTower {
  public let configuration: AudioTowerConfiguration
  /// Weights [hiddenSize, bands, 3] and [hiddenSize, hiddenSize, 3], the second of stride 2.
  public let firstConvolution, secondConvolution: Linear
  /// [maximumPositions, hiddenSize]: learnt and frozen (Qwen2-Audio), or sines and cosines (Omni).
  public let positions: Tensor
  public let positionParameter: Parameter?
  public let layers: [TowerLayer]
  public let finalNorm: LayerNorm
  /// To the decoder's hidden size.
  public let projection: Linear

  init(configuration: AudioTowerConfiguration, source: inout WeightSource, names: ParameterNames) throws(Diagnostics) {
    self.configuration = configuration
    let d = configuration.sizes.hiddenSize
    let ffn = configuration.sizes.intermediateSize
    func linear(
      _ name: String, _ out: Int, _ shape: [Int], hasBias: Bool, _ source: inout WeightSource
    ) throws(Diagnostics) -> Linear {
      Linear(
        weight: try source.parameter(names.tower + name + ".weight", Shape([out] + shape)),
        bias: hasBias ? try source.parameter(names.tower + name + ".bias", [out], .zeros) : nil)
    }
    func norm(_ name: String, _ source: inout WeightSource) throws(Diagnostics) -> LayerNorm {
      LayerNorm(
        weight: try source.parameter(names.tower + name + ".weight", [d], .ones),
        bias: try source.parameter(names.tower + name + ".bias", [d], .zeros))
    }
    firstConvolution = try linear("conv1", d, [configuration.melBandCount, 3], hasBias: true, &source)
    secondConvolution = try linear("conv2", d, [d, 3], hasBias: true, &source)
    if configuration.halfWindow == nil {
      let table = try source.parameter(
        names.tower + "embed_positions.weight", [configuration.maximumPositions, d], .sinusoids)
      positionParameter = table
      positions = table.value
    } else {
      positionParameter = nil
      positions = source.place(
        sinusoidalPositions(count: configuration.maximumPositions, width: d),
        shape: [configuration.maximumPositions, d])
    }
    var layers: [TowerLayer] = []
    for i in 0..<configuration.layerCount {
      let prefix = "layers.\(i)."
      layers.append(
        TowerLayer(
          sizes: configuration.sizes,
          attentionNorm: try norm(prefix + "self_attn_layer_norm", &source),
          feedForwardNorm: try norm(prefix + "final_layer_norm", &source),
          queryProjection: try linear(prefix + "self_attn.q_proj", d, [d], hasBias: true, &source),
          keyProjection: try linear(prefix + "self_attn.k_proj", d, [d], hasBias: false, &source),
          valueProjection: try linear(prefix + "self_attn.v_proj", d, [d], hasBias: true, &source),
          outputProjection: try linear(prefix + "self_attn.out_proj", d, [d], hasBias: true, &source),
          firstFeedForward: try linear(prefix + "fc1", ffn, [d], hasBias: true, &source),
          secondFeedForward: try linear(prefix + "fc2", d, [ffn], hasBias: true, &source)))
    }
    self.layers = layers
    finalNorm = try norm(names.towerNorm, &source)
    projection = Linear(
      weight: try source.parameter(names.projection + ".weight", [names.hiddenSize, d]),
      bias: try source.parameter(names.projection + ".bias", [names.hiddenSize], .zeros))
  }

  /// Trained parameters; the position table never is.
  public var parameters: [Parameter] {
    [firstConvolution, secondConvolution, projection].flatMap { [$0.weight] + ($0.bias.map { [$0] } ?? []) }
      + [finalNorm.weight, finalNorm.bias] + layers.flatMap(\.parameters)
  }
}

/// Row t is [sin(t · f), cos(t · f)], fⱼ = exp(-j · ln(10000) / (width/2 - 1)); in Float32 steps as published.
/// Source: Whisper's `sinusoids`, transformers `SinusoidsPositionEmbedding`.
func sinusoidalPositions(count: Int, width: Int) -> [Float] {
  let half = width / 2
  let increment = Float(-(Canonical.log(10_000) / Double(half - 1)))
  let frequencies = (0..<half).map { Float(Canonical.exp(Double(increment * Float($0)))) }
  var table: [Float] = []
  table.reserveCapacity(count * width)
  for t in 0..<count {
    let angles = frequencies.map { Double(Float(t) * $0) }
    table += angles.map { Float(Canonical.sin($0)) }
    table += angles.map { Float(Canonical.cos($0)) }
  }
  return table
}
