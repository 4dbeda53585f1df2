// Rows picked, put, paired and unfolded: no arithmetic but sums in a fixed order.
public import TensorCore

extension CPUBackend {
  private func rowGrain(_ width: Int) -> Int { max(1, 16_384 / max(width, 1)) }

  public func gatherRows(_ table: Tensor, _ indices: [Int32], into y: Tensor) {
    let width = table.width
    requireShape(y, indices.count, width, "gatherRows: output")
    requireRows(indices, below: table.rowCount, "gatherRows")
    let out = unsafe y.floats
    switch table.elementType {
    case .float32:
      let source = unsafe table.floats
      parallel.ranges(indices.count, grain: rowGrain(width)) { range in
        for r in range { unsafe (out + r * width).update(from: source + Int(indices[r]) * width, count: width) }
      }
    case .bfloat16:
      let source = unsafe table.halves
      parallel.ranges(indices.count, grain: rowGrain(width)) { range in
        for r in range {
          let row = unsafe source + Int(indices[r]) * width
          for c in 0..<width { unsafe out[r * width + c] = BFloat16(bitPattern: row[c]).float }
        }
      }
    }
  }

  /// Threads share the columns: a row may be named more than once, and its sum runs in rising r.
  public func scatterAddRows(_ dy: Tensor, _ indices: [Int32], addingTo table: Tensor) {
    let width = table.width
    requireShape(dy, indices.count, width, "scatterAddRows: rows")
    requireRows(indices, below: table.rowCount, "scatterAddRows")
    let (source, target) = unsafe (dy.floats, table.floats)
    parallel.ranges(width, grain: max(64, 65_536 / max(indices.count, 1))) { columns in
      for r in indices.indices {
        let (from, to) = unsafe (source + r * width, target + Int(indices[r]) * width)
        for c in columns { unsafe to[c] += from[c] }
      }
    }
  }

  public func setRows(_ x: Tensor, _ indices: [Int32], into y: Tensor) {
    let width = y.width
    requireShape(x, indices.count, width, "setRows: rows")
    requireRows(indices, below: y.rowCount, "setRows")
    let (source, target) = unsafe (x.floats, y.floats)
    parallel.ranges(indices.count, grain: rowGrain(width)) { range in
      for r in range { unsafe (target + Int(indices[r]) * width).update(from: source + r * width, count: width) }
    }
  }

  public func addRows(_ table: Tensor, _ indices: [Int32], addingTo x: Tensor) {
    let width = x.width
    requireShape(x, indices.count, table.width, "addRows: rows")
    requireRows(indices, below: table.rowCount, "addRows")
    let target = unsafe x.floats
    let isHalf = table.elementType == .bfloat16
    parallel.ranges(indices.count, grain: rowGrain(width)) { range in
      for r in range {
        let (to, first) = unsafe (target + r * width, Int(indices[r]) * width)
        if isHalf {
          for c in 0..<width { unsafe to[c] += BFloat16(bitPattern: table.halves[first + c]).float }
        } else {
          let from = unsafe table.floats + first
          for c in 0..<width { unsafe to[c] += from[c] }
        }
      }
    }
  }

  public func averagePairs(_ x: Tensor, _ starts: [Int32], into y: Tensor) {
    let width = x.width
    requireShape(y, starts.count, width, "averagePairs: output")
    requireRows(starts.map { $0 + 1 }, below: x.rowCount, "averagePairs")
    let (source, target) = unsafe (x.floats, y.floats)
    parallel.ranges(starts.count, grain: rowGrain(width)) { range in
      for r in range {
        let (from, to) = unsafe (source + Int(starts[r]) * width, target + r * width)
        for c in 0..<width { unsafe to[c] = (from[c] + from[c + width]) * 0.5 }
      }
    }
  }

  public func averagePairsBackward(_ dy: Tensor, _ starts: [Int32], into dx: Tensor) {
    let width = dx.width
    requireShape(dy, starts.count, width, "averagePairsBackward: rows")
    requireRows(starts.map { $0 + 1 }, below: dx.rowCount, "averagePairsBackward")
    fill(dx, with: 0)
    let (source, target) = unsafe (dy.floats, dx.floats)
    // forward: y[r] = (x[s] + x[s + 1]) / 2
    parallel.ranges(starts.count, grain: rowGrain(width)) { range in
      for r in range {
        let (from, to) = unsafe (source + r * width, target + Int(starts[r]) * width)
        for c in 0..<width {
          let half = unsafe from[c] * 0.5
          unsafe to[c] = half
          unsafe to[c + width] = half
        }
      }
    }
  }

  public func unfold(_ x: Tensor, chunks: [ConvolutionChunk], stride: Int, into y: Tensor) {
    let width = x.width
    precondition(y.width == width * 3, "unfold: output is \(y.shape), width \(width * 3) is needed")
    let (source, target) = unsafe (x.floats, y.floats)
    for chunk in chunks {
      let rows = chunk.outputCount(stride: stride)
      precondition(
        chunk.input.upperBound <= x.rowCount && chunk.outputStart + rows <= y.rowCount,
        "unfold: chunk \(chunk.input) of \(x.shape) into \(y.shape)")
      parallel.ranges(rows, grain: rowGrain(width * 3)) { range in
        for t in range {
          let out = unsafe target + (chunk.outputStart + t) * width * 3
          for tap in 0..<3 {
            let row = chunk.input.lowerBound + stride * t + tap - 1
            if chunk.input.contains(row) {
              let from = unsafe source + row * width
              for c in 0..<width { unsafe out[c * 3 + tap] = from[c] }
            } else {
              for c in 0..<width { unsafe out[c * 3 + tap] = 0 }
            }
          }
        }
      }
    }
  }

  public func unfoldBackward(_ dy: Tensor, chunks: [ConvolutionChunk], stride: Int, into dx: Tensor) {
    let width = dx.width
    precondition(dy.width == width * 3, "unfoldBackward: rows are \(dy.shape), width \(width * 3) is needed")
    fill(dx, with: 0)
    let (source, target) = unsafe (dy.floats, dx.floats)
    for chunk in chunks {
      let outputs = chunk.outputCount(stride: stride)
      parallel.ranges(chunk.input.count, grain: rowGrain(width * 3)) { range in
        for s in range {
          let to = unsafe target + (chunk.input.lowerBound + s) * width
          // forward: y[t, c · 3 + tap] = x[stride · t + tap - 1]
          for tap in 0..<3 {
            let scaled = s + 1 - tap
            guard scaled >= 0, scaled % stride == 0, scaled / stride < outputs else { continue }
            let from = unsafe source + (chunk.outputStart + scaled / stride) * width * 3
            for c in 0..<width { unsafe to[c] += from[c * 3 + tap] }
          }
        }
      }
    }
  }
}
