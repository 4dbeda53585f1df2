// Rotary position embedding: pairs (i, i + headSize/2) turned by position · θ^(-2i/headSize).
//
// Angles are Float32 products of Float32 frequencies, as published; their sines and cosines come from `Canonical`.
internal import Synchronization
public import TensorCore

/// Cosines and sines by head size and base, made once and grown with the positions seen.
final class RotaryTables: Sendable {
  struct Table: Sendable {
    /// [positions, headSize / 2] each.
    var cosines: [Float] = []
    var sines: [Float] = []
  }
  private struct Key: Hashable {
    var headSize: Int
    var theta: Double
  }
  private let tables = Mutex([Key: Table]())

  func table(headSize: Int, theta: Double, positionCount: Int) -> Table {
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

extension CPUBackend {
  public func rotate(_ x: Tensor, headSize: Int, positions: [Int32], theta: Double, inverse: Bool) {
    let (rows, width) = (x.rowCount, x.width)
    precondition(positions.count == rows, "rotate: \(positions.count) positions for \(rows) rows")
    precondition(headSize % 2 == 0 && width % headSize == 0, "rotate: width \(width), heads of \(headSize)")
    guard let last = positions.max() else { return }
    precondition((positions.min() ?? 0) >= 0, "rotate: a position below 0")
    let table = rotary.table(headSize: headSize, theta: theta, positionCount: Int(last) + 1)
    let half = headSize / 2
    let x = Matrix(x)
    parallel.ranges(rows, grain: max(1, 8192 / max(width, 1))) { range in
      unsafe table.cosines.withUnsafeBufferPointer { cosines in
        unsafe table.sines.withUnsafeBufferPointer { sines in
          for r in range {
            let row = x[r]
            let at = Int(positions[r]) * half
            for head in stride(from: 0, to: width, by: headSize) {
              let (low, high) = (row.part(head, half), row.part(head + half, half))
              for i in 0..<half {
                let cosine = unsafe cosines[at + i]
                let sine = unsafe inverse ? -sines[at + i] : sines[at + i]
                let (a, b) = (low[i], high[i])
                low[i] = a * cosine - b * sine
                high[i] = b * cosine + a * sine
              }
            }
          }
        }
      }
    }
  }
}
