// How k right of n can have become a printed percentage.

/// A way to print 100 k/n with a few digits.
public enum Rounding: String, Sendable, Hashable, CaseIterable {
  case halfUp = "half up"
  case halfEven = "half even"
  case truncated = "truncated"
  /// To one digit more, then to the digits printed, half up both times: 6 of 11 is 54.545…, 54.55, 54.6.
  case twice = "twice rounded"

  /// The two that a reader expects.
  public var isUsual: Bool { self == .halfUp || self == .halfEven }

  /// 100 k/n in units of 10^-decimals, by whole numbers alone.
  /// - Precondition: 0 ≤ k ≤ n, 0 < n ≤ 10⁹, decimals ≤ 4.
  public func units(of k: Int, in n: Int, decimals: Int) -> Int {
    let scale = PrintedNumber(units: 0, decimals: decimals).scale * 100
    switch self {
    case .halfUp: return (2 * scale * k + n) / (2 * n)
    case .truncated: return scale * k / n
    case .twice: return ((20 * scale * k + n) / (2 * n) + 5) / 10
    case .halfEven:
      let (quotient, rest) = (scale * k).quotientAndRemainder(dividingBy: n)
      let isUp = 2 * rest > n || (2 * rest == n && quotient % 2 == 1)
      return quotient + (isUp ? 1 : 0)
    }
  }

  /// Every k of n that prints as `number`.
  public func counts(printing number: PrintedNumber, of n: Int) -> [Int] {
    let scale = number.scale * 100
    // Rounding moves a value by at most one unit.
    let low = max(0, (number.units - 1) * n / scale)
    let high = min(n, (number.units + 1) * n / scale + 1)
    guard low <= high else { return [] }
    return (low...high).filter { units(of: $0, in: n, decimals: number.decimals) == number.units }
  }
}
