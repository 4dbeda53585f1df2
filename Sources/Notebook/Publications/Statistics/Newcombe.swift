// Intervals for the difference of two accuracies: on different questions, and on the same ones.

/// The interval of k₁/n₁ - k₂/n₂ from independent questions: Newcombe's method 10, from two Wilson intervals.
///
///     low = d - √((p₁ - l₁)² + (u₂ - p₂)²),   high = d + √((u₁ - p₁)² + (p₂ - l₂)²)
///
/// On the same questions it is too wide where the two agree a lot: use `pairedDifferenceInterval` if outcomes are known.
/// Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 873.
public func differenceInterval(
  _ k1: Int, of n1: Int, minus k2: Int, of n2: Int, _ confidence: Confidence = .ninetyFive
) -> Interval {
  guard n1 > 0, n2 > 0 else { return Interval(low: -1, high: 1) }
  let p1 = Double(k1) / Double(n1)
  let p2 = Double(k2) / Double(n2)
  let first = wilsonInterval(k1, of: n1, confidence)
  let second = wilsonInterval(k2, of: n2, confidence)
  let below = root(squares: p1 - first.low, second.high - p2)
  let above = root(squares: first.high - p1, p2 - second.low)
  return Interval(low: p1 - p2 - below, high: p1 - p2 + above)
}

/// The interval of the first accuracy less the second on the same questions: Newcombe's method 10 for paired data.
///
///     low  = d - √((p₁ - l₁)² - 2φ(p₁ - l₁)(u₂ - p₂) + (u₂ - p₂)²)
///     high = d + √((p₂ - l₂)² - 2φ(p₂ - l₂)(u₁ - p₁) + (u₁ - p₁)²)
///
/// φ is the correlation of the two outcomes; a positive ad - bc is brought n/2 nearer to zero, not past it.
/// Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 2635.
public func pairedDifferenceInterval(_ pairs: PairedCounts, _ confidence: Confidence = .ninetyFive) -> Interval
{
  let n = pairs.count
  guard n > 0 else { return Interval(low: -1, high: 1) }
  let k1 = pairs.both + pairs.onlyFirst
  let k2 = pairs.both + pairs.onlySecond
  let p1 = Double(k1) / Double(n)
  let p2 = Double(k2) / Double(n)
  let first = wilsonInterval(k1, of: n, confidence)
  let second = wilsonInterval(k2, of: n, confidence)
  let phi = correctedCorrelation(pairs)
  let d = pairs.difference
  let below = root(squares: p1 - first.low, second.high - p2, correlation: phi)
  let above = root(squares: p2 - second.low, first.high - p1, correlation: phi)
  return Interval(low: d - below, high: d + above)
}

/// φ with the continuity correction of method 10; 0 where a margin is empty.
private func correctedCorrelation(_ pairs: PairedCounts) -> Double {
  let a = Double(pairs.both)
  let b = Double(pairs.onlyFirst)
  let c = Double(pairs.onlySecond)
  let d = Double(pairs.neither)
  let margins = (a + b) * (c + d) * (a + c) * (b + d)
  guard margins > 0 else { return 0 }
  var covariance = a * d - b * c
  if covariance > 0 { covariance = max(covariance - Double(pairs.count) / 2, 0) }
  return covariance / margins.squareRoot()
}

private func root(squares x: Double, _ y: Double, correlation: Double = 0) -> Double {
  max(0, x * x - 2 * correlation * x * y + y * y).squareRoot()
}
