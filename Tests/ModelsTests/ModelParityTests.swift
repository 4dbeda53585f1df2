// The tiny checkpoints in the published layouts against the numbers the reference implementation computed from them.
import CPUBackend
import Foundation
import Generation
import JSONText
import Layers
import Models
import SafeTensors
import TensorCore
import TestSupport
import Testing

/// Where a model and the numbers of one case disagree, in words: each begins with the tensor's name.
struct ParityComparison {
  let test: ParityCase
  let tolerance: Float
  let model: AudioLanguageModel
  let prompts: [PromptInput]
  let starts: [Int]
  let expected: SafeTensorsFile
  var disagreements: [String] = []

  init(_ test: ParityCase, on backend: CPUBackend) throws {
    self.test = test
    tolerance = try test.tolerance()
    model = try AudioLanguageModel(folder: test.checkpoint, on: backend)
    (prompts, starts) = try parityPrompts(test, model)
    expected = try SafeTensorsFile(path: test.folder + "/expected_\(test.tag).safetensors")
    let shape = try #require(expected.entry("generated_ids")).shape.sizes
    let eos = try test.meta()["eos_token_ids"]?.array?.compactMap { $0.integer.map { Int32($0) } } ?? []
    let rollout = Rollout(sampling: .greedy, limits: CompletionLimits(maximumTokens: shape[1], endTokens: eos))
    let pass = ForestPass(
      model, prompts: prompts, branchCapacity: rollout.branchCapacity(questionCount: prompts.count), keeping: .nothing)
    try compareEmbeddings(backend)
    try compareLogits(pass)
    let keys = prompts.indices.map { RolloutKey(seed: 0, step: 0, question: "\($0)") }
    try compareTokens(rollout.complete(pass, prompts: prompts, keys: keys), width: shape[1])
  }

  private mutating func require(_ name: String, _ difference: Float, atMost limit: Float) {
    if !(difference <= limit) { disagreements.append("\(name) differs by \(difference), allowed \(limit)") }
  }

  private mutating func compareEmbeddings(_ backend: CPUBackend) throws {
    guard let clips = expected.entry("audio_embeddings"), clips.shape.elementCount > 0 else { return }
    let tower = TowerPass(
      model.tower, clips: prompts.flatMap(\.clips), questions: prompts.flatMap(\.clips).indices.map { $0 },
      keeping: .nothing, on: backend)
    let theirs = try expected.tensor("audio_embeddings").hostValues
    require("audio_embeddings", largestDifference(tower.embeddings.hostValues, theirs), atMost: tolerance)
  }

  private mutating func compareLogits(_ pass: ForestPass) throws {
    let argmax = try expected.integers("logits_argmax")
    let logSumExp = try expected.tensor("logits_logsumexp").hostValues
    let tail = try expected.tensor("logits_tail")
    let tailRows = tail.shape.sizes[1], vocabulary = tail.shape.sizes[2]
    let length = logSumExp.count / prompts.count
    for (question, trunk) in pass.trunks.enumerated() {
      let head = HeadPass(pass, rowsByQuestion: pass.trunks.indices.map { $0 == question ? Array(trunk) : [] })
      let logits = head.logits.hostValues
      let first = question * length + starts[question]
      for row in 0..<trunk.count {
        let line = logits[row * vocabulary..<(row + 1) * vocabulary]
        let highest = line.max() ?? 0
        let named = line[row * vocabulary + argmax[first + row]]
        require("logits_argmax", highest - named, atMost: 2 * tolerance)
        let total = line.reduce(0.0) { $0 + Foundation.exp(Double($1 - highest)) }
        let ours = highest + Float(Foundation.log(total))
        require("logits_logsumexp", abs(ours - logSumExp[first + row]), atMost: tolerance)
      }
      let rows = min(tailRows, trunk.count)
      let ours = logits.suffix(rows * vocabulary)
      let theirs = tail.hostValues[..<((question + 1) * tailRows * vocabulary)].suffix(rows * vocabulary)
      require("logits_tail", largestDifference(ours, theirs), atMost: tolerance)
    }
  }

  private mutating func compareTokens(_ completions: [[Completion]], width: Int) throws {
    let ids = try expected.integers("generated_ids")
    let mask = try expected.integers("generated_mask")
    for (question, list) in completions.enumerated() {
      let range = question * width..<(question + 1) * width
      let wanted = range.filter { mask[$0] == 1 }.map { Int32(ids[$0]) }
      if list[0].tokens != wanted { disagreements.append("generated_ids: \(list[0].tokens), not \(wanted)") }
    }
  }
}

@Suite("Parity of both models")
struct ModelParityTests {
  let backend = CPUBackend(threadCount: 2)

  @Test("audio embeddings, logits and greedy tokens agree with the reference", arguments: ParityCase.all)
  func forward(_ test: ParityCase) throws {
    #expect(try ParityComparison(test, on: backend).disagreements == [])
  }

  @Test("both models have cases, with and without sound, in every set")
  func cases() throws {
    for set in Fixtures.sets {
      for model in ParityCase.models {
        let clips = try ParityCase.all(model, of: set).map { try $0.meta()["mel_frames"]?.array?.count ?? 0 }
        #expect(clips.contains(0) && clips.contains { $0 > 0 }, "\(set): \(model)")
      }
    }
  }

  @Test(
    "a number moved by ten times its tolerance, or another id, is told", arguments: ParityCase.models,
    ["audio_embeddings", "logits_tail", "logits_logsumexp", "logits_argmax", "generated_ids"])
  func moved(_ model: String, _ tensor: String) throws {
    let test = try #require(try ParityCase.all(model, of: Fixtures.small).first { try $0.meta()["mel_frames"]?.array?.count == 1 })
    let moved = try MovedFixtures(test.set)
    let file = "\(model)/\(test.name)/expected_\(test.tag).safetensors"
    let count = try #require(try SafeTensorsFile(path: test.set.file(file)).entry(tensor)).shape.elementCount
    try moved.move(tensor, of: file, element: count / 2, by: 10 * test.tolerance())
    let told = try ParityComparison(
      ParityCase(set: moved.set, model: model, name: test.name, tag: test.tag), on: backend
    ).disagreements
    #expect(told.count == 1 && told[0].hasPrefix(tensor), "\(told)")
  }
}
