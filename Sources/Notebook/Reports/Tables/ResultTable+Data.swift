// For programs: tidy CSV, one line a cell, and JSON.
internal import CSV
public import JSONText
internal import Publications

extension ResultTable {
  /// One line a row and column; several seeds' counts are separated by spaces.
  public var csv: String {
    let heads = ["row", "section"] + labels.map { $0.lowercased().replacing(" ", with: "_") }
    var lines = [
      heads + [
        "origin", "column", "benchmark", "category", "audio", "n", "correct", "accuracy", "interval_low",
        "interval_high", "seeds", "seed_low", "seed_high", "published", "source",
      ] + (hasUnscored ? ["unscored", "state"] : [])
    ]
    for row in rows {
      for (column, cell) in zip(columns, row.cells) {
        let measured = cell.measured
        lines.append(
          [row.id, row.section] + row.labels + [
            row.origin.rawValue, column.id, column.benchmark, column.category ?? "",
            column.audio ? "yes" : "no",
            measured.map { $0.questionCount > 0 ? "\($0.questionCount)" : "" } ?? "",
            (measured?.seeds ?? []).map { String($0.correctCount) }.joined(separator: " "),
            measured?.printed.text ?? "", percent(measured?.interval?.low), percent(measured?.interval?.high),
            (measured?.seeds ?? []).compactMap { $0.seed.map(String.init) }.joined(separator: " "),
            percent(measured?.spread?.low), percent(measured?.spread?.high), cell.published?.text ?? "",
            row.source,
          ] + (hasUnscored ? [cell.unscored > 0 ? "\(cell.unscored)" : "", cell.isUnscored ? Self.submitted : ""] : []))
      }
    }
    return lines.map { $0.map(csvField).joined(separator: ",") + "\n" }.joined()
  }

  private func percent(_ value: Double?) -> String { value.map { fixed(100 * $0, decimals: 2) } ?? "" }

  public var json: JSONValue {
    .object([
      "name": .string(name), "title": .string(title), "labels": .array(labels.map { .string($0) }),
      "notes": .array(notes.map { .string($0) }),
      "columns": .array(
        columns.map { column in
          .object([
            "id": .string(column.id), "label": .string(column.label), "group": .string(column.group),
            "benchmark": .string(column.benchmark), "category": column.category.map { .string($0) } ?? .null,
            "audio": .boolean(column.audio),
          ])
        }),
      "rows": .array(
        rows.map { row in
          .object([
            "id": .string(row.id), "section": .string(row.section), "origin": .string(row.origin.rawValue),
            "labels": .array(row.labels.map { .string($0) }), "source": .string(row.source),
            "cells": .array(row.cells.map(json)),
          ])
        }),
    ])
  }

  private func json(_ cell: Cell) -> JSONValue {
    var object = scored(cell)
    if cell.unscored > 0 { object["unscored"] = .integer(cell.unscored) }
    if cell.isUnscored { object["state"] = .string(Self.submitted) }
    return .object(object)
  }

  private func scored(_ cell: Cell) -> JSONObject {
    JSONObject([
      ("published", cell.published.map { .number($0.value) } ?? .null),
      ("measured", cell.measured.map { measured in
        .object([
          "accuracy": .number(measured.printed.value), "interval": json(measured.interval),
          "spread": json(measured.spread), "n": .integer(measured.questionCount),
          "seeds": .array(
            measured.seeds.map {
              .object(["seed": $0.seed.map { .integer($0) } ?? .null, "correct": .integer($0.correctCount)])
            }),
        ])
      } ?? .null),
      ("measured_mark", json(cell.measuredMark)), ("published_mark", json(cell.publishedMark)),
    ])
  }

  private func json(_ interval: Interval?) -> JSONValue {
    interval.map { .array([.number($0.low), .number($0.high)]) } ?? .null
  }

  private func json(_ mark: Mark?) -> JSONValue {
    switch mark {
    case .best: "best"
    case .second: "second"
    case nil: .null
    }
  }
}
