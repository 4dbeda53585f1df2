// The verdicts for people: one line of evidence a claim, the one that decides it; all of it on demand.

extension Verification {
  /// - Parameter isFull: every part of every claim's evidence.
  public func text(width: Int = 100, isFull: Bool = false) -> String {
    var lines: [String] = []
    for number in tables {
      guard let table = paper.table(number) else { continue }
      lines += self.lines(of: table, width: width) + [""]
    }
    if case .other(let profile) = scale {
      lines += wrapped(
        "The \(profile) profile is another scale than the paper's: its numbers bear on claims only.", indent: 0,
        width: width)
      lines.append("")
    }
    for sentence in departureSentences + subsetSentences { lines += wrapped(sentence, indent: 2, width: width) + [""] }
    lines += ["Claims"] + wrapped("  " + method, indent: 2, width: width)
    for (verdict, mark) in [(ClaimVerdict.Verdict.contradicted, "✗"), (.notSeen, "○"), (.holds, "✓"), (.undecided, "?")] {
      let own = (isFull ? claims : told).filter { $0.verdict == verdict }
      guard !own.isEmpty else { continue }
      lines += ["", "  \(verdict.rawValue)"]
      for claim in own { lines += self.lines(claim, mark, isFull: isFull, width: width) }
    }
    if !isFull { lines += untold(width: width) }
    if !controls.isEmpty {
      lines += ["", "Format control (ours, not in the paper)"]
      for control in controls { lines += wrapped("  " + control.sentence, indent: 4, width: width) }
    }
    return (lines + [""] + wrapped(summary, indent: 2, width: width)).joined(separator: "\n") + "\n"
  }

  /// How the claims are decided, in words.
  public var method: String {
    let counts = tables.compactMap { number in
      testCounts[number].map { "\($0) of \(paper.table(number)?.place ?? "table \(number)")" }
    }
    let own = families.filter { $0.tests > 0 }.map { "\($0.family) (\($0.tests))" }
    return "Paired tests on the same questions, each counting once whatever the seeds, with the error of questions and of "
      + "seeds; p corrected by Holm over the claims of one question"
      + (own.isEmpty ? "" : ": " + own.joined(separator: ", "))
      + "; and, on questions alone, over a table's tests"
      + (counts.isEmpty ? "" : " (\(counts.joined(separator: ", ")))")
      + "; decided at \(fixed(ClaimReview.level, decimals: 2)), if every seed points the same way. Not seen: a difference of "
      + "the claimed size"
      + (paper.margin.map { ", or of \(fixed($0, decimals: 1)) points if that is more," } ?? "")
      + " is excluded. See Documentation/verdicts.md."
  }

  private func lines(of table: PublishedTable, width: Int) -> [String] {
    let own = cells.filter { $0.cell.table == table.number }
    let tally = CellVerdict.Verdict.allCases.map { verdict in (own.count { $0.verdict == verdict }, verdict.rawValue) }
    var lines = wrapped("\(table.place): \(table.title)", indent: 2, width: width)
    lines.append(
      "  \(own.count) cells: " + tally.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", "))
    let told: [CellVerdict.Verdict] = isPaperScale ? [.reproduced, .withinInterval, .differs, .impossible] : []
    for verdict in own where told.contains(verdict.verdict) {
      lines += wrapped("    " + line(verdict, table), indent: 8, width: width)
    }
    return lines
  }

  private func line(_ verdict: CellVerdict, _ table: PublishedTable) -> String {
    let row = table.row(verdict.cell.row)?.name ?? verdict.cell.row
    let column = table.column(verdict.cell.column)?.name ?? verdict.cell.column
    let measured = verdict.measurement.map { $0.printed(like: verdict.published).text + ", " } ?? ""
    let reason = verdict.reason.isEmpty ? "" : " (\(verdict.reason))"
    return "\(row), \(column): \(measured)published \(verdict.published.text), \(verdict.verdict.rawValue)\(reason)"
  }

  private func lines(_ verdict: ClaimVerdict, _ mark: String, isFull: Bool, width: Int) -> [String] {
    let head = "  \(mark) \(verdict.claim.id) (\(verdict.claim.place)): \(verdict.claim.statement)"
    let evidence = isFull ? verdict.evidence : [verdict.telling]
    return wrapped(head, indent: 4, width: width) + evidence.flatMap { wrapped("      " + $0, indent: 8, width: width) }
  }

  /// Claims with evidence of their own.
  public var told: [ClaimVerdict] { claims.filter { $0.isMeasured && !$0.isOpenOnly && !$0.parts.isEmpty } }

  /// Undecided claims of which a line each would say the same: the reason, and the claims.
  public var untold: [(reason: String, claims: [ClaimVerdict])] {
    [
      (
        "hold where they could be tested; the rest needs rows of others, which were not measured here",
        claims.filter { $0.isMeasured && $0.isOpenOnly }
      ),
      (
        "need a cell that was not measured here",
        claims.filter { !$0.isMeasured && !$0.waits(for: .scores) && !$0.waits(for: .settings) }
      ),
      ("need a cell that was submitted, not scored", claims.filter { !$0.isMeasured && $0.waits(for: .scores) }),
      ("need a run at the paper's settings", claims.filter { !$0.isMeasured && $0.waits(for: .settings) }),
      ("quote numbers, which only the paper's scale can meet", claims.filter(\.parts.isEmpty)),
    ].filter { !$0.1.isEmpty }
  }

  private func untold(width: Int) -> [String] {
    let lines = untold.flatMap { reason, claims in
      let ids = claims.map(\.claim.id).joined(separator: ", ")
      return wrapped("  ? \(reason) (\(claims.count)): \(ids)", indent: 4, width: width)
    }
    return lines.isEmpty ? [] : [""] + lines
  }
}

extension ClaimVerdict {
  /// Whether at least one part was tested, or none needed to be.
  var isMeasured: Bool { parts.isEmpty || parts.contains { $0.pValue != nil } || verdict != .undecided }

  func waits(for what: Waiting) -> Bool { parts.contains { $0.waits == what } }

  /// Whether all that was tested holds, and only what was not tested leaves it undecided.
  var isOpenOnly: Bool {
    verdict == .undecided && !parts.isEmpty
      && parts.allSatisfy { $0.verdict == .holds || ($0.verdict == .undecided && $0.pValue == nil) }
  }

  /// The one part that decides: of a contradiction the clearest, else the weakest; with the tally of all.
  public var telling: String {
    guard !parts.isEmpty else { return evidence[0] }
    let own = parts.filter { $0.verdict == verdict }
    // What was not tested comes first, so that it is told only where nothing was.
    let sorted = own.sorted { ($0.pValue ?? -1) < ($1.pValue ?? -1) }
    // Of what was not seen the part with the largest bound is told: no part's is larger.
    let largest = own.max { ($0.bound ?? 0) < ($1.bound ?? 0) }
    let part = verdict == .contradicted ? sorted.first : verdict == .notSeen ? largest : sorted.last
    guard parts.count > 1, let part else { return part?.short ?? "" }
    switch verdict {
    case .contradicted: return "\(own.count) of \(parts.count) parts contradicted, most clearly \(part.short)"
    case .notSeen: return "\(own.count) of \(parts.count) parts not seen, such as \(part.short)"
    case .holds: return "\(parts.count == 2 ? "both" : "all \(parts.count)") parts, least clearly \(part.short)"
    case .undecided: return "\(own.count) of \(parts.count) parts undecided, such as \(part.short)"
    }
  }
}
