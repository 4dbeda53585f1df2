// A difference with its two sources of error: the questions that were asked, and the seeds that were trained with.

/// A difference of two measurements, the error that questions bring into it and the error that seeds bring.
///
///     reject "the difference is δ" at level α if (D - δ)² > t² Q² + u² G²
///
/// with Q² and G² the variances of D that questions and seeds make, t and u the two-sided Student quantiles at α with the
/// degrees of freedom behind each. The level holds for every ratio of Q² to G²: given both, P(Z² ≤ x) is concave in x.
/// Source: S. K. Banerjee, Sankhyā 22 (1960) 357. See Documentation/verdicts.md.
public struct TwoSourceError: Sendable, Hashable {
  /// The difference D, as a fraction.
  public var difference: Double
  public var questionCount: Int
  /// Groups of questions that share a clip; as many as questions where none do.
  public var clusterCount: Int
  /// Q²: the variance of D from the choice of questions.
  public var questionVariance: Double
  /// G²: the variance of D from seeds; 0 where no seed has a part in it, or none is known.
  public var seedVariance: Double
  /// Degrees of freedom behind `seedVariance`; 0 where there is none.
  public var seedDegrees: Int
  /// Whether a side was trained whose spread over seeds nothing here measured.
  public var isBlindToSeeds: Bool

  /// - Parameters:
  ///   - differences: one per question, each in [-1, 1].
  ///   - clusters: the group of each question; nil where each stands for itself.
  ///   - seeds: the variance that seeds add to D, with its degrees of freedom; nil where no side has seeds.
  public init(
    differences: [Double], clusters: [Int]? = nil, seeds: (variance: Double, degrees: Int)? = nil,
    isBlindToSeeds: Bool = false
  ) {
    let n = Double(differences.count)
    let mean = differences.isEmpty ? 0 : differences.reduce(0, +) / n
    difference = mean
    questionCount = differences.count
    var sums: [Int: Double] = [:]
    for (index, value) in differences.enumerated() { sums[clusters?[index] ?? index, default: 0] += value - mean }
    clusterCount = sums.count
    // In a fixed order, so that the bits are the same everywhere.
    let squares = sums.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value * $1.value }
    let c = Double(clusterCount)
    questionVariance = clusterCount > 1 ? squares * c / (c - 1) / (n * n) : 1
    seedVariance = max(0, seeds?.variance ?? 0)
    seedDegrees = seeds?.degrees ?? 0
    self.isBlindToSeeds = isBlindToSeeds
  }

  /// The same with other variances: what a run of another size would have.
  init(
    difference: Double, questionCount: Int, questionVariance: Double, seedVariance: Double, seedDegrees: Int
  ) {
    self.difference = difference
    self.questionCount = questionCount
    clusterCount = questionCount
    self.questionVariance = questionVariance
    self.seedVariance = seedVariance
    self.seedDegrees = seedDegrees
    isBlindToSeeds = false
  }

  public var standardError: Double { (questionVariance + seedVariance).squareRoot() }

  /// Half the width of the interval of confidence 1 - `level`.
  public func halfWidth(level: Double) -> Double {
    Quantiles(self, tail: level / 2).width(questionVariance, seedVariance)
  }

  /// The two-sided p of "the difference is `value`": the level at which it is just rejected.
  ///
  /// For a `value` that is not 0 the variance of questions is not taken below that of a difference of this size which is
  /// never the other way, so that a few questions without any disagreement show nothing.
  public func pValue(against value: Double = 0) -> Double {
    let distance = abs(difference - value)
    let floor = abs(value) * (1 - abs(value)) / Double(max(questionCount, 1))
    let variance = max(questionVariance, floor)
    guard distance > 0, variance + seedVariance > 0 else { return distance > 0 ? 0 : 1 }
    // By bisection on the logarithm's stand-in: halve or double the tail until it is bracketed, then split.
    func isRejected(_ tail: Double) -> Bool { Quantiles(self, tail: tail).width(variance, seedVariance) < distance }
    var (low, high) = (0.0, 0.5)
    var tail = 0.25
    while tail > 1e-14, isRejected(tail) { (high, tail) = (tail, tail / 4) }
    guard tail > 1e-14 else { return 2 * high }
    low = tail
    for _ in 0..<20 {
      let middle = (low * high).squareRoot()
      if isRejected(middle) { high = middle } else { low = middle }
    }
    return min(1, 2 * high)
  }

  /// Student's quantiles of both sources at one tail.
  private struct Quantiles {
    var question: Double
    var seed: Double

    init(_ error: TwoSourceError, tail: Double) {
      question = StudentT(degrees: max(1, error.clusterCount - 1)).quantile(above: tail)
      seed = error.seedDegrees > 0 ? StudentT(degrees: error.seedDegrees).quantile(above: tail) : 0
    }

    func width(_ questions: Double, _ seeds: Double) -> Double {
      (question * question * questions + seed * seed * seeds).squareRoot()
    }
  }
}

extension TwoSourceError {
  /// This with `questions` times the questions and `seeds` times the seeds, the spread being as it is.
  func scaled(questions: Double, seeds: Double = 1) -> TwoSourceError {
    TwoSourceError(
      difference: difference, questionCount: Int(Double(questionCount) * questions),
      questionVariance: questionVariance / questions, seedVariance: seedVariance / seeds,
      seedDegrees: seedDegrees == 0 ? 0 : max(1, Int(Double(seedDegrees) * seeds)))
  }

  /// The least |D - δ| that is shown at `level` with probability 0.8.
  public func detectable(level: Double) -> Double { halfWidth(level: level) + 0.8416212335729143 * standardError }

  /// How many questions, else how many times the seeds, would decide at `level` with probability 0.8 whether there is a
  /// difference, or none of `size`, if it is as large as it was found to be.
  /// - Parameter isNear: of a claim that the difference lies within ±`size`, which its being far from the edge decides.
  func needed(size: Double?, level: Double, isNear: Bool) -> (questions: Int?, seedFactor: Double?) {
    let distance =
      isNear
      ? abs((size ?? 0) - abs(difference)) : max(abs(difference), size.map { $0 - difference } ?? 0)
    func isEnough(_ questions: Double, _ seeds: Double) -> Bool {
      scaled(questions: questions, seeds: seeds).detectable(level: level) <= distance
    }
    func least(_ limit: Double, _ isEnough: (Double) -> Bool) -> Double? {
      guard isEnough(limit) else { return nil }
      var (low, high) = (1.0, limit)
      for _ in 0..<12 {
        let middle = (low * high).squareRoot()
        if isEnough(middle) { high = middle } else { low = middle }
      }
      return high
    }
    if let factor = least(30, { isEnough($0, 1) }) { return (Int(factor * Double(questionCount)), nil) }
    return (nil, seedDegrees == 0 ? nil : least(10) { isEnough(1, $0) })
  }
}
