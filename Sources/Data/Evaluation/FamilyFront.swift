// How a family of models is spoken to and how it hears, where its checkpoint's files leave that open.
public import Models
public import Tokenization

extension ChatTemplate {
  /// The chat template of a family.
  public init(_ family: ModelArchitecture) {
    switch family {
    case .qwen2Audio: self = .qwen2Audio
    case .qwen25Omni: self = .qwen25Omni
    }
  }
}

extension ModelArchitecture {
  /// Seconds of a clip that are heard where preprocessor_config.json says nothing.
  var standardChunkSeconds: Int {
    switch self {
    case .qwen2Audio: 30
    case .qwen25Omni: 300
    }
  }

  /// Whether a clip is padded to the longest that is heard.
  var padsClips: Bool {
    switch self {
    case .qwen2Audio: true
    case .qwen25Omni: false
    }
  }
}
