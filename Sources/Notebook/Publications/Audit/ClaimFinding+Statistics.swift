// Differences between published cells, with what the recovered counts say about chance.

extension PublishedPaper {
  /// Counts behind a cell: the only one, or the middle of a few that print alike.
  func counts(_ cell: CellName) -> (k: Int, n: Int)? {
    guard let audit = audit(cell), let n = audit.questionCount, !audit.counts.isEmpty else { return nil }
    return (audit.counts[audit.counts.count / 2], n)
  }

  /// "…: 65.9 to 68.6, +2.7 points; 659 and 686 of 1,000; as independent samples 95 % interval −1.4 to +6.8; …".
  func difference(_ pair: CellPair) -> String {
    guard let base = value(pair.base), let value = value(pair.cell) else { return "" }
    let sign = signed(points: value.value - base.value, decimals: max(base.decimals, value.decimals))
    var text = "\(name(pair.cell)) \(value.text) against \(base.text) (\(baseName(pair))), \(sign) points"
    guard let a = counts(pair.base), let b = counts(pair.cell), a.n == b.n else { return text }
    let isExact = audit(pair.base)?.count != nil && audit(pair.cell)?.count != nil
    text += "; \(isExact ? "" : "about ")\(grouped(b.k)) and \(grouped(a.k)) of \(grouped(a.n))"
    let interval = differenceInterval(b.k, of: b.n, minus: a.k, of: a.n)
    text += "; taken as independent, 95 % interval \(points(interval))"
    return text + "; " + Self.text(McNemarRange(a.k, b.k, of: a.n))
  }

  private func baseName(_ pair: CellPair) -> String {
    guard let row = table(pair.base.table)?.row(pair.base.row) else { return pair.base.row }
    return row.name
  }

  func points(_ interval: Interval) -> String {
    signed(points: 100 * interval.low) + " to " + signed(points: 100 * interval.high)
  }

  /// The paired test needs each question's outcome; the totals only bound it.
  static func text(_ range: McNemarRange) -> String {
    let bounds = "exact paired p between \(probability(range.smallest)) and \(probability(range.largest))"
    guard let limit = range.discordantLimit else { return bounds + ", never below 0.05" }
    if range.largest < 0.05 { return bounds }
    return bounds + ", below 0.05 if the two disagree on at most \(grouped(limit)) questions"
  }

  func gains(_ larger: CellPair, _ smaller: CellPair) -> Part {
    guard let a = gain(larger), let b = gain(smaller) else {
      return Part(verdict: .fails, text: "a cell is not reported")
    }
    // Four rounded values: the difference of the differences is off by up to two units.
    let (x, y) = Gain.alike(a, b)
    let verdict: ClaimFinding.Verdict = x > y ? .holds : y - x <= 2 ? .upToRounding : .fails
    return Part(
      verdict: verdict,
      text: "\(name(larger.cell)) gains \(a.text), \(name(smaller.cell)) \(b.text)")
  }

  func share(_ part: CellPair, _ whole: CellPair, _ least: Double) -> Part {
    guard let a = gain(part), let b = gain(whole) else {
      return Part(verdict: .fails, text: "a cell is not reported")
    }
    guard b.units > 0 else { return Part(verdict: .fails, text: "\(name(whole.cell)) gains nothing: \(b.text)") }
    let (x, y) = Gain.alike(a, b)
    let share = Double(x) / Double(y)
    return Part(
      verdict: share >= least
        ? .holds : Double(x + 2) / Double(max(y - 2, 1)) >= least ? .upToRounding : .fails,
      text: "\(name(part.cell)) gains \(a.text), \(name(whole.cell)) \(b.text): "
        + "\(fixed(100 * share, decimals: 0)) %")
  }

  /// A printed gain in units of its last digit.
  private struct Gain {
    var units: Int
    var decimals: Int

    var text: String {
      signed(points: PrintedNumber(units: units, decimals: decimals).value, decimals: decimals)
    }

    /// Two gains in units of the finer one's last digit.
    static func alike(_ a: Gain, _ b: Gain) -> (Int, Int) {
      let decimals = max(a.decimals, b.decimals)
      func units(_ gain: Gain) -> Int { gain.units * PrintedNumber(units: 0, decimals: decimals - gain.decimals).scale }
      return (units(a), units(b))
    }
  }

  private func gain(_ pair: CellPair) -> Gain? {
    guard let base = value(pair.base), let value = value(pair.cell), base.decimals == value.decimals else {
      return nil
    }
    return Gain(units: value.units - base.units, decimals: value.decimals)
  }

  func close(_ a: CellName, _ b: CellName, _ margin: Double) -> Part {
    guard let first = value(a), let second = value(b) else {
      return Part(verdict: .fails, text: "a cell is not reported")
    }
    let gap = abs(first.value - second.value)
    // Both are rounded, each by up to half a unit of its last digit.
    let unit = 1 / Double(min(first.scale, second.scale))
    let verdict: ClaimFinding.Verdict =
      gap <= margin + 1e-9 ? .holds : gap <= margin + unit ? .upToRounding : .fails
    var text = difference(CellPair(base: b, cell: a))
    if let x = counts(a), let y = counts(b) {
      let interval = differenceInterval(x.k, of: x.n, minus: y.k, of: y.n, .ninety)
      let isShown = 100 * interval.low > -margin && 100 * interval.high < margin
      text +=
        "; 90 % interval \(points(interval)), so that equivalence within "
        + "\(fixed(margin, decimals: 0)) points is \(isShown ? "shown" : "not shown by the totals alone")"
    }
    return Part(verdict: verdict, text: text)
  }

  func chance(_ cell: CellName, _ level: Double, _ isNear: Bool) -> Part {
    guard let (k, n) = counts(cell) else { return Part(verdict: .fails, text: "\(name(cell)): no count") }
    let interval = wilsonInterval(k, of: n)
    let isWithin = interval.contains(level / 100)
    let isAbove = interval.low > level / 100
    let p = Binomial(n: n, p: level / 100).twoSided(k)
    return Part(
      verdict: (isNear ? isWithin : isAbove) ? .holds : .fails,
      text: "\(described(cell)), 95 % interval \(fixed(100 * interval.low, decimals: 1)) to "
        + "\(fixed(100 * interval.high, decimals: 1)); exact test against \(fixed(level, decimals: 0)) %: "
        + "p \(Self.equals(probability(p)))")
  }

  private static func equals(_ text: String) -> String { text.hasPrefix("<") ? text : "= " + text }
}

/// A p-value for reading: two significant digits, or "< 1e-12" and the like far below.
public func probability(_ p: Double) -> String {
  if p >= 0.0095 { return fixed(p, decimals: p >= 0.995 ? 0 : 2) }
  if p < 1e-12 { return "< 1e-12" }
  var digits = p
  var exponent = 0
  while digits < 0.95 || (digits < 1) {
    digits *= 10
    exponent -= 1
  }
  if digits >= 9.95 {
    digits /= 10
    exponent += 1
  }
  return exponent >= -3 ? fixed(p, decimals: 1 - exponent) : fixed(digits, decimals: 1) + "e\(exponent)"
}
