// McNemar's exact test where a question's outcome is a mean over seeds.

/// The exact two-sided sign-flip test: if it did not matter which system an outcome belongs to, every difference
/// would be as likely with the other sign. p is the share of all 2ⁿ sign patterns whose sum is at least as far from 0
/// as the sum seen. With differences of -1, 0 and 1 alone it is the exact McNemar test.
///
/// - Parameter differences: one per question, as whole numbers (a difference of means times the seeds' product).
/// - Complexity: O(n · Σ|dᵢ|), less for differences of one size.
/// Source: R. A. Fisher, The Design of Experiments (1935), section 21.
public func signFlipTest(_ differences: [Int]) -> Double {
  let sizes = differences.map(abs).filter { $0 > 0 }
  guard let largest = sizes.max() else { return 1 }
  let positive = differences.reduce(0) { $0 + max($1, 0) }
  let total = sizes.reduce(0, +)
  if sizes.allSatisfy({ $0 == largest }) {
    return mcNemarTest(onlyFirst: positive / largest, onlySecond: (total - positive) / largest)
  }
  // The distribution of the sum of those differences that come out positive.
  var probability = [Double](repeating: 0, count: total + 1)
  probability[0] = 1
  var reached = 0
  for size in sizes {
    reached += size
    for sum in stride(from: reached, through: 0, by: -1) {
      probability[sum] = 0.5 * (probability[sum] + (sum >= size ? probability[sum - size] : 0))
    }
  }
  let far = max(positive, total - positive)
  // Smallest terms first, so that a small tail keeps its digits.
  return min(1, 2 * probability[far...].reversed().reduce(0, +))
}
