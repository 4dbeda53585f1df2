// Pretraining of an audio tower on class labels: every audio token is to tell what is in its clip.
//
// The labels are privileged knowledge of a generated world; the heads that read them are thrown away. A published tower
// has learnt as much from speech recognition and captions.
public import Layers
public import Models
public import TensorCore

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

/// What the heads got right in one step.
public struct ClipLabelRecord: Sendable, Hashable {
  /// Mean of -log p over audio tokens and heads.
  public var loss: Double
  /// The share of tokens that each head gets right.
  public var right: [Double]
}

/// Minimises the mean of -log p over audio tokens and heads.
public final class ClipLabelObjective: TrainingObjective {
  public let model: AudioLanguageModel
  public let maximumGradientNorm = 1.0
  private let heads: [Linear]

  /// A step's clips.
  public struct Prepared {
    var clips: [LabelledClip]
    var record = ClipLabelRecord(loss: 0, right: [])
  }

  public init(model: AudioLanguageModel, classCounts: [Int], seed: UInt64) {
    self.model = model
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
  }

  public var parameters: [Parameter] { model.tower.parameters + heads.map(\.weight) }
  public var backend: any Backend { model.backend }

  public func name(of clip: LabelledClip) -> String { clip.id }
  public func finishGradients() {}
  public func clearGradients() {
    for parameter in parameters { parameter.clearGradient(on: backend) }
  }

  public func prepare(step: Int, _ clips: [LabelledClip], _ phases: inout PhaseTimes) -> Prepared {
    Prepared(clips: clips)
  }

  public func accumulate(_ prepared: inout Prepared, _ phases: inout PhaseTimes) -> Double {
    let clips = prepared.clips
    let pass = TowerPass(
      model.tower, clips: clips.map(\.clip), questions: Array(clips.indices), keeping: .everything, on: backend)
    let embeddings = pass.embeddings
    let count = embeddings.rowCount
    let gradient = backend.zeros(embeddings.shape)
    var sum = 0.0
    for (number, head) in heads.enumerated() {
      let targets = zip(clips, pass.tokenRows).flatMap { clip, rows in rows.map { _ in clip.classes[number] } }
      let logProbabilities = add(
        head, targets, embeddings, questions: pass.tokenRows.map { [$0] }, weight: -1 / Double(count * heads.count),
        to: gradient)
      sum -= logProbabilities.reduce(0.0) { $0 + Double($1) }
      // Certainly right: the target has more than half of the probability.
      prepared.record.right.append(Double(logProbabilities.count { $0 > -0.6931 }) / Double(max(count, 1)))
    }
    pass.backward(gradient)
    prepared.record.loss = sum / Double(max(count * heads.count, 1))
    return sum
  }

  /// Adds the gradients of `weight` times the sum of log p(target) under one head.
  /// - Returns: log p of each target.
  private func add(
    _ head: Linear, _ targets: [Int32], _ embeddings: Tensor, questions: [[Range<Int>]], weight: Double,
    to gradient: Tensor
  ) -> [Float] {
    let count = embeddings.rowCount
    let logits = backend.empty([count, head.outputSize], .float32)
    head.forward(embeddings, into: logits, on: backend)
    let (l, lse, entropy) = (
      backend.empty([count], .float32), backend.empty([count], .float32), backend.empty([count], .float32)
    )
    backend.logProbabilities(logits, targets: targets, temperature: 1, into: l, logSumExp: lse, entropy: entropy)
    let logProbabilities = backend.download(l)
    backend.logProbabilitiesBackward(
      logits, logSumExp: lse, targets: targets, temperature: 1, coefficients: targets.map { _ in Float(weight) },
      into: logits)
    head.backward(logits, input: embeddings, questions: questions, into: gradient, adding: true, on: backend)
    return logProbabilities
  }

  public func record(_ prepared: Prepared, step: Int, learningRate: Double, gradientNorm: Double) -> ClipLabelRecord {
    prepared.record
  }
}
