// Elementary functions in Double whose bits are ours: the C library's differ between versions and processors.
// Reduction to a small interval, then a Taylor series long enough that the rounding of the additions dominates:
// relative error below 4e-16 (absolute near the zeros of sin and cos), tested against the C library.

/// exp, log, sin, cos, tanh and their like, with the same bits everywhere.
public enum Canonical {
  /// eˣ; 0 below -745.2, infinite above 709.8.
  public static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709.8 { return .infinity }
    if x < -745.2 { return 0 }
    let n = (x * 1.4426950408889634).rounded()
    // x - n ln 2, with ln 2 in two parts: the first has 21 trailing zero bits, so n times it is exact.
    let r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10
    var sum = 1.0
    for k in stride(from: 14, through: 1, by: -1) { sum = 1 + sum * r / Double(k) }
    let half = Int(n) / 2
    return sum * power(half) * power(Int(n) - half)
  }

  /// ln x; negative infinity at 0, not a number below.
  public static func log(_ x: Double) -> Double {
    if x.isNaN || x < 0 { return .nan }
    if x == 0 { return -.infinity }
    if x == .infinity { return x }
    var mantissa = x.significand
    var exponent = Double(x.exponent)
    if mantissa > 1.4142135623730951 {
      mantissa /= 2
      exponent += 1
    }
    let s = (mantissa - 1) / (mantissa + 1)
    let square = s * s
    // Σ square^j / (2j + 1), j from 12 down to 1; written out, the quotients are constants.
    var sum = square * (1.0 / 25)
    sum = square * (sum + 1.0 / 23)
    sum = square * (sum + 1.0 / 21)
    sum = square * (sum + 1.0 / 19)
    sum = square * (sum + 1.0 / 17)
    sum = square * (sum + 1.0 / 15)
    sum = square * (sum + 1.0 / 13)
    sum = square * (sum + 1.0 / 11)
    sum = square * (sum + 1.0 / 9)
    sum = square * (sum + 1.0 / 7)
    sum = square * (sum + 1.0 / 5)
    sum = square * (sum + 1.0 / 3)
    return exponent * 6.93147180369123816490e-01 + (2 * s * (1 + sum) + exponent * 1.90821492927058770002e-10)
  }

  /// sin x, x in radians.
  public static func sin(_ x: Double) -> Double { quarter(x, shift: 0) }
  /// cos x, x in radians.
  public static func cos(_ x: Double) -> Double { quarter(x, shift: 1) }

  /// xʸ for x > 0.
  public static func pow(_ x: Double, _ y: Double) -> Double { exp(y * log(x)) }

  /// 2ⁿ for -1022 ≤ n ≤ 1023.
  private static func power(_ n: Int) -> Double { Double(bitPattern: UInt64(n + 1023) << 52) }

  /// sin(x + shift·π/2): reduced to [-π/4, π/4] with π/2 in three parts, good to |x| of about 10⁶.
  private static func quarter(_ x: Double, shift: Int) -> Double {
    guard abs(x) < 1e9 else { return .nan }
    let n = (x * 0.6366197723675814).rounded()
    let r = ((x - n * 1.57079632673412561417e+00) - n * 6.07710050630396597660e-11) - n * 2.02226624879595063154e-21
    let square = r * r
    let phase = (Int(n) + shift) & 3
    var sum = 1.0
    if phase & 1 == 0 {
      for k in stride(from: 18, through: 2, by: -2) { sum = 1 - sum * square / Double(k * (k + 1)) }
      sum *= r
    } else {
      for k in stride(from: 19, through: 1, by: -2) { sum = 1 - sum * square / Double(k * (k + 1)) }
    }
    return phase & 2 == 0 ? sum : -sum
  }
}
