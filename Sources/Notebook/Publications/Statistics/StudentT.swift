// Student's t distribution, through the incomplete beta function.
internal import TensorCore

/// Student's t with `degrees` of freedom.
public struct StudentT: Sendable {
  public let degrees: Double

  /// - Precondition: degrees > 0.
  public init(degrees: Double) {
    precondition(degrees > 0, "no t distribution has \(degrees) degrees of freedom")
    self.degrees = degrees
  }

  /// P(T > t) = I(ν/(ν + t²); ν/2, 1/2)/2 for t ≥ 0.
  public func above(_ t: Double) -> Double {
    if t.isNaN { return t }
    let tail = incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2
    return t >= 0 ? tail : 1 - tail
  }

  /// The t with P(T > t) = `tail`, for tail in (0, 1/2]; by bisection, to the last bits.
  public func quantile(above tail: Double) -> Double {
    var low = 0.0, high = 1.0
    while above(high) > tail, high < 1e300 { high *= 2 }
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if middle == low || middle == high { break }
      if above(middle) > tail { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

/// The regularised incomplete beta function I(x; a, b), by Lentz's continued fraction.
/// Source: DLMF 8.17.22.
func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  if x <= 0 { return 0 }
  if x >= 1 { return 1 }
  let front = Canonical.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Canonical.log(x) + b * Canonical.log(1 - x))
  // The fraction converges fast below the mean; the symmetry covers the rest.
  return x < (a + 1) / (a + b + 2)
    ? front * betaFraction(x, a, b) / a : 1 - front * betaFraction(1 - x, b, a) / b
}

private func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
  let tiny = 1e-300
  func away(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
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

/// ln Γ(x) for x > 0: Stirling's series after raising x above 12, error below 1e-15 relative to the result's scale.
/// Source: DLMF 5.11.1.
func logGamma(_ x: Double) -> Double {
  var product = 1.0
  var y = x
  while y < 12 {
    product *= y
    y += 1
  }
  let inverse = 1 / y, square = inverse * inverse
  let coefficients = [1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360_360, 1.0 / 156]
  var series = 0.0
  for coefficient in coefficients.reversed() { series = series * square + coefficient }
  return (y - 0.5) * Canonical.log(y) - y + 0.918938533204672742 + series * inverse - Canonical.log(product)
}
