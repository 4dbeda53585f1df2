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

/// One case folder of the fixtures, in one data type.
struct ParityCase: Sendable, CustomTestStringConvertible {
  let folder: String
  let tag: String
  var testDescription: String { (folder as NSString).pathComponents.suffix(2).joined(separator: "/") + " " + tag }

  /// All cases there are; `bf16` (PyTorch's own bfloat16 arithmetic) is not ours to match.
  static let all: [ParityCase] = ["omni", "qwen2_audio"].flatMap { model in
    let root = Fixtures.folder.appendingPathComponent(model).path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root))?.sorted() ?? []
    return names.flatMap { name in
      let files = (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + name)) ?? []
      return files.filter { $0.hasPrefix("meta_") }.map { String($0.dropFirst(5).dropLast(5)) }.sorted()
        .filter { $0 != "bf16" }.map { ParityCase(folder: root + "/" + name, tag: $0) }
    }
  }

  func meta() throws -> JSONValue {
    let path = folder + "/meta_\(tag).json"
    let bytes = try #require(FileManager.default.contents(atPath: path))
    // Where the reference's noise was not measured, its file says NaN, which is no JSON.
    let text = String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: ": NaN", with: ": null")
    return try JSONValue(parsing: text, file: path)
  }

  var checkpoint: String {
    let model = URL(fileURLWithPath: folder).deletingLastPathComponent().lastPathComponent
    return Fixtures.folder.path + "/checkpoints/" + model + (tag.hasPrefix("bf16") ? "_bf16" : "")
  }
}

/// The prompts of a case, their padding taken off.
func parityPrompts(_ test: ParityCase, _ model: AudioLanguageModel) throws -> (prompts: [PromptInput], starts: [Int]) {
  let inputs = try SafeTensorsFile(path: test.folder + "/inputs.safetensors")
  let meta = try test.meta()
  let shape = try #require(inputs.entry("input_ids")).shape.sizes
  let ids = try inputs.integers("input_ids")
  let mask = try inputs.integers("attention_mask")
  var nextClip = 0
  var prompts: [PromptInput] = []
  var starts: [Int] = []
  for row in 0..<shape[0] {
    let range = row * shape[1]..<(row + 1) * shape[1]
    let start = range.first { mask[$0] == 1 } ?? range.upperBound
    starts.append(start - range.lowerBound)
    let tokens = ids[start..<range.upperBound].map { Int32($0) }
    var clips: [MelClip] = []
    var needed = tokens.count { $0 == model.configuration.audioTokenID }
    while needed > 0 {
      let name = "mel_\(nextClip)"
      let tensor = try inputs.tensor(name)
      let bands = tensor.shape.sizes[0], frames = tensor.shape.sizes[1]
      let values = tensor.hostValues
      var rows = [Float](repeating: 0, count: values.count)
      for band in 0..<bands { for frame in 0..<frames { rows[frame * bands + band] = values[band * frames + frame] } }
      let isPadded = model.configuration.architecture == .qwen2Audio
      let valid = isPadded ? try #require(meta["mel_frames"]?.array?[nextClip].integer) : frames
      let clip = MelClip(
        values: rows, validFrameCount: valid,
        paddedFrameCount: isPadded ? 2 * model.configuration.tower.maximumPositions : valid,
        tailValue: isPadded ? Float(meta["mel_tail_value"]?["\(nextClip)"]?.double ?? 0) : 0)
      needed -= clip.tokenCount
      clips.append(clip)
      nextClip += 1
    }
    prompts.append(PromptInput(tokens: tokens, clips: clips))
  }
  return (prompts, starts)
}

/// Traps no NaN: a difference that is not a number is the largest there is.
func largestDifference(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { $1.0 == $1.1 ? $0 : max($0, abs($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) }
}

@Suite("Parity of both models", .enabled(if: Fixtures.areThere, "no reference fixtures: set REPRO_FIXTURES"))
struct ModelParityTests {
  let backend = CPUBackend(threadCount: 2)

  @Test("audio embeddings, logits and greedy tokens agree with the reference", arguments: ParityCase.all)
  func forward(_ test: ParityCase) throws {
    let model = try AudioLanguageModel(folder: test.checkpoint, on: backend)
    let meta = try test.meta()
    let (prompts, starts) = try parityPrompts(test, model)
    let expected = try SafeTensorsFile(path: test.folder + "/expected_\(test.tag).safetensors")
    // Twenty times the reference's own Float32 rounding noise, or that of its neighbours where it was not measured.
    let noise = Float(meta["fp32_vs_fp64_logits_max_abs_diff"]?.double ?? 7.5e-6)
    let tolerance = 20 * max(noise, 1e-7)

    let eos = meta["eos_token_ids"]?.array?.compactMap { $0.integer.map { Int32($0) } } ?? []
    let shape = try #require(expected.entry("generated_ids")).shape.sizes
    let rollout = Rollout(
      sampling: .greedy, limits: CompletionLimits(maximumTokens: shape[1], endTokens: eos))
    let pass = ForestPass(
      model, prompts: prompts, branchCapacity: rollout.branchCapacity(questionCount: prompts.count), keeping: .nothing)

    if let clips = expected.entry("audio_embeddings"), clips.shape.elementCount > 0 {
      let tower = TowerPass(
        model.tower, clips: prompts.flatMap(\.clips), questions: prompts.flatMap(\.clips).indices.map { $0 },
        keeping: .nothing, on: backend)
      let difference = largestDifference(
        tower.embeddings.hostValues, try expected.tensor("audio_embeddings").hostValues)
      #expect(difference <= tolerance, "audio embeddings differ by \(difference), allowed \(tolerance)")
    }

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
        #expect(highest - line[row * vocabulary + argmax[first + row]] <= 2 * tolerance)
        let total = line.reduce(0.0) { $0 + Foundation.exp(Double($1 - highest)) }
        #expect(abs(highest + Float(Foundation.log(total)) - logSumExp[first + row]) <= tolerance)
      }
      let rows = min(tailRows, trunk.count)
      let ours = logits.suffix(rows * vocabulary)
      let theirs = tail.hostValues[..<((question + 1) * tailRows * vocabulary)].suffix(rows * vocabulary)
      let difference = largestDifference(ours, theirs)
      #expect(difference <= tolerance, "logits differ by \(difference), allowed \(tolerance)")
    }

    let keys = prompts.indices.map { RolloutKey(seed: 0, step: 0, question: "\($0)") }
    let completions = rollout.complete(pass, prompts: prompts, keys: keys)
    let ids = try expected.integers("generated_ids")
    let mask = try expected.integers("generated_mask")
    for (question, list) in completions.enumerated() {
      let range = question * shape[1]..<(question + 1) * shape[1]
      let wanted = range.filter { mask[$0] == 1 }.map { Int32(ids[$0]) }
      #expect(list[0].tokens == wanted)
    }
  }
}
