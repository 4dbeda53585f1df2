// The sizes at which one step is timed: those of the Python baseline, so that the two can run side by side, and the
// published one.
import ArgumentParser
import Generation
import Layers
import Models
import TensorCore
import Training

/// A synthetic Qwen2.5-Omni thinker and its work.
struct BenchSize {
  var name: String
  var tower: AudioTowerConfiguration
  var decoder: DecoderConfiguration
  var seconds: Double
  var textTokens: Int
  var completionTokens: Int
  var groupSize: Int
  var evaluationBatch: Int
  var evaluationTokens: Int

  static let all = [
    BenchSize(
      "micro", tower: (128, 2, 4, 512), hidden: 192, layers: 4, heads: 6, keyValueHeads: 2, intermediate: 512,
      vocabulary: 1536, seconds: 2, evaluationBatch: 8),
    BenchSize(
      "small", tower: (384, 6, 6, 1536), hidden: 768, layers: 8, heads: 12, keyValueHeads: 4, intermediate: 2048,
      vocabulary: 8192, seconds: 10, evaluationBatch: 4),
    // Source: config.json of Qwen/Qwen2.5-Omni-7B, its thinker.
    BenchSize(
      "qwen2.5-omni-7b", tower: (1280, 32, 20, 5120), hidden: 3584, layers: 28, heads: 28, keyValueHeads: 4,
      intermediate: 18_944, vocabulary: 152_064, seconds: 10, evaluationBatch: 4),
  ]

  /// Whether it takes a GPU or a server: not among the sizes that are timed unasked.
  var isPublished: Bool { name == "qwen2.5-omni-7b" }

  private init(
    _ name: String, tower t: (width: Int, layers: Int, heads: Int, inner: Int), hidden: Int, layers: Int, heads: Int,
    keyValueHeads: Int, intermediate: Int, vocabulary: Int, seconds: Double, evaluationBatch: Int
  ) {
    self.name = name
    tower = AudioTowerConfiguration(
      sizes: TowerSizes(hiddenSize: t.width, intermediateSize: t.inner, headCount: t.heads), layerCount: t.layers,
      maximumPositions: 1500, halfWindow: 100)
    decoder = DecoderConfiguration(
      sizes: DecoderSizes(
        hiddenSize: hidden, intermediateSize: intermediate,
        heads: AttentionHeads(headCount: heads, keyValueHeadCount: keyValueHeads, headSize: hidden / heads),
        ropeTheta: 1_000_000),
      layerCount: layers, vocabularySize: vocabulary, rmsEpsilon: 1e-6, maximumPositions: 32_768)
    self.seconds = seconds
    textTokens = 60
    completionTokens = 8
    groupSize = 4
    self.evaluationBatch = evaluationBatch
    evaluationTokens = 16
  }

  /// Audio tokens of the prompt.
  var audioTokens: Int { MelClip.tokenCount(frames: Int(seconds * 100)) }

  static func check(_ names: [String]) throws {
    for name in names where !all.contains(where: { $0.name == name }) {
      throw ValidationError("'\(name)' is not a size; allowed: " + all.map(\.name).joined(separator: ", "))
    }
  }

  var configuration: ModelConfiguration {
    ModelConfiguration(
      architecture: .qwen25Omni, tower: tower, decoder: decoder, audioTokenID: Int32(decoder.vocabularySize - 1))
  }

  /// Never drawn: the placeholders at the end of the vocabulary.
  var controlTokens: [Int32] { (decoder.vocabularySize - 7..<decoder.vocabularySize).map { Int32($0) } }

  func limits(tokens: Int) -> CompletionLimits {
    CompletionLimits(maximumTokens: tokens, endTokens: [1], suppressedTokens: controlTokens, minimumTokens: tokens)
  }

  /// A prompt of random text around a clip of noise-like frames; only the time it takes matters.
  func prompt(_ index: Int) -> PromptInput {
    var random = RandomStream(seed: 1, purpose: "bench prompt", question: "\(index)").sequence
    let frames = Int(seconds * 100)
    let values = (0..<frames * tower.melBandCount).map { _ in Float(random.uniform() - 0.5) }
    let clip = MelClip(values: values, validFrameCount: frames, paddedFrameCount: frames, tailValue: 0)
    let v = Int32(decoder.vocabularySize)
    let text = (0..<textTokens - 2).map { _ in Int32(random.integer(in: 0..<Int(v) - 16)) }
    let head = textTokens / 3
    let tokens =
      text[..<head] + [v - 2] + [Int32](repeating: v - 1, count: clip.tokenCount) + [v - 3] + text[head...]
    return PromptInput(tokens: Array(tokens), clips: [clip])
  }

  /// Floating-point operations of products in one step: forward of policy and reference, and twice the forward backward,
  /// with each trunk once; attention left out, and of the last layer and the head the rows that predict no completion.
  func productOperations(groupSize: Int) -> Double {
    let s = decoder.sizes
    let keysAndValues = 2.0 * Double(2 * s.hiddenSize * s.keyValueWidth)
    let perRow =
      2.0 * Double(2 * s.hiddenSize * s.queryWidth + 3 * s.hiddenSize * s.intermediateSize) + keysAndValues
    let prompt = Double(MelClip.tokenCount(frames: Int(seconds * 100)) + textTokens)
    let branches = Double(groupSize * (completionTokens - 1))
    let layers =
      (prompt + branches) * perRow * Double(decoder.layerCount - 1) + (branches + 1) * perRow
      + (prompt - 1) * keysAndValues
    let head = 2.0 * Double(s.hiddenSize * decoder.vocabularySize * groupSize * completionTokens)
    let t = tower.sizes
    let positions = seconds * 50
    let towerRow =
      2.0 * Double(tower.layerCount) * Double(4 * t.hiddenSize * t.hiddenSize + 2 * t.hiddenSize * t.intermediateSize)
    let convolutions =
      2.0 * (positions * 2 * Double(3 * tower.melBandCount * t.hiddenSize)
        + positions * Double(3 * t.hiddenSize * t.hiddenSize))
      + 2.0 * positions / 2 * Double(t.hiddenSize * s.hiddenSize)
    let forward = layers + head + positions * towerRow + convolutions
    return 4 * forward
  }
}
