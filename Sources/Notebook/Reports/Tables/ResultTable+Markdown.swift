// For a page: one row a system, a cell with everything that is known of it.
internal import Publications

extension ResultTable {
  /// A GitHub-flavoured table with its title and notes.
  public var markdown: String {
    var lines = ["### \(title)", ""]
    let headings = columns.map { $0.group.isEmpty ? $0.label : "\($0.group), \($0.label.lowercased())" }
    lines.append(row(labels + headings))
    lines.append(
      "|" + String(repeating: ":--|", count: labels.count) + String(repeating: "--:|", count: columns.count))
    for row in rows {
      var labels = row.labels
      if !row.note.isEmpty { labels[labels.count - 1] += " *\(row.note.dropFirst())*" }
      lines.append(self.row(labels.map(escaped) + row.cells.map { cell($0, row) }))
    }
    return (lines + [""] + notes.map { "- " + $0 }).joined(separator: "\n") + "\n"
  }

  private func row(_ fields: [String]) -> String { "| " + fields.joined(separator: " | ") + " |" }

  private func escaped(_ text: String) -> String { text.replacing("|", with: "\\|") }

  private func cell(_ cell: Cell, _ row: Row) -> String {
    guard row.note.isEmpty else {
      return cell.published.map { marked($0.text, cell.publishedMark) } ?? ""
    }
    var parts: [String] = []
    if let measured = cell.measured {
      parts.append(marked(measured.printed.text, cell.measuredMark))
      if let counts = Self.counts(measured) { parts.append(counts) }
      if let interval = measured.interval { parts.append(Self.text(interval)) }
      if let spread = measured.spread { parts.append("seeds " + Self.text(spread)) }
      if cell.unscored > 0 { parts.append("\(cell.unscored) more \(Self.submitted)") }
    } else if cell.isUnscored {
      parts += [Self.submitted, "\(cell.unscored) answers"]
    } else if !absence(row, cell).isEmpty {
      parts.append(Self.absent)
    }
    if let published = cell.published {
      parts.append("published " + marked(published.text, cell.publishedMark))
    }
    return parts.joined(separator: "<br>")
  }

  private func marked(_ text: String, _ mark: Mark?) -> String {
    switch mark {
    case .best: "**\(text)**"
    case .second: "<u>\(text)</u>"
    case nil: text
    }
  }
}
