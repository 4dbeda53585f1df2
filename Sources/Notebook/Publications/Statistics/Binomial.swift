// Exact binomial probabilities without a logarithm: terms are built from the most likely one by their ratios and
// divided by their sum, so that the bits are the same everywhere and nothing overflows.

/// The binomial distribution of k right of n with probability p.
public struct Binomial: Sendable {
  public let n: Int
  public let p: Double
  /// The probability of each k in 0...n.
  private let terms: [Double]

  /// - Precondition: 0 ≤ n, 0 ≤ p ≤ 1.
  /// - Complexity: O(n).
  public init(n: Int, p: Double) {
    precondition(n >= 0 && p >= 0 && p <= 1, "no binomial distribution has n = \(n), p = \(p)")
    self.n = n
    self.p = p
    var terms = [Double](repeating: 0, count: n + 1)
    let mode = min(n, Int((Double(n + 1) * p).rounded(.down)))
    terms[mode] = 1
    let odds = p / (1 - p)
    if mode < n {
      for k in mode..<n { terms[k + 1] = terms[k] * (Double(n - k) / Double(k + 1)) * odds }
    }
    if mode > 0 {
      for k in stride(from: mode, to: 0, by: -1) {
        terms[k - 1] = terms[k] * (Double(k) / Double(n - k + 1)) / odds
      }
    }
    let sum = Self.sum(terms[...])
    self.terms = terms.map { $0 / sum }
  }

  /// The probability of exactly k.
  public func probability(of k: Int) -> Double { k < 0 || k > n ? 0 : terms[k] }

  /// The probability of k or fewer.
  public func atMost(_ k: Int) -> Double { k < 0 ? 0 : k >= n ? 1 : min(1, Self.sum(terms[...k])) }

  /// The probability of k or more.
  public func atLeast(_ k: Int) -> Double { k <= 0 ? 1 : k > n ? 0 : min(1, Self.sum(terms[k...])) }

  /// The exact two-sided test: the probability of all counts that are no likelier than k.
  /// Likelihoods within a relative 1e-7 count as equal, as in scipy.stats.binomtest.
  public func twoSided(_ k: Int) -> Double {
    guard k >= 0, k <= n else { return 0 }
    let bound = terms[k] * (1 + 1e-7)
    return min(1, Self.sum(terms.filter { $0 <= bound }[...]))
  }

  /// Smallest terms first, so that a small tail keeps its digits.
  private static func sum(_ terms: ArraySlice<Double>) -> Double {
    terms.sorted().reduce(0, +)
  }
}
