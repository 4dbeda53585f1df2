// A small SVG writer: fixed decimals, readable on light and on dark pages.
internal import Publications

/// Shapes on a fixed size, in the order they are drawn.
struct SVGCanvas {
  let width: Int
  var height: Int
  private var shapes: [String] = []

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// Colours that keep their distance from each other, also for most colour-blind readers (Okabe and Ito), and have
  /// enough contrast on white and on near-black.
  static let seriesCount = 6

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String) {
    shapes.append("<line \(look(style)) x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\"/>")
  }

  mutating func path(_ points: [(Double, Double)], style: String) {
    guard !points.isEmpty else { return }
    let text = points.map { "\(n($0.0)),\(n($0.1))" }.joined(separator: " ")
    shapes.append("<polyline \(look(style)) fill=\"none\" points=\"\(text)\"/>")
  }

  mutating func dot(_ x: Double, _ y: Double, radius: Double, style: String) {
    shapes.append("<circle \(look(style)) cx=\"\(n(x))\" cy=\"\(n(y))\" r=\"\(n(radius))\"/>")
  }

  mutating func text(_ text: String, _ x: Double, _ y: Double, anchor: String = "start", style: String = "t") {
    shapes.append(
      "<text \(look(style)) x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"\(anchor)\">\(xmlEscaped(text))</text>"
    )
  }

  /// - Parameters:
  ///   - title, description: for readers who do not see.
  func document(title: String, description: String) -> String {
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" "
        + "height=\"\(height)\" role=\"img\">",
      "<title>\(xmlEscaped(title))</title>", "<desc>\(xmlEscaped(description))</desc>",
      "<style>", Self.style, "</style>",
    ]
    lines += shapes
    return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  private static let light = ["#0072b2", "#b34700", "#007a5e", "#a3466f", "#7a6400", "#4d4d4d"]

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

  private static let style: String = {
    let dark = ["#56b4e9", "#ffa24d", "#2fd3a5", "#f0a0c8", "#e6d34a", "#c0c0c0"]
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

  /// About how wide a text is, at 12 points and at the title's 14.
  static func width(_ text: String, isTitle: Bool = false) -> Double { Double(text.count) * (isTitle ? 8.4 : 6.9) }

  /// A title in as many lines as fit; returns where it ends.
  mutating func title(_ text: String) -> Double {
    let limit = Int((Double(width) - 32) / Self.width("x", isTitle: true))
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= limit {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    for (index, line) in lines.enumerated() { self.text(line, 16, 22 + 18 * Double(index), style: "h") }
    return 22 + 18 * Double(max(lines.count - 1, 0))
  }

  private func n(_ value: Double) -> String { value.isFinite ? fixed(value, decimals: 2) : "0.00" }
}

func xmlEscaped(_ text: String) -> String {
  text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    .replacing("\"", with: "&quot;")
}

/// Round values for an axis.
struct AxisTicks {
  var values: [Double]
  var decimals: Int
  var low: Double { values.first ?? 0 }
  var high: Double { values.last ?? 1 }

  /// About `count` steps of 1, 2 or 5 times a power of ten that cover `range`.
  init(covering low: Double, _ high: Double, count: Int = 5) {
    let isUsable = low.isFinite && high.isFinite && high > low
    let (low, high) = isUsable ? (low, high) : (low.isFinite ? low - 0.5 : 0, low.isFinite ? low + 0.5 : 1)
    var step = 1.0
    decimals = 0
    // By tens first, then by 2 and 5: repeated products, no logarithm.
    while step * Double(count) < high - low, step < 1e300 { step *= 10 }
    while step * Double(count) >= 10 * (high - low), step > 1e-12 {
      step /= 10
      decimals += 1
    }
    for factor in [0.1, 0.2, 0.5] where step * factor * Double(count) >= high - low {
      step *= factor
      decimals += 1
      break
    }
    if step >= 1 { decimals = 0 }
    let first = (low / step).rounded(.down)
    let last = (high / step).rounded(.up)
    values = (0...Int(min(last - first, 50))).map { (first + Double($0)) * step }
  }
}
