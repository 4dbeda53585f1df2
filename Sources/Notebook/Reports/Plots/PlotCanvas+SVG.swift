// A plot as SVG: fixed decimals, readable on light and on dark pages.
internal import Publications

extension PlotCanvas {
  /// A file of its own.
  /// - Parameters:
  ///   - title, description: for readers who do not see.
  func document(title: String, description: String) -> String {
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" "
        + "height=\"\(height)\" role=\"img\">",
      "<title>\(xmlEscaped(title))</title>", "<desc>\(xmlEscaped(description))</desc>",
      "<style>", Self.style, "</style>",
    ]
    lines += shapes.map(svg)
    return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  /// Within a page that has `pageStyle`.
  /// - Parameter alternative: what it shows, in words.
  func figure(title: String, alternative: String) -> String {
    let lines = [
      "<figure class=\"drawn wide\" tabindex=\"0\" role=\"region\" aria-label=\"\(xmlEscaped(title))\">",
      "<svg viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" role=\"img\" aria-label=\"\(xmlEscaped(alternative))\">",
    ]
    return (lines + shapes.map(svg) + ["</svg>", "</figure>"]).joined(separator: "\n") + "\n"
  }

  private func svg(_ shape: Shape) -> String {
    switch shape {
    case .line(let from, let to, let style):
      "<line \(look(style)) x1=\"\(n(from.x))\" y1=\"\(n(from.y))\" x2=\"\(n(to.x))\" y2=\"\(n(to.y))\"/>"
    case .path(let points, let style):
      "<polyline \(look(style)) fill=\"none\" points=\""
        + points.map { "\(n($0.0)),\(n($0.1))" }.joined(separator: " ") + "\"/>"
    case .dot(let x, let y, let radius, let style):
      "<circle \(look(style)) cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\"/>"
    case .text(let text, let x, let y, let anchor, let style):
      "<text \(look(style)) x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"\(anchor)\">\(xmlEscaped(text))</text>"
    }
  }

  static let light = ["#0072b2", "#b34700", "#007a5e", "#a3466f", "#7a6400", "#4d4d4d"]

  /// The class of a shape, and the same look as attributes: some pages drop style sheets, and what a style sheet says
  /// goes before an attribute.
  private func look(_ style: String) -> String {
    var text = "class=\"\(style)\""
    for word in style.split(separator: " ") {
      switch word {
      case "t": text += " fill=\"#222\" font-family=\"system-ui,sans-serif\" font-size=\"12\""
      case "h": text += " fill=\"#222\" font-family=\"system-ui,sans-serif\" font-size=\"14\" font-weight=\"600\""
      case "a": text += " stroke=\"#666\""
      case "g": text += " stroke=\"#ddd\""
      case "r": text += " stroke=\"#666\" stroke-dasharray=\"4 3\""
      case "i": text += " stroke-width=\"2.4\""
      default:
        guard let index = Int(word.dropFirst()), Self.light.indices.contains(index) else { continue }
        text += (word.first == "f" ? " fill=\"" : " stroke=\"") + Self.light[index] + "\""
      }
    }
    return text
  }

  private static let dark = ["#56b4e9", "#ffa24d", "#2fd3a5", "#f0a0c8", "#e6d34a", "#c0c0c0"]

  private static let style: String = {
    func rules(_ colours: [String]) -> String {
      colours.enumerated().map { ".s\($0){stroke:\($1)}.f\($0){fill:\($1)}" }.joined()
    }
    return """
      text{font:12px system-ui,sans-serif}.t,.h{fill:#222}.h{font-weight:600;font-size:14px}
      .a{stroke:#666}.g{stroke:#ddd}.r{stroke:#666;stroke-dasharray:4 3}
      polyline{fill:none;stroke-width:1.8;stroke-linejoin:round}.i{stroke-width:2.4}
      \(rules(light))
      @media (prefers-color-scheme:dark){.t,.h{fill:#e6e6e6}.a,.r{stroke:#aaa}.g{stroke:#444}
      \(rules(dark))}
      """
  }()

  /// The same look for plots within a page, which names its own colours of ink and lines.
  static let pageStyle: String = {
    func rules(_ colours: [String]) -> String {
      colours.enumerated().map { ".drawn .s\($0){stroke:\($1)}.drawn .f\($0){fill:\($1)}" }.joined()
    }
    return """
      .drawn svg{display:block;max-inline-size:100%;min-inline-size:640px;block-size:auto}
      .drawn text{font:12px system-ui,sans-serif}.drawn .t,.drawn .h{fill:var(--ink)}
      .drawn .h{font-weight:600;font-size:14px}.drawn .a{stroke:var(--soft)}.drawn .g{stroke:var(--line)}
      .drawn .r{stroke:var(--soft);stroke-dasharray:4 3}
      .drawn polyline{fill:none;stroke-width:1.8;stroke-linejoin:round}.drawn .i{stroke-width:2.4}
      \(rules(light))
      @media screen and (prefers-color-scheme:dark){\(rules(dark))}
      """
  }()

  func n(_ value: Double) -> String { value.isFinite ? fixed(value, decimals: 2) : "0.00" }
}

/// Text as SVG and HTML show it, in attributes too.
public func xmlEscaped(_ text: String) -> String {
  text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    .replacing("\"", with: "&quot;")
}
