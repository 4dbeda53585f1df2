// For a paper: booktabs, best bold, second underlined; sub-lines small.
internal import Publications

extension ResultTable {
  /// A `tabular` on its own, to be included. Needs the package booktabs.
  public var latex: String {
    var lines = [
      "\\begin{tabular}{" + String(repeating: "l", count: labels.count)
        + String(repeating: "r", count: columns.count) + "}"
    ]
    lines.append("\\toprule")
    if columns.contains(where: { !$0.group.isEmpty }) {
      lines.append(groupHeadings)
      lines.append(groupRules)
    }
    let heads = columns.map { column in
      let parts = column.labelLines.map(latexEscaped)
      return parts.count == 1 ? parts[0] : "\\shortstack[r]{\(parts.joined(separator: "\\\\"))}"
    }
    lines.append((labels.map(latexEscaped) + heads).joined(separator: " & ") + " \\\\")
    var section: String?
    for row in rows {
      if section != row.section { lines.append("\\midrule") }
      let stack = stack(row)
      if section == row.section, stack.count > 1 || row.origin == .control { lines.append("\\addlinespace") }
      section = row.section
      for line in stack {
        let isSmall = !line.isFirst
        let labels = line.labels.map { label in
          let text = latexEscaped(label.hasPrefix("  ") ? String(label.dropFirst(2)) : label)
          return isSmall && !text.isEmpty ? "\\quad{\\footnotesize \(text)}" : text
        }
        let texts = zip(line.texts, line.marks).map { text, mark in
          let escaped = latexEscaped(text)
          let small =
            isSmall && !escaped.isEmpty ? "{\\footnotesize \(marked(escaped, mark))}" : marked(escaped, mark)
          return small
        }
        lines.append((labels + texts).joined(separator: " & ") + " \\\\")
      }
    }
    return (lines + ["\\bottomrule", "\\end{tabular}"]).joined(separator: "\n") + "\n"
  }

  private var groupHeadings: String {
    let left = String(repeating: "& ", count: labels.count)
    return left
      + columnGroups.map { "\\multicolumn{\($0.count)}{c}{\(latexEscaped($0.name))}" }.joined(separator: " & ")
      + " \\\\"
  }

  private var groupRules: String {
    var start = labels.count + 1
    return columnGroups.map { group in
      defer { start += group.count }
      return group.name.isEmpty ? "" : "\\cmidrule(lr){\(start)-\(start + group.count - 1)}"
    }.joined()
  }

  private func marked(_ text: String, _ mark: Mark?) -> String {
    switch mark {
    case .best: "\\textbf{\(text)}"
    case .second: "\\underline{\(text)}"
    case nil: text
    }
  }
}

/// Text as LaTeX prints it.
public func latexEscaped(_ text: String) -> String {
  var result = ""
  var isAfterHyphen = false
  for character in text {
    defer { isAfterHyphen = character == "-" }
    switch character {
    // Two hyphens would become a dash.
    case "-" where isAfterHyphen: result += "{}-"
    case "&", "%", "$", "#", "_", "{", "}": result += "\\\(character)"
    case "\\": result += "\\textbackslash{}"
    case "~": result += "\\textasciitilde{}"
    case "^": result += "\\textasciicircum{}"
    case "<": result += "$<$"
    case ">": result += "$>$"
    case "≥": result += "$\\geq$"
    case "≤": result += "$\\leq$"
    case "≠": result += "$\\neq$"
    case "±": result += "$\\pm$"
    case "·": result += "$\\cdot$"
    case "\u{2212}": result += "$-$"
    case "–": result += "--"
    case "—": result += "---"
    case "✓": result += "$\\surd$"
    case "✗": result += "$\\times$"
    default: result.append(character)
    }
  }
  return result
}
