// The definition of every fused operation in plain Double loops: slow, obvious, and of no use but to be compared with.
public import TensorCore

/// A matrix of Doubles.
public struct Grid: Sendable, Equatable {
  public let rows, width: Int
  public var values: [Double]

  public init(_ rows: Int, _ width: Int, _ values: [Double]) {
    precondition(values.count == rows * width, "\(values.count) values for [\(rows), \(width)]")
    self.rows = rows
    self.width = width
    self.values = values
  }

  public init(_ rows: Int, _ width: Int) { self.init(rows, width, [Double](repeating: 0, count: rows * width)) }

  /// The numbers of a tensor in host memory, exactly.
  public init(_ tensor: Tensor) {
    self.init(tensor.rowCount, tensor.width, tensor.hostValues.map(Double.init))
  }

  public subscript(row: Int, column: Int) -> Double {
    get { values[row * width + column] }
    set { values[row * width + column] = newValue }
  }

  public func row(_ row: Int) -> [Double] { Array(values[row * width..<(row + 1) * width]) }
}

public enum Reference {}

// MARK: - Products
extension Reference {
  /// y[r, o] = Σᵢ x[r, i] w[o, i] + b[o].
  public static func linear(_ x: Grid, weight w: Grid, bias: [Double]?) -> Grid {
    var y = Grid(x.rows, w.rows)
    for r in 0..<x.rows {
      for o in 0..<w.rows {
        var sum = bias?[o] ?? 0
        for i in 0..<x.width { sum += x[r, i] * w[o, i] }
        y[r, o] = sum
      }
    }
    return y
  }

  /// dx[r, i] = Σₒ dy[r, o] w[o, i].
  public static func linearBackward(_ dy: Grid, weight w: Grid) -> Grid {
    var dx = Grid(dy.rows, w.width)
    for r in 0..<dy.rows { for i in 0..<w.width { for o in 0..<w.rows { dx[r, i] += dy[r, o] * w[o, i] } } }
    return dx
  }

  /// dw[o, i] = Σᵣ dy[r, o] x[r, i], db[o] = Σᵣ dy[r, o], over the rows of all questions.
  public static func linearBackward(
    _ dy: Grid, input x: Grid, questions: [[Range<Int>]]
  ) -> (weight: Grid, bias: [Double]) {
    var (dw, db) = (Grid(dy.width, x.width), [Double](repeating: 0, count: dy.width))
    for r in questions.joined().joined() {
      for o in 0..<dy.width {
        db[o] += dy[r, o]
        for i in 0..<x.width { dw[o, i] += dy[r, o] * x[r, i] }
      }
    }
    return (dw, db)
  }
}

// MARK: - Rows
extension Reference {
  public static func unfold(_ x: Grid, chunks: [ConvolutionChunk], stride: Int, outputRows: Int) -> Grid {
    var y = Grid(outputRows, x.width * 3)
    for chunk in chunks {
      for t in 0..<chunk.outputCount(stride: stride) {
        for tap in 0..<3 {
          let row = chunk.input.lowerBound + stride * t + tap - 1
          guard chunk.input.contains(row) else { continue }
          for c in 0..<x.width { y[chunk.outputStart + t, c * 3 + tap] = x[row, c] }
        }
      }
    }
    return y
  }

  /// The transpose of `unfold`.
  public static func unfoldBackward(_ dy: Grid, chunks: [ConvolutionChunk], stride: Int, inputRows: Int) -> Grid {
    var dx = Grid(inputRows, dy.width / 3)
    for chunk in chunks {
      for t in 0..<chunk.outputCount(stride: stride) {
        for tap in 0..<3 {
          let row = chunk.input.lowerBound + stride * t + tap - 1
          guard chunk.input.contains(row) else { continue }
          for c in 0..<dx.width { dx[row, c] += dy[chunk.outputStart + t, c * 3 + tap] }
        }
      }
    }
    return dx
  }

  public static func averagePairs(_ x: Grid, _ starts: [Int32]) -> Grid {
    var y = Grid(starts.count, x.width)
    for (r, start) in starts.enumerated() {
      for c in 0..<x.width { y[r, c] = (x[Int(start), c] + x[Int(start) + 1, c]) / 2 }
    }
    return y
  }

  public static func averagePairsBackward(_ dy: Grid, _ starts: [Int32], inputRows: Int) -> Grid {
    var dx = Grid(inputRows, dy.width)
    for (r, start) in starts.enumerated() {
      for c in 0..<dy.width {
        dx[Int(start), c] += dy[r, c] / 2
        dx[Int(start) + 1, c] += dy[r, c] / 2
      }
    }
    return dx
  }
}
