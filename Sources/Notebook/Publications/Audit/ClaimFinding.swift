// A claim against the tables of the very paper that makes it.

/// What became of a claim.
public struct ClaimFinding: Sendable, Hashable {
  /// Whether the paper's own tables bear the claim out.
  public enum Verdict: String, Sendable, Hashable, Comparable {
    case holds
    /// The printed digits do not show it, but values that round to them do.
    case upToRounding = "holds up to rounding"
    case fails

    private var rank: Int { self == .holds ? 0 : self == .upToRounding ? 1 : 2 }
    public static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }
  }

  public var claim: Claim
  public var verdict: Verdict
  /// What decided it; for a failure, the cells that break it.
  public var evidence: [String]
}

extension PublishedPaper {
  /// Every claim, in the order of the file.
  public var claimFindings: [ClaimFinding] { claims.map(finding) }

  /// What the paper's tables say of a claim: as much as the weakest of its parts.
  public func finding(_ claim: Claim) -> ClaimFinding {
    let parts = evaluate(claim.expression)
    let worst = parts.map(\.verdict).max() ?? .holds
    // Of a claim that does not plainly hold, only what stands in its way is told.
    let telling = worst == .holds ? parts : parts.filter { $0.verdict != .holds }
    return ClaimFinding(claim: claim, verdict: worst, evidence: telling.map(\.text).filter { !$0.isEmpty })
  }

  /// One elementary statement and how it fares.
  struct Part {
    var verdict: ClaimFinding.Verdict
    var text: String
  }

  func evaluate(_ expression: ClaimExpression) -> [Part] {
    switch expression {
    case .all(let parts): parts.flatMap(evaluate)
    case .value(let cell, let number): [quoted(cell, number)]
    case .change(let pair, let isUp, let values, let by): change(pair, isUp: isUp, values: values, by: by)
    case .order(let higher, let lower): [order(higher, above: lower)]
    case .best(let block, let against): block.columns.map { best(block, $0, against) }
    case .improves(let block, let over, let except):
      block.columns.filter { !except.contains($0) }.flatMap { column in
        block.rows.map { order(block.cell($0, column), above: block.cell(over, column)) }
      }
    case .gains(let larger, let smaller): [gains(larger, smaller)]
    case .share(let part, let whole, let least): [share(part, whole, least)]
    case .close(let a, let b, let margin): [close(a, b, margin)]
    case .chance(let cell, let level, let isNear): [chance(cell, level, isNear)]
    case .count(let cell, let correct): [count(cell, correct)]
    case .same(let a, let b): [same(a, b)]
    }
  }

  private func missing(_ cell: CellName) -> Part { Part(verdict: .fails, text: "\(name(cell)): not reported") }

  /// The cell in words with its value, and its count where only one is possible: "… 68.6 (686 of 1,000)".
  func described(_ cell: CellName) -> String {
    guard let audit = audit(cell) else { return "\(name(cell)): not reported" }
    let counts = audit.count == nil ? nil : audit.countText
    return "\(name(cell)) \(audit.published.text)" + (counts.map { " (\($0))" } ?? "")
  }

  private func quoted(_ cell: CellName, _ number: PrintedNumber) -> Part {
    guard let value = value(cell) else { return missing(cell) }
    if value == number { return Part(verdict: .holds, text: described(cell)) }
    // Where else in the table does the quoted number stand?
    let others = cells.filter { $0.table == cell.table && self.value($0) == number }.map { name($0) }
    let elsewhere = others.isEmpty ? "" : "; \(number.text) is \(others.joined(separator: ", and "))"
    return Part(verdict: .fails, text: "\(name(cell)) is \(value.text), not \(number.text)\(elsewhere)")
  }

  private func change(
    _ pair: CellPair, isUp: Bool, values: [PrintedNumber], by: PrintedNumber?
  ) -> [Part] {
    guard let base = value(pair.base), let value = value(pair.cell) else {
      return [missing(self.value(pair.base) == nil ? pair.base : pair.cell)]
    }
    var parts = zip([pair.base, pair.cell], values).map { quoted($0, $1) }.filter { $0.verdict != .holds }
    parts.append(isUp ? order(pair.cell, above: pair.base) : order(pair.base, above: pair.cell))
    parts[parts.count - 1].text = difference(pair)
    if let by {
      let scale = max(base.scale, value.scale)
      let units = abs(value.units * (scale / value.scale) - base.units * (scale / base.scale))
      // Their difference in units of the product of both scales.
      let apart = abs(units * by.scale - by.units * scale)
      let verdict: ClaimFinding.Verdict =
        apart == 0 ? .holds : apart <= max(by.scale, scale) ? .upToRounding : .fails
      if verdict != .holds {
        let found = PrintedNumber(units: units, decimals: value.decimals).text
        parts.append(
          Part(
            verdict: verdict,
            text: "\(name(pair.cell)): \(value.text) and \(base.text) differ by \(found), not \(by.text)"))
      }
    }
    return parts
  }

  /// Whether one cell is above another: by the printed digits; if those are equal, by the counts behind them.
  private func order(_ higher: CellName, above lower: CellName) -> Part {
    guard let high = audit(higher), let low = audit(lower) else {
      return missing(audit(higher) == nil ? higher : lower)
    }
    if high.published > low.published {
      return Part(verdict: .holds, text: "\(described(higher)) > \(low.published.text) (\(rowName(lower)))")
    }
    if high.published < low.published {
      return Part(verdict: .fails, text: "\(described(higher)) < \(low.published.text) (\(rowName(lower)))")
    }
    let isSameCount = high.count != nil && high.count == low.count && high.questionCount == low.questionCount
    return Part(
      verdict: isSameCount ? .fails : .upToRounding,
      text: "\(described(higher)) = \(low.published.text) (\(rowName(lower)))")
  }

  private func rowName(_ cell: CellName) -> String { table(cell.table)?.row(cell.row)?.name ?? cell.row }

  private func best(_ block: CellBlock, _ column: String, _ against: [String]) -> Part {
    func top(_ rows: [String]) -> (cell: CellName, value: PrintedNumber)? {
      rows.map { block.cell($0, column) }.compactMap { cell in value(cell).map { (cell, $0) } }
        .reduce(nil) { best, next in best.map { $0.1 < next.1 ? next : $0 } ?? next }
    }
    guard let own = top(block.rows) else { return missing(block.cell(block.rows.first ?? "", column)) }
    guard let rival = top(against) else {
      return Part(verdict: .holds, text: described(own.cell) + ", no rival")
    }
    let relation = own.value < rival.value ? "<" : rival.value < own.value ? ">" : "="
    let text = "\(described(own.cell)) \(relation) \(rival.value.text) (\(rowName(rival.cell)))"
    guard relation == "=" else { return Part(verdict: relation == ">" ? .holds : .fails, text: text) }
    // A shared first place is still the best, if the counts say it is shared.
    let counts = (audit(own.cell)?.count, audit(rival.cell)?.count)
    let isShared = counts.0 != nil && counts.0 == counts.1
    return Part(
      verdict: isShared ? .holds : .upToRounding, text: text + (isShared ? ", the best place is shared" : ""))
  }

  private func count(_ cell: CellName, _ correct: Int) -> Part {
    guard let audit = audit(cell) else { return missing(cell) }
    let rounding = audit.verdict == .exact ? "" : ", \(audit.verdict.text)"
    return Part(
      verdict: audit.counts == [correct] ? .holds : audit.counts.contains(correct) ? .upToRounding : .fails,
      text: "\(described(cell))\(rounding)")
  }

  private func same(_ a: CellName, _ b: CellName) -> Part {
    guard let first = value(a), let second = value(b) else { return missing(value(a) == nil ? a : b) }
    return Part(
      verdict: first == second ? .holds : .fails,
      text: "\(described(a)) \(first == second ? "=" : "≠") \(second.text) (\(name(b)))")
  }
}
