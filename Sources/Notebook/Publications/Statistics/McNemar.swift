// The exact paired test, and what can be said of it when only the two totals were published.

/// The exact two-sided McNemar test: whether, where exactly one of two systems is right, it is as often the one as
/// the other. 1 where they never disagree.
/// Source: Q. McNemar, Psychometrika 12 (1947); exact form: binomial with p = 1/2 on the discordant pairs.
public func mcNemarTest(onlyFirst: Int, onlySecond: Int) -> Double {
  let n = onlyFirst + onlySecond
  guard n > 0 else { return 1 }
  return min(1, 2 * Binomial(n: n, p: 0.5).atMost(min(onlyFirst, onlySecond)))
}

extension PairedCounts {
  /// `mcNemarTest` on these counts.
  public var mcNemar: Double { mcNemarTest(onlyFirst: onlyFirst, onlySecond: onlySecond) }
}

/// What k₁ and k₂ right of the same n questions leave open about the paired test.
public struct McNemarRange: Sendable, Hashable {
  /// If the better one is right wherever the worse one is.
  public var smallest: Double
  /// If the two disagree as often as the totals allow.
  public var largest: Double
  /// p < 0.05 if and only if the two disagree on at most this many questions; nil if it never is.
  public var discordantLimit: Int?

  /// - Precondition: 0 ≤ k₁, k₂ ≤ n.
  /// - Complexity: O(n log n).
  public init(_ k1: Int, _ k2: Int, of n: Int) {
    precondition(k1 >= 0 && k2 >= 0 && max(k1, k2) <= n, "counts beyond the questions")
    let gap = abs(k1 - k2)
    // The worse one alone is right on c questions, the better one alone on c + gap.
    let most = min(min(k1, k2), n - max(k1, k2))
    smallest = mcNemarTest(onlyFirst: gap, onlySecond: 0)
    largest = mcNemarTest(onlyFirst: most + gap, onlySecond: most)
    guard smallest < 0.05 else { return }
    // p rises with c: the last c below 0.05, by bisection.
    var below = 0
    var above = most + 1
    while above - below > 1 {
      let c = (below + above) / 2
      if mcNemarTest(onlyFirst: c + gap, onlySecond: c) < 0.05 { below = c } else { above = c }
    }
    discordantLimit = 2 * below + gap
  }
}
