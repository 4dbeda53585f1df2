// The paper's claims against what was measured here.

/// What measurements say about a claim.
public struct ClaimVerdict: Sendable, Hashable {
  public enum Verdict: String, Sendable, Hashable, CaseIterable {
    case holds, contradicted, undecided
  }

  public var claim: Claim
  public var verdict: Verdict
  public var evidence: [String]
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
    /// Decided without a test, or undecidable.
    case fixed(ClaimVerdict.Verdict)
    /// Holds or is contradicted, as `isSupported` says, if the test is significant; else undecided.
    case tested(ClaimTest, isSupported: Bool)
    /// Says nothing at this scale, and does not stand in the way of its companions.
    case silent
  }

  var outcome: Outcome
  var text: String
}

extension PublishedPaper {
  /// The verdict on every claim whose cells all stand in these tables. Tests are corrected together per table, by
  /// Holm's method, at 0.05; a claim of several parts holds if all hold and is contradicted if any is.
  public func claimVerdicts(_ measured: Measurements, tables numbers: [Int]) -> [ClaimVerdict] {
    let judge = ClaimJudge(paper: self, measured: measured)
    let claims = self.claims.filter { claim in
      !claim.isAboutText && claim.expression.cells.allSatisfy { numbers.contains($0.table) }
    }
    let parts = claims.map { judge.parts($0.expression) }
    let adjusted = Self.corrected(parts.flatMap { $0 })
    return zip(claims, parts).map { claim, parts in
      var verdicts: [ClaimVerdict.Verdict] = []
      var evidence: [String] = []
      for part in parts {
        switch part.outcome {
        case .silent: break
        case .fixed(let verdict): verdicts.append(verdict)
        case .tested(let test, let isSupported):
          let p = adjusted[test] ?? 1
          verdicts.append(p >= 0.05 ? .undecided : isSupported ? .holds : .contradicted)
          evidence.append("\(part.text); p \(Self.relation(test.pValue)), by Holm \(Self.relation(p))")
          continue
        }
        if !part.text.isEmpty { evidence.append(part.text) }
      }
      if verdicts.isEmpty { evidence.append("quotes numbers, which only the paper's scale can meet") }
      let verdict: ClaimVerdict.Verdict =
        verdicts.contains(.contradicted)
        ? .contradicted : verdicts.isEmpty || verdicts.contains(.undecided) ? .undecided : .holds
      return ClaimVerdict(claim: claim, verdict: verdict, evidence: evidence)
    }
  }

  private static func relation(_ p: Double) -> String {
    let text = probability(p)
    return text.hasPrefix("<") ? text : "= " + text
  }

  /// Holm over the distinct tests of each table.
  private static func corrected(_ parts: [MeasuredPart]) -> [ClaimTest: Double] {
    var families: [Int: [ClaimTest]] = [:]
    for part in parts {
      guard case .tested(let test, _) = part.outcome else { continue }
      if families[test.table]?.contains(test) != true { families[test.table, default: []].append(test) }
    }
    return families.values.reduce(into: [:]) { adjusted, tests in
      for (test, p) in zip(tests, holmAdjusted(tests.map(\.pValue))) { adjusted[test] = p }
    }
  }
}
