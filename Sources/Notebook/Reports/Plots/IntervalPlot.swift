// Accuracies with their intervals, one line each: sampling error thin, the spread of seeds as dots.
public import Publications

/// A plot of accuracies, drawn as SVG.
public struct IntervalPlot: Sendable, Hashable {
  /// One line of the plot.
  public struct Entry: Sendable, Hashable {
    public var label: String
    /// In percent.
    public var value: Double
    public var interval: Interval?
    /// One a seed, in percent; drawn if there are several.
    public var seeds: [Double]
    /// A published value to stand beside it, in percent.
    public var published: Double?
    /// Which colour; entries of one kind share it.
    public var kind: Int

    public init(
      label: String, value: Double, interval: Interval?, seeds: [Double], published: Double?, kind: Int
    ) {
      self.label = label
      self.value = value
      self.interval = interval
      self.seeds = seeds
      self.published = published
      self.kind = kind
    }
  }

  public var title: String
  public var entries: [Entry]
  /// What stands in the legend for published values.
  public var publishedName = "published"
  /// A level to compare with, such as chance, in percent.
  public var reference: (name: String, value: Double)? {
    get { referenceName.map { ($0, referenceValue) } }
    set {
      referenceName = newValue?.name
      referenceValue = newValue?.value ?? 0
    }
  }
  private var referenceName: String?
  private var referenceValue = 0.0

  public init(title: String, entries: [Entry]) {
    self.title = title
    self.entries = entries
  }

  /// A column of a table: every row that was measured.
  /// - Parameter comparable: whether published values are on the same scale and are drawn.
  public init(_ table: ResultTable, column: Int, comparable: Bool) {
    let heading = table.columns[column]
    self.init(
      title: "\(table.title): " + (heading.group.isEmpty ? "" : heading.group + ", ")
        + heading.label.lowercased(),
      entries: table.rows.compactMap { row in
        guard let measured = row.cells[column].measured else { return nil }
        return Entry(
          label: Self.label(row, table.labels), value: measured.printed.value,
          interval: measured.interval.map { Interval(low: 100 * $0.low, high: 100 * $0.high) },
          seeds: measured.seeds.count > 1 ? measured.seeds.map { 100 * $0.accuracy } : [],
          published: comparable ? row.cells[column].published?.value : nil, kind: row.origin == .control ? 1 : 0
        )
      })
    if let chance = table.rows.lazy.compactMap({ $0.cells[column].measured?.chance }).first {
      reference = ("chance", 100 * chance)
    }
  }

  /// The words of a row; "yes" and "no" say what they answer.
  private static func label(_ row: ResultTable.Row, _ headings: [String]) -> String {
    zip(row.labels, headings).filter { $0.0 != "-" }.map { label, heading in
      ["yes", "no"].contains(label) ? heading.replacing("with", with: label == "yes" ? "with" : "without") : label
    }.joined(separator: ", ")
  }

  public var svg: String {
    let list = entries.map { "\($0.label) \(fixed($0.value, decimals: 1))" }
    return canvas.document(title: title, description: list.joined(separator: "; "))
  }

  /// All that is drawn, in words.
  var alternative: String {
    func text(_ value: Double) -> String { fixed(value, decimals: 1) }
    let rows = entries.map { entry in
      "\(entry.label) \(text(entry.value))"
        + (entry.interval.map { ", interval \(text($0.low)) to \(text($0.high))" } ?? "")
        + (entry.seeds.isEmpty ? "" : ", seeds " + entry.seeds.map(text).joined(separator: ", "))
        + (entry.published.map { ", \(publishedName) \(text($0))" } ?? "")
    }
    let level = reference.map { "; \($0.name) \(text($0.value))" } ?? ""
    return "Interval plot. \(title). Accuracies in percent with 95 % intervals: " + rows.joined(separator: "; ") + level + "."
  }

  var canvas: PlotCanvas {
    let values = entries.flatMap { entry in
      [entry.value] + entry.seeds
        + [entry.interval?.low, entry.interval?.high, entry.published].compactMap { $0 }
    }
    let lowest = min(values.min() ?? 0, reference?.value ?? 100)
    let highest = max(values.max() ?? 100, reference?.value ?? 0)
    let x = AxisTicks(covering: lowest, highest)
    let row = 26.0
    let left = min(400, max(120, 28 + (entries.map { PlotCanvas.width($0.label) }.max() ?? 0)))
    let right = 740.0
    var canvas = PlotCanvas(width: 760, height: 0)
    let top = canvas.title(title) + (reference == nil ? 22 : 38)
    let bottom = top + row * Double(max(entries.count, 1))
    canvas.height = Int(bottom) + 64
    func place(_ value: Double) -> Double { left + (value - x.low) / (x.high - x.low) * (right - left) }
    for value in x.values {
      canvas.line(place(value), top - 6, place(value), bottom, style: "g")
      canvas.text(fixed(value, decimals: x.decimals), place(value), bottom + 18, anchor: "middle")
    }
    if let reference {
      canvas.line(place(reference.value), top - 6, place(reference.value), bottom, style: "r")
      canvas.text(reference.name, place(reference.value), top - 10, anchor: "middle")
    }
    for (index, entry) in entries.enumerated() {
      let y = top + row * (Double(index) + 0.5)
      let colour = entry.kind % PlotCanvas.seriesCount
      canvas.text(entry.label, left - 12, y + 4, anchor: "end")
      if let interval = entry.interval {
        canvas.line(place(interval.low), y, place(interval.high), y, style: "s\(colour) i")
      }
      for seed in entry.seeds { canvas.dot(place(seed), y + 7, radius: 2, style: "f\(colour)") }
      canvas.dot(place(entry.value), y, radius: 4.5, style: "f\(colour)")
      if let published = entry.published {
        canvas.line(place(published), y - 8, place(published), y + 8, style: "s2 i")
      }
    }
    let words =
      ["dot: accuracy, %", "line: 95 % interval"]
      + (entries.contains { !$0.seeds.isEmpty } ? ["small dots: seeds"] : [])
      + (entries.contains { $0.published != nil } ? ["stroke: \(publishedName)"] : [])
    canvas.text(words.joined(separator: " · "), (left + right) / 2, bottom + 40, anchor: "middle")
    return canvas
  }
}
