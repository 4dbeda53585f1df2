// RMS and layer norm, forward and backward. Rows in lanes; weight gradients are column chains over a question's rows.
internal import CKernels
public import TensorCore

extension CPUBackend {
  private func rowGrain(_ width: Int) -> Int { max(1, 8192 / max(width, 1)) }

  public func rmsNorm(_ x: Tensor, weight w: Tensor, epsilon: Float, into y: Tensor, inverseRMS s: Tensor) {
    let (rows, width) = (x.rowCount, x.width)
    requireShape(y, rows, width, "rmsNorm: output")
    requireShape(s, rows, 1, "rmsNorm: inverseRMS")
    precondition(w.elementCount == width, "rmsNorm: weight is \(w.shape), [\(width)] is needed")
    let wide = wide(w)
    defer { withExtendedLifetime(wide) {} }
    let (x, y, w) = (Matrix(x).flat, Matrix(y).flat, Matrix(wide).flat)
    let s = Matrix(s).flat
    let set = instructions.kernel
    parallel.ranges(rows, grain: rowGrain(width)) { range in
      let (first, count) = (range.lowerBound * width, range.count * width)
      set.rmsNorm(
        x.part(first, count), weight: w, epsilon: epsilon, into: y.part(first, count),
        inverseRMS: s.part(range.lowerBound, range.count))
    }
  }

  /// A weight vector as Float32, whatever it is stored as. The caller keeps it alive.
  func wide(_ w: Tensor) -> Tensor {
    guard w.elementType != .float32 else { return w }
    let wide = empty(w.shape, .float32)
    copy(w, to: wide)
    return wide
  }

  public func rmsNormBackward(
    _ dy: Tensor, input x: Tensor, weight w: Tensor, inverseRMS s: Tensor, questions: [[Range<Int>]],
    into dx: Tensor, adding: Bool, weightGradient dw: Tensor?
  ) {
    let (rows, width) = (x.rowCount, x.width)
    requireShape(dy, rows, width, "rmsNormBackward: output gradient")
    requireShape(dx, rows, width, "rmsNormBackward: input gradient")
    let (dyM, xM, dxM, w) = (Matrix(dy), Matrix(x), Matrix(dx), Matrix(w).flat)
    let s = Matrix(s).flat
    if let dw {
      // forward: y[c] = x[c] · s · w[c]
      columnChains(rows: questions, width: width, into: Matrix(dw).flat) { r, i in
        dyM[r][lanes: i] * (xM[r][lanes: i] * s[r])
      } tail: { r, c in
        dyM[r][c] * (xM[r][c] * s[r])
      }
    }
    parallel.ranges(rows, grain: rowGrain(width)) { range in
      for r in range {
        let (dy, x, dx, scale) = (dyM[r], xM[r], dxM[r], s[r])
        // forward: ds/dx[c] = -s³ x[c] / C
        var dot = Lanes.zero
        for i in x.wholeLanes { dot = dot.fused(dy[lanes: i] * w[lanes: i], x[lanes: i]) }
        if x.tailStart < width { dot = dot.fused(dy.tail() * w.tail(), x.tail()) }
        let shared = dot.laneSum * scale * scale * scale / Float(width)
        for i in x.wholeLanes {
          let value = dy[lanes: i] * w[lanes: i] * scale - x[lanes: i] * shared
          dx[lanes: i] = adding ? dx[lanes: i] + value : value
        }
        for i in x.tailStart..<width {
          let value = dy[i] * w[i] * scale - x[i] * shared
          dx[i] = adding ? dx[i] + value : value
        }
      }
    }
  }

  public func layerNorm(
    _ x: Tensor, weight w: Tensor, bias b: Tensor, epsilon: Float, into y: Tensor, mean m: Tensor,
    inverseDeviation s: Tensor
  ) {
    let (rows, width) = (x.rowCount, x.width)
    requireShape(y, rows, width, "layerNorm: output")
    let (wideW, wideB) = (wide(w), wide(b))
    defer { withExtendedLifetime((wideW, wideB)) {} }
    let (x, y, w, b) = (Matrix(x), Matrix(y), Matrix(wideW).flat, Matrix(wideB).flat)
    let (m, s) = (Matrix(m).flat, Matrix(s).flat)
    parallel.ranges(rows, grain: rowGrain(width)) { range in
      for r in range {
        let (x, y) = (x[r], y[r])
        var sum = Lanes.zero
        for i in x.wholeLanes { sum += x[lanes: i] }
        if x.tailStart < width { sum += x.tail() }
        let mean = sum.laneSum / Float(width)
        var squares = Lanes.zero
        for i in x.wholeLanes {
          let centred = x[lanes: i] - mean
          squares = squares.fused(centred, centred)
        }
        if x.tailStart < width {
          let centred = x.tail(neutral: mean) - mean
          squares = squares.fused(centred, centred)
        }
        let scale = 1 / (squares.laneSum / Float(width) + epsilon).squareRoot()
        (m[r], s[r]) = (mean, scale)
        for i in x.wholeLanes { y[lanes: i] = (x[lanes: i] - mean) * scale * w[lanes: i] + b[lanes: i] }
        for i in x.tailStart..<width { y[i] = (x[i] - mean) * scale * w[i] + b[i] }
      }
    }
  }

  public func layerNormBackward(
    _ dy: Tensor, input x: Tensor, weight w: Tensor, mean m: Tensor, inverseDeviation s: Tensor,
    questions: [[Range<Int>]], into dx: Tensor, adding: Bool, weightGradient dw: Tensor?, biasGradient db: Tensor?
  ) {
    let (rows, width) = (x.rowCount, x.width)
    requireShape(dy, rows, width, "layerNormBackward: output gradient")
    requireShape(dx, rows, width, "layerNormBackward: input gradient")
    let (dyM, xM, dxM, w) = (Matrix(dy), Matrix(x), Matrix(dx), Matrix(w).flat)
    let (m, s) = (Matrix(m).flat, Matrix(s).flat)
    if let dw {
      // forward: y[c] = (x[c] - m) · s · w[c] + b[c]
      columnChains(rows: questions, width: width, into: Matrix(dw).flat) { r, i in
        dyM[r][lanes: i] * ((xM[r][lanes: i] - m[r]) * s[r])
      } tail: { r, c in
        dyM[r][c] * ((xM[r][c] - m[r]) * s[r])
      }
    }
    if let db {
      columnChains(rows: questions, width: width, into: Matrix(db).flat) { r, i in
        dyM[r][lanes: i]
      } tail: { r, c in
        dyM[r][c]
      }
    }
    parallel.ranges(rows, grain: rowGrain(width)) { range in
      for r in range {
        let (dy, x, dx) = (dyM[r], xM[r], dxM[r])
        let (mean, scale) = (m[r], s[r])
        // forward: n = (x - m) s; dx = s (g - mean(g) - n mean(g n)), g = dy · w
        var (sum, dot) = (Lanes.zero, Lanes.zero)
        for i in x.wholeLanes {
          let g = dy[lanes: i] * w[lanes: i]
          sum += g
          dot = dot.fused(g, (x[lanes: i] - mean) * scale)
        }
        if x.tailStart < width {
          let g = dy.tail() * w.tail()
          sum += g
          dot = dot.fused(g, (x.tail(neutral: mean) - mean) * scale)
        }
        let (meanG, meanGN) = (sum.laneSum / Float(width), dot.laneSum / Float(width))
        for i in x.wholeLanes {
          let normal = (x[lanes: i] - mean) * scale
          let value = (dy[lanes: i] * w[lanes: i] - meanG - normal * meanGN) * scale
          dx[lanes: i] = adding ? dx[lanes: i] + value : value
        }
        for i in x.tailStart..<width {
          let normal = (x[i] - mean) * scale
          let value = (dy[i] * w[i] - meanG - normal * meanGN) * scale
          dx[i] = adding ? dx[i] + value : value
        }
      }
    }
  }

  /// out[c] += per question the chain of term(r, c) over its rows in order; threads share the columns.
  private func columnChains(
    rows questions: [[Range<Int>]], width: Int, into out: Row, lanes: (Int, Int) -> Lanes, tail: (Int, Int) -> Float
  ) {
    let groups = (width + 15) / 16
    parallel.ranges(groups, grain: 8) { range in
      for ranges in questions {
        for group in range {
          let start = group * 16
          if start + 16 <= width {
            var sum = Lanes.zero
            for rows in ranges { for r in rows { sum += lanes(r, start) } }
            out[lanes: start] = out[lanes: start] + sum
          } else {
            for c in start..<width {
              var sum: Float = 0
              for rows in ranges { for r in rows { sum += tail(r, c) } }
              out[c] += sum
            }
          }
        }
      }
    }
  }
}
