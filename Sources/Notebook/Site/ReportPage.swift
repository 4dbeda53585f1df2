// report.html: the printable page of a site, or the same page on its own. No script runs in it.
public import Reports

/// The report's template as an HTML page in the site's own style. It reads only what the template uses: sections,
/// paragraphs, macros, includes, quotation marks.
public struct ReportPage: Sendable {
  private let macros: [String: String]
  private let includes: [String: String]
  private let template: String

  /// The name of the page within a site; nil where it stands on its own.
  private let name: String?

  /// - Parameter name: the page's file within a site, whose style sheet it takes and whose views it links to; without
  ///   one it stands on its own.
  public init(_ pieces: PaperPieces, template: String = PaperFolder.template, name: String? = nil) {
    macros = Dictionary(pieces.macros.map { ($0.name, $0.text) }, uniquingKeysWith: { first, _ in first })
    includes = Dictionary(pieces.includes.map { ($0.name, $0.html) }, uniquingKeysWith: { first, _ in first })
    self.template = PaperFolder.shown(template, pieces.parts)
    self.name = name
  }

  public var html: String {
    let title = "A reproduction report on “\(macros["paperTitle"] ?? "")”"
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self' file: 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
      <meta name="color-scheme" content="light dark">
      <meta name="referrer" content="no-referrer">
      <title>\(xmlEscaped(title))</title>
      <link rel="icon" href="data:,">
      \(style)
      </head>
      <body>
      \(top)<main id="main" class="report" tabindex="-1">
      <h1>\(xmlEscaped(title))</h1>
      \(body)
      </main>
      </body>
      </html>

      """
  }

  private var style: String {
    let own = String(decoding: PackageResources.site_css, as: UTF8.self)
    let sheet = name == nil ? "<style>\n\(own)</style>" : "<link rel=\"stylesheet\" href=\"site.css\">"
    return "\(sheet)\n<style>\n\(PaperPieces.plotStyle)\n</style>"
  }

  /// The site's bar; nothing where the page stands on its own.
  private var top: String {
    guard let name else { return "" }
    let views = ["overview", "runs", "questions", "compare"].map { view in
      "<a href=\"index.html#/\(view)\">\(view.prefix(1).uppercased() + view.dropFirst())</a>"
    }
    return """
      <a class="skip" href="#main">Skip to the content</a>
      <header class="top">
      <span class="mark">repro</span>
      <nav aria-label="Views">\(views.joined())<a href="\(xmlEscaped(name))" aria-current="page">Report</a></nav>
      </header>

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
