// Curves over steps: reward, KL, loss.
internal import Publications

/// Several curves over one axis, each with a label.
public struct LinePlot: Sendable, Hashable {
  /// One curve: its name and its points.
  public struct Series: Sendable, Hashable {
    public var name: String
    public var points: [SIMD2<Double>]

    /// - Parameter values: one a step, counted from 0.
    public init(name: String, values: [Double]) {
      self.name = name
      points = values.enumerated().map { SIMD2(Double($0), $1) }
    }
  }

  public var title: String
  public var xLabel: String
  public var yLabel: String
  public var series: [Series]

  public init(title: String, xLabel: String, yLabel: String, series: [Series]) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series
  }

  /// Each curve as the mean of `window` neighbouring steps, so that many noisy steps can be read; the description
  /// says so.
  public func smoothed(window: Int) -> LinePlot {
    guard window > 1 else { return self }
    var plot = self
    plot.yLabel += ", mean of \(window) steps"
    for index in plot.series.indices {
      let points = series[index].points
      plot.series[index].points = stride(from: 0, to: points.count, by: window).map { start in
        let part = points[start..<min(start + window, points.count)]
        return part.reduce(SIMD2(0, 0), +) / Double(part.count)
      }
    }
    return plot
  }

  /// Values that are not finite are left out.
  public var svg: String {
    canvas.document(
      title: title, description: "\(yLabel) by \(xLabel): " + series.map(\.name).joined(separator: ", "))
  }

  /// Where each curve begins and ends, in words.
  var alternative: String {
    func text(_ value: Double) -> String { value.isFinite ? fixed(value, decimals: 3) : "no number" }
    let ends = series.map { one in
      "\(one.name) " + (one.points.first.map { "from \(text($0.y))" } ?? "empty")
        + (one.points.last.map { " to \(text($0.y))" } ?? "")
    }
    return "Curves. \(title). \(yLabel) by \(xLabel): " + ends.joined(separator: "; ") + "."
  }

  var canvas: PlotCanvas {
    let drawn = series.map { $0.points.filter { $0.x.isFinite && $0.y.isFinite } }
    let all = drawn.flatMap { $0 }
    let x = AxisTicks(covering: all.map(\.x).min() ?? 0, all.map(\.x).max() ?? 1)
    let y = AxisTicks(covering: min(0, all.map(\.y).min() ?? 0), all.map(\.y).max() ?? 1)
    let rows = (series.count + 1) / 2
    var canvas = PlotCanvas(width: 640, height: 0)
    let titleEnd = canvas.title(title)
    canvas.text(yLabel, 16, titleEnd + 20)
    let left = 64.0
    let right = 620.0
    let top = titleEnd + 38
    let bottom = top + 240
    canvas.height = Int(bottom) + 48 + (series.count > 1 ? 18 * rows : 0)
    func place(_ point: SIMD2<Double>) -> (Double, Double) {
      (
        left + (point.x - x.low) / (x.high - x.low) * (right - left),
        bottom - (point.y - y.low) / (y.high - y.low) * (bottom - top)
      )
    }
    for value in y.values {
      let height = place(SIMD2(x.low, value)).1
      canvas.line(left, height, right, height, style: "g")
      canvas.text(fixed(value, decimals: y.decimals), left - 8, height + 4, anchor: "end")
    }
    for value in x.values {
      let across = place(SIMD2(value, y.low)).0
      canvas.line(across, bottom, across, bottom + 5, style: "a")
      canvas.text(fixed(value, decimals: x.decimals), across, bottom + 18, anchor: "middle")
    }
    canvas.line(left, bottom, right, bottom, style: "a")
    canvas.text(xLabel, right, bottom + 36, anchor: "end")
    for (index, points) in drawn.enumerated() {
      let colour = index % PlotCanvas.seriesCount
      canvas.path(points.map(place), style: "s\(colour)")
      if points.count == 1 {
        let (x, y) = place(points[0])
        canvas.dot(x, y, radius: 3, style: "f\(colour)")
      }
      let legendX = index % 2 == 0 ? left : (left + right) / 2
      let legendY = bottom + 36 + 18 * (series.count > 1 ? 1 : 0) + 18 * Double(index / 2)
      canvas.line(legendX, legendY - 4, legendX + 22, legendY - 4, style: "s\(colour) i")
      canvas.text(series[index].name, legendX + 28, legendY)
    }
    return canvas
  }
}
