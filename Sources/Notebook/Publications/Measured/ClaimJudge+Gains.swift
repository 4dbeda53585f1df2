// Claims about more than one difference, and about differences that are near: gains, shares, "about as good".
internal import Records

extension ClaimJudge {
  /// Student's t on per-question differences that are more than one pair's: the first pair's gain less `weight` times
  /// the second's.
  private func contrast(
    _ differences: [Double], _ first: CellPair, _ second: CellPair, weight: Double, _ name: String, share: String = ""
  ) -> MeasuredPart {
    let (mean, spread) = Self.meanAndError(differences)
    let p = spread > 0 ? min(1, 2 * StudentT(degrees: differences.count - 1).above(abs(mean) / spread)) : 1
    let terms = [(first.cell, 1.0), (first.base, -1), (second.cell, -weight), (second.base, weight)]
    let error = error(differences, clusters: outcomes(first.cell)?.first.flatMap { clusters($0, first.cell) }, terms)
    let test = ClaimTest(table: first.cell.table, name: name, pValue: p, combined: max(p, error.pValue()))
    let values = terms.compactMap { cell, weight in paper.value(cell).map { weight * $0.value } }
    let claimed = values.count == terms.count ? values.reduce(0, +) : 0
    // A share has no margin: what is a little above it is above it.
    let unseen = unseen(error, size: share.isEmpty ? max(claimed, paper.margin ?? 0) : claimed, name)
    let cells = [first.cell, first.base, second.cell, second.base]
    let seeds = Set(cells.flatMap { measurement($0)?.seeds.map(\.seed) ?? [] })
    let isSame = seeds.filter { $0 != nil }.allSatisfy { seed in
      func accuracy(_ cell: CellName) -> Double {
        let measurement = measurement(cell)
        return measurement?.seeds.first { $0.seed == seed }?.accuracy ?? measurement?.accuracy ?? 0
      }
      let gain = accuracy(first.cell) - accuracy(first.base)
      return (gain - weight * (accuracy(second.cell) - accuracy(second.base)) > 0) == (mean > 0)
    }
    guard isSame || mean == 0 else {
      return MeasuredPart(
        outcome: .withheld(test, why: "not the same direction in every seed"), error: error, unseen: unseen,
        subject: gained(first, second), finding: share)
    }
    return MeasuredPart(
      outcome: .tested(test, isSupported: mean > 0), error: error, unseen: unseen, subject: gained(first, second),
      finding: share)
  }

  /// The mean and its standard error; the error is 0 with fewer than two values.
  private static func meanAndError(_ values: [Double]) -> (mean: Double, error: Double) {
    let n = Double(values.count)
    guard n > 1 else { return (values.first ?? 0, 0) }
    let mean = values.reduce(0, +) / n
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / (n - 1) / n).squareRoot())
  }

  /// "A gains +9.1 points, B +2.7".
  private func gained(_ first: CellPair, _ second: CellPair) -> String {
    func gain(_ pair: CellPair) -> String {
      guard let value = measurement(pair.cell)?.accuracy, let base = measurement(pair.base)?.accuracy else { return "" }
      return signed(points: 100 * (value - base))
    }
    func name(_ cell: CellName) -> String {
      guard let table = paper.table(cell.table), let row = table.row(cell.row), let column = table.column(cell.column)
      else { return cell.description }
      return "\(row.name), \(column.name)"
    }
    return "\(name(first.cell)), gains \(gain(first)) points; \(name(second.cell)), \(gain(second))"
  }

  func gains(_ larger: CellPair, _ smaller: CellPair) -> MeasuredPart {
    guard comparison(larger.cell, larger.base) != nil, comparison(smaller.cell, smaller.base) != nil else {
      return missing([larger.base, larger.cell, smaller.base, smaller.cell])
    }
    guard let d = difference(larger, smaller, weight: 1) else {
      return MeasuredPart(
        outcome: .fixed(.undecided), subject: gained(larger, smaller), finding: "on different questions")
    }
    return contrast(d, larger, smaller, weight: 1, "gains \(larger) \(smaller)")
  }

  func share(_ part: CellPair, _ whole: CellPair, _ least: Double) -> MeasuredPart {
    guard let a = comparison(part.cell, part.base), let b = comparison(whole.cell, whole.base) else {
      return missing([part.base, part.cell, whole.base, whole.cell])
    }
    guard let d = difference(part, whole, weight: least) else {
      return MeasuredPart(
        outcome: .fixed(.undecided), subject: gained(part, whole), finding: "on different questions")
    }
    let name = "share \(part) \(whole) \(least)"
    // A share of a gain that is not there is no share: there must be a gain, shown, before its parts mean anything.
    let gain = error(b, [(whole.cell, 1), (whole.base, -1)])
    guard b.difference > 0, max(b.pValue, gain.pValue()) < ClaimReview.level, b.isSameInEverySeed else {
      let test = ClaimTest(table: part.cell.table, name: name, pValue: 1, combined: 1)
      return MeasuredPart(
        outcome: .withheld(test, why: "no gain is shown to have a share of"), subject: gained(part, whole))
    }
    let share =
      fixed(100 * a.difference / b.difference, decimals: 0).replacing("-", with: "\u{2212}") + " % against "
    return contrast(
      d, part, whole, weight: least, name, share: share + "at least \(fixed(100 * least, decimals: 0)) %")
  }

  /// Per question: the first pair's gain less `weight` times the second's. nil on different questions.
  private func difference(_ first: CellPair, _ second: CellPair, weight: Double) -> [Double]? {
    let cells = [first.cell, first.base, second.cell, second.base]
    let all = cells.compactMap { cell in outcomes(cell).map { ($0, category(cell)) } }
    guard all.count == 4, Set(all.map(\.1)).count == 1 else { return nil }
    let filtered = all.map { seeds, category in
      category.map { name in seeds.map { $0.filter { $0.category == name } } } ?? seeds
    }
    guard let ids = filtered[0].first?.map(\.id) else { return nil }
    let means = filtered.compactMap { Comparison.means($0, ids) }
    guard means.count == 4 else { return nil }
    return ids.indices.map { (means[0][$0] - means[1][$0]) - weight * (means[2][$0] - means[3][$0]) }
  }

  /// Two one-sided tests for "about as good", and one the other way for "not within the margin".
  func close(_ a: CellName, _ b: CellName, _ margin: Double) -> MeasuredPart {
    guard let comparison = comparison(a, b) else { return missing([a, b]) }
    let test = Equivalence(differences: comparison.differences, margin: margin / 100)
    let (mean, error) = Self.meanAndError(comparison.differences)
    let beyond = abs(mean) - margin / 100
    let p =
      error > 0
      ? min(1, 2 * StudentT(degrees: comparison.questionCount - 1).above(beyond / error)) : beyond > 0 ? 0 : 1
    let name = "close \(a) \(b) \(margin)"
    let both = self.error(comparison, [(a, 1), (b, -1)])
    let size = margin / 100
    // One-sided tests: half of the two-sided p on the side where the difference lies, else no evidence.
    func within(_ edge: Double) -> Double { abs(mean) < size ? both.pValue(against: edge) / 2 : 1 }
    let outside = beyond > 0 ? both.pValue(against: mean > 0 ? size : -size) : 1
    let interval =
      both.seedDegrees > 0 || both.clusterCount < both.questionCount ? interval(comparison, both) : test.interval
    return MeasuredPart(
      outcome: .either(
        holds: ClaimTest(
          table: a.table, name: name, pValue: test.pValue, combined: max(test.pValue, within(size), within(-size))),
        contradicted: ClaimTest(table: a.table, name: "beyond " + name, pValue: p, combined: max(p, outside)),
        words: ("within the margin,", "beyond the margin,")), error: both, margin: size, subject: versus(a, b),
      finding: "\(signed(points: 100 * test.difference)) points, 95 % interval \(paper.points(interval)), "
        + "margin \(fixed(margin, decimals: 0))" + oneSeed(both))
  }
}

// MARK: - Two sources of error

extension ClaimJudge {
  /// The difference of a comparison with the errors of questions and of seeds.
  func error(_ comparison: Comparison, _ terms: [(cell: CellName, weight: Double)]) -> TwoSourceError {
    error(comparison.differences, clusters: comparison.clusters, terms)
  }

  private func error(
    _ differences: [Double], clusters: [Int]?, _ terms: [(cell: CellName, weight: Double)]
  ) -> TwoSourceError {
    let (seeds, isBlind) = seedError(terms)
    return TwoSourceError(differences: differences, clusters: clusters, seeds: seeds, isBlindToSeeds: isBlind)
  }

  private func clusters(_ outcomes: [Outcome], _ cell: CellName) -> [Int]? {
    let category = category(cell)
    return Comparison.clusters(outcomes.filter { category == nil || $0.category == category })
  }

  /// The test of "a difference of `size` points, or more, in the claimed direction"; nil without a size.
  func unseen(_ error: TwoSourceError, size: Double, _ name: String) -> UnseenTest? {
    guard size > 0 else { return nil }
    let p = error.difference < size / 100 ? error.pValue(against: size / 100) : 1
    return UnseenTest(name: name, size: size, pValue: p)
  }

  /// Of questions and seeds where both are known; else that of the comparison.
  func interval(_ comparison: Comparison, _ error: TwoSourceError) -> Interval {
    guard error.seedDegrees > 0 || comparison.clusters != nil else { return comparison.interval }
    let half = error.halfWidth(level: ClaimReview.level)
    return Interval(low: error.difference - half, high: error.difference + half)
  }

  func oneSeed(_ error: TwoSourceError) -> String {
    error.isBlindToSeeds ? ", without the spread over seeds, which was not measured" : ""
  }
}
