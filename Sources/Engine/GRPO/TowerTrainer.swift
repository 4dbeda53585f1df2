// Pretraining of an audio tower on class labels: every audio token is to tell what is in its clip.
//
// The labels are privileged knowledge of a generated world; the heads that read them are thrown away. A published tower
// has learnt as much from speech recognition and captions.
internal import Layers
public import Models
public import Optimizers
internal import TensorCore

/// A clip and what is in it.
public struct LabelledClip: Sendable {
  public var id: String
  public var clip: MelClip
  /// One class for each head.
  public var classes: [Int32]

  public init(id: String, clip: MelClip, classes: [Int32]) {
    self.id = id
    self.clip = clip
    self.classes = classes
  }
}

/// Teaches an audio tower to tell classes, by linear heads on each of its tokens.
public final class TowerTrainer {
  public let model: AudioLanguageModel
  /// Over the tower's parameters and the heads'.
  public let optimizer: AdamW
  public let learningRate: LearningRate
  private let heads: [Linear]

  public init(model: AudioLanguageModel, classCounts: [Int], learningRate: LearningRate, seed: UInt64) {
    self.model = model
    self.learningRate = learningRate
    let backend = model.backend
    let width = model.configuration.decoder.sizes.hiddenSize
    heads = classCounts.enumerated().map { index, count in
      let tensor = backend.empty([count, width], .float32)
      var numbers = RandomStream(seed: seed, purpose: "label head \(index)").sequence
      backend.upload((0..<count * width).map { _ in Float(0.05 * numbers.normal()) }, to: tensor)
      let parameter = Parameter(name: "label_head.\(index)", value: tensor)
      parameter.train(on: backend)
      return Linear(weight: parameter)
    }
    for parameter in model.tower.parameters { parameter.train(on: backend) }
    optimizer = AdamW(model.tower.parameters + heads.map(\.weight), on: backend)
  }

  /// Minimises the mean of -log p over audio tokens and heads; also gives the share of tokens each head gets right.
  public func step(_ index: Int, clips: [LabelledClip]) throws(NotFinite) -> (loss: Double, right: [Double]) {
    let backend = model.backend
    let pass = TowerPass(
      model.tower, clips: clips.map(\.clip), questions: Array(clips.indices), keeping: .everything, on: backend)
    let embeddings = pass.embeddings
    let count = embeddings.rowCount
    let questions = pass.tokenRows.map { [$0] }
    let gradient = backend.zeros(embeddings.shape)
    var sum = 0.0
    var right: [Double] = []
    for (number, head) in heads.enumerated() {
      let targets = zip(clips, pass.tokenRows).flatMap { clip, rows in rows.map { _ in clip.classes[number] } }
      let logits = backend.empty([count, head.outputSize], .float32)
      head.forward(embeddings, into: logits, on: backend)
      let (l, lse, entropy) = (
        backend.empty([count], .float32), backend.empty([count], .float32), backend.empty([count], .float32)
      )
      backend.logProbabilities(logits, targets: targets, temperature: 1, into: l, logSumExp: lse, entropy: entropy)
      let logProbabilities = backend.download(l)
      sum -= logProbabilities.reduce(0.0) { $0 + Double($1) }
      // Certainly right: the target has more than half of the probability.
      right.append(Double(logProbabilities.count { $0 > -0.6931 }) / Double(max(count, 1)))
      let weight = Float(-1 / Double(count * heads.count))
      backend.logProbabilitiesBackward(
        logits, logSumExp: lse, targets: targets, temperature: 1, coefficients: targets.map { _ in weight },
        into: logits)
      head.backward(logits, input: embeddings, questions: questions, into: gradient, adding: true, on: backend)
    }
    pass.backward(gradient)
    let norm = optimizer.gradientNorm()
    guard sum.isFinite, norm.isFinite else {
      for parameter in optimizer.parameters { parameter.clearGradient(on: backend) }
      throw NotFinite(step: index, what: sum.isFinite ? "gradient norm" : "loss", questions: clips.map(\.id))
    }
    optimizer.step(rate: learningRate.rate(step: index), gradientNorm: norm, maximumNorm: 1)
    return (sum / Double(max(count * heads.count, 1)), right)
  }
}
