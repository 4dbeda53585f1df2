// The elementary functions on eight numbers at once: the same operations in the same order, so the same bits.
//
// A division or a chain of additions keeps one number waiting for itself; eight chains side by side fill the time.

extension Canonical {
  public typealias Eight = SIMD8<Double>

  /// `log` of each; they are positive, finite and not denormal.
  public static func log(_ x: Eight) -> Eight {
    let bits = unsafe unsafeBitCast(x, to: SIMD8<UInt64>.self)
    var mantissa = unsafe unsafeBitCast((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000, to: Eight.self)
    var exponent = Eight()
    for i in 0..<8 { exponent[i] = Double(Int(bits[i] >> 52) - 1023) }
    let isHigh = mantissa .> 1.4142135623730951
    mantissa.replace(with: mantissa / 2, where: isHigh)
    exponent.replace(with: exponent + 1, where: isHigh)
    let s = (mantissa - 1) / (mantissa + 1)
    let square = s * s
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

  /// `sin` of each; their size is below 10⁹.
  public static func sin(_ x: Eight) -> Eight {
    var n = Eight()
    for i in 0..<8 { n[i] = (x[i] * 0.6366197723675814).rounded() }
    let r = ((x - n * 1.57079632673412561417e+00) - n * 6.07710050630396597660e-11) - n * 2.02226624879595063154e-21
    let square = r * r
    var (even, odd) = (Eight(repeating: 1), Eight(repeating: 1))
    for k in [342.0, 272, 210, 156, 110, 72, 42, 20, 6] { even = 1 - even * square / k }
    for k in [380.0, 306, 240, 182, 132, 90, 56, 30, 12, 2] { odd = 1 - odd * square / k }
    even *= r
    var sum = Eight()
    for i in 0..<8 {
      let phase = Int(n[i]) & 3
      let size = phase & 1 == 0 ? even[i] : odd[i]
      sum[i] = phase & 2 == 0 ? size : -size
    }
    return sum
  }
}
