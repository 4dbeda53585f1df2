// How a family of models is spoken to.
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
