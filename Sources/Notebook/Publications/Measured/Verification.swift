// `repro verify`: every cell and every claim, measured beside published.
public import JSONText

public struct Verification: Sendable {
  public var cells: [CellVerdict]
  public var claims: [ClaimVerdict]
  public var controls: [FormatControl]
  private let paper: PublishedPaper
  private let tables: [Int]
  private let scale: Measurements.Scale
  private let subsetSentence: String?

  public init(_ paper: PublishedPaper, _ measured: Measurements, tables: [Int]) {
    self.paper = paper
    self.tables = tables
    scale = measured.scale
    subsetSentence = measured.subsetSentence
    cells = paper.cellVerdicts(measured, tables: tables)
    claims = paper.claimVerdicts(measured, tables: tables)
    controls = FormatControl.all(measured)
  }

  /// Whether a cell differs from what was published, or a claim is contradicted.
  public var isNegative: Bool {
    cells.contains { $0.verdict == .differs || $0.verdict == .impossible }
      || claims.contains { $0.verdict == .contradicted }
  }

  public var json: JSONValue {
    .object([
      "scale": .string(scaleName), "tables": .array(tables.map { .integer($0) }),
      "cells": .array(cells.map(json)),
      "claims": .array(
        claims.map { verdict in
          .object([
            "id": .string(verdict.claim.id), "where": .string(verdict.claim.place),
            "statement": .string(verdict.claim.statement), "verdict": .string(verdict.verdict.rawValue),
            "evidence": .array(verdict.evidence.map { .string($0) }),
          ])
        }),
      "controls": .array(controls.map { .string($0.sentence) }),
    ])
  }

  private func json(_ verdict: CellVerdict) -> JSONValue {
    let measurement = verdict.measurement
    return .object([
      "table": .integer(verdict.cell.table), "row": .string(verdict.cell.row),
      "column": .string(verdict.cell.column), "published": .number(verdict.published.value),
      "measured": measurement.map { .number($0.printed.value) } ?? .null,
      "n": measurement.map { .integer($0.questionCount) } ?? .null,
      "correct": .array((measurement?.seeds ?? []).map { .integer($0.correctCount) }),
      "verdict": .string(verdict.verdict.rawValue), "reason": .string(verdict.reason),
    ])
  }

  private var scaleName: String {
    switch scale {
    case .paper: "paper"
    case .other(let profile): profile
    }
  }

  public func text(width: Int = 110) -> String {
    var lines: [String] = []
    for number in tables {
      guard let table = paper.table(number) else { continue }
      let own = cells.filter { $0.cell.table == number }
      lines.append("\(table.place): \(table.title)")
      let tally = CellVerdict.Verdict.allCases.map { verdict in
        (own.count { $0.verdict == verdict }, verdict.rawValue)
      }
      lines.append(
        "  \(own.count) cells: "
          + tally.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", "))
      for verdict in own where [.reproduced, .withinInterval, .differs, .impossible].contains(verdict.verdict) {
        lines += wrapped("    " + line(verdict, table), indent: 8, width: width)
      }
      lines.append("")
    }
    if case .other(let profile) = scale {
      lines += [
        "The \(profile) profile is another scale than the paper's: its numbers bear on claims only.", "",
      ]
    }
    if let subsetSentence { lines += wrapped(subsetSentence, indent: 2, width: width) + [""] }
    lines.append("Claims")
    for verdict in claims {
      let mark = verdict.verdict == .holds ? "✓" : verdict.verdict == .contradicted ? "✗" : "?"
      let text = "  \(mark) \(verdict.claim.id) (\(verdict.claim.place)), \(verdict.verdict.rawValue): "
      lines += wrapped(text + verdict.claim.statement, indent: 4, width: width)
      for evidence in verdict.evidence { lines += wrapped("      " + evidence, indent: 8, width: width) }
    }
    if !controls.isEmpty {
      lines += ["", "Format control (ours, not in the paper)"]
      for control in controls { lines += wrapped("  " + control.sentence, indent: 4, width: width) }
    }
    return (lines + ["", summary]).joined(separator: "\n") + "\n"
  }

  private func line(_ verdict: CellVerdict, _ table: PublishedTable) -> String {
    let row = table.row(verdict.cell.row)?.name ?? verdict.cell.row
    let column = table.column(verdict.cell.column)?.name ?? verdict.cell.column
    let measured = verdict.measurement.map { $0.printed.text } ?? ""
    return "\(row), \(column): \(measured), published \(verdict.published.text), \(verdict.verdict.rawValue)"
  }

  public var summary: String {
    let verdicts = ClaimVerdict.Verdict.allCases.map { verdict in
      "\(claims.count { $0.verdict == verdict }) \(verdict == .holds ? "hold" : verdict.rawValue)"
    }
    return "\(claims.count) claims: " + verdicts.joined(separator: ", ")
  }
}
