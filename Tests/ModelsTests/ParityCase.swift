// The cases that the reference implementation was asked, and their prompts as the engine takes them.
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
  let set: FixtureSet
  let model: String
  let name: String
  let tag: String
  var folder: String { self.set.file(model + "/" + name) }
  var testDescription: String { "\(set)/\(model)/\(name) \(tag)" }

  static let all = Fixtures.sets.flatMap { set in models.flatMap { all($0, of: set) } }
  static let models = ["omni", "qwen2_audio"]

  /// All cases of a model; `bf16` (PyTorch's own bfloat16 arithmetic) is not ours to match.
  static func all(_ model: String, of set: FixtureSet) -> [ParityCase] {
    set.names(model).flatMap { name in
      set.names(model + "/" + name).filter { $0.hasPrefix("meta_") }.map { String($0.dropFirst(5).dropLast(5)) }
        .filter { $0 != "bf16" }.map { ParityCase(set: set, model: model, name: name, tag: $0) }
    }
  }

  func meta() throws -> JSONValue {
    let path = folder + "/meta_\(tag).json"
    let bytes = try #require(FileManager.default.contents(atPath: path))
    // Where the reference's noise was not measured, its file says NaN, which is no JSON.
    let text = String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: ": NaN", with: ": null")
    return try JSONValue(parsing: text, file: path)
  }

  var checkpoint: String { self.set.file("checkpoints/" + model + (tag.hasPrefix("bf16") ? "_bf16" : "")) }

  /// Twenty times the reference's own Float32 rounding noise, or that of its neighbours where it was not measured.
  func tolerance() throws -> Float {
    20 * max(Float(try meta()["fp32_vs_fp64_logits_max_abs_diff"]?.double ?? 7.5e-6), 1e-7)
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
