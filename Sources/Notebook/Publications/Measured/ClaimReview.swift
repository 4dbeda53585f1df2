// From tests to verdicts: what is corrected together, and what decides. The rules stand in Documentation/verdicts.md.

/// Verdicts on claims, and how many tests were corrected together.
struct ClaimReview: Sendable {
  static let level = 0.05

  var verdicts: [ClaimVerdict]
  /// By table: the tests of differences.
  var testCounts: [Int: Int]
  /// By family, in the paper's order: the tests of differences, and those of a size.
  var families: [FamilyCount]

  struct FamilyCount: Sendable, Hashable {
    var family: String
    var tests: Int
    var sizes: Int
  }

  /// The p of a set of tests, corrected by Holm's method.
  private struct Corrected<Test: Hashable> {
    private(set) var tests: [Test] = []
    private var seen: Set<Test> = []
    private(set) var pValues: [Test: Double] = [:]

    mutating func add(_ test: Test) { if seen.insert(test).inserted { tests.append(test) } }
    mutating func correct(_ p: (Test) -> Double) {
      pValues = Dictionary(zip(tests, holmAdjusted(tests.map(p)))) { first, _ in first }
    }
  }

  /// The corrected p of one family.
  private struct Family {
    var differences = Corrected<ClaimTest>()
    var sizes = Corrected<UnseenTest>()
  }

  /// The verdict on every claim whose cells all stand in measured tables.
  init(_ judge: ClaimJudge, tables: [Int]) {
    let paper = judge.paper
    let claims = paper.claims.filter { claim in
      !claim.isAboutText && claim.expression.cells.allSatisfy { tables.contains($0.table) }
    }
    let parts = claims.map { judge.parts($0.expression) }
    var byTable: [Int: Corrected<ClaimTest>] = [:]
    var byFamily: [String: Family] = [:]
    var order: [String] = []
    for (claim, parts) in zip(claims, parts) {
      let family = paper.family(of: claim)
      if !order.contains(family) { order.append(family) }
      for part in parts {
        for test in part.tests {
          byTable[test.table, default: Corrected()].add(test)
          byFamily[family, default: Family()].differences.add(test)
        }
        if let unseen = part.unseen { byFamily[family, default: Family()].sizes.add(unseen) }
      }
    }
    for key in byTable.keys { byTable[key]?.correct(\.pValue) }
    for key in byFamily.keys {
      byFamily[key]?.differences.correct(\.combined)
      byFamily[key]?.sizes.correct(\.pValue)
    }
    testCounts = byTable.mapValues(\.tests.count)
    families = order.compactMap { name in
      byFamily[name].map { FamilyCount(family: name, tests: $0.differences.tests.count, sizes: $0.sizes.tests.count) }
    }
    verdicts = zip(claims, parts).map { claim, parts in
      let family = paper.family(of: claim)
      let own = byFamily[family] ?? Family()
      func p(_ test: ClaimTest) -> Double {
        max(byTable[test.table]?.pValues[test] ?? 1, own.differences.pValues[test] ?? 1)
      }
      let count = max(own.differences.tests.count, own.sizes.tests.count, 1)
      let judged = parts.compactMap { part in
        Self.judged(part, p, part.unseen.map { own.sizes.pValues[$0] ?? 1 }, level: Self.level / Double(count))
      }
      return ClaimVerdict(claim: claim, family: family, verdict: Self.verdict(judged.map(\.verdict)), parts: judged)
    }
  }

  /// One part is enough to contradict a claim, or not to see it; all are needed for it to hold.
  private static func verdict(_ parts: [ClaimVerdict.Verdict]) -> ClaimVerdict.Verdict {
    if parts.contains(.contradicted) { return .contradicted }
    if parts.contains(.notSeen) { return .notSeen }
    return parts.isEmpty || parts.contains(.undecided) ? .undecided : .holds
  }

  /// - Parameters:
  ///   - p: the corrected p of a test.
  ///   - unseen: that of a difference of the claimed size.
  ///   - level: what each test of the family is granted at least.
  private static func judged(
    _ part: MeasuredPart, _ p: (ClaimTest) -> Double, _ unseen: Double?, level: Double
  ) -> ClaimVerdict.Part? {
    func told(
      _ verdict: ClaimVerdict.Verdict, _ test: ClaimTest? = nil, words: String = "", why: String = ""
    ) -> ClaimVerdict.Part {
      let words = words.isEmpty ? "" : words + " "
      let short = [
        part.finding, test.map { words + "p \(relation(p($0)))" } ?? "", why,
      ].filter { !$0.isEmpty }.joined(separator: ", ")
      let full = [
        part.finding, part.detail,
        test.map {
          let seeds = $0.combined > $0.pValue ? ", with seeds \(relation($0.combined))" : ""
          return "\(words)p \(relation($0.pValue))\(seeds), corrected p \(relation(p($0)))"
        } ?? "", why,
      ].filter { !$0.isEmpty }.joined(separator: "; ")
      func joined(_ text: String) -> String { text.isEmpty ? part.subject : "\(part.subject): \(text)" }
      return ClaimVerdict.Part(
        verdict: verdict, text: joined(full), short: joined(short), pValue: test.map(p), waits: part.waits)
    }
    func undecided(_ test: ClaimTest, words: String = "", why: String = "") -> ClaimVerdict.Part {
      if let size = part.unseen?.size, let unseen, unseen < Self.level {
        let bound = "smaller than \(fixed(size, decimals: 1)) points, p \(relation(unseen))"
        var part = told(.notSeen, test, words: words, why: bound)
        part.bound = size
        return part
      }
      return told(.undecided, test, words: words, why: [why, needed(part, level)].filter { !$0.isEmpty }.joined(separator: "; "))
    }
    switch part.outcome {
    case .silent: return nil
    case .fixed(let verdict): return told(verdict)
    case .tested(let test, let isSupported):
      return p(test) >= Self.level ? undecided(test) : told(isSupported ? .holds : .contradicted, test)
    case .withheld(let test, let why): return undecided(test, why: why)
    case .either(let holds, let contradicted, let words):
      if p(holds) < Self.level { return told(.holds, holds, words: words.0) }
      let isContradicted = p(contradicted) < Self.level
      return isContradicted
        ? told(.contradicted, contradicted, words: words.1) : undecided(holds, words: words.0)
    }
  }

  /// "about 7,200 questions would decide it", if the difference is as it was found; empty where nothing was tested.
  private static func needed(_ part: MeasuredPart, _ level: Double) -> String {
    guard let error = part.error else { return "" }
    let size = part.margin ?? part.unseen.map { $0.size / 100 }
    let (questions, seeds) = error.needed(size: size, level: level, isNear: part.margin != nil)
    if let questions { return "about \(grouped(rounded(questions))) questions would decide it" }
    if let seeds { return "about \(fixed(seeds, decimals: 1)) times the seeds would decide it" }
    return "no number of questions decides it with these seeds"
  }

  /// Two digits, rounded up.
  private static func rounded(_ count: Int) -> Int {
    var unit = 1
    while count / unit >= 100 { unit *= 10 }
    return (count + unit - 1) / unit * unit
  }

  private static func relation(_ p: Double) -> String {
    let text = probability(p)
    return text.hasPrefix("<") ? text : "= " + text
  }
}

extension PublishedPaper {
  /// The family that a claim's tests are corrected with: its own, or without families that of its first cell's table.
  func family(of claim: Claim) -> String {
    if let family = families.first(where: { $0.claims.contains(claim.id) }) { return family.question }
    let number = claim.expression.cells.first?.table ?? 0
    return table(number)?.place ?? "table \(number)"
  }
}
