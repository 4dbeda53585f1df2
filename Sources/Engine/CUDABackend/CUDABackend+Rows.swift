// Rows picked, put, paired and unfolded, and rotated by their positions.
internal import Synchronization
public import TensorCore

/// Rotary tables that are on the device already.
final class KnownTables: Sendable {
  struct Key: Hashable {
    var headSize: Int
    var theta: Double
  }
  struct Table {
    var positionCount: Int
    var cosines, sines: DeviceStorage
  }
  let known = Mutex([Key: Table]())
}

extension CUDABackend {
  private func suffix(_ table: Tensor) -> String { table.elementType == .float32 ? "" : "_half" }

  public func gatherRows(_ table: Tensor, _ indices: [Int32], into y: Tensor) {
    requireShape(y, indices.count, table.width, "gatherRows: output")
    requireRows(indices, below: table.rowCount, "gatherRows")
    let list = place(indices)
    eachRow(
      indices.count, table.width, "gather_rows" + suffix(table), [either(table), list.argument, output(y)])
  }

  /// A block for each row of the table that is named, so that its sum can run in rising r.
  public func scatterAddRows(_ dy: Tensor, _ indices: [Int32], addingTo table: Tensor) {
    requireShape(dy, indices.count, table.width, "scatterAddRows: rows")
    requireRows(indices, below: table.rowCount, "scatterAddRows")
    let order = indices.indices.sorted { (indices[$0], $0) < (indices[$1], $1) }
    var (targets, starts) = ([Int32](), [Int32]())
    for (place, index) in order.enumerated() where targets.last != indices[index] {
      targets.append(indices[index])
      starts.append(Int32(place))
    }
    starts.append(Int32(order.count))
    let lists = [targets, starts, order.map { Int32($0) }].map(place)
    eachRow(
      targets.count, table.width, "scatter_add_rows",
      [address(dy)] + lists.map(\.argument) + [output(table)])
  }

  public func setRows(_ x: Tensor, _ indices: [Int32], into y: Tensor) {
    requireShape(x, indices.count, y.width, "setRows: rows")
    requireRows(indices, below: y.rowCount, "setRows")
    let list = place(indices)
    eachRow(indices.count, y.width, "set_rows", [address(x), list.argument, output(y)])
  }

  public func addRows(_ table: Tensor, _ indices: [Int32], addingTo x: Tensor) {
    requireShape(x, indices.count, table.width, "addRows: rows")
    requireRows(indices, below: table.rowCount, "addRows")
    let list = place(indices)
    eachRow(
      indices.count, table.width, "add_rows" + suffix(table), [either(table), list.argument, output(x)])
  }

  public func averagePairs(_ x: Tensor, _ starts: [Int32], into y: Tensor) {
    requireShape(y, starts.count, x.width, "averagePairs: output")
    requireRows(starts.map { $0 + 1 }, below: x.rowCount, "averagePairs")
    let list = place(starts)
    eachRow(starts.count, x.width, "average_pairs", [address(x), list.argument, output(y)])
  }

  public func averagePairsBackward(_ dy: Tensor, _ starts: [Int32], into dx: Tensor) {
    requireShape(dy, starts.count, dx.width, "averagePairsBackward: rows")
    requireRows(starts.map { $0 + 1 }, below: dx.rowCount, "averagePairsBackward")
    fill(dx, with: 0)
    let list = place(starts)
    eachRow(starts.count, dx.width, "average_pairs_backward", [address(dy), list.argument, output(dx)])
  }

  public func unfold(_ x: Tensor, chunks: [ConvolutionChunk], stride: Int, into y: Tensor) {
    precondition(y.width == x.width * 3, "unfold: output is \(y.shape), width \(x.width * 3) is needed")
    // Rows of no chunk stay as they are: each chunk's rows are a launch of their own.
    for chunk in chunks {
      let rows = chunk.outputCount(stride: stride)
      precondition(
        chunk.input.upperBound <= x.rowCount && chunk.outputStart + rows <= y.rowCount,
        "unfold: chunk \(chunk.input) of \(x.shape) into \(y.shape)")
      let sources = place(
        (0..<rows).flatMap { t in
          (0..<3).map { tap in
            let row = chunk.input.lowerBound + stride * t + tap - 1
            return chunk.input.contains(row) ? Int32(row) : -1
          }
        })
      let target = y.rows(chunk.outputStart..<chunk.outputStart + rows)
      eachRow(rows, x.width, "unfold", [address(x), sources.argument, output(target)])
    }
  }

  public func unfoldBackward(_ dy: Tensor, chunks: [ConvolutionChunk], stride: Int, into dx: Tensor) {
    precondition(dy.width == dx.width * 3, "unfoldBackward: rows are \(dy.shape), width \(dx.width * 3) is needed")
    var readers = [Int32](repeating: -1, count: dx.rowCount * 3)
    for chunk in chunks {
      let outputs = chunk.outputCount(stride: stride)
      // forward: y[t, c · 3 + tap] = x[stride · t + tap - 1]
      for s in 0..<chunk.input.count {
        for tap in 0..<3 {
          let scaled = s + 1 - tap
          guard scaled >= 0, scaled % stride == 0, scaled / stride < outputs else { continue }
          readers[(chunk.input.lowerBound + s) * 3 + tap] = Int32(chunk.outputStart + scaled / stride)
        }
      }
    }
    let list = place(readers)
    eachRow(dx.rowCount, dx.width, "unfold_backward", [address(dy), list.argument, output(dx)])
  }

  public func rotate(_ x: Tensor, headSize: Int, positions: [Int32], theta: Double, inverse: Bool) {
    let (rows, width) = (x.rowCount, x.width)
    precondition(positions.count == rows, "rotate: \(positions.count) positions for \(rows) rows")
    precondition(headSize % 2 == 0 && width % headSize == 0, "rotate: width \(width), heads of \(headSize)")
    guard let last = positions.max() else { return }
    precondition((positions.min() ?? 0) >= 0, "rotate: a position below 0")
    let table = table(headSize: headSize, theta: theta, positionCount: Int(last) + 1)
    let (half, list) = (headSize / 2, place(positions))
    let threads = min(Self.threads, max(32, (width / 2 + 31) / 32 * 32))
    launch(
      "rotate", blocks: rows, by: (width / 2 + threads - 1) / threads, threads: threads,
      [
        .integer(width), .integer(half), list.argument, table.cosines.argument,
        table.sines.argument, .integer(inverse ? 1 : 0), output(x),
      ])
  }

  private func table(headSize: Int, theta: Double, positionCount: Int) -> KnownTables.Table {
    let key = KnownTables.Key(headSize: headSize, theta: theta)
    return tables.known.withLock { known in
      if let table = known[key], table.positionCount >= positionCount { return table }
      let values = rotary.table(headSize: headSize, theta: theta, positionCount: positionCount)
      let table = KnownTables.Table(
        positionCount: headSize == 0 ? positionCount : values.cosines.count / (headSize / 2),
        cosines: place(values.cosines), sines: place(values.sines))
      known[key] = table
      return table
    }
  }
}
