// One GRPO step and evaluation on a synthetic model, phase by phase, with the keys of the Python baseline.
import AudioFeatures
import Diagnostics
import Estimates
import Foundation
import Generation
import JSONText
import Layers
import Models
import Optimizers
import Runner
import TensorCore
import Training

struct StepBenchmark {
  let size: BenchSize
  let model: AudioLanguageModel
  private let reference: AudioLanguageModel
  private let clock: BenchClock

  init(_ size: BenchSize, clock: BenchClock = .real, on backend: any Backend) throws {
    self.size = size
    self.clock = clock
    guard size.isPublished else {
      model = try AudioLanguageModel(size.configuration, weights: .random(seed: 0, on: backend))
      reference = model.copy()
      return
    }
    // As in the paper profile: the policy in Float32, the reference in its published bfloat16.
    model = try AudioLanguageModel(size.configuration, weights: RepeatedNumbers(on: backend).weights)
    let values = Dictionary(uniqueKeysWithValues: model.allParameters.map { ($0.name, $0.value) })
    reference = try AudioLanguageModel(
      size.configuration,
      weights: WeightSource(backend: backend) { name, shape, _ throws(Diagnostics) in
        let copy = backend.empty(shape, .bfloat16)
        if let value = values[name] { backend.copy(value, to: copy) }
        return copy
      })
  }

  /// Seconds of each phase of one step, `total` their sum.
  ///
  /// A group of one has no advantage to learn from, and the trainer refuses it: its step is made of the trainer's parts,
  /// the advantage given.
  func steps(groupSize: Int, warmUp: Int, repeats: Int) throws -> [[String: Double]] {
    var settings = GRPOSettings(limits: size.limits(tokens: size.completionTokens))
    settings.groupSize = max(groupSize, 2)
    model.train()
    var optimizer = AdamWSettings()
    if size.isPublished { optimizer.momentType = .bfloat16 }
    let trainer = GRPOTrainer(
      policy: model, reference: reference, settings: settings, optimizer: optimizer,
      learningRate: LearningRate(peak: 1e-6, schedule: .constant, stepCount: 1000), seed: 1)
    let prompt = size.prompt(0)
    var counter = 0
    let question = GRPOQuestion(id: "0", prompt: prompt) { _ in
      counter += 1
      return counter % 2 == 1 ? 1 : 0
    }
    return try (0..<warmUp + repeats).map { index in
      let p =
        groupSize == 1 ? lone(index, trainer, question) : try step(index, trainer, question)
      var phases = [
        "rollout": (p["prefill"] ?? 0) + (p["decode"] ?? 0), "policy_fwd": p["policy_fwd"] ?? 0,
        "ref_fwd": p["ref_fwd"] ?? 0, "backward": p["backward"] ?? 0, "optimiser": p["optimiser"] ?? 0,
      ]
      phases["total"] = phases.values.reduce(0, +)
      return phases
    }.suffix(repeats)
  }

  private func step(_ index: Int, _ trainer: GRPOTrainer, _ question: GRPOQuestion) throws -> [String: Double] {
    _ = try trainer.step(index, [question])
    return trainer.phases.seconds
  }

  private func lone(_ index: Int, _ trainer: GRPOTrainer, _ question: GRPOQuestion) -> [String: Double] {
    var own = PhaseTimes()
    let settings = trainer.objective.settings
    let rollout = Rollout(sampling: settings.sampling, limits: settings.limits, groupSize: 1)
    let pass = own.measure("prefill", on: model.backend) {
      ForestPass(
        model, prompts: [question.prompt], branchCapacity: rollout.branchCapacity(questionCount: 1),
        keeping: .everything, outputs: .completions)
    }
    let key = RolloutKey(seed: 1, step: index, question: question.id)
    let completions = own.measure("decode", on: model.backend) {
      rollout.complete(pass, prompts: [question.prompt], keys: [key])[0]
    }
    var groups = [
      CompletionGroup(prompt: question.prompt, completions: completions, rewards: [1], advantages: [1])
    ]
    var passes = [pass]
    _ = trainer.objective.accumulate(&groups, passes: &passes, &own)
    own.measure("optimiser", on: model.backend) {
      model.finishGradients()
      trainer.optimizer.step(rate: 1e-6, gradientNorm: trainer.optimizer.gradientNorm(), maximumNorm: 1)
    }
    return own.seconds
  }

  /// Seconds a question, `batch` questions decoded together: the time from their prompts' forward to their last tokens,
  /// by their number.
  func evaluation(batch: Int, warmUp: Int, repeats: Int) -> [Double] {
    let rollout = Rollout(sampling: .greedy, limits: size.limits(tokens: size.evaluationTokens))
    let prompts = (0..<batch).map(size.prompt)
    let keys = (0..<batch).map { RolloutKey(seed: 0, step: 0, question: "\($0)") }
    return (0..<warmUp + repeats).map { _ in
      let seconds = clock.time {
        let pass = ForestPass(
          model, prompts: prompts, branchCapacity: rollout.branchCapacity(questionCount: batch), keeping: .nothing,
          outputs: .completions)
        _ = rollout.complete(pass, prompts: prompts, keys: keys)
      }
      return seconds / Double(batch)
    }.suffix(repeats)
  }

  /// Seconds to turn one clip of the size into a log-mel: noise at 16 kHz, padded as the published preprocessor pads it.
  func features(repeats: Int) -> Double {
    let front = FrontEnd(chunkSeconds: 300)
    var random = RandomStream(seed: 2, purpose: "bench clip").sequence
    let clip = (0..<Int(size.seconds * 16_000)).map { _ in Float(0.1 * random.normal()) }
    return median(
      (0..<repeats + 1).map { _ in
        clock.time { _ = front.logMel(clip) }
      }.suffix(repeats))
  }

  /// Peak resident memory of this process, in MiB.
  static var peakMemory: Double { Double(ProcessUse.peak) / 1_048_576 }
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return 0 }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// Random numbers that repeat after about a million, a count no width divides: billions of them are made in no time, and
/// what they cost to use does not depend on it.
struct RepeatedNumbers {
  private static let count = 1_048_573
  private let backend: any Backend
  /// [count, 1]
  private let numbers: Tensor

  init(on backend: any Backend) {
    self.backend = backend
    numbers = backend.empty([Self.count, 1], .float32)
    var random = RandomStream(seed: 0, purpose: "bench weights").sequence
    backend.upload((0..<Self.count).map { _ in Float(random.normal()) }, to: numbers)
  }

  func fill(_ x: Tensor) {
    let flat = x.reshaped([x.elementCount, 1])
    for start in stride(from: 0, to: flat.rowCount, by: Self.count) {
      let part = flat.rows(start..<min(start + Self.count, flat.rowCount))
      backend.copy(numbers.rows(0..<part.rowCount), to: part)
    }
  }

  /// Weights of the deviation that keeps activations of order one.
  var weights: WeightSource {
    WeightSource(backend: backend) { _, shape, initial throws(Diagnostics) in
      let tensor = backend.empty(shape, .float32)
      switch initial {
      case .ones: backend.fill(tensor, with: 1)
      case .zeros: backend.fill(tensor, with: 0)
      case .normal, .sinusoids:
        fill(tensor)
        let inputs = max(shape.elementCount / max(shape.sizes.first ?? 1, 1), 1)
        backend.scale(tensor, by: 1 / Float(inputs).squareRoot())
      }
      return tensor
    }
  }
}
