// The sizes of a model, read from a checkpoint's `config.json` with its traps.
//
// Source: transformers `Qwen2AudioConfig`, `Qwen2_5OmniThinkerConfig`; published config files list only some fields, and
// the missing ones take the Qwen2 defaults, which are not those of the 7B model's neighbours.
public import Diagnostics
internal import Foundation
public import JSONText
public import Layers
internal import TensorCore

/// Sizes of an audio tower.
public struct AudioTowerConfiguration: Sendable, Hashable {
  public var sizes: TowerSizes
  public var layerCount: Int
  /// Bands of the log-mel.
  public var melBandCount: Int
  /// Rows of the position table. Qwen2-Audio pads its clips to twice as many frames.
  public var maximumPositions: Int
  /// Half the frames of an attention window (Omni); nil attends over the whole clip (Qwen2-Audio).
  public var halfWindow: Int?

  public init(sizes: TowerSizes, layerCount: Int, melBandCount: Int = 128, maximumPositions: Int, halfWindow: Int?) {
    self.sizes = sizes
    self.layerCount = layerCount
    self.melBandCount = melBandCount
    self.maximumPositions = maximumPositions
    self.halfWindow = halfWindow
  }
}

/// Sizes of a decoder.
public struct DecoderConfiguration: Sendable, Hashable {
  public var sizes: DecoderSizes
  public var layerCount: Int
  public var vocabularySize: Int
  /// ε of every norm of the decoder.
  public var rmsEpsilon: Float
  /// Whether the vocabulary head is the embedding.
  public var tiesWordEmbeddings: Bool
  /// The most tokens of a prompt with its answer.
  public var maximumPositions: Int

  public init(
    sizes: DecoderSizes, layerCount: Int, vocabularySize: Int, rmsEpsilon: Float, tiesWordEmbeddings: Bool = false,
    maximumPositions: Int
  ) {
    self.sizes = sizes
    self.layerCount = layerCount
    self.vocabularySize = vocabularySize
    self.rmsEpsilon = rmsEpsilon
    self.tiesWordEmbeddings = tiesWordEmbeddings
    self.maximumPositions = maximumPositions
  }
}

/// Sizes of a model and the ids of its audio tokens, by the checkpoint's config.json.
public struct ModelConfiguration: Sendable, Hashable {
  public var architecture: ModelArchitecture
  public var tower: AudioTowerConfiguration
  public var decoder: DecoderConfiguration
  /// The placeholder that audio embeddings replace.
  public var audioTokenID: Int32

  public init(
    architecture: ModelArchitecture, tower: AudioTowerConfiguration, decoder: DecoderConfiguration, audioTokenID: Int32
  ) {
    self.architecture = architecture
    self.tower = tower
    self.decoder = decoder
    self.audioTokenID = audioTokenID
  }

  /// Reads `config.json` of a checkpoint folder.
  public init(folder: String) throws(Diagnostics) {
    let path = folder + "/config.json"
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw Diagnostics([
        Diagnostic(
          "there is no config.json", at: SourceMark(file: path),
          hint: "a checkpoint folder holds config.json, tokenizer files and *.safetensors", kind: .missing)
      ])
    }
    let json: JSONValue
    do { json = try JSONValue(parsing: Array(bytes), file: path) } catch { throw Diagnostics([error]) }
    try self.init(json: json, file: path)
  }

  public init(json: JSONValue, file: String) throws(Diagnostics) {
    var reader = ConfigurationReader(file: file)
    let type = json["model_type"]?.string ?? ""
    switch type {
    case "qwen2_audio":
      self.init(
        architecture: .qwen2Audio,
        tower: reader.tower(json, "audio_config", isWindowed: false),
        decoder: reader.decoder(json, "text_config", defaults: .qwen2Audio),
        audioTokenID: reader.tokenID(json, ["audio_token_index", "audio_token_id"], default: 151_646))
      reader.refuse(json, ["audio_config", "text_config"])
    case "qwen2_5_omni", "qwen2_5_omni_thinker":
      let isThinker = type == "qwen2_5_omni_thinker"
      let thinker = isThinker ? json : json["thinker_config"] ?? .object(JSONObject())
      reader.prefix = isThinker ? "" : "thinker_config."
      self.init(
        architecture: .qwen25Omni,
        tower: reader.tower(thinker, "audio_config", isWindowed: true),
        decoder: reader.decoder(thinker, "text_config", defaults: .omni),
        audioTokenID: reader.tokenID(thinker, ["audio_token_index", "audio_token_id"], default: 151_646))
      reader.refuse(thinker, ["audio_config", "text_config"])
      if !isThinker {
        reader.prefix = ""
        reader.refuseQuantisation(json, "")
      }
    default:
      throw Diagnostics([
        Diagnostic(
          type.isEmpty ? "there is no model_type" : "'\(type)' is not a model this engine knows",
          at: SourceMark(file: file), path: "model_type", hint: "known: qwen2_audio, qwen2_5_omni")
      ])
    }
    try reader.mistakes.throwIfAnyError()
  }
}

/// Reads numbers with bounds, and remembers every mistake.
struct ConfigurationReader {
  struct DecoderDefaults {
    var hidden, intermediate, layers, heads, keyValueHeads, vocabulary, positions: Int
    var epsilon, theta: Double
    static let qwen2Audio = DecoderDefaults(
      hidden: 4096, intermediate: 22_016, layers: 32, heads: 32, keyValueHeads: 32, vocabulary: 151_936,
      positions: 32_768, epsilon: 1e-6, theta: 10_000)
    static let omni = DecoderDefaults(
      hidden: 3584, intermediate: 18_944, layers: 28, heads: 28, keyValueHeads: 4, vocabulary: 152_064,
      positions: 32_768, epsilon: 1e-6, theta: 1_000_000)
  }

  let file: String
  var prefix = ""
  var mistakes = Diagnostics()

  init(file: String) { self.file = file }

  mutating func report(_ path: String, _ fact: String) {
    mistakes.report(Diagnostic(fact, at: SourceMark(file: file), path: prefix + path))
  }

  mutating func whole(
    _ object: JSONValue, _ section: String, _ key: String, default fallback: Int, in range: ClosedRange<Int>
  ) -> Int {
    guard let found = object[key], !found.isNull else { return fallback }
    guard let value = found.integer else {
      report(section + "." + key, "\(found.kindName) where a whole number is expected")
      return fallback
    }
    guard range.contains(value) else {
      report(section + "." + key, "\(value) is outside \(range.lowerBound)...\(range.upperBound)")
      return fallback
    }
    return value
  }

  mutating func real(_ object: JSONValue, _ section: String, _ key: String, default fallback: Double) -> Double {
    guard let found = object[key], !found.isNull else { return fallback }
    guard let value = found.double, value > 0, value.isFinite else {
      report(section + "." + key, "a positive number is expected")
      return fallback
    }
    return value
  }

  mutating func tokenID(_ object: JSONValue, _ keys: [String], default fallback: Int32) -> Int32 {
    for key in keys {
      if let value = object[key] {
        guard let id = value.integer.flatMap(Int32.init(exactly:)), id >= 0 else {
          report(key, "a token id is expected")
          return fallback
        }
        return id
      }
    }
    return fallback
  }

  mutating func section(_ root: JSONValue, _ name: String) -> JSONValue {
    guard let section = root[name] else {
      report(name, "this section is missing")
      return .object(JSONObject())
    }
    if section.object == nil { report(name, "\(section.kindName) where an object is expected") }
    return section
  }

  mutating func tower(_ root: JSONValue, _ name: String, isWindowed: Bool) -> AudioTowerConfiguration {
    let audio = section(root, name)
    let width = whole(audio, name, "d_model", default: 1280, in: 4...65_536)
    let heads = whole(audio, name, "encoder_attention_heads", default: 20, in: 1...1024)
    if width % heads != 0 || width % 2 != 0 {
      report(name + ".d_model", "\(width) is not an even multiple of \(heads) heads")
      return AudioTowerConfiguration(
        sizes: TowerSizes(hiddenSize: 4, intermediateSize: 4, headCount: 1), layerCount: 0, maximumPositions: 4,
        halfWindow: nil)
    }
    if let activation = audio["activation_function"]?.string, activation != "gelu" {
      report(name + ".activation_function", "'\(activation)' is not supported; allowed: gelu")
    }
    let positions = whole(audio, name, "max_source_positions", default: 1500, in: 1...1_000_000)
    let halfWindow = isWindowed ? whole(audio, name, "n_window", default: 100, in: 1...1_000_000) : nil
    if let halfWindow, halfWindow > positions {
      report(name + ".n_window", "\(halfWindow) positions of a window are more than max_source_positions, \(positions)")
    }
    return AudioTowerConfiguration(
      sizes: TowerSizes(
        hiddenSize: width,
        intermediateSize: whole(audio, name, "encoder_ffn_dim", default: 5120, in: 1...1_048_576), headCount: heads),
      layerCount: whole(audio, name, "encoder_layers", default: 32, in: 0...1024),
      melBandCount: whole(audio, name, "num_mel_bins", default: 128, in: 128...128),
      maximumPositions: positions, halfWindow: halfWindow)
  }

  mutating func decoder(_ root: JSONValue, _ name: String, defaults d: DecoderDefaults) -> DecoderConfiguration {
    let text = section(root, name)
    let hidden = whole(text, name, "hidden_size", default: d.hidden, in: 2...1_048_576)
    let heads = whole(text, name, "num_attention_heads", default: d.heads, in: 1...4096)
    let keyValueHeads = whole(text, name, "num_key_value_heads", default: min(d.keyValueHeads, heads), in: 1...4096)
    let headSize = whole(text, name, "head_dim", default: max(hidden / heads, 2), in: 2...4096)
    if heads % keyValueHeads != 0 {
      report(name + ".num_key_value_heads", "\(heads) heads are not a multiple of \(keyValueHeads) key-value heads")
    }
    if headSize % 2 != 0 { report(name + ".head_dim", "\(headSize) is odd; rotary embedding turns pairs") }
    if text["head_dim"] == nil, hidden % heads != 0 {
      report(name + ".hidden_size", "\(hidden) is not a multiple of \(heads) heads")
    }
    if let activation = text["hidden_act"]?.string, activation != "silu" {
      report(name + ".hidden_act", "'\(activation)' is not supported; allowed: silu")
    }
    let rope = text["rope_parameters"] ?? .object(JSONObject())
    let theta = real(text, name, "rope_theta", default: d.theta)
    let ties = text["tie_word_embeddings"] ?? root["tie_word_embeddings"]
    return DecoderConfiguration(
      sizes: DecoderSizes(
        hiddenSize: hidden,
        intermediateSize: whole(text, name, "intermediate_size", default: d.intermediate, in: 1...4_194_304),
        heads: AttentionHeads(headCount: heads, keyValueHeadCount: keyValueHeads, headSize: headSize),
        ropeTheta: real(rope, name + ".rope_parameters", "rope_theta", default: theta)),
      layerCount: whole(text, name, "num_hidden_layers", default: d.layers, in: 0...1024),
      vocabularySize: whole(text, name, "vocab_size", default: d.vocabulary, in: 1...16_777_216),
      rmsEpsilon: Float(real(text, name, "rms_norm_eps", default: d.epsilon)),
      tiesWordEmbeddings: ties?.boolean ?? false,
      maximumPositions: whole(text, name, "max_position_embeddings", default: d.positions, in: 1...16_777_216))
  }
}
