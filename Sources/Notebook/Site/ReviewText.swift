// Tables, verdicts and claims as the site shows them: what `repro tables` and `repro verify` say, as data.
internal import JSONText
public import Publications
internal import Reports

/// Results that are judged together, and the paper that they are judged by.
public struct ShownReview: Sendable {
  public var paper: PublishedPaper
  /// Places in the list of results.
  public var results: [Int]

  public init(paper: PublishedPaper, results: [Int]) {
    self.paper = paper
    self.results = results
  }

  /// - Returns: the review, and its tables in the order of the results.
  func json(_ all: [ShownResult]) -> (review: JSONValue, tables: [JSONValue]) {
    var measured: [Int: Measurements] = [:]
    for place in results {
      for table in all[place].run?.tables ?? [] { measured[table] = all[place].measured }
    }
    let verification = Verification(paper, measured)
    let verdicts = Dictionary(verification.cells.map { ($0.cell, $0) }) { first, _ in first }
    let tables = results.flatMap { place in
      (all[place].run?.tables ?? []).compactMap { number in paper.table(number) }.map { table in
        json(table, ResultTable(table, of: paper, all[place].measured), result: place, verdicts)
      }
    }
    return (json(verification), tables)
  }

  private func json(_ verification: Verification) -> JSONValue {
    func texts(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
    let told = Set(verification.told.map(\.claim.id))
    return .object([
      "paper": .string(paper.title), "authors": .string(paper.authors), "source": .string(paper.source),
      "scale": .string(verification.scaleName), "method": .string(verification.method),
      "summary": .string(verification.summary), "departures": texts(verification.departureSentences),
      "results": .array(results.map { .integer($0) }), "controls": texts(verification.controls.map(\.sentence)),
      "claims": .array(
        verification.claims.map { verdict in
          .object([
            "id": .string(verdict.claim.id), "where": .string(verdict.claim.place),
            "statement": .string(verdict.claim.statement), "verdict": .string(verdict.verdict.rawValue),
            "telling": .string(verdict.telling), "evidence": texts(verdict.evidence),
            "told": .boolean(told.contains(verdict.claim.id)),
          ])
        }),
      "untold": .array(
        verification.untold.map { reason, claims in
          .object(["reason": .string(reason), "claims": texts(claims.map(\.claim.id))])
        }),
    ])
  }

  private func json(
    _ published: PublishedTable, _ table: ResultTable, result: Int, _ verdicts: [CellName: CellVerdict]
  ) -> JSONValue {
    .object([
      "number": .integer(published.number), "title": .string(table.title), "result": .integer(result),
      "labels": .array(table.labels.map { .string($0) }), "notes": .array(table.notes.map { .string($0) }),
      "columns": .array(
        table.columns.map { column in
          .object([
            "label": .string(column.label), "group": .string(column.group), "benchmark": .string(column.benchmark),
            "category": column.category.map { .string($0) } ?? .null, "audio": .boolean(column.audio),
          ])
        }),
      "rows": .array(
        table.rows.map { row in
          .object([
            "section": .string(row.section), "labels": .array(row.labels.map { .string($0) }),
            "short": .string(row.shortName), "origin": .string(row.origin.rawValue), "source": .string(row.source),
            "cells": .array(
              zip(table.columns, row.cells).map { column, cell in
                let name = CellName(paper: paper.id, table: published.number, row: row.id, column: column.id)
                return json(cell, verdicts[name])
              }),
          ])
        }),
    ])
  }

  private func json(_ cell: ResultTable.Cell, _ verdict: CellVerdict?) -> JSONValue {
    func mark(_ mark: ResultTable.Mark?) -> JSONValue {
      switch mark {
      case .best: 1
      case .second: 2
      case nil: .null
      }
    }
    func pair(_ interval: Interval?) -> JSONValue {
      interval.map { .array([.number($0.low), .number($0.high)]) } ?? .null
    }
    var object = JSONObject([
      ("published", cell.published.map { .string($0.text) } ?? .null), ("publishedMark", mark(cell.publishedMark))
    ])
    if cell.unscored > 0 { object["unscored"] = .integer(cell.unscored) }
    if let verdict, verdict.verdict != .notMeasured || verdict.measurement != nil {
      object["verdict"] = .string(verdict.verdict.rawValue)
      if !verdict.reason.isEmpty { object["reason"] = .string(verdict.reason) }
    }
    guard let measured = cell.measured else { return .object(object) }
    object["measured"] = .object([
      "text": .string(measured.printed.text), "value": .number(measured.accuracy), "mark": mark(cell.measuredMark),
      "interval": pair(measured.interval), "spread": pair(measured.spread), "n": .integer(measured.questionCount),
      "correct": .array(measured.seeds.map { .integer($0.correctCount) }),
      "cells": .array(measured.seeds.map { .string($0.cell) }),
      "chance": plotted(measured.chance),
    ])
    return .object(object)
  }
}
