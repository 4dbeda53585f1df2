// What a run can show, before it is made.

/// The exact paired test on `questionCount` questions of two models, each measured once.
public struct PairedPower: Sendable, Hashable {
  public var questionCount: Int
  /// The share of questions on which exactly one of the two is right.
  public var disagreement: Double
  /// The level of the test, after correction.
  public var level: Double

  /// - Precondition: questionCount ≥ 0, 0 ≤ disagreement ≤ 1.
  public init(questionCount: Int, disagreement: Double, level: Double) {
    precondition(questionCount >= 0 && disagreement >= 0 && disagreement <= 1, "no share of the questions")
    self.questionCount = questionCount
    self.disagreement = disagreement
    self.level = level
  }

  /// The probability that a true difference in accuracy of this size, as a fraction, is shown in its own direction.
  ///
  ///     Σ_m P(m of n disagree) P(X ≥ c_m),   X binomial of m with (ψ + Δ)/2ψ, c_m the least count with p < level
  ///
  /// Source: the exact unconditional power of McNemar's test, S. W. Duffy, Biometrics 40 (1984) 1005.
  /// - Complexity: O(n √n).
  public func power(of difference: Double) -> Double {
    let gap = abs(difference)
    guard questionCount > 0, gap > 0 else { return 0 }
    let disagreement = max(self.disagreement, gap)
    let counts = Binomial(n: questionCount, p: disagreement)
    let deviation = (Double(questionCount) * disagreement * (1 - disagreement)).squareRoot()
    let middle = Double(questionCount) * disagreement
    let low = max(0, Int(middle - 5 * deviation) - 1)
    let high = min(questionCount, Int(middle + 5 * deviation) + 1)
    let share = min(1, (disagreement + gap) / (2 * disagreement))
    var power = 0.0
    // Every count of disagreements where they are few, a grid of them where they are many.
    let step = max(1, (high - low) / 40)
    for first in stride(from: low, through: high, by: step) {
      let last = min(high, first + step - 1)
      let weight = (first...last).reduce(0) { $0 + counts.probability(of: $1) }
      let m = (first + last) / 2
      guard weight > 1e-9, let critical = critical(m) else { continue }
      power += weight * Binomial(n: m, p: share).atLeast(critical)
    }
    return min(1, power)
  }

  /// The least number of `count` disagreements on one side that is significant; nil if none is.
  private func critical(_ count: Int) -> Int? {
    guard count > 0 else { return nil }
    let even = Binomial(n: count, p: 0.5)
    var tail = 0.0
    for few in 0...count / 2 {
      tail += even.probability(of: few)
      if 2 * tail >= level { return few == 0 ? nil : count - few + 1 }
    }
    return nil
  }

  /// The least difference that is shown with probability `power`; nil if not even complete disagreement to one side is.
  public func detectable(power: Double = 0.8) -> Double? {
    least(1) { self.power(of: $0) >= power }
  }
}

/// The test that knows two sources of error, before the run.
public struct TwoSourcePower: Sendable, Hashable {
  /// How a run trains: what its estimate of the spread over seeds rests on.
  public struct Seeds: Sendable, Hashable {
    /// The variance of accuracies over seeds, were there questions without end.
    public var spread: Double
    /// The variance of one question's outcome over seeds, which is in a spread that few questions show.
    public var noise: Double
    /// Seeds a training.
    public var count: Int
    /// Trainings that the spread is pooled over.
    public var trainings: Int
    /// The squared weight of each trained side of the difference.
    public var sides: [Double]

    public init(spread: Double, noise: Double, count: Int, trainings: Int, sides: [Double]) {
      self.spread = spread
      self.noise = noise
      self.count = count
      self.trainings = max(trainings, sides.count)
      self.sides = sides
    }
  }

  public var questionCount: Int
  /// The variance of a question's difference.
  public var questionVariance: Double
  /// Nil where no side is trained with several seeds.
  public var seeds: Seeds?
  /// The level of the test, after correction.
  public var level: Double

  public init(questionCount: Int, questionVariance: Double, seeds: Seeds? = nil, level: Double) {
    self.questionCount = questionCount
    self.questionVariance = questionVariance
    self.seeds = seeds.flatMap { $0.count > 1 && !$0.sides.isEmpty ? $0 : nil }
    self.level = level
  }

  private var sampling: Double { questionVariance / Double(max(questionCount, 1)) }
  private var deviation: Double {
    let seeds = seeds.map { $0.spread * $0.sides.reduce(0, +) / Double($0.count) } ?? 0
    return (sampling + seeds).squareRoot()
  }

  /// Half-widths of the interval that leaves `tail` on either side, each as probable as the others: they hang on the
  /// estimate of the spread over seeds, which is independent of the difference.
  private func halfWidths(tail: Double) -> [Double] {
    let t = StudentT(degrees: max(1, questionCount - 1)).quantile(above: tail)
    guard let seeds else { return [t * sampling.squareRoot()] }
    let degrees = seeds.count - 1
    let shown = seeds.spread + seeds.noise / Double(max(questionCount, 1))
    let u = StudentT(degrees: degrees * seeds.trainings).quantile(above: tail)
    let factors = SpreadSample.factors(degrees: degrees, trainings: seeds.trainings, sides: seeds.sides)
    return factors.map { (t * t * sampling + u * u * shown * $0 / Double(seeds.count)).squareRoot() }
  }

  private func mean(_ widths: [Double], _ probability: (Double) -> Double) -> Double {
    widths.reduce(0) { $0 + probability($1) } / Double(widths.count)
  }

  /// The probability that a true difference of this size is shown in its own direction.
  public func power(of difference: Double) -> Double {
    power(of: difference, halfWidths(tail: level / 2))
  }

  private func power(of difference: Double, _ widths: [Double]) -> Double {
    guard deviation > 0 else { return difference == 0 ? 0 : 1 }
    return mean(widths) { Normal.below((abs(difference) - $0) / deviation) }
  }

  /// The least difference that is shown with probability `power`; nil if none is.
  public func detectable(power: Double = 0.8) -> Double? {
    let widths = halfWidths(tail: level / 2)
    return least(1) { self.power(of: $0, widths) >= power }
  }

  /// The probability that two models of one accuracy are shown to lie within ±`margin` of each other.
  public func equivalencePower(margin: Double) -> Double { equivalencePower(margin, halfWidths(tail: level)) }

  private func equivalencePower(_ margin: Double, _ widths: [Double]) -> Double {
    guard deviation > 0 else { return 1 }
    return mean(widths) { max(0, 2 * Normal.below((margin - $0) / deviation) - 1) }
  }

  /// The least margin within which two models of one accuracy are shown to lie with probability `power`.
  public func margin(power: Double = 0.8) -> Double? {
    let widths = halfWidths(tail: level)
    return least(1) { equivalencePower($0, widths) >= power }
  }
}

/// The least value up to `limit` for which a growing condition holds, by bisection; nil if none is.
private func least(_ limit: Double, _ holds: (Double) -> Bool) -> Double? {
  guard holds(limit) else { return nil }
  var (low, high) = (0.0, limit)
  for _ in 0..<24 {
    let middle = (low + high) / 2
    if holds(middle) { high = middle } else { low = middle }
  }
  return high
}
