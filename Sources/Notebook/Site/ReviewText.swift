// Tables, verdicts and claims as the site shows them: what `repro tables` and `repro verify` say, as data.
internal import JSONText
public import Publications
internal import Reports

/// Results that are judged together, and the paper that they are judged by.
public struct ShownReview: Sendable {
  public var paper: PublishedPaper
  /// Places in the list of results.
  public var results: [Int]
  /// What tells commands that the paper is meant; empty for the default one.
  public var option: String

  public init(paper: PublishedPaper, results: [Int], option: String = "") {
    self.paper = paper
    self.results = results
    self.option = option
  }
}

/// A review with its verdicts and tables, each made once.
struct JudgedReview: Sendable {
  let shown: ShownReview
  let verification: Verification
  /// By table: the result that measures it.
  let runs: [Int: MeasuredRun]
  let places: [Int: Int]
  private let tables: [ResultTable]
  /// The report's file within the site.
  let report: String

  init(_ shown: ShownReview, _ all: [ShownResult], report: String) {
    self.shown = shown
    self.report = report
    var runs: [Int: MeasuredRun] = [:]
    var places: [Int: Int] = [:]
    for place in shown.results {
      guard let run = all[place].run else { continue }
      for table in run.tables {
        runs[table] = MeasuredRun(run: run, measured: all[place].measured, training: all[place].training)
        places[table] = place
      }
    }
    (self.runs, self.places) = (runs, places)
    verification = Verification(shown.paper, runs.mapValues(\.measured))
    let numbers = shown.results.flatMap { all[$0].run?.tables ?? [] }
    tables = numbers.compactMap { number in
      shown.paper.table(number).flatMap { table in runs[number].map { ResultTable(table, of: shown.paper, $0.measured) } }
    }
  }

  private var paper: PublishedPaper { shown.paper }


  /// - Returns: the review, and its tables in the order of the results.
  func json() -> (review: JSONValue, tables: [JSONValue]) {
    let verdicts = Dictionary(verification.cells.map { ($0.cell, $0) }) { first, _ in first }
    return (review, tables.map { table in
      let number = number(of: table)
      return json(number, table, result: places[number] ?? 0, verdicts)
    })
  }

  private func number(of table: ResultTable) -> Int { Int(table.name.drop { !$0.isNumber }) ?? 0 }

  private var review: JSONValue {
    func texts(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
    let told = Set(verification.told.map(\.claim.id))
    return .object([
      "paper": .string(paper.title), "authors": .string(paper.authors), "source": .string(paper.source),
      "scale": .string(verification.scaleName), "method": .string(verification.method),
      "summary": .string(verification.summary), "departures": texts(verification.departureSentences),
      "results": .array(shown.results.map { .integer($0) }), "report": .string(report),
      "controls": .array(
        verification.controls.map { .object(["text": .string($0.sentence), "cells": cells(of: $0)]) }),
      "claims": .array(
        verification.claims.map { verdict in
          .object([
            "id": .string(verdict.claim.id), "where": .string(verdict.claim.place),
            "statement": .string(verdict.claim.statement), "verdict": .string(verdict.verdict.rawValue),
            "telling": .string(verdict.telling), "evidence": texts(verdict.evidence),
            "told": .boolean(told.contains(verdict.claim.id)),
            "cells": .array(verdict.claim.expression.cells.compactMap(place)),
            "pairs": .array(
              verdict.claim.expression.pairs.compactMap { pair in
                place(pair.base).flatMap { base in place(pair.cell).map { .array([base, $0]) } }
              }),
          ])
        }),
      "untold": .array(
        verification.untold.map { reason, claims in
          .object(["reason": .string(reason), "claims": texts(claims.map(\.claim.id))])
        }),
    ])
  }

  /// Table, row and column of a cell whose questions were answered; nil where it was not measured.
  private func place(_ cell: CellName) -> JSONValue? {
    guard let table = tables.first(where: { number(of: $0) == cell.table }),
      let row = table.rows.firstIndex(where: { $0.id == cell.row }),
      let column = table.columns.firstIndex(where: { $0.id == cell.column }),
      table.rows[row].cells[column].measured?.seeds.isEmpty == false
    else { return nil }
    return .array([.integer(cell.table), .integer(row), .integer(column)])
  }

  /// What a control's sentence counts, each with the names of its evaluation cells.
  private func cells(of control: FormatControl) -> JSONValue {
    let all = [("the base", control.base), ("the control", control.control)] + control.tunings.map { ($0.name, $0.measurement) }
    return .array(
      all.map { name, measurement in
        .object([
          "name": .string(name), "text": .string(measurement.printed.text),
          "cells": .array(measurement.seeds.map { .string($0.cell) }),
        ])
      })
  }

  private func json(
    _ number: Int, _ table: ResultTable, result: Int, _ verdicts: [CellName: CellVerdict]
  ) -> JSONValue {
    .object([
      "number": .integer(number), "title": .string(table.title), "result": .integer(result),
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
                let name = CellName(paper: paper.id, table: number, row: row.id, column: column.id)
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

extension ClaimExpression {
  /// What it compares, as a base and what is held against it; empty where it ranks many or speaks of single cells.
  fileprivate var pairs: [CellPair] {
    switch self {
    case .value, .chance, .count, .same, .best: []
    case .change(let pair, _, _, _): [pair]
    case .order(let higher, let lower): [CellPair(base: lower, cell: higher)]
    case .close(let a, let b, _): [CellPair(base: a, cell: b)]
    case .improves(let block, let over, let except):
      block.columns.filter { !except.contains($0) }.flatMap { column in
        block.rows.map { CellPair(base: block.cell(over, column), cell: block.cell($0, column)) }
      }
    case .gains(let larger, let smaller): [larger, smaller]
    case .share(let part, let whole, _): [part, whole]
    case .all(let parts): parts.flatMap(\.pairs)
    }
  }
}
