// How many weights a model of a configuration has.
internal import Layers
public import Models

/// Weights by what training does with them.
public struct ParameterCounts: Sendable, Hashable {
  /// The decoder with its embedding and head.
  public var decoder: Int
  /// The audio tower with its projection.
  public var tower: Int
  /// A table of positions that is never trained.
  public var frozen: Int

  public var total: Int { decoder + tower + frozen }
  /// Those that a fine-tuning changes.
  public func trained(freezesTower: Bool) -> Int { freezesTower ? decoder : decoder + tower }
}

extension ModelConfiguration {
  /// Every weight of the published layout, biases and norms included.
  public var parameterCounts: ParameterCounts {
    let s = decoder.sizes
    let hidden = s.hiddenSize
    let attention = hidden * (2 * s.queryWidth + 2 * s.keyValueWidth) + s.queryWidth + 2 * s.keyValueWidth
    let layer = attention + 3 * hidden * s.intermediateSize + 2 * hidden
    let vocabulary = hidden * decoder.vocabularySize * (decoder.tiesWordEmbeddings ? 1 : 2)
    let t = tower.sizes
    let (width, inner) = (t.hiddenSize, t.intermediateSize)
    let towerLayer = 4 * width * width + 3 * width + 2 * width * inner + inner + width + 4 * width
    let convolutions = 3 * width * (tower.melBandCount + width) + 2 * width
    return ParameterCounts(
      decoder: decoder.layerCount * layer + vocabulary + hidden,
      tower: tower.layerCount * towerLayer + convolutions + 2 * width + width * hidden + hidden,
      frozen: tower.halfWindow == nil ? tower.maximumPositions * width : 0)
  }
}
