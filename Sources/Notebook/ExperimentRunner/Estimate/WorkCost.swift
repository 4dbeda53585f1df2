// What a unit of work costs where none of its kind was ever timed on this machine.
//
// The published models are large: their time is their products', counted. The micro models are so small that most of
// their time is not: their cost was measured once, as time times the rate of products beside it.
internal import Evaluation
internal import Foundation
internal import GRPO
internal import Layers
internal import Models
internal import TensorCore

struct WorkCost: Sendable, Hashable {
  /// Operations of a unit, as many as products would do in its time.
  var operations: Double
  /// Bytes of memory at most; the micro models' are another matter: see `MemoryWalk`.
  var memory: Int

  init(_ kind: WorkKind, _ job: Job, _ experiment: Experiment, _ sources: DataSources) {
    switch experiment.profile {
    case .micro: self = Self.measured(kind, isMicro: true)
    case .smoke: self = Self.measured(kind, isMicro: false)
    case .paper: self = Self.counted(job, experiment, sources)
    }
  }

  private init(operations: Double, memory: Int) {
    self.operations = operations
    self.memory = memory
  }

  /// Measured on two cores, with AVX-512, canonical arithmetic.
  private static func measured(_ kind: WorkKind, isMicro: Bool) -> WorkCost {
    let hears = kind.words[2] == "audio"
    let operations: Double =
      switch (kind.words[1], isMicro) {
      case ("model", true): 2.4e13
      case ("train", true): hears ? 2.9e10 : 1.0e10
      case (_, true): hears ? 7e8 : 2.1e8
      case ("model", false): 1.4e12
      case ("train", false): hears ? 2e10 : 8e9
      case (_, false): hears ? 2e9 : 1e9
      }
    return WorkCost(operations: operations, memory: 0)
  }

  /// Twice the parameters a token forward, twice that again backward; decoding reads all weights for few rows.
  private static func counted(_ job: Job, _ experiment: Experiment, _ sources: DataSources) -> WorkCost {
    let place = job.weights.flatMap { try? sources.folder($0) } ?? (try? sources.publishedFolder(job.base))
    guard let folder = place, let configuration = try? ModelConfiguration(folder: folder)
    else { return WorkCost(operations: 0, memory: 0) }
    let (decoder, tower) = configuration.parameterCounts
    // Clips of ten seconds; Qwen2-Audio pads its clips to thirty.
    let isPadded = configuration.architecture == .qwen2Audio
    let audio = isPadded ? 750.0 : 250.0
    let text = 80.0
    let completion = 12.0
    /// Decoding four rows at a time runs at a fifth of the rate of products.
    let decoding = 5.0
    switch job.work {
    case .base: return WorkCost(operations: 0, memory: 0)
    case .train(let cell, _):
      let s = experiment.trainingSettings(of: cell)
      let heard = cell.audio ? audio : 0
      let prompt = heard + text
      let branches = Double(s.groupSize) * min(completion, Double(s.maxCompletionLength))
      // The rollout's prefill is the policy's forward; reference forward, backward with recomputation.
      let rows = prompt + branches * (1 + decoding) + (prompt + branches) * (1 + 2 + 1)
      let towerRows = cell.audio ? 2 * heard * (2 + 1 + 3) : 0
      let step = 2 * (decoder * rows + tower * towerRows) * Double(s.questionsPerStep) * Double(s.iterationsPerRollout)
      let trained = decoder + (cell.audio && !s.freezeAudioTower ? tower : 0)
      // Float32 values of all, gradients and two moments of what is trained, the reference as it lies in its file.
      let state = 4.0 + 2 * Double(s.moments.byteCount)
      let bytes = 4 * (decoder + tower) + state * trained + 2 * (decoder + tower)
      return WorkCost(operations: step, memory: Int(bytes + 4 * configuration.activations(s, prompt: prompt)) + (1 << 30))
    case .evaluate(_, let hasAudio, let decoding_):
      let heard = hasAudio ? audio : 0
      let said = decoding_ == .likelihood ? 4 * 6.0 : completion * decoding
      let operations = 2 * (decoder * (heard + text + said) + tower * 2 * heard)
      return WorkCost(operations: operations, memory: Int(2 * (decoder + tower)) + (1 << 30))
    }
  }
}

extension ModelConfiguration {
  /// Numbers of a step's forest at most, its completions as long as they may be: what one layer computes again and what
  /// every layer keeps, and the logits.
  fileprivate func activations(_ s: TrainingSettings, prompt: Double) -> Double {
    let said = Double(s.groupSize * s.maxCompletionLength)
    let d = decoder.sizes
    let layer = Double(10 * d.hiddenSize + 4 * d.intermediateSize)
    let kept = Double(decoder.layerCount * (d.hiddenSize + 2 * d.keyValueWidth))
    let questions = Double(min(s.questionsPerStep, GRPOSettings.standardPass))
    return questions * ((prompt + said) * (layer + kept) + said * Double(decoder.vocabularySize))
  }

  /// Weights of the decoder with its head and embedding, and of the audio tower; norms and biases left out.
  var parameterCounts: (decoder: Double, tower: Double) {
    let d = decoder.sizes
    let hidden = Double(d.hiddenSize)
    let attention = hidden * Double(2 * d.queryWidth + 2 * d.keyValueWidth)
    let layer = attention + 3 * hidden * Double(d.intermediateSize)
    let vocabulary = hidden * Double(decoder.vocabularySize) * (decoder.tiesWordEmbeddings ? 1 : 2)
    let t = tower.sizes
    let width = Double(t.hiddenSize)
    let towerLayer = 4 * width * width + 2 * width * Double(t.intermediateSize)
    let convolutions = 3 * width * (Double(tower.melBandCount) + width)
    return (
      Double(decoder.layerCount) * layer + vocabulary,
      Double(tower.layerCount) * towerLayer + convolutions + width * hidden
    )
  }
}
