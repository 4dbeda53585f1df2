// The shapes of a plot, written as SVG for pages and as TikZ for LaTeX.
internal import Publications

/// Shapes on a fixed size, in the order they are drawn; y points down.
struct PlotCanvas {
  enum Shape {
    case line(from: (x: Double, y: Double), to: (x: Double, y: Double), style: String)
    case path([(Double, Double)], style: String)
    case dot(x: Double, y: Double, radius: Double, style: String)
    case text(String, x: Double, y: Double, anchor: String, style: String)
  }

  let width: Int
  var height: Int
  private(set) var shapes: [Shape] = []

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// Colours that keep their distance from each other, also for most colour-blind readers (Okabe and Ito), and have
  /// enough contrast on white and on near-black.
  static let seriesCount = 6

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String) {
    shapes.append(.line(from: (x1, y1), to: (x2, y2), style: style))
  }

  mutating func path(_ points: [(Double, Double)], style: String) {
    if !points.isEmpty { shapes.append(.path(points, style: style)) }
  }

  mutating func dot(_ x: Double, _ y: Double, radius: Double, style: String) {
    shapes.append(.dot(x: x, y: y, radius: radius, style: style))
  }

  mutating func text(_ text: String, _ x: Double, _ y: Double, anchor: String = "start", style: String = "t") {
    shapes.append(.text(text, x: x, y: y, anchor: anchor, style: style))
  }

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
