// For the terminal: plain characters, or bold and underline where they are wanted.
internal import Publications

extension ResultTable {
  /// The table as text. `style` adds the escape sequences for bold and underlined.
  public func terminalText(style: Bool = false) -> String {
    let stacks = rows.map { ($0, stack($0)) }
    let lines = stacks.flatMap(\.1)
    let labelWidths = labels.indices.map { index in
      ([labels[index].count] + lines.map { $0.labels[index].count }).max() ?? 0
    }
    let widths = columns.indices.map { index in
      ([columns[index].label.count] + lines.map { $0.texts[index].count }).max() ?? 0
    }
    var text: [String] = []
    if columns.contains(where: { !$0.group.isEmpty }) {
      text.append(Self.join(labelWidths.map { pad("", $0) } + groupHeadings(widths)))
    }
    text.append(
      Self.join(
        zip(labels, labelWidths).map { pad($0, $1) }
          + zip(columns, widths).map { pad($0.label, $1, isRight: true) }))
    let rule = String(repeating: "─", count: text.last.map { max($0.count, 1) } ?? 1)
    text.insert(title, at: 0)
    text.append(rule)
    var section: String?
    for (row, stack) in stacks {
      if let section, section != row.section { text.append(rule) }
      section = row.section
      for line in stack {
        let left = zip(line.labels, labelWidths).map { pad($0, $1) }
        let right = columns.indices.map { index in
          styled(line.texts[index], line.marks[index], width: widths[index], style: style)
        }
        text.append(Self.join(left + right))
      }
    }
    text.append(rule)
    for note in notes { text += wrapped(note, indent: 0, width: max(72, min(rule.count, 110))) }
    return text.joined(separator: "\n") + "\n"
  }

  private func groupHeadings(_ widths: [Int]) -> [String] {
    var start = 0
    return columnGroups.map { group in
      let span = widths[start..<start + group.count].reduce(0, +) + 2 * (group.count - 1)
      start += group.count
      return pad(group.name, span)
    }
  }

  private func styled(_ text: String, _ mark: Mark?, width: Int, style: Bool) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    guard style, let mark else { return space + text }
    return space + (mark == .best ? "\u{1B}[1m" : "\u{1B}[4m") + text + "\u{1B}[0m"
  }

  private func pad(_ text: String, _ width: Int, isRight: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return isRight ? space + text : text + space
  }

  private static func join(_ parts: [String]) -> String {
    var line = parts.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}
