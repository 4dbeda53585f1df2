// A model that experiments may name: a row of the catalogue.
public import Models

/// What an experiment's `model:` may name.
public struct CatalogueModel: Sendable, Hashable {
  /// As experiments name it.
  public var name: String
  /// Which program of the engine it is.
  public var family: ModelArchitecture
  /// Where its weights are published: `OWNER/NAME` or `OWNER/NAME@REVISION` in the hub's cache, or a folder.
  public var weights: String
  /// Layers and width of its decoder; nil where they are not known.
  public var shape: Shape?
  /// The model of the micro world that stands in for it; nil where none does.
  public var standIn: StandIn?

  public init(name: String, family: ModelArchitecture, weights: String, shape: Shape? = nil, standIn: StandIn? = nil) {
    (self.name, self.family, self.weights) = (name, family, weights)
    (self.shape, self.standIn) = (shape, standIn)
  }

  /// Its repository, or that it is a folder: what a folder is called on one machine is no part of what is in it.
  public var source: String {
    let isFolder = ["/", "~", "."].contains { weights.hasPrefix($0) } || weights.split(separator: "/").count != 2
    return isFolder ? "folder" : weights
  }

  /// The size of its decoder, as far as it tells one checkpoint from another.
  public struct Shape: Sendable, Hashable {
    public var layers: Int
    public var width: Int
  }

  /// Models that the micro world makes.
  public enum StandIn: String, Sendable, Hashable, CaseIterable {
    case qwen2Audio = "qwen2-audio"
    case qwen25Omni = "qwen2.5-omni"

    public var family: ModelArchitecture {
      switch self {
      case .qwen2Audio: .qwen2Audio
      case .qwen25Omni: .qwen25Omni
      }
    }
  }
}
