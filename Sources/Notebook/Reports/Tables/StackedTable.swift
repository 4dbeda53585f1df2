// The layout that the terminal and LaTeX share: a row of the table is a short stack of lines.
internal import Publications

/// One printed line of a table.
struct StackedLine {
  enum Kind {
    case measured, counts, interval, spread, unscored, published
  }

  var kind: Kind
  var isFirst: Bool
  /// Labels of the row on its first line, else the name of the line in the last label.
  var labels: [String]
  var texts: [String]
  var marks: [ResultTable.Mark?]
}

extension ResultTable.Row {
  /// What its numbers are, behind its name, where they are not measured ones.
  var note: String {
    switch origin {
    case .published: " (published)"
    case .human: " (people)"
    case .reproduction:
      cells.contains { $0.measured != nil || $0.unscored > 0 } ? "" : " (published; not measured)"
    case .control: ""
    }
  }
}

extension ResultTable {
  /// The lines of one row: what was measured, its counts (of all seeds together), its interval, its seeds, what was
  /// published.
  func stack(_ row: Row) -> [StackedLine] {
    var lines: [StackedLine] = []
    func add(_ kind: StackedLine.Kind, _ name: String, marks: [Mark?] = [], _ text: (Cell) -> String?) {
      let texts = row.cells.map { text($0) ?? "" }
      guard texts.contains(where: { !$0.isEmpty }) else { return }
      let blank = [String](repeating: "", count: labels.count - 1)
      lines.append(
        StackedLine(
          kind: kind, isFirst: lines.isEmpty, labels: lines.isEmpty ? row.labels : blank + [name], texts: texts,
          marks: marks.isEmpty ? row.cells.map { _ in nil } : marks))
    }
    let isMeasured = row.cells.contains { $0.measured != nil || $0.unscored > 0 }
    if isMeasured, row.origin == .reproduction || row.origin == .control {
      add(.measured, "", marks: row.cells.map(\.measuredMark)) {
        $0.measured?.printed.text ?? (absence(row, $0).isEmpty ? nil : Self.absent)
      }
      let hasSeeds = row.cells.contains { ($0.measured?.seeds.count ?? 0) > 1 }
      add(.counts, hasSeeds ? "  right of all, all seeds" : "  right of all") { $0.measured.flatMap(Self.pooledCounts) }
      add(.interval, "  95 % interval") { $0.measured?.interval.map(Self.text) }
      add(.spread, "  lowest to highest seed") { $0.measured?.spread.map(Self.text) }
      add(.unscored, "  " + Self.submitted) { $0.unscored > 0 ? "\($0.unscored)" : nil }
      add(.published, "  published", marks: row.cells.map(\.publishedMark)) { $0.published?.text }
    } else {
      add(.published, "", marks: row.cells.map(\.publishedMark)) { $0.published?.text }
      if !lines.isEmpty {
        lines[0].labels[labels.count - 1] += row.note
      }
    }
    return lines
  }

  /// Groups of neighbouring columns under one heading.
  var columnGroups: [(name: String, count: Int)] {
    columns.reduce(into: []) { groups, column in
      if groups.last?.name == column.group, let last = groups.indices.last {
        groups[last].count += 1
      } else {
        groups.append((column.group, 1))
      }
    }
  }
}

extension ResultTable.Column {
  /// The label where columns are narrow: "Sound+music" in two lines, "All three" too.
  var labelLines: [String] {
    label.reduce(into: [""]) { lines, character in
      if character == " " { lines.append("") } else { lines[lines.count - 1].append(character) }
      if character == "+" { lines.append("") }
    }
  }
}
