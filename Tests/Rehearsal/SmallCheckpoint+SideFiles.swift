// The files beside the weights, with the fields of the published ones.
import JSONText

extension SmallCheckpoint {
  /// Names and contents, the tokenizer's files apart.
  func sideFiles(vocabularySize: Int, audioToken: Int) -> [(name: String, text: String)] {
    let config = kind == .omni ? omni(vocabularySize, audioToken) : qwen2Audio(vocabularySize, audioToken)
    let generation: JSONValue =
      kind == .omni
      ? .object(["_from_model_config": true, "transformers_version": "4.50.0.dev0"])
      : .object([
        "bos_token_id": .integer(audioToken - 3), "do_sample": true, "eos_token_id": .array([.integer(audioToken - 3), .integer(audioToken - 1)]),
        "pad_token_id": .integer(audioToken - 3), "repetition_penalty": 1.1, "temperature": 0.7, "top_k": 20, "top_p": 0.5,
        "transformers_version": "4.38.1",
      ])
    let seconds = kind == .omni ? 300 : 30
    let preprocessor: JSONValue = .object([
      "chunk_length": .integer(seconds), "feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 128,
      "hop_length": 160, "n_fft": 400, "n_samples": .integer(seconds * 16_000), "nb_max_frames": .integer(seconds * 100),
      "padding_side": "right", "padding_value": 0.0, "return_attention_mask": true, "sampling_rate": 16_000,
      "processor_class": kind == .omni ? "Qwen2_5OmniProcessor" : "Qwen2AudioProcessor",
    ])
    var files = [
      ("config.json", config.indentedText), ("generation_config.json", generation.indentedText),
      ("preprocessor_config.json", preprocessor.indentedText),
      ("chat_template.json", JSONValue.object(["chat_template": "{% for message in messages %}…{% endfor %}"]).indentedText),
      (".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n"),
      ("README.md", "---\nlicense: other\n---\n# \(repository)\n"),
    ]
    if kind == .omni { files += [("spk_dict.pt", "PK\u{3}\u{4}"), ("LICENSE", "A licence.\n")] }
    return files
  }

  private var tower: [(String, JSONValue)] {
    [
      ("activation_function", "gelu"), ("d_model", 48), ("encoder_attention_heads", 4), ("encoder_ffn_dim", 96),
      ("encoder_layers", 2), ("init_std", 0.02), ("max_source_positions", 1500), ("num_mel_bins", 128),
      ("scale_embedding", false),
    ]
  }

  private func qwen2Audio(_ vocabularySize: Int, _ audioToken: Int) -> JSONValue {
    .object([
      "architectures": .array(["Qwen2AudioForConditionalGeneration"]), "model_type": "qwen2_audio",
      "audio_config": .object(JSONObject(tower + [("model_type", "qwen2_audio_encoder")])),
      "audio_token_index": .integer(audioToken), "ignore_index": -100,
      "text_config": .object([
        "bos_token_id": .integer(audioToken - 3), "eos_token_id": .integer(audioToken - 1), "hidden_size": 64,
        "intermediate_size": 96, "max_position_embeddings": 8192, "model_type": "qwen2", "num_attention_heads": 4,
        "num_hidden_layers": 2, "num_key_value_heads": 4, "rms_norm_eps": 1e-5, "rope_theta": 10_000,
        "sliding_window": 32_768, "torch_dtype": "bfloat16", "use_mrope": false, "vocab_size": .integer(vocabularySize),
      ]),
      "torch_dtype": "bfloat16", "transformers_version": "4.38.1", "vocab_size": .integer(vocabularySize),
    ])
  }

  private func omni(_ vocabularySize: Int, _ audioToken: Int) -> JSONValue {
    let text: JSONValue = .object([
      "hidden_act": "silu", "hidden_size": 64, "intermediate_size": 112, "max_position_embeddings": 32_768,
      "model_type": "qwen2_5_omni_text", "num_attention_heads": 4, "num_hidden_layers": 3, "num_key_value_heads": 2,
      "rms_norm_eps": 1e-6, "rope_scaling": .object(["mrope_section": .array([2, 3, 3]), "rope_type": "default", "type": "default"]),
      "rope_theta": 1_000_000, "sliding_window": 32_768, "use_cache": true, "use_sliding_window": false,
      "vocab_size": .integer(vocabularySize), "tie_word_embeddings": false,
    ])
    let vision: JSONValue = .object([
      "depth": 1, "embed_dim": 16, "hidden_act": "silu", "hidden_size": 16, "in_channels": 3, "intermediate_size": 24,
      "model_type": "qwen2_5_omni_vision_encoder", "num_heads": 2, "out_hidden_size": 64, "patch_size": 4,
    ])
    let audio: [(String, JSONValue)] = [("model_type", "qwen2_5_omni_audio_encoder"), ("n_window", 100), ("output_dim", 64)]
    return .object([
      "architectures": .array(["Qwen2_5OmniModel"]), "model_type": "qwen2_5_omni", "enable_audio_output": true,
      "enable_talker": true,
      "talker_config": .object(["model_type": "qwen2_5_omni_talker", "hidden_size": 32, "vocab_size": 16]),
      "thinker_config": .object([
        "architectures": .array(["Qwen2OmniNaViTThinkerForConditionalGeneration"]),
        "audio_config": .object(JSONObject(tower + audio)), "text_config": text, "vision_config": vision,
        "audio_token_index": .integer(audioToken), "audio_start_token_id": .integer(audioToken + 1),
        "audio_end_token_id": .integer(audioToken + 2), "bos_token_id": .integer(audioToken - 2),
        "eos_token_id": .integer(audioToken - 1), "pad_token_id": .integer(audioToken - 3),
        "model_type": "qwen2_5_omni_thinker", "tie_word_embeddings": false, "vision_start_token_id": .integer(audioToken + 6),
        "vision_end_token_id": .integer(audioToken + 7), "image_token_index": .integer(audioToken + 9),
        "video_token_index": .integer(audioToken + 10),
      ]),
      "token2wav_config": .object(["model_type": "qwen2_5_omni_token2wav"]), "torch_dtype": "bfloat16",
      "transformers_version": "4.50.0.dev0",
    ])
  }
}
