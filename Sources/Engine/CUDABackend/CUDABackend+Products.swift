// Matrix products: one kernel a product, its tiles by the shape of the output.
public import TensorCore

/// The rows of some questions one after another, and where each question's begin and end.
struct RowChains: Sendable {
  let rows: DeviceStorage
  let chains: DeviceStorage
  let count: Int

  var arguments: [Argument] { [rows.argument, chains.argument, .integer(count)] }
}

extension CUDABackend {
  /// Large tiles need enough of them for all multiprocessors: the limit was measured on an H200, whatever the product.
  private func tiles(_ product: Product, _ m: Int, _ n: Int, isAligned: Bool) -> Tiles {
    guard isAligned else { return .loose }
    if let tiles { return tiles == .few && product != .forward ? .medium : tiles }
    if product == .forward, m <= 32 { return .few }
    return ((m + 63) / 64) * ((n + 63) / 64) >= 6 * gpu.multiprocessorCount ? .large : .medium
  }

  /// - Parameter operands: what is read in pieces of sixteen bytes, with the length of a row.
  private func run(
    _ product: Product, _ suffix: String, _ m: Int, _ n: Int, of operands: [(x: Tensor, stride: Int)],
    _ arguments: [Argument]
  ) {
    let isAligned = operands.allSatisfy { x, stride in
      let size = x.elementType.byteCount
      return stride * size % 16 == 0 && location(x) % 16 == 0
    }
    let tiles = tiles(product, m, n, isAligned: isAligned)
    let size = tiles.size(of: product)
    let (rows, columns) = ((m + size.rows - 1) / size.rows, (n + size.columns - 1) / size.columns)
    // Few rows: blocks of the same weights beside each other.
    launch(
      product.rawValue + suffix + "_" + tiles.rawValue, blocks: tiles == .few ? rows : columns,
      by: tiles == .few ? columns : rows, threads: size.threads, arguments)
  }

  private func suffix(_ w: Tensor) -> String { w.elementType == .float32 ? "" : "_half" }

  public func linear(_ x: Tensor, weight w: Tensor, bias b: Tensor?, into y: Tensor) {
    let (m, k, n) = (x.rowCount, x.width, w.rowCount)
    requireShape(w, n, k, "linear: weight")
    requireShape(y, m, n, "linear: output")
    if let b { precondition(b.elementCount == n, "linear: bias is \(b.shape), [\(n)] is needed") }
    let bias = b.map(wide)
    run(
      .forward, suffix(w), m, n, of: [(x, k), (w, k)],
      [
        .integer(m), .integer(n), .integer(k), address(x), either(w), bias.map(address) ?? .address(0, nil), output(y),
      ])
  }

  public func linearBackward(_ dy: Tensor, weight w: Tensor, into dx: Tensor, adding: Bool) {
    let (m, n, k) = (dx.rowCount, dx.width, dy.width)
    requireShape(w, k, n, "linearBackward: weight")
    requireShape(dy, m, k, "linearBackward: output gradient")
    guard k > 0 || !adding else { return }
    run(
      .input, suffix(w), m, n, of: [(dy, k), (w, n)],
      [.integer(m), .integer(n), .integer(k), address(dy), either(w), output(dx), .integer(adding ? 1 : 0)])
  }

  public func linearBackward(
    _ dy: Tensor, input x: Tensor, questions: [[Range<Int>]], addingTo dw: Tensor, bias db: Tensor?
  ) {
    linearBackward([LinearGradient(dy: dy, weight: dw, bias: db)], input: x, questions: questions, inputGradient: nil)
  }

  public func linearBackward(
    _ gradients: [LinearGradient], input x: Tensor, questions: [[Range<Int>]], inputGradient: LinearInputGradient?
  ) {
    let chains = chains(of: questions)
    for gradient in gradients {
      let (dy, dw) = (gradient.dy, gradient.weight)
      let (m, n) = (dy.width, x.width)
      precondition(dy.rowCount == x.rowCount, "linearBackward: \(dy.shape) against \(x.shape)")
      requireShape(dw, m, n, "linearBackward: weight gradient")
      run(
        .weight, "", m, n, of: [(dy, m), (x, n)],
        [.integer(m), .integer(n), address(dy), address(x)] + chains.arguments + [output(dw)])
      if let db = gradient.bias { each(m, "column_sums", [address(dy)] + chains.arguments + [output(db)]) }
    }
    guard let inputGradient else { return }
    for (index, term) in inputGradient.terms.enumerated() {
      linearBackward(
        term.dy, weight: term.weight, into: inputGradient.output, adding: inputGradient.isAdding || index > 0)
    }
  }

  /// Questions without rows have no chain.
  func chains(of questions: [[Range<Int>]]) -> RowChains {
    chains.value(of: questions) { questions in
      var (rows, bounds) = ([Int32](), [Int32]())
      for ranges in questions {
        let first = rows.count
        for range in ranges { rows.append(contentsOf: range.lazy.map { Int32($0) }) }
        if rows.count > first { bounds += [Int32(first), Int32(rows.count)] }
      }
      return RowChains(rows: place(rows), chains: place(bounds), count: bounds.count / 2)
    }
  }
}
