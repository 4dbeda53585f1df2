// Rotary position embedding, in place.
public import TensorCore

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
      let (cosines, sines) = (table.cosines.span, table.sines.span)
      for r in range {
        let row = x[r]
        let at = Int(positions[r]) * half
        for head in stride(from: 0, to: width, by: headSize) {
          let (low, high) = (row.part(head, half), row.part(head + half, half))
          for i in 0..<half {
            let cosine = cosines[at + i]
            let sine = inverse ? -sines[at + i] : sines[at + i]
            let (a, b) = (low[i], high[i])
            low[i] = a * cosine - b * sine
            high[i] = b * cosine + a * sine
          }
        }
      }
    }
  }
}
