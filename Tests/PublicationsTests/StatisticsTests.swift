import Publications
import Testing

/// Absolute below 1, relative above; the promise of the room.
private func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
  abs(a - b) <= tolerance * max(1, abs(b))
}

@Suite("Statistics agree with scipy and statsmodels")
struct StatisticsTests {
  @Test("Wilson's interval")
  func wilson() {
    for (k, n, confidence, low, high) in wilsonReference {
      let interval = wilsonInterval(k, of: n, confidence)
      #expect(isClose(interval.low, low) && isClose(interval.high, high), "\(k) of \(n): \(interval)")
    }
  }

  @Test("Wilson's interval holds the accuracy, shrinks with questions, and says nothing of none")
  func wilsonLaws() {
    for n in [1, 7, 100] {
      for k in 0...n {
        let interval = wilsonInterval(k, of: n)
        #expect(interval.contains(Double(k) / Double(n)))
        let larger = wilsonInterval(10 * k, of: 10 * n)
        #expect(larger.high - larger.low < interval.high - interval.low)
      }
    }
    #expect(wilsonInterval(0, of: 0) == Interval(low: 0, high: 1))
  }

  @Test("Newcombe's interval for independent questions")
  func newcombe() {
    for (k1, n1, k2, n2, confidence, low, high) in newcombeReference {
      let interval = differenceInterval(k1, of: n1, minus: k2, of: n2, confidence)
      #expect(
        isClose(interval.low, low) && isClose(interval.high, high), "\(k1)/\(n1) - \(k2)/\(n2): \(interval)")
    }
  }

  @Test("Newcombe's interval for the same questions")
  func newcombePaired() {
    for (both, onlyFirst, onlySecond, neither, confidence, low, high) in pairedReference {
      let pairs = PairedCounts(both: both, onlyFirst: onlyFirst, onlySecond: onlySecond, neither: neither)
      let interval = pairedDifferenceInterval(pairs, confidence)
      #expect(isClose(interval.low, low) && isClose(interval.high, high), "\(pairs): \(interval)")
    }
  }

  @Test("exact McNemar")
  func mcNemar() {
    for (b, c, p) in mcNemarReference {
      #expect(isClose(mcNemarTest(onlyFirst: b, onlySecond: c), p), "\(b), \(c)")
    }
  }

  @Test("a small McNemar p keeps its digits: 0.5 to the 26th")
  func smallMcNemar() {
    #expect(abs(mcNemarTest(onlyFirst: 27, onlySecond: 0) / 1.4901161193847656e-08 - 1) < 1e-9)
  }

  @Test("binomial test")
  func binomial() {
    for (k, n, p, expected) in binomialReference {
      #expect(isClose(Binomial(n: n, p: p).twoSided(k), expected), "\(k) of \(n)")
    }
    let distribution = Binomial(n: 20, p: 0.3)
    for k in 0...20 { #expect(isClose(distribution.atMost(k) + distribution.atLeast(k + 1), 1, 1e-14)) }
  }

  @Test("Holm's adjustment")
  func holm() {
    for (pValues, expected) in holmReference {
      #expect(zip(holmAdjusted(pValues), expected).allSatisfy { isClose($0, $1) }, "\(pValues)")
    }
    #expect(holmAdjusted([]).isEmpty)
  }

  @Test("Student's t and its quantiles")
  func student() {
    for (t, degrees, tail) in studentReference {
      #expect(isClose(StudentT(degrees: degrees).above(t), tail), "t \(t), \(degrees)")
    }
    for (tail, degrees, t) in studentQuantileReference {
      #expect(isClose(StudentT(degrees: degrees).quantile(above: tail), t), "\(tail), \(degrees)")
    }
  }

  @Test("two one-sided paired tests")
  func equivalence() {
    for (n, up, down, margin, p, low, high) in equivalenceReference {
      let differences =
        [Double](repeating: 1, count: up) + [Double](repeating: -1, count: down)
        + [Double](repeating: 0, count: n - up - down)
      let test = Equivalence(differences: differences, margin: margin)
      #expect(
        isClose(test.pValue, p) && isClose(test.interval.low, low) && isClose(test.interval.high, high),
        "\(n): \(test)")
    }
  }

  @Test("equivalence of systems that never disagree depends on how many questions say so")
  func equalSystems() {
    #expect(Equivalence(differences: [0, 0, 0], margin: 0.03).pValue > 0.9)
    #expect(Equivalence(differences: Array(repeating: 0, count: 300), margin: 0.03).pValue < 0.001)
    #expect(Equivalence(differences: Array(repeating: 1, count: 300), margin: 0.03).pValue == 1)
    #expect(Equivalence(differences: [], margin: 0.03).pValue == 1)
    // As many agreeing questions still leave room for a share u that differs: (1 - u) to the n is 0.025.
    let bound = Equivalence(differences: Array(repeating: 0, count: 300), margin: 0.03).interval.high
    #expect(abs((0..<300).reduce(1.0) { p, _ in p * (1 - bound) } - 0.025) < 1e-9)
    #expect(abs(Equivalence(differences: [0], margin: 0.03).interval.low + 0.975) < 1e-12)
  }

  @Test(
    "the paired test's range from totals is what trying every overlap gives",
    arguments: [(5, 9), (9, 5), (0, 3), (7, 7), (2, 12)])
  func range(_ counts: (Int, Int)) {
    let n = 12
    var all: [(discordant: Int, p: Double)] = []
    for both in 0...min(counts.0, counts.1) where counts.0 + counts.1 - both <= n {
      let (b, c) = (counts.0 - both, counts.1 - both)
      all.append((b + c, mcNemarTest(onlyFirst: b, onlySecond: c)))
    }
    let range = McNemarRange(counts.0, counts.1, of: n)
    #expect(range.smallest == all.map(\.p).min() && range.largest == all.map(\.p).max())
    #expect(range.discordantLimit == all.filter { $0.p < 0.05 }.map(\.discordant).max())
  }
}
