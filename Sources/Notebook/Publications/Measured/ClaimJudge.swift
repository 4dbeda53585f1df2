// Each kind of claim, measured. Differences are tested on the same questions; nothing is tested on totals alone.

struct ClaimJudge {
  let paper: PublishedPaper
  let measured: Measurements

  func parts(_ expression: ClaimExpression) -> [MeasuredPart] {
    switch expression {
    case .all(let parts): parts.flatMap { self.parts($0) }
    case .value(let cell, let number): [value(cell, number)]
    case .count(let cell, let correct): [count(cell, correct)]
    case .same: [MeasuredPart(outcome: .silent, text: "")]
    case .change(let pair, let isUp, let values, _):
      zip([pair.base, pair.cell], values).map { value($0, $1) }
        + [isUp ? order(pair.cell, above: pair.base) : order(pair.base, above: pair.cell)]
    case .order(let higher, let lower): [order(higher, above: lower)]
    case .best(let block, let against): block.columns.flatMap { best(block, $0, against) }
    case .improves(let block, let over, let except):
      block.columns.filter { !except.contains($0) }.flatMap { column in
        block.rows.map { order(block.cell($0, column), above: block.cell(over, column)) }
      }
    case .gains(let larger, let smaller): [gains(larger, smaller)]
    case .share(let part, let whole, let least): [share(part, whole, least)]
    case .close(let a, let b, let margin): [close(a, b, margin)]
    case .chance(let cell, let level, let isNear): [chance(cell, level, isNear)]
    }
  }

  // MARK: - Cells

  func measurement(_ cell: CellName) -> Measurement? {
    guard let table = paper.table(cell.table), let row = table.row(cell.row),
      let column = table.column(cell.column)
    else { return nil }
    return measured.measurement(row, column)
  }

  private func outcomes(_ cell: CellName) -> [[Outcome]]? {
    guard let table = paper.table(cell.table), let run = table.row(cell.row)?.run,
      let column = table.column(cell.column)
    else { return nil }
    return measured.outcomes(run, benchmark: column.benchmark, audio: column.audio)
  }

  private func category(_ cell: CellName) -> String? {
    paper.table(cell.table)?.column(cell.column)?.category
  }

  private func missing(_ cells: [CellName]) -> MeasuredPart {
    let names = cells.filter { measurement($0) == nil }.map { paper.name($0) }
    let what =
      names.isEmpty ? "per-question outcomes are not there" : "not measured: " + names.joined(separator: "; ")
    return MeasuredPart(outcome: .fixed(.undecided), text: what)
  }

  private func described(_ cell: CellName) -> String {
    guard let measurement = measurement(cell) else { return paper.name(cell) }
    let seeds = measurement.seeds.count > 1 ? " (mean of \(measurement.seeds.count) seeds)" : ""
    return "\(paper.name(cell)) \(measurement.printed.text)\(seeds)"
  }

  private var isPaperScale: Bool { measured.scale == .paper }

  // MARK: - Kinds

  /// A quoted number can only be met at the paper's scale.
  private func value(_ cell: CellName, _ number: PrintedNumber) -> MeasuredPart {
    guard isPaperScale else { return MeasuredPart(outcome: .silent, text: "") }
    guard let measurement = measurement(cell) else { return missing([cell]) }
    let isMet = measurement.printed == number || measurement.interval?.contains(number.value / 100) == true
    return MeasuredPart(
      outcome: .fixed(isMet ? .holds : .contradicted), text: "\(described(cell)), the paper \(number.text)")
  }

  private func count(_ cell: CellName, _ correct: Int) -> MeasuredPart {
    guard isPaperScale else { return MeasuredPart(outcome: .silent, text: "") }
    guard let measurement = measurement(cell), let counts = measurement.seeds.first else {
      return missing([cell])
    }
    return MeasuredPart(
      outcome: .fixed(counts.correctCount == correct ? .holds : .contradicted),
      text: "\(described(cell)): \(counts.correctCount) of \(counts.questionCount), the paper \(correct)")
  }

  private func comparison(_ a: CellName, _ b: CellName) -> Comparison? {
    guard category(a) == category(b), let first = outcomes(a), let second = outcomes(b) else { return nil }
    return Comparison(first, second, category: category(a))
  }

  func order(_ higher: CellName, above lower: CellName) -> MeasuredPart {
    guard let comparison = comparison(higher, lower) else { return missing([higher, lower]) }
    let text =
      "\(described(higher)) against \(described(lower)): \(signed(points: 100 * comparison.difference)) points, "
      + "95 % interval \(paper.points(comparison.interval)), better on \(comparison.firstBetter), worse on "
      + "\(comparison.secondBetter) of \(grouped(comparison.questionCount)) questions"
    // Seeds that point to different sides decide nothing.
    guard comparison.isSameInEverySeed else {
      return MeasuredPart(
        outcome: .fixed(.undecided),
        text: text + (comparison.difference == 0 ? "" : "; not the same direction in every seed"))
    }
    let name = [higher.description, lower.description].sorted().joined(separator: " ")
    return MeasuredPart(
      outcome: .tested(
        ClaimTest(table: higher.table, name: name, pValue: comparison.pValue),
        isSupported: comparison.difference > 0), text: text)
  }

  /// The best of some rows against every other: those not measured leave it undecided, unless one is better already.
  private func best(_ block: CellBlock, _ column: String, _ against: [String]) -> [MeasuredPart] {
    let own = block.rows.map { block.cell($0, column) }.filter { measurement($0) != nil }
    guard let top = own.max(by: { (measurement($0)?.accuracy ?? 0) < (measurement($1)?.accuracy ?? 0) }) else {
      return [missing(block.rows.map { block.cell($0, column) })]
    }
    let rivals = against.map { block.cell($0, column) }.filter { paper.value($0) != nil }
    var parts = rivals.filter { measurement($0) != nil }.map { order(top, above: $0) }
    let unmeasured = rivals.count - parts.count
    if unmeasured > 0 {
      let name = paper.table(block.table)?.column(column)?.name ?? column
      parts.append(
        MeasuredPart(
          outcome: .fixed(.undecided),
          text: "\(name): \(unmeasured) of \(rivals.count) rivals are published values, not measured here"))
    }
    return parts
  }

  /// Student's t on per-question differences that are more than one pair's.
  private func contrast(_ differences: [Double], _ name: String, table: Int, text: String) -> MeasuredPart {
    let n = Double(differences.count)
    let mean = differences.reduce(0, +) / n
    let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    guard differences.count > 1, squares > 0 else {
      return MeasuredPart(outcome: .fixed(.undecided), text: text)
    }
    let error = (squares / (n - 1) / n).squareRoot()
    let p = min(1, 2 * StudentT(degrees: differences.count - 1).above(abs(mean) / error))
    return MeasuredPart(
      outcome: .tested(ClaimTest(table: table, name: name, pValue: p), isSupported: mean > 0), text: text)
  }

  private func gains(_ larger: CellPair, _ smaller: CellPair) -> MeasuredPart {
    guard let a = comparison(larger.cell, larger.base), let b = comparison(smaller.cell, smaller.base) else {
      return missing([larger.base, larger.cell, smaller.base, smaller.cell])
    }
    guard let d = difference(larger, smaller, weight: 1) else {
      return MeasuredPart(outcome: .fixed(.undecided), text: "the gains are on different questions")
    }
    let text =
      "\(paper.name(larger.cell)) gains \(signed(points: 100 * a.difference)), \(paper.name(smaller.cell)) "
      + "\(signed(points: 100 * b.difference)) points"
    return contrast(d, "gains \(larger) \(smaller)", table: larger.cell.table, text: text)
  }

  private func share(_ part: CellPair, _ whole: CellPair, _ least: Double) -> MeasuredPart {
    guard let a = comparison(part.cell, part.base), let b = comparison(whole.cell, whole.base) else {
      return missing([part.base, part.cell, whole.base, whole.cell])
    }
    let text =
      "\(paper.name(part.cell)) gains \(signed(points: 100 * a.difference)), \(paper.name(whole.cell)) "
      + "\(signed(points: 100 * b.difference)) points"
    guard b.difference > 0 else {
      return MeasuredPart(outcome: .fixed(.undecided), text: text + ": no gain to have a share of")
    }
    let percent = ": \(fixed(100 * a.difference / b.difference, decimals: 0)) %"
    guard let d = difference(part, whole, weight: least) else {
      return MeasuredPart(outcome: .fixed(.undecided), text: text + percent + ", on different questions")
    }
    return contrast(d, "share \(part) \(whole) \(least)", table: part.cell.table, text: text + percent)
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

  private func close(_ a: CellName, _ b: CellName, _ margin: Double) -> MeasuredPart {
    guard let comparison = comparison(a, b) else { return missing([a, b]) }
    let test = Equivalence(differences: comparison.differences, margin: margin / 100)
    let text =
      "\(described(a)) against \(described(b)): \(signed(points: 100 * test.difference)) points, 95 % interval "
      + "\(paper.points(test.interval)), equivalence within \(fixed(margin, decimals: 0)) points"
    // Wholly outside the margin is a contradiction; not shown to be within is none.
    if 100 * test.interval.low > margin || 100 * test.interval.high < -margin {
      return MeasuredPart(outcome: .fixed(.contradicted), text: text)
    }
    let name = "close \(a) \(b) \(margin)"
    return MeasuredPart(
      outcome: .tested(ClaimTest(table: a.table, name: name, pValue: test.pValue), isSupported: true),
      text: text)
  }

  private func chance(_ cell: CellName, _ level: Double, _ isNear: Bool) -> MeasuredPart {
    guard let measurement = measurement(cell), let interval = measurement.interval else {
      return missing([cell])
    }
    guard let chance = measurement.chance ?? (isPaperScale ? level / 100 : nil) else {
      return MeasuredPart(outcome: .fixed(.undecided), text: "\(described(cell)); chance is not recorded")
    }
    let text =
      "\(described(cell)), 95 % interval \(fixed(100 * interval.low, decimals: 1)) to "
      + "\(fixed(100 * interval.high, decimals: 1)); chance \(fixed(100 * chance, decimals: 1))"
    let holds = isNear ? interval.contains(chance) : interval.low > chance
    let contradicted = isNear ? !interval.contains(chance) : interval.high < chance
    return MeasuredPart(outcome: .fixed(holds ? .holds : contradicted ? .contradicted : .undecided), text: text)
  }
}
