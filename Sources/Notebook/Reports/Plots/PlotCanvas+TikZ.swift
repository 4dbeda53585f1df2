// A plot as TikZ, in the fonts of the document that includes it.
internal import Publications

extension PlotCanvas {
  /// A `plotpicture`, which the report's preamble defines: its argument is the alternative text.
  /// - Parameter alternative: what it shows, in words, for readers who do not see.
  func tikz(alternative: String) -> String {
    var lines = ["\\begin{plotpicture}{\(Self.hexadecimal(alternative))}"]
    for (index, colour) in Self.light.enumerated() where shapes.contains(where: { $0.words.contains(index) }) {
      lines.append("\\definecolor{series\(index)}{HTML}{\(colour.dropFirst().uppercased())}")
    }
    lines.append("\\useasboundingbox (0,0) rectangle (\(width),\(height));")
    lines += shapes.map(tikz)
    return (lines + ["\\end{plotpicture}"]).joined(separator: "\n") + "\n"
  }

  /// UTF-16 with its mark, as a PDF's text in hexadecimal digits: no character of it means anything to LaTeX.
  private static func hexadecimal(_ text: String) -> String {
    "FEFF" + text.utf16.map { String(repeating: "0", count: 4 - String($0, radix: 16).count) + String($0, radix: 16) }
      .joined().uppercased()
  }

  private func tikz(_ shape: Shape) -> String {
    switch shape {
    case .line(let from, let to, let style):
      return "\\draw[\(options(style))] \(point(from.x, from.y)) -- \(point(to.x, to.y));"
    case .path(let points, let style):
      // A few points a line, so that no line is longer than TeX reads.
      let texts = points.map { point($0.0, $0.1) }
      let rows = stride(from: 0, to: texts.count, by: 6).map { start in
        texts[start..<min(start + 6, texts.count)].joined(separator: " -- ")
      }
      return "\\draw[\(options(style)),line width=.9pt,line join=round] " + rows.joined(separator: "\n  -- ") + ";"
    case .dot(let x, let y, let radius, let style):
      return "\\fill[\(options(style))] \(point(x, y)) circle[radius=\(n(0.59 * radius))pt];"
    case .text(let text, let x, let y, let anchor, let style):
      let place = ["start": "base west", "end": "base east"][anchor] ?? "base"
      let font = style == "h" ? "\\footnotesize\\bfseries" : "\\scriptsize"
      return "\\node[anchor=\(place),font=\(font)] at \(point(x, y)) {\(latexEscaped(text))};"
    }
  }

  private func options(_ style: String) -> String {
    style.split(separator: " ").map { word in
      switch word {
      case "a": "black!60"
      case "g": "black!15"
      case "r": "black!60,dashed"
      case "i": "line width=1.3pt"
      default: "series\(word.dropFirst())"
      }
    }.joined(separator: ",")
  }

  private func point(_ x: Double, _ y: Double) -> String { "(\(n(x)),\(n(y)))" }
}

extension PlotCanvas.Shape {
  /// Which colours of the series it is drawn in.
  fileprivate var words: [Int] {
    switch self {
    case .line(_, _, let style), .path(_, let style), .dot(_, _, _, let style):
      style.split(separator: " ").compactMap { Int($0.dropFirst()) }
    case .text: []
    }
  }
}
