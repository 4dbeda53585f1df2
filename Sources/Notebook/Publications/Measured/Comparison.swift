// Two measured cells on the same questions, several seeds allowed.
internal import JSONText
public import Records

/// The difference of two measurements, question by question.
///
/// With one seed on each side the test is exact McNemar and the interval Newcombe's for paired data. With several, a
/// question counts once, with its mean over seeds: the test is the exact sign-flip test on the differences of those
/// means (McNemar's with one seed), the interval Student's over questions. Seeds answer the same questions, so that
/// stacking them as if they were new ones would make every p too small. The sign-flip test is exact if each difference
/// would be as likely with the other sign; where one side has more seeds than the other that is an approximation, as
/// good as the normal one over many questions. Test and interval speak of these trained models on such questions; that
/// a recipe does so again is what `isSameInEverySeed` asks besides.
public struct Comparison: Sendable, Hashable {
  public var questionCount: Int
  /// Mean over questions of first less second, each in [-1, 1].
  public var differences: [Double]
  public var difference: Double
  public var interval: Interval
  public var pValue: Double
  /// Questions on which the first, or the second, is better.
  public var firstBetter: Int
  public var secondBetter: Int
  /// The group of each question among those that share a clip; nil where none do.
  public var clusters: [Int]?
  /// Whether every seed's accuracy, less the other side's mean, has the sign of the difference.
  public var isSameInEverySeed: Bool

  /// nil if the two sides did not answer the same questions, or there are none.
  /// - Parameter first: outcomes by seed.
  public init?(_ first: [[Outcome]], _ second: [[Outcome]], category: String?) {
    let a = first.map { Self.filtered($0, category) }
    let b = second.map { Self.filtered($0, category) }
    guard let ids = a.first?.map(\.id), !ids.isEmpty, !b.isEmpty else { return nil }
    guard let right = Self.rightCounts(a, ids), let other = Self.rightCounts(b, ids) else { return nil }
    let x = right.map { Double($0) / Double(a.count) }
    let y = other.map { Double($0) / Double(b.count) }
    questionCount = ids.count
    differences = zip(x, y).map { $0 - $1 }
    difference = differences.reduce(0, +) / Double(ids.count)
    firstBetter = differences.count { $0 > 0 }
    secondBetter = differences.count { $0 < 0 }
    clusters = Self.clusters(a.first ?? [])
    // What shares a clip flips together.
    pValue = signFlipTest(Self.sums(zip(right, other).map { $0 * b.count - $1 * a.count }, clusters))
    if a.count == 1, b.count == 1 {
      let other = Dictionary(b[0].map { (ExactText($0.id), $0.isCorrect) }, uniquingKeysWith: { first, _ in first })
      let pairs = PairedCounts(a[0].map(\.isCorrect), a[0].map { other[ExactText($0.id)] ?? false })
      interval = pairedDifferenceInterval(pairs)
    } else {
      interval = Equivalence(differences: differences, margin: 1).interval
    }
    let isUp = difference > 0
    let (meanX, meanY) = (Self.mean(x), Self.mean(y))
    isSameInEverySeed =
      difference != 0 && a.allSatisfy { Self.accuracy($0) != meanY && (Self.accuracy($0) > meanY) == isUp }
      && b.allSatisfy { Self.accuracy($0) != meanX && (Self.accuracy($0) < meanX) == isUp }
  }

  /// Questions of one clip as one group; nil where each has its own.
  static func clusters(_ outcomes: [Outcome]) -> [Int]? {
    guard outcomes.contains(where: { $0.clip != nil }) else { return nil }
    var known: [ExactText: Int] = [:]
    return outcomes.enumerated().map { index, outcome in
      guard let clip = outcome.clip else { return index }
      let key = ExactText(clip)
      if let group = known[key] { return group }
      known[key] = index
      return index
    }
  }

  private static func sums(_ differences: [Int], _ clusters: [Int]?) -> [Int] {
    guard let clusters else { return differences }
    var sums = [Int](repeating: 0, count: differences.count)
    for (cluster, value) in zip(clusters, differences) { sums[cluster] += value }
    return sums
  }

  private static func filtered(_ outcomes: [Outcome], _ category: String?) -> [Outcome] {
    category.map { name in outcomes.filter { $0.category == name } } ?? outcomes
  }

  /// Mean correctness over seeds of each question, in the order of `ids`; nil if a seed answered other questions.
  static func means(_ seeds: [[Outcome]], _ ids: [String]) -> [Double]? {
    rightCounts(seeds, ids)?.map { Double($0) / Double(seeds.count) }
  }

  /// How many seeds were right on each question.
  private static func rightCounts(_ seeds: [[Outcome]], _ ids: [String]) -> [Int]? {
    let ids = ids.map { ExactText($0) }
    var right = [ExactText: Int](minimumCapacity: ids.count)
    for id in ids { right[id] = 0 }
    guard right.count == ids.count else { return nil }
    var inOrder = [Int](repeating: 0, count: ids.count)
    for seed in seeds {
      guard seed.count == ids.count else { return nil }
      // Mostly every seed answers the same questions in the same order.
      if zip(ids, seed).allSatisfy({ $0 == ExactText($1.id) }) {
        for index in ids.indices where seed[index].isCorrect { inOrder[index] += 1 }
        continue
      }
      for outcome in seed {
        guard let count = right[ExactText(outcome.id)] else { return nil }
        right[ExactText(outcome.id)] = count + (outcome.isCorrect ? 1 : 0)
      }
    }
    return ids.indices.map { inOrder[$0] + (right[ids[$0]] ?? 0) }
  }

  private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
  private static func accuracy(_ outcomes: [Outcome]) -> Double {
    Double(outcomes.count { $0.isCorrect }) / Double(max(outcomes.count, 1))
  }
}

extension Measurements {
  /// Outcomes by seed of one recipe; nil if a seed's are not there.
  func outcomes(
    _ run: PublishedTable.Run, benchmark: String, audio: Bool, decoding: AnswerDecoding? = nil
  ) -> [[Outcome]]? {
    let cells = self.cells(run, benchmark: benchmark, audio: audio, decoding: decoding)
    let all = cells.compactMap { outcomes[$0.name] }
    return all.isEmpty || all.count != cells.count ? nil : all
  }
}
