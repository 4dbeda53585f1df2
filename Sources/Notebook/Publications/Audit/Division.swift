// Where a benchmark does not say how many questions each of three categories has, the rows of a table still do, a
// little: one division must serve them all.

/// The set of shares (w₁, w₂, w₃), summing to 1, that are still possible: a convex polygon in (w₁, w₂).
struct Division: Sendable, Hashable {
  private var corners: [SIMD2<Double>] = [[0, 0], [1, 0], [0, 1]]

  /// Keeps the divisions under which the printed categories can average to the printed average:
  /// |Σ wᵢ pᵢ - a| ≤ one unit of the last digit, as each pᵢ and a may be off by half of one.
  mutating func cut(_ categories: [PrintedNumber], average: PrintedNumber) {
    let p = categories.map(\.value)
    // Rounding of these few sums, far below the unit.
    let unit = 1 / Double(average.scale) + 1e-9
    let normal = SIMD2(p[0] - p[2], p[1] - p[2])
    let offset = p[2] - average.value
    keep(normal, offset - unit)
    keep(-normal, -offset - unit)
  }

  /// Keeps the part where normal · w + offset ≤ 0 (Sutherland–Hodgman).
  private mutating func keep(_ normal: SIMD2<Double>, _ offset: Double) {
    func height(_ w: SIMD2<Double>) -> Double { normal.x * w.x + normal.y * w.y + offset }
    var kept: [SIMD2<Double>] = []
    for (index, corner) in corners.enumerated() {
      let next = corners[(index + 1) % corners.count]
      let here = height(corner)
      let there = height(next)
      if here <= 0 { kept.append(corner) }
      if (here < 0 && there > 0) || (here > 0 && there < 0) {
        kept.append(corner + (next - corner) * (here / (here - there)))
      }
    }
    corners = kept
  }

  /// The smallest and largest share of each category; nil if no division is left.
  var ranges: [Interval]? {
    guard !corners.isEmpty else { return nil }
    let shares = corners.map { [$0.x, $0.y, 1 - $0.x - $0.y] }
    return (0..<3).map { index in
      let values = shares.map { $0[index] }
      return Interval(low: values.min() ?? 0, high: values.max() ?? 1)
    }
  }
}
