// A checkpoint of a published model, whole but for its numbers: the true names, shapes and files, and zeros that take no
// room on disk.
import Foundation
import JSONText
import TestSupport

struct SparseCheckpoint {
  /// Source: the published index files and configurations (Qwen2.5-Omni-7B, Qwen2-Audio-7B-Instruct).
  let isOmni: Bool

  var repository: String { isOmni ? "Qwen2.5-Omni-7B" : "Qwen2-Audio-7B-Instruct" }
  private var hidden: Int { isOmni ? 3584 : 4096 }
  private var inner: Int { isOmni ? 18_944 : 11_008 }
  private var layers: Int { isOmni ? 28 : 32 }
  private var keyValueWidth: Int { isOmni ? 512 : 4096 }
  private var vocabulary: Int { isOmni ? 152_064 : 156_032 }

  /// Names and shapes, in an order of our own.
  var tensors: [(name: String, shape: [Int])] {
    let (d, ffn, h, i, kv) = (1280, 5120, hidden, inner, keyValueWidth)
    let tower = (isOmni ? "thinker." : "") + "audio_tower."
    let model = isOmni ? "thinker.model." : "language_model.model."
    var list: [(name: String, shape: [Int])] = [
      (tower + "conv1.weight", [d, 128, 3]), (tower + "conv1.bias", [d]), (tower + "conv2.weight", [d, d, 3]),
      (tower + "conv2.bias", [d]),
    ]
    for layer in 0..<32 {
      let name = "\(tower)layers.\(layer)."
      for part in ["q_proj", "v_proj", "out_proj"] {
        list += [("\(name)self_attn.\(part).weight", [d, d]), ("\(name)self_attn.\(part).bias", [d])]
      }
      list.append((name + "self_attn.k_proj.weight", [d, d]))
      for norm in ["self_attn_layer_norm", "final_layer_norm"] { list += both(name + norm, [d]) }
      list += [
        (name + "fc1.weight", [ffn, d]), (name + "fc1.bias", [ffn]), (name + "fc2.weight", [d, ffn]), (name + "fc2.bias", [d]),
      ]
    }
    list += both(tower + (isOmni ? "ln_post" : "layer_norm"), [d])
    let projection = isOmni ? tower + "proj" : "multi_modal_projector.linear"
    list += [(projection + ".weight", [h, d]), (projection + ".bias", [h])]
    list.append(isOmni ? (tower + "audio_bos_eos_token.weight", [2, h]) : (tower + "embed_positions.weight", [1500, d]))
    list.append((model + "embed_tokens.weight", [vocabulary, h]))
    for layer in 0..<layers {
      let name = "\(model)layers.\(layer)."
      for (part, width) in [("q_proj", h), ("k_proj", kv), ("v_proj", kv)] {
        list += [("\(name)self_attn.\(part).weight", [width, h]), ("\(name)self_attn.\(part).bias", [width])]
      }
      list += [
        (name + "self_attn.o_proj.weight", [h, h]), (name + "mlp.gate_proj.weight", [i, h]),
        (name + "mlp.up_proj.weight", [i, h]), (name + "mlp.down_proj.weight", [h, i]),
        (name + "input_layernorm.weight", [h]), (name + "post_attention_layernorm.weight", [h]),
      ]
    }
    list += [(model + "norm.weight", [h]), (isOmni ? "thinker.lm_head.weight" : "language_model.lm_head.weight", [vocabulary, h])]
    return list
  }

  private func both(_ name: String, _ shape: [Int]) -> [(name: String, shape: [Int])] {
    [(name + ".weight", shape), (name + ".bias", shape)]
  }

  private var configuration: JSONValue {
    let audio: [(String, JSONValue)] = [
      ("d_model", 1280), ("encoder_attention_heads", 20), ("encoder_ffn_dim", 5120), ("encoder_layers", 32),
      ("num_mel_bins", 128), ("max_source_positions", 1500), ("activation_function", "gelu"),
    ]
    guard isOmni else {
      // Fields that the published file leaves out take their defaults.
      return .object([
        "architectures": .array(["Qwen2AudioForConditionalGeneration"]), "model_type": "qwen2_audio",
        "audio_config": .object(JSONObject(audio + [("model_type", "qwen2_audio_encoder")])), "audio_token_index": 151_646,
        "text_config": .object([
          "intermediate_size": 11_008, "max_position_embeddings": 8192, "model_type": "qwen2", "rms_norm_eps": 1e-5,
          "rope_theta": 10_000, "sliding_window": 32_768, "torch_dtype": "bfloat16", "vocab_size": 156_032,
        ]),
        "torch_dtype": "bfloat16", "vocab_size": 156_032,
      ])
    }
    return .object([
      "architectures": .array(["Qwen2_5OmniModel"]), "model_type": "qwen2_5_omni", "torch_dtype": "bfloat16",
      "thinker_config": .object([
        "audio_config": .object(JSONObject(audio + [("n_window", 100), ("output_dim", 3584)])), "audio_token_index": 151_646,
        "text_config": .object([
          "hidden_size": 3584, "intermediate_size": 18_944, "num_hidden_layers": 28, "num_attention_heads": 28,
          "num_key_value_heads": 4, "max_position_embeddings": 32_768, "rms_norm_eps": 1e-6, "rope_theta": 1_000_000,
          "tie_word_embeddings": false, "vocab_size": 152_064,
        ]),
      ]),
    ])
  }

  /// Writes the folder, its weights in bfloat16 in shards of at most 5 GB.
  func write(to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    func put(_ json: JSONValue, _ name: String) throws {
      try Data(json.indentedText.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    try put(configuration, "config.json")
    let seconds = isOmni ? 300 : 30
    try put(
      .object(["chunk_length": .integer(seconds), "feature_size": 128, "sampling_rate": 16_000]), "preprocessor_config.json")
    var shards: [[(name: String, shape: [Int])]] = [[]]
    var size = 0
    for tensor in tensors {
      let bytes = 2 * tensor.shape.reduce(1, *)
      if size + bytes > 5_000_000_000 { (size, shards) = (0, shards + [[]]) }
      shards[shards.count - 1].append(tensor)
      size += bytes
    }
    func name(_ shard: Int) -> String { String(format: "model-%05d-of-%05d.safetensors", shard + 1, shards.count) }
    for (index, shard) in shards.enumerated() { try Self.write(shard, to: folder + "/" + name(index)) }
    let places = shards.enumerated().flatMap { index, shard in shard.map { ($0.name, JSONValue.string(name(index))) } }
    try put(.object(["weight_map": .object(JSONObject(places))]), "model.safetensors.index.json")
    try writeTokenizer(folder)
  }

  private static func write(_ tensors: [(name: String, shape: [Int])], to path: String) throws {
    var end = 0
    let entries = tensors.map { name, shape -> (String, JSONValue) in
      let start = end
      end += 2 * shape.reduce(1, *)
      return (
        name,
        .object([
          "dtype": "BF16", "shape": .array(shape.map { .integer($0) }), "data_offsets": .array([.integer(start), .integer(end)]),
        ])
      )
    }
    var header = Array(JSONValue.object(JSONObject(entries)).canonicalText.utf8)
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    try Data(length + header).write(to: URL(fileURLWithPath: path))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.truncate(atOffset: UInt64(8 + header.count + end))
    try file.close()
  }

  /// As many tokens as the published one, the special ones at their ids; the others stand for nothing anybody says.
  private func writeTokenizer(_ folder: String) throws {
    var (next, tokens) = (UInt32(0x100), [String]())
    for byte in UInt32(0)...255 {
      let isItself = (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
      if let scalar = Unicode.Scalar(isItself ? byte : next) { tokens.append(String(scalar)) }
      if !isItself { next += 1 }
    }
    for number in tokens.count..<151_643 { tokens.append("w\(number)") }
    let vocabulary = JSONValue.object(JSONObject(tokens.enumerated().map { ($1, .integer($0)) }))
    try Data(vocabulary.canonicalText.utf8).write(to: URL(fileURLWithPath: folder + "/vocab.json"))
    try Data("#version: 0.2\n".utf8).write(to: URL(fileURLWithPath: folder + "/merges.txt"))
    let special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"]
    let ids = [151_643, 151_644, 151_645, 151_646, 151_647, 151_648]
    let added = JSONValue.object(JSONObject(zip(special, ids).map { ($0, .integer($1)) }))
    try Data(added.indentedText.utf8).write(to: URL(fileURLWithPath: folder + "/added_tokens.json"))
  }
}
