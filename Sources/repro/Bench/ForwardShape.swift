// Models of the published shapes with random weights: what a forward costs does not depend on what was learnt.
import ContentHash
import Diagnostics
import Foundation
import JSONText
import Layers
import Models
import SafeTensors
import TensorCore

/// A shape whose forward is timed.
struct ForwardShape {
  var name: String
  var configuration: ModelConfiguration

  static let all: [ForwardShape] = [
    ForwardShape(name: "qwen2.5-omni-7b", configuration: omni), ForwardShape(name: "qwen2-audio-7b", configuration: audio),
  ] + BenchSize.all.filter { $0.name == "small" }.map { ForwardShape(name: $0.name, configuration: $0.configuration) }

  private static let tower = TowerSizes(hiddenSize: 1280, intermediateSize: 5120, headCount: 20)

  /// Source: config.json of Qwen/Qwen2.5-Omni-7B, its thinker.
  private static let omni = ModelConfiguration(
    architecture: .qwen25Omni,
    tower: AudioTowerConfiguration(sizes: tower, layerCount: 32, maximumPositions: 1500, halfWindow: 100),
    decoder: DecoderConfiguration(
      sizes: DecoderSizes(
        hiddenSize: 3584, intermediateSize: 18_944,
        heads: AttentionHeads(headCount: 28, keyValueHeadCount: 4, headSize: 128), ropeTheta: 1_000_000),
      layerCount: 28, vocabularySize: 152_064, rmsEpsilon: 1e-6, maximumPositions: 32_768),
    audioTokenID: 151_646)

  /// Source: config.json of Qwen/Qwen2-Audio-7B-Instruct.
  private static let audio = ModelConfiguration(
    architecture: .qwen2Audio,
    tower: AudioTowerConfiguration(sizes: tower, layerCount: 32, maximumPositions: 1500, halfWindow: nil),
    decoder: DecoderConfiguration(
      sizes: DecoderSizes(
        hiddenSize: 4096, intermediateSize: 11_008,
        heads: AttentionHeads(headCount: 32, keyValueHeadCount: 32, headSize: 128), ropeTheta: 10_000),
      layerCount: 32, vocabularySize: 156_032, rmsEpsilon: 1e-5, maximumPositions: 8192),
    audioTokenID: 151_646)

  /// `config.json` in the published form.
  var configurationText: String {
    let c = configuration, s = c.decoder.sizes, t = c.tower
    return JSONValue.object([
      "model_type": .string(c.architecture.family.hearingType),
      "audio_token_index": .integer(Int(c.audioTokenID)),
      "audio_config": .object([
        "d_model": .integer(t.sizes.hiddenSize), "encoder_layers": .integer(t.layerCount),
        "encoder_attention_heads": .integer(t.sizes.headCount), "encoder_ffn_dim": .integer(t.sizes.intermediateSize),
        "num_mel_bins": .integer(t.melBandCount), "max_source_positions": .integer(t.maximumPositions),
        "n_window": .integer(t.halfWindow ?? 100),
      ]),
      "text_config": .object([
        "hidden_size": .integer(s.hiddenSize), "intermediate_size": .integer(s.intermediateSize),
        "num_attention_heads": .integer(s.heads.headCount), "num_key_value_heads": .integer(s.heads.keyValueHeadCount),
        "head_dim": .integer(s.heads.headSize), "num_hidden_layers": .integer(c.decoder.layerCount),
        "vocab_size": .integer(c.decoder.vocabularySize), "rms_norm_eps": .number(Double(c.decoder.rmsEpsilon)),
        "rope_theta": .number(s.ropeTheta), "max_position_embeddings": .integer(c.decoder.maximumPositions),
        "tie_word_embeddings": .boolean(c.decoder.tiesWordEmbeddings),
      ]),
    ]).indentedText
  }

  /// Name, shape and beginning of every weight, in the order of the checkpoint. Nothing is allocated but one block of
  /// addresses that no one touches.
  func weights(on backend: any Backend) throws(Diagnostics) -> [(name: String, shape: Shape, initial: InitialValue)] {
    let list = WeightList()
    let largest = max(
      configuration.decoder.vocabularySize * configuration.decoder.sizes.hiddenSize,
      configuration.decoder.sizes.hiddenSize * configuration.decoder.sizes.intermediateSize,
      configuration.tower.sizes.hiddenSize * max(configuration.tower.sizes.intermediateSize, 3 * 1500))
    let block = HostStorage(byteCount: largest * 2)
    _ = try AudioLanguageModel(
      configuration,
      weights: WeightSource(backend: backend) { name, shape, initial throws(Diagnostics) in
        list.weights.append((name, shape, initial))
        return Tensor(storage: block, shape: shape, elementType: .bfloat16)
      })
    return list.weights
  }

  private final class WeightList { var weights: [(name: String, shape: Shape, initial: InitialValue)] = [] }

  /// Writes the checkpoint folder: `config.json`, and random bfloat16 weights of the deviation that keeps a width's
  /// activations of order one. The random numbers repeat after about a million, a count no width divides.
  func write(to folder: String, on backend: any Backend) throws {
    let weights = try weights(on: backend)
    let needed = weights.reduce(0) { $0 + 2 * $1.shape.elementCount } + 1 << 30
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let free = (try FileManager.default.attributesOfFileSystem(forPath: folder))[.systemFreeSize] as? Int ?? .max
    guard free >= needed else {
      throw Diagnostic(
        "\(free >> 30) GiB are free, \(name) needs \(needed >> 30)", at: SourceMark(file: folder),
        hint: "REPRO_CACHE names another folder", kind: .missing)
    }
    try Data(configurationText.utf8).write(to: URL(fileURLWithPath: folder + "/config.json"))
    var numbers = RandomStream(seed: 0, purpose: "bench weights").sequence
    let normal = (0..<1_048_573).map { _ in Float(numbers.normal()) }
    var scaled: (exponent: Int, values: [UInt16]) = (.min, [])
    var next = 0
    try SafeTensorsWriter.write(bfloat16: weights.map { ($0.name, $0.shape) }, to: folder + "/model.safetensors") {
      index, _, limit in
      let weight = weights[index]
      switch weight.initial {
      case .zeros: return [UInt16](repeating: 0, count: min(limit, 1 << 16))[...]
      case .ones: return [UInt16](repeating: BFloat16(1).bitPattern, count: min(limit, 1 << 16))[...]
      case .normal, .sinusoids:
        let inputs = weight.shape.elementCount / max(weight.shape.sizes[0], 1)
        let exponent = -(Int.bitWidth - 1 - max(inputs, 1).leadingZeroBitCount) / 2
        if scaled.exponent != exponent {
          let factor = Float(sign: .plus, exponent: exponent, significand: 1)
          scaled = (exponent, normal.map { BFloat16($0 * factor).bitPattern })
        }
        let part = scaled.values[next..<min(next + limit, scaled.values.count)]
        next = (next + part.count) % scaled.values.count
        return part
      }
    }
  }

  /// Ten seconds of noise-like frames (250 audio tokens) within 60 tokens of random text.
  var prompt: PromptInput {
    var random = RandomStream(seed: 1, purpose: "bench prompt").sequence
    let frames = 1000  // of 10 ms
    let values = (0..<frames * configuration.tower.melBandCount).map { _ in Float(random.uniform() - 0.5) }
    let padded = configuration.architecture.family.padsClips ? 2 * configuration.tower.maximumPositions : frames
    let clip = MelClip(values: values, validFrameCount: frames, paddedFrameCount: padded, tailValue: -0.5)
    // No more of the vocabulary than every shape has below its placeholder.
    let text = (0..<60).map { _ in Int32(random.integer(in: 0..<8000)) }
    let placeholders = [Int32](repeating: configuration.audioTokenID, count: clip.tokenCount)
    return PromptInput(tokens: text[..<20] + placeholders + text[20...], clips: [clip])
  }

  /// Floating-point operations of the products of the prompt's forward, and of one decoded token. Attention is left out.
  /// The last layer beyond its keys and values, and the head, are run for the last row only.
  var operations: (prompt: Double, token: Double) {
    let c = configuration, s = c.decoder.sizes, t = c.tower.sizes
    let keysAndValues = 2 * s.hiddenSize * s.keyValueWidth
    let rest = 2 * s.hiddenSize * s.queryWidth + 3 * s.hiddenSize * s.intermediateSize
    let head = s.hiddenSize * c.decoder.vocabularySize
    let rows = prompt.tokens.count
    let decoder = c.decoder.layerCount * (rows * keysAndValues) + (c.decoder.layerCount - 1) * rows * rest + rest + head
    let (frames, positions) = (1000, 500)
    let tower =
      frames * 3 * c.tower.melBandCount * t.hiddenSize + positions * 3 * t.hiddenSize * t.hiddenSize
      + positions * c.tower.layerCount * (4 * t.hiddenSize * t.hiddenSize + 2 * t.hiddenSize * t.intermediateSize)
      + positions / 2 * t.hiddenSize * s.hiddenSize
    return (2 * Double(decoder + tower), 2 * Double(c.decoder.layerCount * (keysAndValues + rest) + head))
  }
}
