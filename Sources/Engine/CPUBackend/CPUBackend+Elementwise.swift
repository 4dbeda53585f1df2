// One number in, one number out; threads share the elements.
public import TensorCore

extension CPUBackend {
  /// Runs `body` on matching pieces of flat rows, whole lanes first.
  private func elementwise(_ count: Int, _ body: (_ start: Int, _ count: Int) -> Void) {
    let groups = (count + 15) / 16
    parallel.ranges(groups, grain: 1024) { range in
      body(range.lowerBound * 16, min(range.upperBound * 16, count) - range.lowerBound * 16)
    }
  }

  private func same(_ a: Tensor, _ b: Tensor, _ name: String) {
    precondition(a.elementCount == b.elementCount, "\(name): \(a.shape) against \(b.shape)")
  }

  public func add(_ x: Tensor, to y: Tensor) {
    same(x, y, "add")
    let (x, y) = (Matrix(x).flat, Matrix(y).flat)
    elementwise(x.count) { start, count in
      let (x, y) = (x.part(start, count), y.part(start, count))
      for i in y.wholeLanes { y[lanes: i] = y[lanes: i] + x[lanes: i] }
      for i in y.tailStart..<count { y[i] += x[i] }
    }
  }

  public func scale(_ x: Tensor, by factor: Float) {
    let x = Matrix(x).flat
    elementwise(x.count) { start, count in
      let x = x.part(start, count)
      for i in x.wholeLanes { x[lanes: i] = x[lanes: i] * factor }
      for i in x.tailStart..<count { x[i] *= factor }
    }
  }

  public func gelu(_ x: Tensor, into y: Tensor) {
    same(x, y, "gelu")
    let (x, y) = (Matrix(x).flat, Matrix(y).flat)
    func value(_ x: Lanes) -> Lanes {
      x * 0.5 * (Lanes(repeating: 1) + LaneFunctions.erf(x * Lanes(repeating: 0.70710677)))
    }
    elementwise(x.count) { start, count in
      let (x, y) = (x.part(start, count), y.part(start, count))
      for i in y.wholeLanes { y[lanes: i] = value(x[lanes: i]) }
      if y.tailStart < count { y.setTail(value(x.tail())) }
    }
  }

  public func geluBackward(_ dy: Tensor, input x: Tensor, into dx: Tensor) {
    same(dy, x, "geluBackward")
    same(dy, dx, "geluBackward")
    let (dy, x, dx) = (Matrix(dy).flat, Matrix(x).flat, Matrix(dx).flat)
    // forward: y = x Φ(x), so dy/dx = Φ(x) + x φ(x)
    func value(_ d: Lanes, _ x: Lanes) -> Lanes {
      let cumulative = (Lanes(repeating: 1) + LaneFunctions.erf(x * Lanes(repeating: 0.70710677))) * 0.5
      let density = LaneFunctions.exp(x * x * -0.5) * 0.3989423
      return d * cumulative.addingProduct(x, density)
    }
    elementwise(x.count) { start, count in
      let (dy, x, dx) = (dy.part(start, count), x.part(start, count), dx.part(start, count))
      for i in dx.wholeLanes { dx[lanes: i] = value(dy[lanes: i], x[lanes: i]) }
      if dx.tailStart < count { dx.setTail(value(dy.tail(), x.tail())) }
    }
  }

  public func swiGLU(gate g: Tensor, up u: Tensor, into y: Tensor) {
    same(g, u, "swiGLU")
    same(g, y, "swiGLU")
    let (g, u, y) = (Matrix(g).flat, Matrix(u).flat, Matrix(y).flat)
    elementwise(g.count) { start, count in
      let (g, u, y) = (g.part(start, count), u.part(start, count), y.part(start, count))
      func value(_ g: Lanes, _ u: Lanes) -> Lanes { g * LaneFunctions.sigmoid(g) * u }
      for i in y.wholeLanes { y[lanes: i] = value(g[lanes: i], u[lanes: i]) }
      if y.tailStart < count { y.setTail(value(g.tail(), u.tail())) }
    }
  }

  public func swiGLUBackward(_ dy: Tensor, gate g: Tensor, up u: Tensor, intoGate dg: Tensor, up du: Tensor) {
    same(dy, g, "swiGLUBackward")
    same(dy, u, "swiGLUBackward")
    same(dy, dg, "swiGLUBackward")
    same(dy, du, "swiGLUBackward")
    let (dy, g, u, dg, du) = (Matrix(dy).flat, Matrix(g).flat, Matrix(u).flat, Matrix(dg).flat, Matrix(du).flat)
    // forward: y = g σ(g) u, and d(g σ)/dg = σ (1 + g (1 - σ))
    func values(_ d: Lanes, _ g: Lanes, _ u: Lanes) -> (Lanes, Lanes) {
      let one = Lanes(repeating: 1)
      let sigma = LaneFunctions.sigmoid(g)
      return (d * u * sigma * one.addingProduct(g, one - sigma), d * g * sigma)
    }
    elementwise(g.count) { start, count in
      let (dy, g, u) = (dy.part(start, count), g.part(start, count), u.part(start, count))
      let (dg, du) = (dg.part(start, count), du.part(start, count))
      for i in dy.wholeLanes { (dg[lanes: i], du[lanes: i]) = values(dy[lanes: i], g[lanes: i], u[lanes: i]) }
      if dy.tailStart < count {
        let (gate, up) = values(dy.tail(), g.tail(), u.tail())
        dg.setTail(gate)
        du.setTail(up)
      }
    }
  }
}
