// The kernels in C that work on rows, called with rows: the rows' lengths are checked, their pointers go no further. And
// packed products on the heads of attention.
internal import CKernels
internal import TensorCore

extension ck_instructions {
  func gelu(_ x: Row, into y: Row) {
    precondition(x.count == y.count)
    unsafe ck_gelu(self, x.base, y.base, x.count)
  }

  func geluBackward(_ dy: Row, _ x: Row, into dx: Row) {
    precondition(dy.count == x.count && dx.count == x.count)
    unsafe ck_gelu_backward(self, dy.base, x.base, dx.base, x.count)
  }

  func swiGLU(_ gate: Row, _ up: Row, into y: Row) {
    precondition(gate.count == up.count && y.count == up.count)
    unsafe ck_swiglu(self, gate.base, up.base, y.base, y.count)
  }

  func swiGLUBackward(_ dy: Row, _ gate: Row, _ up: Row, intoGate dg: Row, up du: Row) {
    precondition([gate, up, dg, du].allSatisfy { $0.count == dy.count })
    unsafe ck_swiglu_backward(self, dy.base, gate.base, up.base, dg.base, du.base, dy.count)
  }

  /// Root-mean-square norm of rows that lie one behind the other, each as wide as the weight.
  func rmsNorm(_ x: Row, weight: Row, epsilon: Float, into y: Row, inverseRMS: Row) {
    precondition(x.count == inverseRMS.count * weight.count && y.count == x.count)
    unsafe ck_rms_norm(self, x.base, weight.base, y.base, inverseRMS.base, inverseRMS.count, weight.count, epsilon)
  }

  /// The maximum of the scaled row, Σ e^(s - max), and Σ e^(s - max) (s - max).
  func entropyTerms(_ x: Row, scale: Float) -> (maximum: Float, total: Float, moment: Float) {
    var (maximum, total, moment): (Float, Float, Float) = (0, 0, 0)
    unsafe ck_entropy_terms(self, x.base, x.count, scale, &maximum, &total, &moment)
    return (maximum, total, moment)
  }

  /// Each number's share of the row's exponentials, times a factor.
  func shares(_ x: Row, into dx: Row, scale: Float, logSumExp: Float, factor: Float) {
    precondition(x.count == dx.count)
    unsafe ck_share_terms(self, x.base, dx.base, x.count, scale, logSumExp, factor)
  }

  func squaredNorm(_ x: Row) -> Double { unsafe ck_squared_norm(self, x.base, x.count) }

  /// Turns raw products into exp(scale · s - max), in place; the maximum of scale · s and the sum.
  func softmaxTerms(_ line: Row, scale: Float) -> (maximum: Float, sum: Float) {
    var (maximum, sum): (Float, Float) = (0, 0)
    unsafe ck_softmax(self, line.base, line.count, scale, &maximum, &sum)
    return (maximum, sum)
  }

  /// One AdamW step of elements `range` of a parameter, its moments in Float32 or, rounded at random, in bfloat16.
  func adamW(_ u: AdamWUpdate, _ range: Range<Int>, memory: MemoryPool) {
    var constants = ck_adamw(AdamWConstants(u.step))
    let (start, count) = (range.lowerBound, range.count)
    let (w, g) = unsafe (u.parameter.floats + start, u.gradient.floats + start)
    guard u.firstMoment.elementType == .bfloat16 else {
      unsafe ck_adamw_update(
        self, &constants, w, g, u.firstMoment.floats + start, u.secondMoment.floats + start, count)
      return
    }
    let moments = unsafe [u.firstMoment, u.secondMoment].map { unsafe $0.halves + start }
    let storage = memory.storage(byteCount: 2 * count * 4)
    defer { withExtendedLifetime(storage) {} }
    let wide = unsafe storage.base.assumingMemoryBound(to: Float.self)
    for i in 0..<count {
      unsafe wide[i] = BFloat16(bitPattern: moments[0][i]).float
      unsafe wide[count + i] = BFloat16(bitPattern: moments[1][i]).float
    }
    unsafe ck_adamw_update(self, &constants, w, g, wide, wide + count, count)
    let stream = u.step.rounding
    var rounding = ck_rounding(key: (stream.key.x, stream.key.y), high: (stream.high.x, stream.high.y))
    unsafe ck_round_moments(self, &rounding, start, wide, wide + count, moments[0], moments[1], count)
  }
}

extension ck_adamw {
  init(_ c: AdamWConstants) {
    self.init(
      scale: c.scale, beta1: c.beta1, beta2: c.beta2, keep1: c.keep1, keep2: c.keep2, decay: c.decay, rate: c.rate,
      correction: c.correction, epsilon: c.epsilon)
  }
}

/// Packed products on head slices.
@safe struct HeadProducts {
  let set: ck_instructions

  static var mr: Int { Int(CK_MR) }
  static var nr: Int { Int(CK_NR) }

  /// A head's columns of a matrix, its rows picked by `rows`.
  @unsafe func slice(_ x: Matrix, column: Int, rows: UnsafePointer<Int32>?) -> ck_matrix {
    unsafe ck_matrix(base: UnsafeRawPointer(x.base + column), rows: rows, stride: x.width, element: CK_FLOAT32)
  }

  /// Packs `count` rows, `k` elements each, into panels of `lanes` rows.
  @unsafe func packRows(_ x: ck_matrix, first: Int, count: Int, k: Int, lanes: Int, into panels: Floats) {
    for start in stride(from: 0, to: count, by: lanes) {
      unsafe ck_pack_rows(set, x, first + start, min(lanes, count - start), 0, k, Int32(lanes), panels + start * k)
    }
  }

  /// Packs columns [0, count) of rows [first, first + k) into panels of `lanes` columns.
  @unsafe func packColumns(_ x: ck_matrix, first: Int, count: Int, k: Int, lanes: Int, into panels: Floats) {
    for start in stride(from: 0, to: count, by: lanes) {
      unsafe ck_pack_columns(set, x, start, min(lanes, count - start), first, k, Int32(lanes), panels + start * k)
    }
  }

  /// c[m, n] from packed panels over `k`, which were packed with a depth of `depth` ≥ k.
  @unsafe func multiply(
    _ a: Floats, _ b: Floats, m: Int, n: Int, k: Int, depthA: Int, depthB: Int, into c: Floats, stride width: Int,
    mode: ck_mode
  ) {
    for j in stride(from: 0, to: n, by: Self.nr) {
      for i in stride(from: 0, to: m, by: Self.mr) {
        unsafe ck_tile(
          set, k, a + i * depthA, b + j * depthB, c + i * width + j, width, Int32(min(Self.mr, m - i)),
          Int32(min(Self.nr, n - j)), mode, nil)
      }
    }
  }
}
