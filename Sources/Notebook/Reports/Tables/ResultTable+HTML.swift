// For the HTML report: the stacked layout, best bold, second underlined.
internal import Publications

extension ResultTable {
  /// A `table` on its own.
  public var html: String {
    var lines = ["<table>", "<thead>"]
    if columns.contains(where: { !$0.group.isEmpty }) {
      let groups = columnGroups.map { "<th colspan=\"\($0.count)\">\(xmlEscaped($0.name))</th>" }.joined()
      lines.append("<tr>" + String(repeating: "<th></th>", count: labels.count) + groups + "</tr>")
    }
    let heads = labels.map { "<th>\(xmlEscaped($0))</th>" } + columns.map { "<th class=\"n\">\(xmlEscaped($0.label))</th>" }
    lines += ["<tr>\(heads.joined())</tr>", "</thead>", "<tbody>"]
    for (index, row) in rows.enumerated() {
      let stack = stack(row)
      let isSectionEnd = index + 1 == rows.count || rows[index + 1].section != row.section
      for (place, line) in stack.enumerated() {
        let cells = line.labels.map { "<td>\(xmlEscaped($0))</td>" }
          + zip(line.texts, line.marks).map { "<td class=\"n\">\(marked(xmlEscaped($0), $1))</td>" }
        let isSmall = place > 0
        let classes = (isSmall ? ["s"] : []) + (isSectionEnd && place + 1 == stack.count ? ["rule"] : [])
        let attribute = classes.isEmpty ? "" : " class=\"\(classes.joined(separator: " "))\""
        lines.append("<tr\(attribute)>\(cells.joined())</tr>")
      }
    }
    return (lines + ["</tbody>", "</table>"]).joined(separator: "\n") + "\n"
  }

  private func marked(_ text: String, _ mark: Mark?) -> String {
    switch mark {
    case .best: "<strong>\(text)</strong>"
    case .second: "<u>\(text)</u>"
    case nil: text
    }
  }
}
