// A score as a page and as JSON: counts first, then shares with their Wilson intervals.
import Foundation
import JSONText
import Publications
import Questions

extension RightCount {
  fileprivate var interval: Interval { wilsonInterval(right, of: count) }

  fileprivate var json: JSONValue {
    .object([
      "n": .integer(count), "correct": .integer(right),
      "accuracy": count == 0 ? .null : .number(Double(right) / Double(count)),
      "interval": .array([.number(interval.low), .number(interval.high)]),
    ])
  }

  /// Right, of, percent, interval.
  fileprivate var cells: [String] {
    guard count > 0 else { return ["0", "0", "", ""] }
    return [
      "\(right)", "\(count)", percent(Double(right) / Double(count)),
      percent(interval.low) + " to " + percent(interval.high),
    ]
  }
}

private func percent(_ share: Double) -> String { String(format: "%.1f", 100 * share) }

extension ScoreSheet {
  /// `{"benchmark", "n", "correct", "items": [{"id", "match"}]}`.
  var itemsJSON: JSONValue {
    let total = total()
    return .object([
      "benchmark": .string(benchmark.rawValue), "n": .integer(total.count), "correct": .integer(total.right),
      "items": .array(
        items.map { .object(["id": .string($0.question.id), "match": .boolean($0.isRight(by: .string_match))]) }),
    ])
  }

  var json: JSONValue {
    var object = total().json.object ?? JSONObject()
    object["benchmark"] = .string(benchmark.rawValue)
    object["official"] = .boolean(isOfficial)
    object["revision"] = revision.revision.map { .string($0.rawValue) } ?? .null
    if let commit = revision.commit { object["revision_commit"] = .string(commit) }
    object["keys"] = .array(keys.map { .string($0) })
    object["missing"] = .array(missing.map { .string($0) })
    if !withheld.isEmpty { object["unscored"] = .integer(withheld.count) }
    object["groups"] = .object(
      JSONObject(
        groups.map { key, counts in (key, .object(JSONObject(counts.map { ($0.value, $0.count.json) }))) }))
    object["scorers"] = .object(
      JSONObject(AnswerScorer.allCases.map { ($0.rawValue, total(by: $0).json) }))
    object["disputed"] = .integer(disputed.count)
    let baselines = baselines
    object["baselines"] = .object(["uniform": .number(baselines.uniform), "first": baselines.first.json])
    return .object(object)
  }

  var page: String {
    let total = total()
    var lines = ["\(benchmark.rawValue): \(total.right) of \(total.count) right by the official string match"]
    if isOfficial { lines[0] += ", counted as the official script counts" }
    if benchmark == .mmau { lines.append("revision: \(revision.text)") }
    let head = ["", "right", "of", "%", "95 % interval"]
    var rows = [["overall"] + total.cells]
    for (key, counts) in groups {
      rows.append([key])
      rows += counts.map { ["  " + $0.value] + $0.count.cells }
    }
    lines += [""] + aligned([head] + rows)
    let all = AnswerScorer.allCases.map { self.total(by: $0) }
    let shares = all.map { Double($0.right) / Double(max($0.count, 1)) }
    let spread = (shares.max() ?? 0) - (shares.min() ?? 0)
    lines += [""] + aligned([["scorer"] + head.dropFirst()] + zip(AnswerScorer.allCases, all).map { [$0.rawValue] + $1.cells })
    lines.append("spread \(percent(spread)) points; they disagree on \(counted(disputed.count, "question"))")
    let trivial = baselines
    lines += [
      "", "without hearing, under the official match: uniform choice \(percent(trivial.uniform)) %, always the first "
        + "choice \(percent(Double(trivial.first.right) / Double(max(trivial.first.count, 1)))) %",
    ]
    return lines.joined(separator: "\n") + "\n"
  }
}

/// Rows as columns: the first to the left, the others to the right. A row of one cell spans them.
func aligned(_ rows: [[String]]) -> [String] {
  let count = rows.map(\.count).max() ?? 0
  let widths = (0..<count).map { column in
    rows.filter { $0.count > 1 && $0.count > column }.map { $0[column].count }.max() ?? 0
  }
  return rows.map { row in
    guard row.count > 1 else { return row.first ?? "" }
    let cells = row.enumerated().map { column, cell in
      let space = String(repeating: " ", count: max(0, widths[column] - cell.count))
      return column == 0 ? cell + space : space + cell
    }
    var line = cells.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}
