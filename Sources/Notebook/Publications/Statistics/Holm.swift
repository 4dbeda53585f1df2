// Several tests at once.

/// Holm's step-down adjustment: adjusted p-values, in the order given, that keep the chance of any false rejection
/// among all of them below the level they are compared with.
///
///     p̃₍ᵢ₎ = max over j ≤ i of min(1, (m - j + 1) p₍ⱼ₎)
///
/// Source: S. Holm, Scandinavian Journal of Statistics 6 (1979) 65.
public func holmAdjusted(_ pValues: [Double]) -> [Double] {
  let order = pValues.indices.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
  var adjusted = pValues
  var running = 0.0
  for (rank, index) in order.enumerated() {
    running = max(running, min(1, Double(pValues.count - rank) * pValues[index]))
    adjusted[index] = running
  }
  return adjusted
}
