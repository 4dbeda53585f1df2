// The tiny checkpoint with its frozen reference and the completions that the reference implementation learnt from.
import CPUBackend
import Foundation
import Generation
import JSONText
import Layers
import Models
import Optimizers
import SafeTensors
import TensorCore
import TestSupport
import Testing
import Training

/// The fixture's model, frozen reference and groups; what it is, is read from its files.
struct GRPOFixture {
  let set: FixtureSet
  let backend: CPUBackend
  let policy: AudioLanguageModel
  let reference: AudioLanguageModel
  let meta: JSONValue
  var folder: String { self.set.file("grpo/") }

  init(_ set: FixtureSet, threadCount: Int = 2) throws {
    self.set = set
    backend = CPUBackend(threadCount: threadCount)
    let bytes = try #require(FileManager.default.contents(atPath: set.file("grpo/meta.json")))
    meta = try JSONValue(parsing: Array(bytes), file: "meta.json")
    policy = try AudioLanguageModel(folder: set.file("checkpoints/omni"), use: .training, on: backend)
    reference = policy.copy()
    let overrides = try SafeTensorsFile(path: set.file("grpo/reference_model.safetensors"))
    var count = 0
    for parameter in reference.allParameters where overrides.entry(parameter.name) != nil {
      backend.copy(try overrides.tensor(parameter.name), to: parameter.value)
      count += 1
    }
    #expect(count == overrides.entries.count)
    policy.train()
  }

  func settings() throws -> GRPOSettings {
    let own = try #require(meta["case1"])
    let limits = CompletionLimits(
      maximumTokens: try #require(own["max_completion_length_for_dr_grpo"]?.integer),
      endTokens: [Int32(try #require(own["eos_token_id"]?.integer))])
    var settings = GRPOSettings(limits: limits)
    settings.groupSize = try #require(own["group_size"]?.integer)
    settings.klCoefficient = try #require(own["beta"]?.double)
    settings.clipRange = try #require(own["epsilon"]?.double)
    return settings
  }

  func trainer(_ settings: GRPOSettings, optimizer: AdamWSettings = AdamWSettings(), rate: Double) -> GRPOTrainer {
    GRPOTrainer(
      policy: policy, reference: reference, settings: settings, optimizer: optimizer,
      learningRate: LearningRate(peak: rate, schedule: .constant, stepCount: 10), seed: 1)
  }

  /// A prompt, with sound where the file has some, and its completions.
  func group(_ file: String) throws -> CompletionGroup {
    let data = try SafeTensorsFile(path: folder + file + ".safetensors")
    var clips: [MelClip] = []
    if data.entry("mel") != nil {
      let mel = try data.tensor("mel")
      let (bands, frames, values) = (mel.shape.sizes[0], mel.shape.sizes[1], mel.hostValues)
      var rows = [Float](repeating: 0, count: values.count)
      for band in 0..<bands { for frame in 0..<frames { rows[frame * bands + band] = values[band * frames + frame] } }
      clips = [MelClip(values: rows, validFrameCount: frames, paddedFrameCount: frames, tailValue: 0)]
    }
    let shape = try #require(data.entry("completion_ids")).shape.sizes
    let ids = try data.integers("completion_ids")
    let mask = try data.integers("completion_mask")
    let completions = (0..<shape[0]).map { row in
      let range = row * shape[1]..<(row + 1) * shape[1]
      return Completion(tokens: range.filter { mask[$0] == 1 }.map { Int32(ids[$0]) }, isFinished: true)
    }
    let rewards = try data.tensor("rewards").hostValues.map(Double.init)
    return CompletionGroup(
      prompt: PromptInput(tokens: try data.integers("prompt_ids").map { Int32($0) }, clips: clips),
      completions: completions, rewards: rewards, advantages: groupAdvantages(rewards, scaling: .sample))
  }

  /// Gradients that differ by more than `limit` of their tensor's largest element. Tensors whose elements the fixture
  /// leaves out are compared by their norm.
  func gradientDisagreements(_ file: String, limit: Float) throws -> [String] {
    let expected = try SafeTensorsFile(path: folder + file + ".safetensors")
    let norms = meta[String(file.prefix(5))]?["grad_norm_per_tensor"]
    var list: [String] = []
    for parameter in policy.trainedParameters {
      let ours = try #require(parameter.gradient).hostValues
      guard expected.entry(parameter.name) != nil else {
        let norm = ours.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let theirs = norms?[parameter.name]?.double ?? 0
        if !(abs(norm - theirs) <= 1e-3 * max(theirs, 1e-3)) {
          list.append("\(file): \(parameter.name): norm \(norm), not \(theirs)")
        }
        continue
      }
      let theirs = try expected.tensor(parameter.name).hostValues
      // The audio tower's key bias has no gradient in exact arithmetic; so tiny tensors are held to the step's scale.
      let allowed = limit * Self.scale(theirs)
      let difference = largestDifference(ours, theirs)
      if !(difference < allowed) {
        list.append("\(file): \(parameter.name) differs by \(difference), allowed \(allowed)")
      }
    }
    return list
  }

  /// What differences of a tensor are measured by.
  static func scale(_ values: [Float]) -> Float { max(values.map(abs).max() ?? 0, 1e-4) }
}
