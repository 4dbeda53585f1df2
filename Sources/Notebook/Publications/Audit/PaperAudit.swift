// The whole audit, for people and for programs.
public import JSONText

/// The published tables against arithmetic and against the paper's own claims.
public struct PaperAudit: Sendable {
  public var cells: [CellAudit]
  public var rows: [RowAudit]
  public var claims: [ClaimFinding]
  private let paper: PublishedPaper

  public init(_ paper: PublishedPaper) {
    self.paper = paper
    cells = paper.cells.compactMap { paper.audit($0) }
    rows = paper.rowAudits
    claims = paper.claimFindings
  }

  public var impossibleCells: [CellAudit] { cells.filter { $0.verdict == .impossible } }
  public var impossibleRows: [RowAudit] { rows.filter { $0.verdict == .impossible } }
  public var failedClaims: [ClaimFinding] { claims.filter { $0.verdict == .fails } }
  /// Whether there is any finding against the paper.
  public var hasFailures: Bool { !impossibleCells.isEmpty || !impossibleRows.isEmpty || !failedClaims.isEmpty }

  /// `{"cells": […], "rows": […], "claims": […]}`; `n` is null and `counts` empty where sizes are not published.
  public var json: JSONValue {
    .object([
      "cells": .array(cells.map(json)), "rows": .array(rows.map(json)),
      "claims": .array(
        claims.map { finding in
          .object([
            "paper": .string(paper.id), "id": .string(finding.claim.id), "where": .string(finding.claim.place),
            "statement": .string(finding.claim.statement), "verdict": .string(finding.verdict.rawValue),
            "evidence": .string(
              (finding.evidence + (finding.claim.reading.map { ["reading: " + $0] } ?? [])).joined(
                separator: "; ")),
          ])
        }),
    ])
  }

  private func json(_ audit: CellAudit) -> JSONValue {
    .object([
      "paper": .string(audit.cell.paper), "table": .integer(audit.cell.table), "row": .string(audit.cell.row), "column": .string(audit.cell.column),
      "published": .number(audit.published.value), "n": audit.questionCount.map { .integer($0) } ?? .null,
      "counts": .array(audit.counts.map { .integer($0) }), "verdict": .string(audit.verdict.text),
    ])
  }

  private func json(_ audit: RowAudit) -> JSONValue {
    .object([
      "paper": .string(audit.paper), "table": .integer(audit.table), "row": .string(audit.row), "benchmark": .string(audit.benchmark),
      "published": .number(audit.average.value), "n": .integer(audit.questionCount),
      "counts": audit.categoryCounts.map { .array($0.map { .array($0.map { .integer($0) }) }) } ?? .null,
      "sums": .array(audit.sums.map { .integer($0) }), "micro": .boolean(audit.isMicro),
      "macro": .boolean(audit.isMacro), "verdict": .string(audit.verdict.rawValue),
      "evidence": .string(audit.evidence),
    ])
  }

  // MARK: - For people

  /// The report, at most `width` columns wide.
  public func text(width: Int = 110) -> String {
    var lines = [
      "\(paper.title)", "The published tables against arithmetic, and the paper's claims against its tables.",
      "",
    ]
    for table in paper.tables { lines += self.lines(of: table, width: width) + [""] }
    lines.append("Claims")
    for finding in claims {
      let head =
        "  \(mark(finding.verdict)) \(finding.claim.id) (\(finding.claim.place)): \(finding.claim.statement)"
      lines += wrapped(head, indent: 4, width: width)
      // What holds, holds in every cell: a few show it.
      let shown = finding.verdict == .holds ? 4 : finding.evidence.count
      let rest = finding.evidence.count - shown
      for evidence in finding.evidence.prefix(shown) + (rest > 0 ? ["and \(rest) more"] : []) {
        lines += wrapped("      " + evidence, indent: 8, width: width)
      }
      if let reading = finding.claim.reading {
        lines += wrapped("      reading: " + reading, indent: 8, width: width)
      }
    }
    lines += ["", "Not decided by the tables"]
    for note in paper.notes {
      lines += wrapped("  - \(note.place): \(note.statement) — \(note.note)", indent: 4, width: width)
    }
    return (lines + [""] + wrapped(summary, indent: 2, width: width)).joined(separator: "\n") + "\n"
  }

  private func lines(of table: PublishedTable, width: Int) -> [String] {
    let own = cells.filter { $0.cell.table == table.number }
    var lines = ["\(table.place): \(table.title)"]
    lines.append("  " + tally(own))
    for audit in own where audit.verdict != .exact && audit.verdict != .sizeUnknown {
      let counts = audit.countText.map { ": \($0)" } ?? " over \(grouped(audit.questionCount ?? 0)) questions"
      let row = table.row(audit.cell.row)?.name ?? audit.cell.row
      let column = table.column(audit.cell.column)?.name ?? audit.cell.column
      let text =
        "  \(audit.verdict == .impossible ? "✗" : "~") \(row), \(column) "
        + "\(audit.published.text) \(audit.verdict.text)\(counts)"
      lines += wrapped(text, indent: 6, width: width)
    }
    let rows = self.rows.filter { $0.table == table.number }
    if !rows.isEmpty { lines.append("  averages against categories") }
    for audit in rows {
      let name = table.row(audit.row)?.name ?? audit.row
      let benchmark = paper.benchmark(audit.benchmark)?.title ?? audit.benchmark
      let mark = audit.verdict == .impossible ? "✗" : audit.verdict == .unusualRounding ? "~" : "✓"
      lines += wrapped(
        "    \(mark) \(name), \(benchmark), \(audit.average.text): \(audit.evidence)", indent: 8, width: width)
    }
    return lines
  }

  private func tally(_ audits: [CellAudit]) -> String {
    func count(_ isCounted: (CellAudit.Verdict) -> Bool) -> Int {
      audits.filter { isCounted($0.verdict) }.count
    }
    let unusual = count { if case .unusualRounding = $0 { true } else { false } }
    let parts = [
      (count { $0 == .exact }, "exact"), (unusual, "only under an unusual rounding"),
      (count { $0 == .impossible }, "impossible"), (count { $0 == .sizeUnknown }, "of unpublished size"),
    ]
    return "\(audits.count) cells: "
      + parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }

  public var summary: String {
    let rounding = claims.filter { $0.verdict == .upToRounding }.count
    return
      "\(tally(cells)); \(rows.count) averages, \(impossibleRows.count) of them impossible; \(claims.count) claims: "
      + "\(claims.count - rounding - failedClaims.count) hold, \(rounding) up to rounding, \(failedClaims.count) fail"
  }

  private func mark(_ verdict: ClaimFinding.Verdict) -> String {
    switch verdict {
    case .holds: "✓"
    case .upToRounding: "~"
    case .fails: "✗"
    }
  }
}

/// `text` in lines of at most `width` characters, broken at spaces; leading spaces are kept, and all lines but the
/// first begin with `indent` spaces.
public func wrapped(_ text: String, indent: Int, width: Int) -> [String] {
  var lines: [String] = []
  var line = String(text.prefix { $0 == " " })
  var isEmpty = true
  for word in text.split(separator: " ") {
    if !isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = String(repeating: " ", count: indent)
      isEmpty = true
    }
    line += (isEmpty ? "" : " ") + word
    isEmpty = false
  }
  return isEmpty ? lines : lines + [line]
}
