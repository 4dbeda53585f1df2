// Elementary functions on sixteen lanes, in Float32. Not a number in, not a number out.
//
// Coefficients: Chebyshev interpolation in 40 digits, rounded to Float32. Largest errors, found by test:
// exp 2 ulp; erf 1.5e-7 absolute.

enum LaneFunctions {
  /// eˣ = 2ⁿ · e^r, r = x - n ln 2 in two fused steps; 0 below -87.3, infinite above 88.3.
  @inline(__always) static func exp(_ x: Lanes) -> Lanes {
    // Adding 1.5 · 2²³ rounds to a whole number, which then stands in the low bits.
    let shifted = Lanes(repeating: 12_582_912).addingProduct(x, Lanes(repeating: 1.442695))
    let n = shifted - Lanes(repeating: 12_582_912)
    let r = x.addingProduct(n, Lanes(repeating: -0.693359375)).addingProduct(n, Lanes(repeating: 2.1219444e-4))
    var p = Lanes(repeating: 0.0013933902)
    p = Lanes(repeating: 0.0083633484).addingProduct(p, r)
    p = Lanes(repeating: 0.041666463).addingProduct(p, r)
    p = Lanes(repeating: 0.16666576).addingProduct(p, r)
    p = Lanes(repeating: 0.5).addingProduct(p, r)
    p = r.addingProduct(p * r, r) + Lanes(repeating: 1)
    let bits = unsafe unsafeBitCast(shifted, to: SIMD16<UInt32>.self)
    let power = unsafe unsafeBitCast((bits &<< 23) &+ SIMD16(repeating: 0x3F80_0000), to: Lanes.self)
    var y = p * power
    y.replace(with: 0, where: x .< Lanes(repeating: -87.3))
    y.replace(with: .infinity, where: x .> Lanes(repeating: 88.3))
    y.replace(with: x, where: x .!= x)
    return y
  }

  /// 1 / (1 + e^-x).
  @inline(__always) static func sigmoid(_ x: Lanes) -> Lanes {
    Lanes(repeating: 1) / (Lanes(repeating: 1) + exp(-x))
  }

  /// A polynomial in x² below 1; above, 1 - e^(-x²) times a polynomial in 1 / (1 + |x|/2).
  @inline(__always) static func erf(_ x: Lanes) -> Lanes {
    let s = x * x
    var p = Lanes(repeating: 7.882497448e-05)
    for c: Float in [
      -0.0008018855, 0.0051893122, -0.026854329, 0.11283597, -0.37612626, 1.1283791,
    ] { p = Lanes(repeating: c).addingProduct(p, s) }
    let small = p * x
    var size = x
    size.replace(with: -x, where: x .< Lanes.zero)
    let t = Lanes(repeating: 1) / Lanes(repeating: 1).addingProduct(size, Lanes(repeating: 0.5))
    var q = Lanes(repeating: 0.11443728)
    for c: Float in [
      -0.45406166, 0.5378829, -0.08292682, 0.33779228, 0.26256436, 0.28445813, -0.00012375227,
    ] { q = Lanes(repeating: c).addingProduct(q, t) }
    var large = Lanes(repeating: 1) - q * exp(-s)
    large.replace(with: -large, where: x .< Lanes.zero)
    return small.replacing(with: large, where: size .>= Lanes(repeating: 1))
  }
}
