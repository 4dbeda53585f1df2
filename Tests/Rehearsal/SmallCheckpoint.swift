// Checkpoints with random weights, small, under the names and with the side files of the published models.
import CPUBackend
import Diagnostics
import Foundation
import JSONText
import Layers
import Models
import SafeTensors
import TensorCore
import Tokenization

struct SmallCheckpoint {
  enum Kind: String { case qwen2Audio, omni }

  let kind: Kind
  /// Words that are one token each.
  let words: [String]
  /// Omni alone: the published checkpoint has a tower for pictures.
  let hasVision: Bool

  init(_ kind: Kind, words: [String], hasVision: Bool) {
    self.kind = kind
    self.words = words
    self.hasVision = hasVision
  }

  var repository: String { kind == .omni ? "Qwen/Qwen2.5-Omni-7B" : "Qwen/Qwen2-Audio-7B-Instruct" }

  /// Checkpoints of one name differ in their weights too.
  private var seed: UInt64 { kind == .qwen2Audio ? 8 : hasVision ? 7 : 9 }

  /// Makes all files in a scratch folder.
  func files(in scratch: String) throws -> [(name: String, path: String)] {
    let folder = scratch + "/\(kind.rawValue)-\(hasVision)"
    try writeTokenizer(to: folder)
    let tokenizer = try Tokenizer(folder: folder)
    let files = sideFiles(vocabularySize: tokenizer.vocabularySize + 24, audioToken: Int(try tokenizer.id(of: .audio)))
    for (name, text) in files { try Files.write(text, to: folder + "/" + name) }
    try writeWeights(to: folder, tokenizer)
    if kind == .qwen2Audio { try shortenTokenizer(folder) }
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { ($0, folder + "/" + $0) }
  }

  // MARK: - Tokenizer

  private var specialTokens: [String] {
    let shared = ChatToken.allCases.map(\.rawValue)
    if kind == .qwen2Audio { return shared + (0..<30).map { "<|task_\($0)|>" } }
    return shared + [
      "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_bos|>", "<|vision_eos|>", "<|vision_pad|>", "<|IMAGE|>",
      "<|VIDEO|>", "<tool_call>", "</tool_call>",
    ]
  }

  private func writeTokenizer(to folder: String) throws {
    try TokenizerBuilder(words: words, specialTokens: specialTokens).write(to: folder)
  }

  /// Qwen2-Audio's `tokenizer.json` has the first three added tokens; `added_tokens_decoder` of `tokenizer_config.json`
  /// has all, and there is no `added_tokens.json`.
  private func shortenTokenizer(_ folder: String) throws {
    let path = folder + "/tokenizer.json"
    var object = try JSONValue(parsing: Files.read(path), file: path).object ?? JSONObject()
    object["added_tokens"] = .array(Array((object["added_tokens"]?.array ?? []).prefix(3)))
    try Files.write(JSONValue.object(object).indentedText, to: path)
    for name in ["added_tokens.json", "special_tokens_map.json"] {
      try FileManager.default.removeItem(atPath: folder + "/" + name)
    }
  }

  // MARK: - Weights

  private func writeWeights(to folder: String, _ tokenizer: Tokenizer) throws {
    let backend = CPUBackend(threadCount: CPUBackend.availableThreads)
    let model = try AudioLanguageModel(
      try ModelConfiguration(folder: folder), weights: .random(seed: seed, on: backend))
    liftWords(model, tokenizer)
    func bfloat16(_ tensor: Tensor) -> Tensor {
      let copy = backend.empty(tensor.shape, .bfloat16)
      backend.copy(tensor, to: copy)
      return copy
    }
    var tensors = model.allParameters.map { (name: $0.name, tensor: bfloat16($0.value)) }
    for (name, shape) in otherTensors {
      let tensor = backend.empty(shape, .float32)
      backend.fill(tensor, with: 0.125)
      tensors.append((name, bfloat16(tensor)))
    }
    try SafeTensorsWriter.write(tensors, toFolder: folder, shardSize: 200_000)
  }

  /// Random weights would hardly ever say a word: those of the vocabulary's words are three times as large in the head,
  /// so that some completions earn a reward and some do not.
  private func liftWords(_ model: AudioLanguageModel, _ tokenizer: Tokenizer) {
    let width = model.head.weight.value.width
    var values = model.backend.download(model.head.weight.value)
    for token in Set(Words.answers.flatMap { tokenizer.encode($0) + tokenizer.encode(" " + $0) }) {
      for index in Int(token) * width..<(Int(token) + 1) * width { values[index] *= 3 }
    }
    model.backend.upload(values, to: model.head.weight.value)
  }

  /// What the published model has and hearing does not touch.
  private var otherTensors: [(name: String, shape: Shape)] {
    guard kind == .omni else { return [] }
    var tensors: [(name: String, shape: Shape)] = [
      ("thinker.audio_tower.audio_bos_eos_token.weight", [2, 64]),
      ("talker.model.embed_tokens.weight", [16, 32]), ("talker.model.layers.0.self_attn.q_proj.weight", [32, 32]),
      ("talker.codec_head.weight", [16, 32]), ("token2wav.code2wav_dit_model.proj_out.weight", [8, 32]),
    ]
    if hasVision {
      tensors += vision
    }
    return tensors
  }

  /// The tower for pictures: one layer, as `vision_config` says.
  private var vision: [(name: String, shape: Shape)] {
    func linear(_ name: String, _ output: Int, _ input: Int) -> [(name: String, shape: Shape)] {
      [(name + ".weight", [output, input]), (name + ".bias", [output])]
    }
    let block: [(name: String, shape: Shape)] =
      [("norm1.weight", [16]), ("norm2.weight", [16])]
      + ["q", "k", "v", "proj"].flatMap { linear("attn.\($0)", 16, 16) }
      + linear("mlp.gate_proj", 24, 16) + linear("mlp.up_proj", 24, 16) + linear("mlp.down_proj", 16, 24)
    let all: [(name: String, shape: Shape)] =
      [("patch_embed.proj.weight", [16, 3, 2, 4, 4]), ("merger.ln_q.weight", [16])] + linear("merger.mlp.0", 64, 64)
      + linear("merger.mlp.2", 64, 64) + block.map { ("blocks.0." + $0.name, $0.shape) }
    return all.map { ("thinker.visual." + $0.name, $0.shape) }
  }
}
