// The paper's claims against what was measured here.

/// What measurements say about a claim.
public struct ClaimVerdict: Sendable, Hashable {
  public enum Verdict: String, Sendable, Hashable, CaseIterable {
    case holds, contradicted, undecided
  }

  /// One elementary statement of the claim.
  public struct Part: Sendable, Hashable {
    public var verdict: Verdict
    /// What was found, in one line, with its test.
    public var text: String
    /// The same, as short as it can be told.
    public var short: String
    /// After correction; nil where nothing was tested.
    public var pValue: Double?
    /// What stands in the way of a verdict, if it is no lack of evidence.
    public var waits: Waiting?
  }

  public enum Waiting: Sendable, Hashable {
    /// The scores of answers that were submitted.
    case scores
    /// A run at the paper's settings.
    case settings
  }

  public var claim: Claim
  public var verdict: Verdict
  /// Empty if the claim does nothing but quote numbers and the scale is not the paper's.
  public var parts: [Part]

  public var evidence: [String] {
    parts.isEmpty ? ["quotes numbers, which only the paper's scale can meet"] : parts.map(\.text)
  }
}

/// One test among those that are corrected together.
struct ClaimTest: Sendable, Hashable {
  /// The table whose family of tests it belongs to.
  var table: Int
  /// The same test under two claims is one test.
  var name: String
  var pValue: Double
}

/// One elementary statement, measured, before correction.
struct MeasuredPart: Sendable {
  enum Outcome: Sendable {
    /// Undecidable, or decided without a test.
    case fixed(ClaimVerdict.Verdict)
    /// Holds or is contradicted, as `isSupported` says, if the test is significant; else undecided.
    case tested(ClaimTest, isSupported: Bool)
    /// As a test, but something forbids a verdict. The test still counts among those corrected together, since
    /// leaving it out for what the data showed would make the others' p too small.
    case withheld(ClaimTest, why: String)
    /// Two hypotheses of their own, as "about as good" and "not about as good" are; `words` name them.
    case either(holds: ClaimTest, contradicted: ClaimTest, words: (String, String))
    /// Says nothing at this scale, and does not stand in the way of its companions.
    case silent
  }

  var outcome: Outcome
  /// What is compared, with the values found.
  var subject: String
  /// How they compare.
  var finding = ""
  /// What only the full evidence tells.
  var detail = ""
  /// What stands in the way of a verdict, if it is no lack of evidence.
  var waits: ClaimVerdict.Waiting?

  var tests: [ClaimTest] {
    switch outcome {
    case .fixed, .silent: []
    case .tested(let test, _), .withheld(let test, _): [test]
    case .either(let first, let second, _): [first, second]
    }
  }
}

/// Verdicts on claims, and how many tests were corrected together for each table.
struct ClaimReview: Sendable {
  static let level = 0.05

  var verdicts: [ClaimVerdict]
  var testCounts: [Int: Int]

  /// The verdict on every claim whose cells all stand in measured tables. Tests are corrected together per table, by
  /// Holm's method, at 0.05; a claim of several parts holds if all hold and is contradicted if any is.
  init(_ judge: ClaimJudge, tables: [Int]) {
    let claims = judge.paper.claims.filter { claim in
      !claim.isAboutText && claim.expression.cells.allSatisfy { tables.contains($0.table) }
    }
    let parts = claims.map { judge.parts($0.expression) }
    var families: [Int: [ClaimTest]] = [:]
    for test in parts.flatMap({ $0 }).flatMap(\.tests)
    where families[test.table]?.contains(test) != true {
      families[test.table, default: []].append(test)
    }
    let adjusted = families.values.reduce(into: [ClaimTest: Double]()) { adjusted, tests in
      for (test, p) in zip(tests, holmAdjusted(tests.map(\.pValue))) { adjusted[test] = p }
    }
    testCounts = families.mapValues(\.count)
    verdicts = zip(claims, parts).map { claim, parts in
      let parts = parts.compactMap { Self.judged($0, adjusted) }
      let all = parts.map(\.verdict)
      return ClaimVerdict(
        claim: claim,
        verdict: all.contains(.contradicted)
          ? .contradicted : all.isEmpty || all.contains(.undecided) ? .undecided : .holds,
        parts: parts)
    }
  }

  private static func judged(_ part: MeasuredPart, _ adjusted: [ClaimTest: Double]) -> ClaimVerdict.Part? {
    func p(_ test: ClaimTest) -> Double { adjusted[test] ?? 1 }
    func told(
      _ verdict: ClaimVerdict.Verdict, _ test: ClaimTest? = nil, words: String = "", why: String = ""
    ) -> ClaimVerdict.Part {
      let words = words.isEmpty ? "" : words + " "
      let short = [
        part.finding, test.map { words + "p \(relation(p($0)))" } ?? "", why,
      ].filter { !$0.isEmpty }.joined(separator: ", ")
      let full = [
        part.finding, part.detail,
        test.map { "\(words)p \(relation($0.pValue)), corrected p \(relation(p($0)))" } ?? "", why,
      ].filter { !$0.isEmpty }.joined(separator: "; ")
      func joined(_ text: String) -> String { text.isEmpty ? part.subject : "\(part.subject): \(text)" }
      return ClaimVerdict.Part(
        verdict: verdict, text: joined(full), short: joined(short), pValue: test.map(p), waits: part.waits)
    }
    switch part.outcome {
    case .silent: return nil
    case .fixed(let verdict): return told(verdict)
    case .tested(let test, let isSupported):
      return told(p(test) >= level ? .undecided : isSupported ? .holds : .contradicted, test)
    case .withheld(let test, let why): return told(.undecided, test, why: why)
    case .either(let holds, let contradicted, let words):
      if p(holds) < level { return told(.holds, holds, words: words.0) }
      let isContradicted = p(contradicted) < level
      return isContradicted ? told(.contradicted, contradicted, words: words.1) : told(.undecided, holds, words: words.0)
    }
  }

  private static func relation(_ p: Double) -> String {
    let text = probability(p)
    return text.hasPrefix("<") ? text : "= " + text
  }
}
