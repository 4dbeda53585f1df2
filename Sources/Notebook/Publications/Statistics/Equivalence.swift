// "About as good as": a claim that needs its own test, because "no significant difference" does not show it.

/// Two one-sided paired t tests on per-question differences.
public struct Equivalence: Sendable, Hashable {
  /// The mean difference, as a fraction.
  public var difference: Double
  /// The larger p of the two one-sided tests: below 0.05, the difference is shown to lie within ±margin.
  public var pValue: Double
  /// The two-sided 95 % interval of the mean difference.
  public var interval: Interval

  /// Tests whether the mean of `differences` lies within ±`margin`.
  ///
  ///     t₁ = (d̄ + margin)/se,  t₂ = (margin - d̄)/se,  p = max P(T > t)   with n - 1 degrees of freedom
  ///
  /// Where all differences are the same there is no variance to go by. If all are 0, a mean beyond the margin would
  /// need more than `margin` of all questions to differ, so p = (1 - margin)ⁿ, and the interval is ±u with
  /// (1 - u)ⁿ = 0.025; if not, p is 1.
  /// - Parameter differences: one per question: first less second, each in [-1, 1] (means over seeds are allowed).
  /// Source: D. J. Schuirmann, J. Pharmacokinetics and Biopharmaceutics 15 (1987) 657.
  public init(differences: [Double], margin: Double) {
    let n = Double(differences.count)
    let mean = differences.isEmpty ? 0 : differences.reduce(0, +) / n
    difference = mean
    let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    guard differences.count > 1, squares > 0 else {
      let allAgree = differences.allSatisfy { $0 == 0 }
      pValue = allAgree ? Self.power(1 - margin, differences.count) : 1
      let bound = Self.agreementBound(differences.count)
      interval =
        allAgree
        ? Interval(low: -bound, high: bound)
        : differences.count > 1 ? Interval(low: mean, high: mean) : Interval(low: -1, high: 1)
      return
    }
    let error = (squares / (n - 1) / n).squareRoot()
    let t = StudentT(degrees: differences.count - 1)
    pValue = max(t.above((mean + margin) / error), t.above((margin - mean) / error))
    let half = t.quantile(above: Confidence.ninetyFive.tail) * error
    interval = Interval(low: mean - half, high: mean + half)
  }

  private static func power(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1) { p, _ in p * x } }

  /// The share of questions that could still differ when n of n agree: u with (1 - u)ⁿ = 0.025, by bisection.
  private static func agreementBound(_ n: Int) -> Double {
    var low = 0.0
    var high = 1.0
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if power(1 - middle, n) > Confidence.ninetyFive.tail { low = middle } else { high = middle }
    }
    return high
  }
}
