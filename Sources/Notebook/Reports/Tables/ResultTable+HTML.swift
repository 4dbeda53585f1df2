// For the HTML report: the stacked layout, best bold, second underlined.
internal import Publications

extension ResultTable {
  /// A `table` in a region of its own, which scrolls where the page is narrower.
  /// - Parameter behind: where the questions behind a number are shown, which some evaluation cells answered; nil where
  ///   they are not.
  func html(behind link: (_ cells: [String], _ category: String?) -> String?) -> String {
    var lines = [
      "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"\(xmlEscaped(title))\">",
      "<table class=\"results\">", "<thead>",
    ]
    if columns.contains(where: { !$0.group.isEmpty }) {
      let groups = columnGroups.map { group in
        group.name.isEmpty
          ? "<td colspan=\"\(group.count)\"></td>"
          : "<th scope=\"colgroup\" colspan=\"\(group.count)\">\(xmlEscaped(group.name))</th>"
      }
      lines.append("<tr class=\"groups\">" + String(repeating: "<td></td>", count: labels.count) + groups.joined() + "</tr>")
    }
    let heads =
      labels.map { "<th scope=\"col\" class=\"label\">\(xmlEscaped($0))</th>" }
      + columns.map { "<th scope=\"col\">\(xmlEscaped($0.label))</th>" }
    lines += ["<tr>\(heads.joined())</tr>", "</thead>", "<tbody>"]
    for (index, row) in rows.enumerated() {
      let isSectionStart = index > 0 && rows[index - 1].section != row.section
      for (place, line) in stack(row).enumerated() {
        let classes = (place > 0 ? ["stacked"] : [row.origin.rawValue]) + (isSectionStart && place == 0 ? ["section"] : [])
        lines.append("<tr class=\"\(classes.joined(separator: " "))\">\(cells(line, row, link))</tr>")
      }
    }
    return (lines + ["</tbody>", "</table>", "</div>"]).joined(separator: "\n") + "\n"
  }

  private func cells(_ line: StackedLine, _ row: Row, _ link: ([String], String?) -> String?) -> String {
    let labels = line.labels.enumerated().map { place, label in
      let text = xmlEscaped(label)
      return place == 0 && !label.isEmpty ? "<th scope=\"row\">\(text)</th>" : "<td class=\"label\">\(text)</td>"
    }
    let numbers = columns.indices.map { column in
      let text = marked(xmlEscaped(line.texts[column]), line.marks[column])
      guard [.measured, .counts, .interval, .spread].contains(line.kind), let measured = row.cells[column].measured,
        !text.isEmpty, let address = link(measured.seeds.map(\.cell), columns[column].category)
      else { return "<td>\(text)</td>" }
      return "<td><a class=\"number\" href=\"\(xmlEscaped(address))\">\(text)</a></td>"
    }
    return (labels + numbers).joined()
  }

  private func marked(_ text: String, _ mark: Mark?) -> String {
    switch mark {
    case .best: "<strong>\(text)</strong>"
    case .second: "<u>\(text)</u>"
    case nil: text
    }
  }
}
