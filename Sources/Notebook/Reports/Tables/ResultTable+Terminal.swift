// For the terminal: plain characters, or bold and underline where they are wanted, in the fullest layout that fits.
internal import Publications

extension ResultTable {
  /// The table as text of at most `width` columns, if it can be that narrow. `style` adds the escape sequences for bold
  /// and underlined.
  public func terminalText(style: Bool = false, width: Int = 100) -> String {
    let limits = [60, 44, 34, 28, 24]
    let layouts =
      [TerminalLayout(self, mergesLabels: false, splitsCells: false)]
      + [false, true].flatMap { splits in
        limits.map { TerminalLayout(self, mergesLabels: true, splitsCells: splits, labelLimit: $0) }
      }
    let layout = layouts.first { $0.width <= width } ?? layouts[layouts.count - 1]
    var text = wrapped(title, indent: 2, width: width) + layout.lines(style: style)
    let noteWidth = min(width, max(72, layout.width))
    for note in notes { text += wrapped(note, indent: 2, width: noteWidth) }
    if layout.splitsCells { text.append("Counts and all intervals: the same table as Markdown or CSV.") }
    return text.joined(separator: "\n") + "\n"
  }
}

/// One way to lay a table out in characters.
private struct TerminalLayout {
  private enum Line {
    case rule
    case cells(labels: [String], texts: [String], marks: [ResultTable.Mark?])
  }

  let splitsCells: Bool
  private let mergesLabels: Bool
  private let labelLimit: Int
  private let table: ResultTable
  private var body: [Line] = []
  /// Headings of the columns, each in one line or more.
  private let heads: [[String]]
  private var labelWidths: [Int]
  private var widths: [Int]

  /// - Parameters:
  ///   - mergesLabels: the model as a line of its own, the rest of the labels in one column.
  ///   - splitsCells: intervals as two lines, no counts: narrow columns.
  init(_ table: ResultTable, mergesLabels: Bool, splitsCells: Bool, labelLimit: Int = .max) {
    self.table = table
    self.mergesLabels = mergesLabels
    self.splitsCells = splitsCells
    self.labelLimit = labelLimit
    heads = table.columns.map { mergesLabels ? $0.labelLines : [$0.label] }
    widths = heads.map { $0.map(\.count).max() ?? 0 }
    labelWidths = mergesLabels ? [0] : table.labels.map(\.count)
    var section: String?, model: String?
    for row in table.rows {
      if let section, section != row.section { body.append(.rule) }
      if section != row.section { model = nil }
      section = row.section
      if mergesLabels, row.labels[0] != "-", row.labels[0] != model { add([row.labels[0]]) }
      model = row.labels[0]
      for line in table.stack(row) { add(line, of: row) }
    }
  }

  private mutating func add(_ labels: [String], _ texts: [String] = [], _ marks: [ResultTable.Mark?] = []) {
    let texts = texts.isEmpty ? table.columns.map { _ in "" } : texts
    body.append(.cells(labels: labels, texts: texts, marks: marks.isEmpty ? texts.map { _ in nil } : marks))
    for (index, label) in labels.enumerated() { labelWidths[index] = max(labelWidths[index], label.count) }
    for (index, text) in texts.enumerated() { widths[index] = max(widths[index], text.count) }
  }

  private mutating func add(_ line: StackedLine, of row: ResultTable.Row) {
    guard mergesLabels else { return add(line.labels, line.texts, line.marks) }
    if line.isFirst {
      let indent = row.labels[0] == "-" ? "" : "  "
      let label = wrapped(indent + row.shortName + row.note, indent: indent.count + 2, width: labelLimit)
      for part in label.dropLast() { add([part]) }
      return add([label.last ?? ""], line.texts, line.marks)
    }
    let name = "  " + (line.labels.last ?? "")
    guard splitsCells else { return add([name], line.texts, line.marks) }
    switch line.kind {
    case .counts: return
    case .interval, .spread:
      let ends = line.kind == .interval ? ["    95 % from", "    95 % to"] : ["    lowest seed", "    highest seed"]
      for (place, end) in ends.enumerated() {
        add([end], line.texts.map { text in
          let parts = text.split(separator: "–")
          return place < parts.count ? String(parts[place]) : ""
        })
      }
    case .measured, .unscored, .published: add([name], line.texts, line.marks)
    }
  }

  private var gap: Int { splitsCells ? 1 : 2 }

  var width: Int {
    labelWidths.reduce(0, +) + widths.reduce(0, +) + 2 * labelWidths.count + gap * (widths.count - 1)
  }

  func lines(style: Bool) -> [String] {
    var lines: [String] = []
    let blank = labelWidths.map { String(repeating: " ", count: $0) }
    if table.columns.contains(where: { !$0.group.isEmpty }) { lines.append(join(blank, groupHeadings)) }
    let height = heads.map(\.count).max() ?? 1
    for row in 0..<height {
      let left = zip(table.labels, labelWidths).map { label, width in
        pad(row == height - 1 && !mergesLabels ? label : "", width)
      }
      let right = zip(heads, widths).map { head, width in
        let place = row - (height - head.count)
        return pad(place >= 0 ? head[place] : "", width, isRight: true)
      }
      lines.append(join(mergesLabels ? blank : left, right))
    }
    let rule = String(repeating: "─", count: width)
    lines.append(rule)
    for line in body {
      switch line {
      case .rule: lines.append(rule)
      case .cells(let labels, let texts, let marks):
        let right = texts.indices.map { styled(texts[$0], marks[$0], width: widths[$0], style: style) }
        lines.append(join(zip(labels, labelWidths).map { pad($0, $1) }, right))
      }
    }
    return lines + [rule]
  }

  private var groupHeadings: [String] {
    var start = 0
    return table.columnGroups.map { group in
      let span = widths[start..<start + group.count].reduce(0, +) + gap * (group.count - 1)
      start += group.count
      return pad(group.name, span)
    }
  }

  private func styled(_ text: String, _ mark: ResultTable.Mark?, width: Int, style: Bool) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    guard style, let mark, !text.isEmpty else { return space + text }
    return space + (mark == .best ? "\u{1B}[1m" : "\u{1B}[4m") + text + "\u{1B}[0m"
  }

  private func pad(_ text: String, _ width: Int, isRight: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return isRight ? space + text : text + space
  }

  private func join(_ labels: [String], _ cells: [String]) -> String {
    var line = (labels + [cells.joined(separator: String(repeating: " ", count: gap))]).joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}
