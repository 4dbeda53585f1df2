// The recipes of the micro profile's base models: the published architectures at about a million parameters, trained
// from a seed. Nothing here was set on a reported benchmark: the numbers come from the development benchmark, another
// seed.
internal import ContentHash
public import JSONText
internal import Layers
public import MicroWorld
public import Models
internal import TensorCore

/// How a micro base model is made.
public struct MicroRecipe: Sendable, Hashable {
  public var name: String
  public var architecture: ModelArchitecture
  public var size: WorldSize
  public var seed: UInt64
  /// Steps of the tower on class labels, and clips a step.
  public var towerSteps: Int
  public var towerClips: Int
  /// Steps of the decoder on text alone, then on clips and text; items a step.
  public var textSteps: Int
  public var heardSteps: Int
  public var heardItems: Int
  public var textItems: Int
  public var turnCount: Int
  public var peakRate: Double
  public var dials: TeachingDials

  /// Raised when the bytes of a base change.
  public static let version = 3
  package var version = Self.version

  /// The weak text reasoner: little text, hardly any weighing of options by a fact, chattier.
  package static func qwen2Audio(_ size: WorldSize, seed: UInt64 = 1) -> MicroRecipe {
    MicroRecipe(
      name: "qwen2-audio-micro", architecture: .qwen2Audio, size: size, seed: seed, towerSteps: 500, towerClips: 24,
      textSteps: 90, heardSteps: 420, heardItems: 10, textItems: 2, turnCount: 6, peakRate: 2e-3,
      dials: TeachingDials(chattyShare: 0.4, choiceShare: 0.5, whichShare: 0.1)
    ).scaled()
  }

  /// The stronger one: more text, options weighed by facts, fewer answers off the options.
  package static func qwen25Omni(_ size: WorldSize, seed: UInt64 = 1) -> MicroRecipe {
    MicroRecipe(
      name: "qwen2.5-omni-micro", architecture: .qwen25Omni, size: size, seed: seed, towerSteps: 500, towerClips: 24,
      textSteps: 240, heardSteps: 420, heardItems: 10, textItems: 4, turnCount: 6, peakRate: 2e-3,
      dials: TeachingDials(chattyShare: 0.3, choiceShare: 0.5, whichShare: 0.25)
    ).scaled()
  }

  /// A smoke-sized world is taught just long enough that some completions earn a reward: without one there is no
  /// gradient, and nothing to compare.
  private func scaled() -> MicroRecipe {
    guard size.name == "smoke" else { return self }
    var recipe = self
    (recipe.towerSteps, recipe.towerClips) = (3, 4)
    (recipe.textSteps, recipe.heardSteps, recipe.heardItems, recipe.textItems) = (60, 20, 4, 4)
    recipe.dials = TeachingDials(chattyShare: 0, choiceShare: 0.9, whichShare: 0.25)
    return recipe
  }

  /// What stands in the key of the cell.
  public var settings: JSONValue {
    .object([
      "name": .string(name), "architecture": .string(architecture.rawValue), "world": .string(size.name),
      "seed": .integer(Int(seed)), "tower_steps": .integer(towerSteps), "tower_clips": .integer(towerClips),
      "text_steps": .integer(textSteps), "heard_steps": .integer(heardSteps), "heard_items": .integer(heardItems),
      "text_items": .integer(textItems), "turns": .integer(turnCount), "learning_rate": .number(peakRate),
      "chatty_share": .number(dials.chattyShare), "choice_share": .number(dials.choiceShare),
      "which_share": .number(dials.whichShare), "version": .integer(version),
    ])
  }

  /// What of the recipe the tower depends on: both bases begin with the same one.
  var towerSettings: JSONValue {
    .object([
      "world": .string(size.name), "seed": .integer(Int(seed)), "steps": .integer(towerSteps),
      "clips": .integer(towerClips), "version": .integer(version),
    ])
  }

  static let towerWidth = 96
  static let hiddenSize = 128

  /// `config.json` in the published layout.
  func configuration(vocabularySize: Int, audioTokenID: Int) -> JSONValue {
    // The recipes imitate two layouts, that of padded clips and that of windows.
    let isOmni = !architecture.family.padsClips
    var audio = JSONObject([
      ("d_model", .integer(Self.towerWidth)), ("encoder_attention_heads", 4), ("encoder_ffn_dim", 256),
      ("encoder_layers", 2), ("num_mel_bins", 128), ("activation_function", "gelu"),
      // Two seconds: 100 positions behind the convolutions.
      ("max_source_positions", .integer(isOmni ? 1500 : 100)), ("scale_embedding", false),
    ])
    if isOmni {
      audio["model_type"] = "qwen2_5_omni_audio_encoder"
      audio["n_window"] = 100
      audio["output_dim"] = .integer(Self.hiddenSize)
    } else {
      audio["model_type"] = "qwen2_audio_encoder"
    }
    var text = JSONObject([
      ("vocab_size", .integer(vocabularySize)), ("hidden_size", .integer(Self.hiddenSize)),
      ("intermediate_size", 352), ("num_hidden_layers", 4), ("num_attention_heads", 4), ("num_key_value_heads", 2),
      ("hidden_act", "silu"), ("rms_norm_eps", .number(isOmni ? 1e-6 : 1e-5)),
      ("max_position_embeddings", 2048), ("tie_word_embeddings", false), ("use_sliding_window", false),
      ("rope_theta", .number(isOmni ? 1_000_000 : 10_000)),
    ])
    text["model_type"] = .string(isOmni ? "qwen2_5_omni_text" : "qwen2")
    if isOmni {
      text["rope_scaling"] = .object([
        "mrope_section": .array([4, 6, 6]), "rope_type": "default", "type": "default",
      ])
    }
    let body: [(String, JSONValue)] = [
      ("audio_config", .object(audio)), ("text_config", .object(text)), ("audio_token_index", .integer(audioTokenID)),
    ]
    guard isOmni else { return .object(JSONObject(body + [("model_type", "qwen2_audio")])) }
    return .object([
      "model_type": "qwen2_5_omni",
      // Published values, beyond this vocabulary: transformers wants them, no text holds them.
      "thinker_config": .object(
        JSONObject(
          body + [
            ("model_type", "qwen2_5_omni_thinker"), ("vision_start_token_id", 151_652), ("vision_end_token_id", 151_653),
          ])),
    ])
  }
}
