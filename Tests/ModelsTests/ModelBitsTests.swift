// The same bits of both models, whatever is packed together, kept, or run on.
import CPUBackend
import Foundation
import Generation
import JSONText
import Layers
import Models
import TensorCore
import TestSupport
import Testing

/// How a forest is computed; nothing here may change a bit.
struct Way: Sendable, CustomTestStringConvertible {
  var name: String
  var threads = 2
  var instructions = InstructionSet.best
  var keeping = ActivationKeeping.everything
  var outputs = ForestOutputs.completions
  /// Whether branches come later, as after a rollout, or run with the trunks.
  var addsBranches = true
  /// Questions of one forest.
  var pack = 8
  /// A GPU instead of the processor.
  var device: TestDevice?
  var testDescription: String { name }

  static let plain = Way(name: "plain", threads: 1, keeping: .everything, outputs: .everyRow)
  static let others: [Way] = [
    Way(name: "as in training"), Way(name: "two threads"), Way(name: "three threads", threads: 3),
    Way(name: "AVX2", instructions: .avx2), Way(name: "scalar", instructions: .scalar),
    Way(name: "recomputed", keeping: .layerInputs), Way(name: "recomputed, every row", keeping: .layerInputs, outputs: .everyRow),
    Way(name: "every row", outputs: .everyRow), Way(name: "trunks and branches at once", addsBranches: false),
    Way(name: "every row at once, recomputed", keeping: .layerInputs, outputs: .everyRow, addsBranches: false),
    Way(name: "each question alone", pack: 1), Way(name: "each question alone, recomputed", keeping: .layerInputs, pack: 1),
    Way(name: "in pairs, one thread, AVX2", threads: 1, instructions: .avx2, pack: 2),
  ]

  static let onGPUs = TestDevice.here.flatMap { device in
    [
      Way(name: device.rawValue, device: device),
      Way(name: device.rawValue + ", recomputed, in pairs", keeping: .layerInputs, pack: 2, device: device),
    ]
  }
}

/// A tiny model of a set.
struct BitsModel: Sendable, Hashable, CustomTestStringConvertible {
  var set: FixtureSet
  var model: String
  var testDescription: String { "\(set)/\(model)" }

  static let all = Fixtures.sets.flatMap { set in ParityCase.models.map { BitsModel(set: set, model: $0) } }

  /// The two cases with the most clips, and one with the fewest.
  func cases() throws -> [ParityCase] {
    let all = try ParityCase.all(model, of: set).filter { $0.tag == "fp32" }.map { test in
      (test, clips: try test.meta()["mel_frames"]?.array?.count ?? 0)
    }.sorted { $0.clips > $1.clips }.map(\.0)
    return all.prefix(2) + all.dropFirst(2).suffix(1)
  }
}

/// Questions of one tiny model, with completions made up.
struct BitsFixture {
  let model: AudioLanguageModel
  let prompts: [PromptInput]
  /// Completion tokens of each question; the second question has one of a single token, and one that is repeated.
  let completions: [[[Int32]]]
  let endTokens: [Int32]

  /// - Parameter name: a set's model, such as `small/omni`.
  init(_ name: BitsModel, _ way: Way) throws {
    let backend: any Backend =
      way.device?.backend() ?? CPUBackend(threadCount: way.threads, instructions: way.instructions)
    model = try AudioLanguageModel(
      folder: name.set.file("checkpoints/" + name.model), use: .training, on: backend)
    let model = model
    prompts = try name.cases().flatMap { try parityPrompts($0, model).prompts }
    endTokens = try name.cases()[0].meta()["eos_token_ids"]?.array?.compactMap { $0.integer.map { Int32($0) } } ?? []
    completions = prompts.indices.map { question in
      let lengths = [[5, 3, 8, 1], [1, 7, 7], [16], [2, 2]][question % 4]
      return lengths.enumerated().map { index, length in
        var numbers = RandomStream(seed: 5, purpose: "completion", question: "\(question)", completion: index % 2)
          .sequence
        return (0..<length).map { _ in Int32(numbers.integer(in: 0..<model.configuration.decoder.vocabularySize)) }
      }
    }
  }

  /// Logits of every scored row, log-probabilities and gradients, as bits by name.
  func bits(_ way: Way) -> [String: [UInt32]] {
    var bits: [String: [UInt32]] = [:]
    model.train()
    model.clearGradients()
    for start in stride(from: 0, to: prompts.count, by: way.pack) {
      let range = start..<min(start + way.pack, prompts.count)
      let branches = completions[range].map { $0.map { Array($0.dropLast()) } }
      let pass = ForestPass(
        model, prompts: Array(prompts[range]), branches: way.addsBranches ? nil : branches,
        branchCapacity: branches.joined().reduce(0) { $0 + $1.count }, keeping: way.keeping, outputs: way.outputs)
      if way.addsBranches { pass.addBranches(branches) }
      let rows = branches.indices.map { question in
        branches[question].indices.flatMap { [pass.trunks[question].upperBound - 1] + pass.branches[question][$0] }
      }
      let head = HeadPass(pass, rowsByQuestion: rows)
      let width = head.logits.width
      let logits = head.logits.hostValues
      var place = 0
      for (question, list) in rows.enumerated() {
        bits["logits \(start + question)"] = logits[place * width..<(place + list.count) * width].map(\.bitPattern)
        place += list.count
      }
      let targets = completions[range].flatMap { $0.flatMap(\.self) }
      let scores = head.score(targets, temperature: 1.2)
      let coefficients = targets.map { Float($0 % 7 - 3) / 16 }
      place = 0
      for (question, list) in rows.enumerated() {
        let own = place..<place + list.count
        bits["scores \(start + question)"] =
          (scores.logProbabilities[own] + scores.entropies[own]).map(\.bitPattern)
        place += list.count
      }
      pass.backward(head.backward(scores, coefficients: coefficients))
    }
    model.finishGradients()
    for parameter in model.trainedParameters {
      bits["gradient of " + parameter.name] = parameter.gradient?.hostValues.map(\.bitPattern)
    }
    return bits
  }
}

/// Names whose bits differ.
func differing(_ a: [String: [UInt32]], _ b: [String: [UInt32]]) -> [String] {
  Set(a.keys).union(b.keys).filter { a[$0] != b[$0] }.sorted()
}

@Suite("The same bits of both models")
struct ModelBitsTests {
  static let expected: [BitsModel: [String: [UInt32]]] = {
    var all: [BitsModel: [String: [UInt32]]] = [:]
    for name in BitsModel.all { all[name] = try? BitsFixture(name, .plain).bits(.plain) }
    return all
  }()

  @Test("logits, scores and every gradient", arguments: BitsModel.all, Way.others + Way.onGPUs)
  func bits(_ name: BitsModel, _ way: Way) throws {
    let expected = try #require(Self.expected[name])
    let gradients = expected.filter { $0.key.hasPrefix("gradient") }
    let questions = try BitsFixture(name, .plain).prompts.count
    #expect(gradients.count > 60 && expected.count == gradients.count + 2 * questions)
    // A head that shares the embedding's weights has handed its gradient over.
    let zero = gradients.filter { !$0.value.contains { $0 << 1 != 0 } }.keys
    #expect(zero.isEmpty || (zero.count == 1 && zero.allSatisfy { $0.hasSuffix("lm_head.weight") }), "\(zero)")
    #expect(differing(try BitsFixture(name, way).bits(way), expected) == [])
  }

  @Test("a branch alone is that branch in its group", arguments: BitsModel.all)
  func branches(_ name: BitsModel) throws {
    let fixture = try BitsFixture(name, .plain)
    func logits(_ question: Int, _ completions: [[Int32]]) -> [[UInt32]] {
      let pass = ForestPass(
        fixture.model, prompts: [fixture.prompts[question]],
        branchCapacity: completions.reduce(0) { $0 + $1.count }, keeping: .nothing)
      pass.addBranches([completions])
      return pass.branches[0].map { branch in
        branch.isEmpty ? [] : HeadPass(pass, rowsByQuestion: [Array(branch)]).logits.hostValues.map(\.bitPattern)
      }
    }
    for question in fixture.prompts.indices {
      let group = logits(question, fixture.completions[question])
      for (index, completion) in fixture.completions[question].enumerated() {
        #expect(logits(question, [completion]) == [group[index]])
      }
    }
  }

  @Test("a branch behind its trunk is the tail of a longer trunk", arguments: BitsModel.all)
  func tails(_ name: BitsModel) throws {
    let fixture = try BitsFixture(name, .plain)
    for (prompt, list) in zip(fixture.prompts, fixture.completions) {
      let completion = try #require(list.max { $0.count < $1.count })
      let forest = ForestPass(
        fixture.model, prompts: [prompt], branchCapacity: completion.count, keeping: .nothing)
      forest.addBranches([[completion]])
      let longer = PromptInput(tokens: prompt.tokens + completion, clips: prompt.clips)
      let trunk = ForestPass(fixture.model, prompts: [longer], branchCapacity: 0, keeping: .nothing)
      let rows = Array(0..<trunk.rowCount)
      let (a, b) = (HeadPass(forest, rowsByQuestion: [rows]), HeadPass(trunk, rowsByQuestion: [rows]))
      #expect(a.logits.hostValues.map(\.bitPattern) == b.logits.hostValues.map(\.bitPattern))
    }
  }

  @Test("decoding token by token gives the logits of the whole forest, and the same completions in any company",
    arguments: BitsModel.all)
  func decoding(_ name: BitsModel) throws {
    let sampling = SamplingSettings(temperature: 1.2, topK: 50)
    let rollout = Rollout(
      sampling: sampling,
      limits: CompletionLimits(maximumTokens: 12, endTokens: try BitsFixture(name, .plain).endTokens), groupSize: 3)
    func completions(_ way: Way) throws -> [[Completion]] {
      let fixture = try BitsFixture(name, way)
      var list: [[Completion]] = []
      for start in stride(from: 0, to: fixture.prompts.count, by: way.pack) {
        let range = start..<min(start + way.pack, fixture.prompts.count)
        let prompts = Array(fixture.prompts[range])
        let pass = ForestPass(
          fixture.model, prompts: prompts, branchCapacity: rollout.branchCapacity(questionCount: prompts.count),
          keeping: .nothing, outputs: way.outputs)
        list += rollout.complete(
          pass, prompts: prompts, keys: range.map { RolloutKey(seed: 3, step: 1, question: "q\($0)") })
      }
      return list
    }
    let expected = try completions(.plain)
    #expect(Set(expected.joined().map(\.tokens)).count > 6)
    for way in Way.others { #expect(try completions(way) == expected, "\(way.name)") }
    // Room for branches that is made as they come, in steps of every size.
    for first in [1, 2, 5, 32] {
      let grown = try ForestPass.$reservedBytes.withValue(0) {
        try ForestPass.$firstTokens.withValue(first) { try completions(.plain) }
      }
      #expect(grown == expected, "room for \(first) tokens at first")
    }

    // Greedy decoding takes the highest logit of the forest with its own completion as a branch.
    let fixture = try BitsFixture(name, .plain)
    let greedy = Rollout(sampling: .greedy, limits: CompletionLimits(maximumTokens: 12, endTokens: []))
    for prompt in fixture.prompts {
      let pass = ForestPass(fixture.model, prompts: [prompt], branchCapacity: 12, keeping: .nothing)
      let said = greedy.complete(pass, prompts: [prompt], keys: [RolloutKey(seed: 0, step: 0, question: "")])[0][0]
      let forest = ForestPass(fixture.model, prompts: [prompt], branchCapacity: 11, keeping: .nothing)
      forest.addBranches([[Array(said.tokens.dropLast())]])
      let head = HeadPass(forest, rowsByQuestion: [Array(prompt.tokens.count - 1..<forest.rowCount)])
      let (values, width) = (head.logits.hostValues, head.logits.width)
      for (row, token) in said.tokens.enumerated() {
        let line = Array(values[row * width..<(row + 1) * width])
        #expect(line[Int(token)] == line.max())
      }
    }
  }

  @Test("bfloat16 weights used from the file give the bits of the same weights in Float32",
    arguments: BitsModel.all)
  func halves(_ name: BitsModel) throws {
    let backend = CPUBackend(threadCount: 2)
    let folder = name.set.file("checkpoints/\(name.model)_bf16")
    let mapped = try AudioLanguageModel(folder: folder, use: .inference, on: backend)
    let wide = try AudioLanguageModel(folder: folder, use: .training, on: backend)
    #expect(mapped.layers[0].queryProjection.weight.value.elementType == .bfloat16)
    #expect(wide.layers[0].queryProjection.weight.value.elementType == .float32)
    let prompts = try BitsFixture(name, .plain).prompts
    func logits(_ model: AudioLanguageModel) -> [UInt32] {
      let pass = ForestPass(model, prompts: prompts, branchCapacity: 0, keeping: .nothing)
      return HeadPass(pass, rowsByQuestion: pass.trunks.map { Array($0) }).logits.hostValues.map(\.bitPattern)
    }
    #expect(logits(mapped) == logits(wide))
  }
}
