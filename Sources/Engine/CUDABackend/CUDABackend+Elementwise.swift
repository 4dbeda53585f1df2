// One number in, one number out; norms, losses and updates.
public import TensorCore

extension CUDABackend {
  public func add(_ x: Tensor, to y: Tensor) {
    requireSame(x, y, "add")
    each(x.elementCount, "add", [address(x), output(y)])
  }

  public func scale(_ x: Tensor, by factor: Float) { each(x.elementCount, "scale", [.number(factor), output(x)]) }

  public func gelu(_ x: Tensor, into y: Tensor) {
    requireSame(x, y, "gelu")
    each(x.elementCount, "gelu", [address(x), output(y)])
  }

  public func geluBackward(_ dy: Tensor, input x: Tensor, into dx: Tensor) {
    requireSame(dy, x, "geluBackward")
    requireSame(dy, dx, "geluBackward")
    each(x.elementCount, "gelu_backward", [address(dy), address(x), output(dx)])
  }

  public func swiGLU(gate g: Tensor, up u: Tensor, into y: Tensor) {
    requireSame(g, u, "swiGLU")
    requireSame(g, y, "swiGLU")
    each(g.elementCount, "swiglu", [address(g), address(u), output(y)])
  }

  public func swiGLUBackward(_ dy: Tensor, gate g: Tensor, up u: Tensor, intoGate dg: Tensor, up du: Tensor) {
    for x in [g, u, dg, du] { requireSame(dy, x, "swiGLUBackward") }
    each(g.elementCount, "swiglu_backward", [address(dy), address(g), address(u), output(dg), output(du)])
  }

  public func rmsNorm(_ x: Tensor, weight w: Tensor, epsilon: Float, into y: Tensor, inverseRMS s: Tensor) {
    let (rows, width) = (x.rowCount, x.width)
    requireShape(y, rows, width, "rmsNorm: output")
    requireShape(s, rows, 1, "rmsNorm: inverseRMS")
    precondition(w.elementCount == width, "rmsNorm: weight is \(w.shape), [\(width)] is needed")
    let w = wide(w)
    lanes(rows, "rms_norm", [.integer(width), address(x), address(w), .number(epsilon), output(y), output(s)])
  }

  public func rmsNormBackward(
    _ dy: Tensor, input x: Tensor, weight w: Tensor, inverseRMS s: Tensor, questions: [[Range<Int>]],
    into dx: Tensor, adding: Bool, weightGradient dw: Tensor?
  ) {
    let (rows, width) = (x.rowCount, x.width)
    requireShape(dy, rows, width, "rmsNormBackward: output gradient")
    requireShape(dx, rows, width, "rmsNormBackward: input gradient")
    if let dw {
      let chains = chains(of: questions)
      each(width, "rms_norm_weight", [address(dy), address(x), address(s)] + chains.arguments + [output(dw)])
    }
    lanes(
      rows, "rms_norm_backward",
      [
        .integer(width), address(dy), address(x), address(w), address(s), output(dx), .integer(adding ? 1 : 0),
      ])
  }

  public func layerNorm(
    _ x: Tensor, weight w: Tensor, bias b: Tensor, epsilon: Float, into y: Tensor, mean m: Tensor,
    inverseDeviation s: Tensor
  ) {
    let (rows, width) = (x.rowCount, x.width)
    requireShape(y, rows, width, "layerNorm: output")
    let (w, b) = (wide(w), wide(b))
    lanes(
      rows, "layer_norm",
      [.integer(width), address(x), address(w), address(b), .number(epsilon), output(y), output(m), output(s)])
  }

  public func layerNormBackward(
    _ dy: Tensor, input x: Tensor, weight w: Tensor, mean m: Tensor, inverseDeviation s: Tensor,
    questions: [[Range<Int>]], into dx: Tensor, adding: Bool, weightGradient dw: Tensor?, biasGradient db: Tensor?
  ) {
    let (rows, width) = (x.rowCount, x.width)
    requireShape(dy, rows, width, "layerNormBackward: output gradient")
    requireShape(dx, rows, width, "layerNormBackward: input gradient")
    if dw != nil || db != nil {
      let chains = chains(of: questions)
      if let dw {
        each(
          width, "layer_norm_weight",
          [address(dy), address(x), address(m), address(s)] + chains.arguments + [output(dw)])
      }
      if let db { each(width, "column_sums", [address(dy)] + chains.arguments + [output(db)]) }
    }
    lanes(
      rows, "layer_norm_backward",
      [
        .integer(width), address(dy), address(x), address(w), address(m), address(s), output(dx),
        .integer(adding ? 1 : 0),
      ])
  }

  public func logProbabilities(
    _ x: Tensor, targets: [Int32], temperature: Float, into l: Tensor, logSumExp: Tensor, entropy: Tensor
  ) {
    let (rows, width) = (x.rowCount, x.width)
    precondition(targets.count == rows, "logProbabilities: \(targets.count) targets for \(rows) rows")
    for target in targets { precondition(target >= 0 && Int(target) < width, "logProbabilities: token \(target)") }
    let list = place(targets)
    lanes(
      rows, "log_probabilities",
      [
        .integer(width), address(x), list.argument, .number(1 / temperature), output(l), output(logSumExp),
        output(entropy),
      ])
  }

  public func logProbabilitiesBackward(
    _ x: Tensor, logSumExp: Tensor, targets: [Int32], temperature: Float, coefficients: [Float], into dx: Tensor
  ) {
    let (rows, width) = (x.rowCount, x.width)
    precondition(targets.count == rows && coefficients.count == rows, "logProbabilitiesBackward: \(rows) rows")
    requireShape(dx, rows, width, "logProbabilitiesBackward: gradient")
    let (list, factors) = (place(targets), place(coefficients))
    eachRow(
      rows, width, "log_probabilities_backward",
      [
        address(x), address(logSumExp), list.argument, factors.argument, .number(1 / temperature),
        output(dx),
      ])
  }

  /// Numbers of a piece of a sum of squares, as the processor cuts it.
  private static var piece: Int { 16_384 }

  public func squaredNorms(_ x: [Tensor]) -> [Double] {
    let counts = x.map { ($0.elementCount + Self.piece - 1) / Self.piece }
    let sums = memory.storage(byteCount: counts.reduce(0, +) * 8)
    var first = 0
    for (tensor, count) in zip(x, counts) {
      launch(
        "squared_norm", blocks: (count + 15) / 16,
        [
          .integer(tensor.elementCount), .integer(Self.piece), address(tensor),
          .address(sums.address + UInt64(first * 8), sums),
        ])
      first += count
    }
    let pieces = sums.numbers(from: 0, count: first, of: Double.self)
    var at = 0
    return counts.map { count in
      defer { at += count }
      return pieces[at..<at + count].reduce(0, +)
    }
  }

  public func adamW(_ updates: [AdamWUpdate]) {
    for u in updates {
      u.requireShapes()
      precondition(u.firstMoment.elementType == u.secondMoment.elementType, "adamW: moments of two element types")
      let c = AdamWConstants(u.step)
      let constants = [c.scale, c.beta1, c.beta2, c.keep1, c.keep2, c.decay, c.rate, c.correction, c.epsilon]
      let isFull = u.firstMoment.elementType == .float32
      let (key, high) = (u.step.rounding.key, u.step.rounding.high)
      let rounding = isFull ? [] : [key.x, key.y, high.x, high.y].map { Argument.integer(Int($0)) }
      each(
        u.parameter.elementCount, isFull ? "adamw" : "adamw_half",
        constants.map { .number($0) } + rounding + [u.parameter, u.gradient].map(output)
          + [u.firstMoment, u.secondMoment].map(eitherOutput))
    }
  }
}

extension CUDABackend: Backend {}
