// What the report's text includes: each piece in LaTeX and in HTML, made from the same data.

/// A named piece of the report.
public struct PaperInclude: Sendable, Hashable {
  /// File name without ending; letters only, since it stands in the text.
  public var name: String
  public var latex: String
  public var html: String
}

extension PaperInclude {
  /// A table of plain texts.
  /// - Parameter shares: columns that wrap, with the share of the line each may take.
  static func table(
    _ name: String, heads: [String], rows: [[String]], numeric: Set<Int> = [], shares: [Int: String] = [:]
  ) -> PaperInclude {
    let columns = heads.indices.map { index in
      shares[index].map { ">{\\raggedright\\arraybackslash}p{\($0)\\linewidth}" } ?? (numeric.contains(index) ? "r" : "l")
    }.joined()
    var latex = ["\\begin{tabular}{\(columns)}", "\\toprule"]
    latex.append(heads.map(latexEscaped).joined(separator: " & ") + " \\\\")
    latex.append("\\midrule")
    latex += rows.map { $0.map(latexEscaped).joined(separator: " & ") + " \\\\" }
    latex += ["\\bottomrule", "\\end{tabular}"]
    func cells(_ texts: [String], _ tag: String) -> String {
      texts.enumerated().map { index, text in
        "<\(tag)\(tag == "th" ? " scope=\"col\"" : "")\(numeric.contains(index) ? " class=\"n\"" : "")>\(xmlEscaped(text))</\(tag)>"
      }.joined()
    }
    var html = [
      "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"\(xmlEscaped(heads.joined(separator: ", ")))\">",
      "<table class=\"facts\">", "<thead><tr>\(cells(heads, "th"))</tr></thead>", "<tbody>",
    ]
    html += rows.map { "<tr>\(cells($0, "td"))</tr>" }
    html += ["</tbody>", "</table>", "</div>"]
    return PaperInclude(
      name: name, latex: latex.joined(separator: "\n") + "\n", html: html.joined(separator: "\n") + "\n")
  }

  /// Paragraphs of plain text; an empty line parts them.
  static func text(_ name: String, _ text: String) -> PaperInclude {
    let paragraphs = text.split(separator: "\n", omittingEmptySubsequences: false).split { $0.allSatisfy(\.isWhitespace) }
      .map { $0.joined(separator: "\n") }
    return PaperInclude(
      name: name, latex: paragraphs.map { latexEscaped($0) + "\n" }.joined(separator: "\n"),
      html: paragraphs.map { "<p>\(xmlEscaped($0))</p>\n" }.joined())
  }

  /// Tables, each under its sentence, with its plots; the LaTeX of both is that of their own files.
  static func tables(
    _ name: String, _ tables: [(head: String, table: PaperInclude, plots: PaperInclude?)]
  ) -> PaperInclude {
    PaperInclude(
      name: name,
      latex: tables.map { head, table, plots in
        "\(latexEscaped(head))\n\n\\fittable{\(table.name)}\n" + (plots.map { "\n\\includelist{\($0.name)}\n" } ?? "")
      }.joined(separator: "\n"),
      html: tables.map { "<p>\(xmlEscaped($0.head))</p>\n\($0.table.html)\($0.plots?.html ?? "")" }.joined(separator: "\n"))
  }

  /// A plot with its title and what it says in words.
  typealias Plot = (title: String, canvas: PlotCanvas, alternative: String)

  /// Plots under a sentence, or without one.
  static func plots(_ name: String, _ parts: [(head: String, plots: [Plot])]) -> PaperInclude {
    var latex: [String] = [], html: [String] = []
    for (head, plots) in parts {
      if !head.isEmpty {
        latex.append(latexEscaped(head) + "\n")
        html.append("<p>\(xmlEscaped(head))</p>\n")
      }
      latex += plots.map { $0.canvas.tikz(alternative: $0.alternative) }
      html += plots.map { $0.canvas.figure(title: $0.title, alternative: $0.alternative) }
    }
    return PaperInclude(name: name, latex: latex.joined(separator: "\n"), html: html.joined())
  }

  /// A list of items: a head in bold, a sentence, and smaller lines under it.
  static func list(_ name: String, _ items: [(head: String, text: String, details: [String])], empty: String)
    -> PaperInclude
  {
    guard !items.isEmpty else {
      return PaperInclude(name: name, latex: latexEscaped(empty) + "\n", html: "<p>\(xmlEscaped(empty))</p>\n")
    }
    var latex = ["\\begin{itemize}"], html = ["<ul>"]
    for item in items {
      let head = item.head.isEmpty ? "" : "\\textbf{\(latexEscaped(item.head))} "
      latex.append("\\item " + head + latexEscaped(item.text))
      latex += item.details.map { "\\\\{\\footnotesize \(latexEscaped($0))}" }
      let strong = item.head.isEmpty ? "" : "<strong>\(xmlEscaped(item.head))</strong> "
      html.append("<li>\(strong)\(xmlEscaped(item.text))")
      html += item.details.map { "<br><small>\(xmlEscaped($0))</small>" }
      html.append("</li>")
    }
    latex.append("\\end{itemize}")
    html.append("</ul>")
    return PaperInclude(
      name: name, latex: latex.joined(separator: "\n") + "\n", html: html.joined(separator: "\n") + "\n")
  }
}
