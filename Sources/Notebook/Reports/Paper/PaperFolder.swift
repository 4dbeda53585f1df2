// The report as files of LaTeX. The page, report.html, is the site's own.

/// `report.tex`, `numbers.tex` and the included files.
public struct PaperFolder: Sendable {
  /// The hand-written text, as embedded.
  public static var template: String { String(decoding: PackageResources.report_tex, as: UTF8.self) }

  public var files: [(path: String, text: String)]

  public init(_ pieces: PaperPieces, template: String = PaperFolder.template) {
    let macros = pieces.macros.map { "\\newcommand{\\\($0.name)}{\(latexEscaped($0.text))}\n" }.joined()
    files = [("report.tex", Self.shown(template, pieces.parts)), ("numbers.tex", macros)]
    files += pieces.includes.map { ("\($0.name).tex", $0.latex) }
  }
}

extension PaperFolder {
  /// The template without the parts that this report does not have: those between `%if NAME` and `%end`.
  public static func shown(_ template: String, _ parts: Set<String>) -> String {
    var isShown = true
    var lines: [Substring] = []
    for line in template.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("%if ") {
        isShown = parts.contains(String(line.dropFirst(4)))
      } else if line == "%end" {
        isShown = true
      } else if isShown {
        lines.append(line)
      }
    }
    return lines.joined(separator: "\n")
  }
}

extension PaperPieces {
  /// What a page's style sheet says of the plots in the pieces; colours of ink and lines are the page's.
  public static var plotStyle: String { PlotCanvas.pageStyle }
}
