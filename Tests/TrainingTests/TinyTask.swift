// A model of a few thousand weights, and questions it can learn in some steps.
import CPUBackend
import Foundation
import Generation
import Layers
import Models
import Optimizers
import SafeTensors
import TensorCore
import TestSupport
import Training

struct TinyTask {
  var threads = 2
  /// A GPU instead of the processor.
  var device: TestDevice?
  var seed: UInt64 = 7
  var stepCount = 30
  var questionsPerStep = 3
  var settings: GRPOSettings
  var optimizer = AdamWSettings()
  var tiesWordEmbeddings = false
  var freezesTower = false
  /// Instead of the questions' own rewards.
  var reward: (@Sendable (_ step: Int, _ tokens: [Int32]) -> Double)?

  init() {
    settings = GRPOSettings(limits: CompletionLimits(maximumTokens: 6, endTokens: [1], suppressedTokens: [46, 47]))
    settings.sampling = SamplingSettings(temperature: 1.2, topK: 20)
    settings.questionsPerPass = 2
  }

  var vocabularySize = 48

  func model() throws -> AudioLanguageModel {
    let configuration = ModelConfiguration(
      architecture: .qwen25Omni,
      tower: AudioTowerConfiguration(
        sizes: TowerSizes(hiddenSize: 16, intermediateSize: 24, headCount: 2), layerCount: 1, melBandCount: 8,
        maximumPositions: 64, halfWindow: 20),
      decoder: DecoderConfiguration(
        sizes: DecoderSizes(
          hiddenSize: 24, intermediateSize: 40,
          heads: AttentionHeads(headCount: 4, keyValueHeadCount: 2, headSize: 6), ropeTheta: 1e4),
        layerCount: 2, vocabularySize: vocabularySize, rmsEpsilon: 1e-6,
        tiesWordEmbeddings: tiesWordEmbeddings, maximumPositions: 512),
      audioTokenID: 47)
    return try AudioLanguageModel(
      configuration, weights: .random(seed: 3, on: device?.backend() ?? CPUBackend(threadCount: threads)))
  }

  func trainer() throws -> GRPOTrainer {
    let policy = try model()
    let reference = policy.copy()
    policy.train(freezingTower: freezesTower)
    return GRPOTrainer(
      policy: policy, reference: reference, settings: settings, optimizer: optimizer,
      learningRate: LearningRate(peak: 3e-3, warmUpSteps: 2, stepCount: stepCount), seed: seed)
  }

  func prompt(_ index: Int) -> PromptInput {
    var random = RandomStream(seed: 1, purpose: "tiny prompt", question: "\(index)").sequence
    let text = (0..<5 + index % 3).map { _ in Int32(random.integer(in: 2..<46)) }
    guard index % 2 == 0 else { return PromptInput(tokens: text) }
    let frames = 20 + 4 * (index % 4)
    let clip = MelClip(
      values: (0..<frames * 8).map { _ in Float(random.uniform() - 0.5) }, validFrameCount: frames,
      paddedFrameCount: frames, tailValue: 0)
    let audio = [Int32](repeating: 47, count: clip.tokenCount)
    return PromptInput(tokens: text[..<2] + audio + text[2...], clips: [clip])
  }

  /// The reward of a completion is the share of even tokens, so that hardly any two are equal.
  func questions(step: Int) -> [GRPOQuestion] {
    (0..<questionsPerStep).map { offset in
      let index = (step * questionsPerStep + offset) % 10
      return GRPOQuestion(id: "q\(index)", prompt: prompt(index)) { tokens in
        reward?(step, tokens) ?? Double(tokens.count { $0 % 2 == 0 }) / Double(max(tokens.count, 1))
      }
    }
  }
}

struct CheckpointLacks: Error { var name: String }

/// What a run leaves: every record in full, and every bit of weights and moments.
struct RunResult: Equatable {
  var records: [GRPOStepRecord] = []
  var state: [String: [UInt32]] = [:]

  init() {}

  mutating func finish(_ trainer: GRPOTrainer) {
    for (name, tensor) in trainer.optimizer.state { state[name] = tensor.hostValues.map(\.bitPattern) }
  }
}

extension TinyTask {
  /// - Parameter count: only so many steps of the schedule.
  func run(steps count: Int? = nil) throws -> RunResult {
    let trainer = try trainer()
    var result = RunResult()
    for step in 0..<(count ?? stepCount) {
      result.records.append(try trainer.step(step, questions(step: step)))
    }
    result.finish(trainer)
    return result
  }

  /// Stops before each step of `stops` and goes on as a new process would: from the last checkpoint on disk, one being
  /// written every `interval` steps.
  /// - Parameter prepare: before each process, what it finds.
  func run(
    stoppingAt stops: [Int], interval: Int, in folder: TemporaryFolder, prepare: (inout TinyTask) -> Void = { _ in }
  ) throws -> (RunResult, steps: Int) {
    let path = folder.file("state.safetensors")
    var task = self
    func start() throws -> GRPOTrainer {
      prepare(&task)
      return try task.trainer()
    }
    var (result, trainer, made) = (RunResult(), try start(), 0)
    var stops = stops.sorted()
    var step = 0
    while step < stepCount {
      if step == stops.first {
        stops.removeFirst()
        trainer = try start()
        step = 0
        if FileManager.default.fileExists(atPath: path) {
          let file = try SafeTensorsFile(path: path)
          step = Int(file.metadata["step"] ?? "") ?? 0
          let missing = trainer.optimizer.restore(
            stepCount: step * settings.iterationsPerRollout, on: trainer.objective.policy.backend,
            find: { try? file.tensor($0) })
          if let missing { throw CheckpointLacks(name: missing) }
        }
        result.records.removeLast(result.records.count - step)
        continue
      }
      result.records.append(try trainer.step(step, questions(step: step)))
      made += 1
      step += 1
      if step % interval == 0 {
        try SafeTensorsWriter.write(
          trainer.optimizer.state, metadata: ["format": "pt", "step": "\(step)"], to: path)
      }
    }
    result.finish(trainer)
    return (result, made)
  }
}
