// What every interval here is made of: two ends and the normal quantile of its confidence.

/// A closed interval of accuracies or of their differences, as fractions (0.5 is 50 %).
public struct Interval: Sendable, Hashable {
  public var low: Double
  public var high: Double

  public init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }

  /// Whether a value lies within, ends included.
  public func contains(_ value: Double) -> Bool { low <= value && value <= high }
}

/// A two-sided confidence, with the normal quantile z that leaves (1 - confidence)/2 above it.
public enum Confidence: Sendable, Hashable {
  case ninety, ninetyFive, ninetyNine

  /// Source: scipy.stats.norm.ppf, rounded to Double.
  public var normalQuantile: Double {
    switch self {
    case .ninety: 1.6448536269514722
    case .ninetyFive: 1.959963984540054
    case .ninetyNine: 2.5758293035489004
    }
  }

  /// (1 - confidence)/2.
  public var tail: Double {
    switch self {
    case .ninety: 0.05
    case .ninetyFive: 0.025
    case .ninetyNine: 0.005
    }
  }
}

/// Wilson's score interval for k right of n.
///
///     (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n),   p = k/n
///
/// `k` may be a mean over seeds. The whole of [0, 1] where n is 0.
/// Source: E. B. Wilson, Probable inference, JASA 22 (1927).
public func wilsonInterval(_ k: Double, of n: Double, _ confidence: Confidence = .ninetyFive) -> Interval {
  guard n > 0 else { return Interval(low: 0, high: 1) }
  let z = confidence.normalQuantile
  let p = k / n
  let shrink = 1 + z * z / n
  let middle = (p + z * z / (2 * n)) / shrink
  let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / shrink
  // At the ends the formula gives 0 and 1 up to rounding; say so exactly.
  return Interval(low: k <= 0 ? 0 : max(0, middle - half), high: k >= n ? 1 : min(1, middle + half))
}

/// Wilson's score interval for k right of n.
public func wilsonInterval(_ k: Int, of n: Int, _ confidence: Confidence = .ninetyFive) -> Interval {
  wilsonInterval(Double(k), of: Double(n), confidence)
}
