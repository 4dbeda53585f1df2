// The report as files: LaTeX with its includes, and one HTML page.
internal import Publications

/// `report.tex`, `numbers.tex`, the included files and `report.html`.
public struct PaperFolder: Sendable {
  /// The hand-written text, as embedded.
  public static var template: String { String(decoding: PackageResources.report_tex, as: UTF8.self) }

  public var files: [(path: String, text: String)]

  public init(_ pieces: PaperPieces, template: String = PaperFolder.template) {
    let macros = pieces.macros.map { "\\newcommand{\\\($0.name)}{\(latexEscaped($0.text))}\n" }.joined()
    let template = Self.shown(template, pieces.parts)
    files = [("report.tex", template), ("numbers.tex", macros)]
    files += pieces.includes.map { ("\($0.name).tex", $0.latex) }
    files.append(("report.html", PaperPage(pieces, template: template).html))
  }
}

extension PaperFolder {
  /// The template without the parts that this report does not have: those between `%if NAME` and `%end`.
  static func shown(_ template: String, _ parts: Set<String>) -> String {
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

/// The template as an HTML page. It reads only what the template uses: sections, paragraphs, macros, includes,
/// quotation marks.
struct PaperPage {
  private let macros: [String: String]
  private let includes: [String: String]
  private let template: String

  init(_ pieces: PaperPieces, template: String) {
    macros = Dictionary(pieces.macros.map { ($0.name, $0.text) }, uniquingKeysWith: { first, _ in first })
    includes = Dictionary(pieces.includes.map { ($0.name, $0.html) }, uniquingKeysWith: { first, _ in first })
    self.template = template
  }

  var html: String {
    let title = "A reproduction report on “\(macros["paperTitle"] ?? "")”"
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(xmlEscaped(title))</title>
      <style>
      :root{color-scheme:light dark}
      body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
      table{border-collapse:collapse;font-size:.85rem;margin:1rem 0;display:block;overflow-x:auto}
      th,td{padding:.15rem .6rem;text-align:left;vertical-align:top}
      thead tr,tr.rule{border-bottom:1px solid}
      .n{text-align:right;font-variant-numeric:tabular-nums}.s{opacity:.75;font-size:.75rem}
      </style>
      </head>
      <body>
      <h1>\(xmlEscaped(title))</h1>
      \(body)
      </body>
      </html>

      """
  }

  private var body: String {
    guard let start = template.firstRange(of: "\\maketitle"), let end = template.firstRange(of: "\\end{document}"),
      start.upperBound <= end.lowerBound
    else { return "" }
    let text = template[start.upperBound..<end.lowerBound]
    var blocks: [String] = []
    var paragraph: [Substring] = []
    func close() {
      if !paragraph.isEmpty { blocks.append("<p>\(inline(paragraph.joined(separator: " ")))</p>") }
      paragraph = []
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty || line.hasPrefix("%") {
        close()
      } else if let title = argument(of: "section", line) {
        close()
        blocks.append("<h2>\(inline(title))</h2>")
      } else if let name = argument(of: "fittable", line) ?? argument(of: "includelist", line) {
        close()
        blocks.append(includes[name] ?? "")
      } else {
        paragraph.append(line)
      }
    }
    close()
    return blocks.joined(separator: "\n")
  }

  private func argument(of command: String, _ line: Substring) -> String? {
    let head = "\\\(command){"
    guard line.hasPrefix(head), line.hasSuffix("}") else { return nil }
    return String(line.dropFirst(head.count).dropLast())
  }

  private func inline(_ text: String) -> String {
    var result = xmlEscaped(text)
    // Longer names first, so that one cannot cut another.
    for name in macros.keys.sorted(by: { ($1.count, $0) < ($0.count, $1) }) {
      result = result.replacing("\\\(name){}", with: xmlEscaped(macros[name] ?? ""))
    }
    return result.replacing("``", with: "“").replacing("''", with: "”").replacing("\\%", with: "%")
      .replacing("---", with: "—").replacing("--", with: "–").replacing("~", with: "\u{00A0}")
  }
}
