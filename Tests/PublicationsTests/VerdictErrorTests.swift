// The rules of Documentation/verdicts.md, tried on models whose seeds and questions vary: how often they err.
import Publications
import Testing

/// Numbers from a seed (SplitMix64), the same in every run.
struct Draws {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }

  /// A sum of twelve uniform numbers: near enough to normal.
  mutating func normal() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + uniform() } }
}

/// A column of a table: trainings with three seeds each, asked the same questions.
struct SimulatedColumn {
  var questionCount = 150
  var seedCount = 3
  var trainingCount = 4
  /// The deviation of a training's accuracy over seeds.
  var seedSpread = 0.0
  /// Questions that share a clip.
  var clipSize = 1
  /// How much a training's accuracy varies from clip to clip, beside that of the questions.
  var clipSpread = 0.0
  /// What the first training has more than the others.
  var effect = 0.0

  /// Right answers by training and question, of `seedCount` seeds; and each training's accuracies.
  func draw(_ draws: inout Draws) -> (right: [[Int]], accuracies: [[Double]]) {
    let ease = (0..<questionCount).map { _ in 0.35 + 0.3 * draws.uniform() }
    var right: [[Int]] = []
    var accuracies: [[Double]] = []
    for training in 0..<trainingCount {
      let clips = (0...questionCount / clipSize).map { _ in clipSpread == 0 ? 0 : clipSpread * draws.normal() }
      var own = [Int](repeating: 0, count: questionCount)
      accuracies.append([])
      for _ in 0..<seedCount {
        let shift = (seedSpread == 0 ? 0 : seedSpread * draws.normal()) + (training == 0 ? effect : 0)
        var count = 0
        for question in 0..<questionCount where draws.uniform() < ease[question] + clips[question / clipSize] + shift {
          own[question] += 1
          count += 1
        }
        accuracies[training].append(Double(count) / Double(questionCount))
      }
      right.append(own)
    }
    return (right, accuracies)
  }

  /// The difference of two trainings with both errors, as the judge takes them.
  func error(
    _ found: (right: [[Int]], accuracies: [[Double]]), _ a: Int, _ b: Int, isClustered: Bool = true
  ) -> TwoSourceError {
    func variance(_ values: [Double]) -> Double {
      let mean = values.reduce(0, +) / Double(values.count)
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    }
    let spreads = found.accuracies.map(variance)
    let pooled = spreads.reduce(0, +) / Double(spreads.count)
    let seeds = (max(spreads[a], pooled) + max(spreads[b], pooled)) / Double(seedCount)
    let differences = zip(found.right[a], found.right[b]).map { Double($0 - $1) / Double(seedCount) }
    let clusters = isClustered && clipSize > 1 ? (0..<questionCount).map { $0 / clipSize } : nil
    return TwoSourceError(
      differences: differences, clusters: clusters,
      seeds: seedCount > 1 ? (seeds, trainingCount * (seedCount - 1)) : nil)
  }
}

@Suite("Error rates of the verdicts")
struct VerdictErrorTests {
  /// The share of families with at least one corrected p below 0.05. Tests of less than 1.9 standard errors have a p
  /// above
  /// 0.05 before any correction: they are counted and not computed.
  private func falseShare(
    _ column: SimulatedColumn, families: Int, seed: UInt64, isClustered: Bool = true, against size: Double? = nil
  ) -> Double {
    var draws = Draws(seed: seed)
    var wrong = 0
    for _ in 0..<families {
      let found = column.draw(&draws)
      var pValues: [Double] = []
      for a in 0..<column.trainingCount {
        for b in (a + 1)..<column.trainingCount where size == nil || a == 0 {
          let error = column.error(found, a, b, isClustered: isClustered)
          let distance = size.map { $0 - error.difference } ?? abs(error.difference)
          guard distance > 1.9 * error.standardError else {
            pValues.append(1)
            continue
          }
          if let size { pValues.append(error.pValue(against: size)) } else {
            let exact = column.clipSize == 1 ? signFlipTest(zip(found.right[a], found.right[b]).map { $0 - $1 }) : 0
            pValues.append(max(exact, error.pValue()))
          }
        }
      }
      if holmAdjusted(pValues).contains(where: { $0 < 0.05 }) { wrong += 1 }
    }
    return Double(wrong) / Double(families)
  }

  /// 5 % with three standard errors of the simulation.
  private static func limit(_ families: Int) -> Double { 0.05 + 3 * (0.05 * 0.95 / Double(families)).squareRoot() }

  @Test("no effect: at most 5 % of families have a false holds or contradicted", arguments: [0, 0.02, 0.06])
  func noEffect(spread: Double) {
    let share = falseShare(SimulatedColumn(seedSpread: spread), families: 1500, seed: 1)
    #expect(share <= Self.limit(1500), "\(share)")
  }

  @Test("an effect of the size itself: at most 5 % of families have a false not seen", arguments: [0, 0.02, 0.06])
  func atTheMargin(spread: Double) {
    let column = SimulatedColumn(seedSpread: spread, effect: 0.1)
    let share = falseShare(column, families: 1500, seed: 2, against: 0.1)
    #expect(share <= Self.limit(1500), "\(share)")
  }

  @Test("one seed a side: the questions alone keep the level")
  func oneSeed() {
    let column = SimulatedColumn(questionCount: 300, seedCount: 1)
    let share = falseShare(column, families: 1500, seed: 3)
    #expect(share <= Self.limit(1500), "\(share)")
  }

  @Test("questions that share a clip keep the level as clusters, and would not as questions of their own")
  func clusters() {
    let column = SimulatedColumn(questionCount: 240, clipSize: 6, clipSpread: 0.25)
    let clustered = falseShare(column, families: 1000, seed: 4)
    let naive = falseShare(column, families: 1000, seed: 4, isClustered: false)
    #expect(clustered <= Self.limit(1000), "\(clustered)")
    #expect(naive > 0.15, "\(naive)")
  }

  @Test("an effect that is there is found: the rule is no wall")
  func power() {
    var draws = Draws(seed: 5)
    let column = SimulatedColumn(questionCount: 600, seedSpread: 0.01, effect: 0.12)
    var shown = 0
    for _ in 0..<300 {
      let found = column.draw(&draws)
      if column.error(found, 0, 1).pValue() < 0.05 / 6 { shown += 1 }
    }
    #expect(shown > 240, "\(shown) of 300")
  }

  @Test("few questions without any disagreement exclude nothing")
  func fewQuestions() {
    let same = TwoSourceError(differences: [Double](repeating: 0, count: 24))
    #expect(same.pValue() == 1 && same.pValue(against: 0.1) > 0.05)
    let many = TwoSourceError(differences: [Double](repeating: 0, count: 2400))
    #expect(many.pValue(against: 0.03) < 1e-6)
  }

  @Test("p is where the quantiles meet the distance; without seeds it is Student's")
  func pValues() {
    let values = (0..<400).map { $0 % 10 == 0 ? 1.0 : $0 % 17 == 0 ? -1 : 0 }
    let error = TwoSourceError(differences: values)
    let t = abs(error.difference) / error.standardError
    #expect(abs(error.pValue() - 2 * StudentT(degrees: 399).above(t)) < 1e-4 * error.pValue())
    let seeds = TwoSourceError(differences: values, seeds: (error.questionVariance, 6))
    #expect(abs(seeds.halfWidth(level: seeds.pValue()) - abs(seeds.difference)) < 1e-4 * abs(seeds.difference))
    #expect(seeds.pValue() > error.pValue())
  }
}
