// Rotary position embedding: pairs (i, i + headSize/2) turned by position · θ^(-2i/headSize).
//
// Angles are Float32 products of Float32 frequencies, as published; their sines and cosines come from `Canonical`.
internal import Synchronization

/// Cosines and sines by head size and base, made once and grown with the positions seen.
public final class RotaryTables: Sendable {
  /// Cosines and sines of one head size and base, row-major.
  public struct Table: Sendable {
    /// [positions, headSize / 2] each.
    public fileprivate(set) var cosines: [Float] = []
    public fileprivate(set) var sines: [Float] = []
  }
  private struct Key: Hashable {
    var headSize: Int
    var theta: Double
  }
  private let tables = Mutex([Key: Table]())

  public init() {}

  /// At least the first `positionCount` positions.
  public func table(headSize: Int, theta: Double, positionCount: Int) -> Table {
    tables.withLock { tables in
      var table = tables[Key(headSize: headSize, theta: theta)] ?? Table()
      let half = headSize / 2
      let known = half == 0 ? positionCount : table.cosines.count / half
      if known < positionCount {
        let frequencies = (0..<half).map { i in
          Float(1) / Float(Canonical.pow(theta, Double(Float(2 * i) / Float(headSize))))
        }
        for position in known..<max(positionCount, known * 2) {
          for frequency in frequencies {
            let angle = Double(Float(position) * frequency)
            table.cosines.append(Float(Canonical.cos(angle)))
            table.sines.append(Float(Canonical.sin(angle)))
          }
        }
        tables[Key(headSize: headSize, theta: theta)] = table
      }
      return table
    }
  }
}
