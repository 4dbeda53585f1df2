// One number in, one number out; threads share the elements.
internal import CKernels
public import TensorCore

extension CPUBackend {
  /// Runs `body` on matching pieces of flat rows, whole lanes first.
  private func elementwise(_ count: Int, _ body: (_ start: Int, _ count: Int) -> Void) {
    let groups = (count + 15) / 16
    parallel.ranges(groups, grain: 1024) { range in
      body(range.lowerBound * 16, min(range.upperBound * 16, count) - range.lowerBound * 16)
    }
  }

  public func add(_ x: Tensor, to y: Tensor) {
    requireSame(x, y, "add")
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
    requireSame(x, y, "gelu")
    let (x, y) = (Matrix(x).flat, Matrix(y).flat)
    let set = instructions.kernel
    elementwise(x.count) { start, count in
      set.gelu(x.part(start, count), into: y.part(start, count))
    }
  }

  public func geluBackward(_ dy: Tensor, input x: Tensor, into dx: Tensor) {
    requireSame(dy, x, "geluBackward")
    requireSame(dy, dx, "geluBackward")
    let (dy, x, dx) = (Matrix(dy).flat, Matrix(x).flat, Matrix(dx).flat)
    // forward: y = x Φ(x), so dy/dx = Φ(x) + x φ(x)
    let set = instructions.kernel
    elementwise(x.count) { start, count in
      set.geluBackward(dy.part(start, count), x.part(start, count), into: dx.part(start, count))
    }
  }

  public func swiGLU(gate g: Tensor, up u: Tensor, into y: Tensor) {
    requireSame(g, u, "swiGLU")
    requireSame(g, y, "swiGLU")
    let (g, u, y) = (Matrix(g).flat, Matrix(u).flat, Matrix(y).flat)
    let set = instructions.kernel
    elementwise(g.count) { start, count in
      set.swiGLU(g.part(start, count), u.part(start, count), into: y.part(start, count))
    }
  }

  public func swiGLUBackward(_ dy: Tensor, gate g: Tensor, up u: Tensor, intoGate dg: Tensor, up du: Tensor) {
    requireSame(dy, g, "swiGLUBackward")
    requireSame(dy, u, "swiGLUBackward")
    requireSame(dy, dg, "swiGLUBackward")
    requireSame(dy, du, "swiGLUBackward")
    let (dy, g, u, dg, du) = (Matrix(dy).flat, Matrix(g).flat, Matrix(u).flat, Matrix(dg).flat, Matrix(du).flat)
    // forward: y = g σ(g) u, and d(g σ)/dg = σ (1 + g (1 - σ))
    let set = instructions.kernel
    elementwise(g.count) { start, count in
      set.swiGLUBackward(
        dy.part(start, count), g.part(start, count), u.part(start, count), intoGate: dg.part(start, count),
        up: du.part(start, count))
    }
  }
}
