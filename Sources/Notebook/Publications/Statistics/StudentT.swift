// Student's t distribution with whole degrees of freedom, through the incomplete beta function. Only products,
// quotients and square roots, so that the bits are the same everywhere.

/// Student's t with `degrees` of freedom.
public struct StudentT: Sendable {
  public let degrees: Int
  /// Γ((ν + 1)/2) / (Γ(ν/2) √π), which is 1/B(ν/2, 1/2).
  private let inverseBeta: Double

  /// - Precondition: degrees > 0.
  /// - Complexity: O(degrees).
  public init(degrees: Int) {
    precondition(degrees > 0, "no t distribution has \(degrees) degrees of freedom")
    self.degrees = degrees
    // 1/π for ν = 1 and 1/2 for ν = 2; two degrees more multiply by (ν + 1)/ν.
    inverseBeta = stride(from: degrees % 2 == 1 ? 1 : 2, to: degrees, by: 2)
      .reduce(degrees % 2 == 1 ? 1 / Double.pi : 0.5) { $0 * (Double($1 + 1) / Double($1)) }
  }

  /// P(T > t) = I(ν/(ν + t²); ν/2, 1/2)/2 for t ≥ 0.
  public func above(_ t: Double) -> Double {
    if t.isNaN { return t }
    let square = t * t
    let n = Double(degrees)
    let tail = square.isInfinite ? 0 : incompleteBeta(n / (n + square), complement: square / (n + square)) / 2
    return t >= 0 ? tail : 1 - tail
  }

  /// The t with P(T > t) = `tail`, for tail in (0, 1/2]; by bisection, to the last bits.
  public func quantile(above tail: Double) -> Double {
    var low = 0.0
    var high = 1.0
    while above(high) > tail, high < 1e300 { high *= 2 }
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if middle == low || middle == high { break }
      if above(middle) > tail { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// The regularised incomplete beta function I(x; ν/2, 1/2), by Lentz's continued fraction.
  /// Source: DLMF 8.17.22.
  private func incompleteBeta(_ x: Double, complement y: Double) -> Double {
    if x <= 0 { return 0 }
    if y <= 0 { return 1 }
    let a = Double(degrees) / 2
    let b = 0.5
    let front = (power(x, degrees) * y).squareRoot() * inverseBeta
    // The fraction converges fast below the mean; the symmetry covers the rest.
    return x < (a + 1) / (a + b + 2) ? front * fraction(x, a, b) / a : 1 - front * fraction(y, b, a) / b
  }

  private func power(_ x: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var square = x
    var left = exponent
    while left > 0 {
      if left & 1 == 1 { result *= square }
      square *= square
      left >>= 1
    }
    return result
  }

  private func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    func away(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
    var c = 1.0
    var d = 1 / away(1 - (a + b) * x / (a + 1))
    var fraction = d
    for index in 1..<10_000 {
      let m = Double(index)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / away(1 + even * d)
      c = away(1 + even / c)
      fraction *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / away(1 + odd * d)
      c = away(1 + odd / c)
      fraction *= d * c
      if abs(d * c - 1) < 1e-16 { break }
    }
    return fraction
  }
}
