// How a family of models is spoken to.
public import Models
public import Tokenization

extension ChatTemplate {
  /// The chat template of a family.
  public init(_ architecture: ModelArchitecture) { self.init(clipMark: architecture.family.clipMark) }
}
