// The paper's claims against what was measured here.
internal import Records

/// What measurements say about a claim.
public struct ClaimVerdict: Sendable, Hashable {
  /// What the measurements say; the rules stand in Documentation/verdicts.md.
  public enum Verdict: String, Sendable, Hashable, CaseIterable {
    case holds, contradicted
    /// The interval excludes a difference of the claimed size, or of the paper's margin.
    case notSeen = "not seen"
    case undecided
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
    /// The size in points that is excluded, of what was not seen.
    public var bound: Double?
  }

  /// What a claim that is undecided waits for.
  public enum Waiting: Sendable, Hashable {
    /// The scores of answers that were submitted.
    case scores
    /// A run at the paper's settings.
    case settings
  }

  public var claim: Claim
  /// The family of tests that it was corrected with.
  public var family: String
  public var verdict: Verdict
  /// Empty if the claim does nothing but quote numbers and the scale is not the paper's.
  public var parts: [Part]

  /// The size in points that is excluded, if the claim is not seen: the largest of its parts'.
  public var bound: Double? { verdict == .notSeen ? parts.compactMap(\.bound).max() : nil }

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
  /// Of the exact test on the questions alone, corrected over the table.
  var pValue: Double
  /// The larger of it and of the test that knows seeds too, corrected over the family.
  var combined: Double
}

/// The test of "at least this large, in the claimed direction".
struct UnseenTest: Sendable, Hashable {
  var name: String
  /// In points.
  var size: Double
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
  /// The difference with its errors, where one was tested.
  var error: TwoSourceError?
  var unseen: UnseenTest?
  /// Of "about as good", as a fraction.
  var margin: Double?
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
