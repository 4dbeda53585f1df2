// Each kind of claim, measured. Differences are tested on the same questions; nothing is tested on totals alone.

struct ClaimJudge {
  let paper: PublishedPaper
  /// The run that measures each table: a claim over several tables takes each cell from its own table's run.
  let measured: [Int: Measurements]

  func parts(_ expression: ClaimExpression) -> [MeasuredPart] {
    if let departure = departure(expression) { return [departure] }
    return switch expression {
    case .all(let parts): parts.flatMap { self.parts($0) }
    case .value(let cell, let number): [value(cell, number)]
    case .count(let cell, let correct): [count(cell, correct)]
    case .same: [MeasuredPart(outcome: .silent, subject: "")]
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
    return measured[cell.table]?.measurement(row, column)
  }

  private func outcomes(_ cell: CellName) -> [[Outcome]]? {
    guard let table = paper.table(cell.table), let run = table.row(cell.row)?.run,
      let column = table.column(cell.column)
    else { return nil }
    return measured[cell.table]?.outcomes(run, benchmark: column.benchmark, audio: column.audio)
  }

  private func category(_ cell: CellName) -> String? {
    paper.table(cell.table)?.column(cell.column)?.category
  }

  private func missing(_ cells: [CellName]) -> MeasuredPart {
    let open = cells.filter { measurement($0) == nil }
    func list(_ words: String, _ cells: [CellName]) -> String? {
      cells.isEmpty ? nil : words + ": " + cells.map { paper.name($0) }.joined(separator: "; ")
    }
    let parts = [
      list("not measured", open.filter { !isUnscored($0) }), list("submitted, not scored", open.filter(isUnscored)),
    ].compactMap(\.self)
    let what = parts.isEmpty ? "outcomes on the same questions are not there" : parts.joined(separator: "; ")
    return MeasuredPart(
      outcome: .fixed(.undecided), subject: what, waits: open.contains(where: isUnscored) ? .scores : nil)
  }

  private func isUnscored(_ cell: CellName) -> Bool {
    guard let table = paper.table(cell.table), let row = table.row(cell.row), let column = table.column(cell.column)
    else { return false }
    return (measured[cell.table]?.unscoredCount(row, column) ?? 0) > 0
  }

  private func described(_ cell: CellName) -> String { "\(paper.name(cell)) \(number(cell))" }

  private func number(_ cell: CellName) -> String {
    guard let measurement = measurement(cell) else { return "" }
    let seeds = measurement.seeds.count > 1 ? " (mean of \(measurement.seeds.count) seeds)" : ""
    return measurement.printed.text + seeds
  }

  /// "A 68.6 against B 65.9, asked with audio", with the column told once where it is the same.
  private func versus(_ a: CellName, _ b: CellName) -> String {
    guard a.table == b.table, a.column == b.column, let table = paper.table(a.table),
      let first = table.row(a.row), let second = table.row(b.row), let column = table.column(a.column)
    else { return "\(described(a)) against \(described(b))" }
    return "\(first.name) \(number(a)) against \(second.name) \(number(b)), \(column.name)"
  }

  private var isPaperScale: Bool { !measured.isEmpty && measured.values.allSatisfy(\.isPapers) }

  /// The one part of a claim about tables whose run is not the paper's experiment; nil where all are.
  private func departure(_ expression: ClaimExpression) -> MeasuredPart? {
    let tables = Set(expression.cells.map(\.table)).sorted()
    guard let words = tables.lazy.compactMap({ measured[$0]?.departure }).first else { return nil }
    return MeasuredPart(outcome: .fixed(.undecided), subject: words, waits: .settings)
  }

  // MARK: - Kinds

  /// A quoted number can only be met at the paper's scale.
  private func value(_ cell: CellName, _ number: PrintedNumber) -> MeasuredPart {
    guard isPaperScale else { return MeasuredPart(outcome: .silent, subject: "") }
    guard let measurement = measurement(cell) else { return missing([cell]) }
    let isMet = measurement.printed(like: number) == number || measurement.interval?.contains(number.value / 100) == true
    return MeasuredPart(
      outcome: .fixed(isMet ? .holds : .contradicted), subject: described(cell),
      finding: "the paper \(number.text)")
  }

  private func count(_ cell: CellName, _ correct: Int) -> MeasuredPart {
    guard isPaperScale else { return MeasuredPart(outcome: .silent, subject: "") }
    guard let measurement = measurement(cell), let counts = measurement.seeds.first else {
      return missing([cell])
    }
    return MeasuredPart(
      outcome: .fixed(counts.correctCount == correct ? .holds : .contradicted),
      subject: described(cell),
      finding: "\(counts.correctCount) of \(counts.questionCount), the paper \(correct)")
  }

  private func comparison(_ a: CellName, _ b: CellName) -> Comparison? {
    guard category(a) == category(b), let first = outcomes(a), let second = outcomes(b) else { return nil }
    return Comparison(first, second, category: category(a))
  }

  func order(_ higher: CellName, above lower: CellName) -> MeasuredPart {
    guard let comparison = comparison(higher, lower) else { return missing([higher, lower]) }
    func part(_ outcome: MeasuredPart.Outcome) -> MeasuredPart {
      MeasuredPart(
        outcome: outcome, subject: versus(higher, lower),
        finding: "\(signed(points: 100 * comparison.difference)) points, 95 % interval "
          + paper.points(comparison.interval),
        detail: "better on \(comparison.firstBetter), worse on \(comparison.secondBetter) of "
          + "\(grouped(comparison.questionCount)) questions")
    }
    let name = [higher.description, lower.description].sorted().joined(separator: " ")
    let test = ClaimTest(table: higher.table, name: name, pValue: comparison.pValue)
    // Seeds that point to different sides decide nothing.
    guard comparison.isSameInEverySeed || comparison.difference == 0 else {
      return part(.withheld(test, why: "not the same direction in every seed"))
    }
    return part(.tested(test, isSupported: comparison.difference > 0))
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
          subject: "\(name): \(unmeasured) of \(rivals.count) rivals are published values, not measured here"))
    }
    return parts
  }

  /// Student's t on per-question differences that are more than one pair's: the first pair's gain less `weight` times
  /// the second's.
  private func contrast(
    _ differences: [Double], _ first: CellPair, _ second: CellPair, weight: Double, _ name: String, share: String = ""
  ) -> MeasuredPart {
    let (mean, error) = Self.meanAndError(differences)
    let p = error > 0 ? min(1, 2 * StudentT(degrees: differences.count - 1).above(abs(mean) / error)) : 1
    let test = ClaimTest(table: first.cell.table, name: name, pValue: p)
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
        outcome: .withheld(test, why: "not the same direction in every seed"), subject: gained(first, second),
        finding: share)
    }
    return MeasuredPart(
      outcome: .tested(test, isSupported: mean > 0), subject: gained(first, second), finding: share)
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

  private func gains(_ larger: CellPair, _ smaller: CellPair) -> MeasuredPart {
    guard comparison(larger.cell, larger.base) != nil, comparison(smaller.cell, smaller.base) != nil else {
      return missing([larger.base, larger.cell, smaller.base, smaller.cell])
    }
    guard let d = difference(larger, smaller, weight: 1) else {
      return MeasuredPart(
        outcome: .fixed(.undecided), subject: gained(larger, smaller), finding: "on different questions")
    }
    return contrast(d, larger, smaller, weight: 1, "gains \(larger) \(smaller)")
  }

  private func share(_ part: CellPair, _ whole: CellPair, _ least: Double) -> MeasuredPart {
    guard let a = comparison(part.cell, part.base), let b = comparison(whole.cell, whole.base) else {
      return missing([part.base, part.cell, whole.base, whole.cell])
    }
    guard let d = difference(part, whole, weight: least) else {
      return MeasuredPart(
        outcome: .fixed(.undecided), subject: gained(part, whole), finding: "on different questions")
    }
    let name = "share \(part) \(whole) \(least)"
    // A share of a gain that is not there is no share: there must be a gain, shown, before its parts mean anything.
    guard b.difference > 0, b.pValue < ClaimReview.level, b.isSameInEverySeed else {
      let test = ClaimTest(table: part.cell.table, name: name, pValue: 1)
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
  private func close(_ a: CellName, _ b: CellName, _ margin: Double) -> MeasuredPart {
    guard let comparison = comparison(a, b) else { return missing([a, b]) }
    let test = Equivalence(differences: comparison.differences, margin: margin / 100)
    let (mean, error) = Self.meanAndError(comparison.differences)
    let beyond = abs(mean) - margin / 100
    let p =
      error > 0
      ? min(1, 2 * StudentT(degrees: comparison.questionCount - 1).above(beyond / error)) : beyond > 0 ? 0 : 1
    let name = "close \(a) \(b) \(margin)"
    return MeasuredPart(
      outcome: .either(
        holds: ClaimTest(table: a.table, name: name, pValue: test.pValue),
        contradicted: ClaimTest(table: a.table, name: "beyond " + name, pValue: p),
        words: ("within the margin,", "beyond the margin,")), subject: versus(a, b),
      finding: "\(signed(points: 100 * test.difference)) points, 95 % interval \(paper.points(test.interval)), "
        + "margin \(fixed(margin, decimals: 0))")
  }

  /// "Around chance" needs to be shown, as any equivalence: within `chanceMargin` points, by two one-sided exact tests.
  private static let chanceMargin = 5.0

  private func chance(_ cell: CellName, _ level: Double, _ isNear: Bool) -> MeasuredPart {
    guard let measurement = measurement(cell), let interval = measurement.interval else {
      return missing([cell])
    }
    guard let chance = measurement.chance ?? (isPaperScale ? level / 100 : nil) else {
      return MeasuredPart(outcome: .fixed(.undecided), subject: described(cell), finding: "chance is not recorded")
    }
    func part(_ outcome: MeasuredPart.Outcome) -> MeasuredPart {
      MeasuredPart(
        outcome: outcome, subject: described(cell),
        finding: "95 % interval \(fixed(100 * interval.low, decimals: 1)) to "
          + "\(fixed(100 * interval.high, decimals: 1)), chance \(fixed(100 * chance, decimals: 1))")
    }
    guard measurement.seeds.count == 1, let seed = measurement.seeds.first else {
      var part = part(.fixed(.undecided))
      part.detail = "several seeds are not tested against chance"
      return part
    }
    let (k, n) = (seed.correctCount, seed.questionCount)
    let differs = ClaimTest(
      table: cell.table, name: "chance \(cell)", pValue: Binomial(n: n, p: chance).twoSided(k))
    guard isNear else { return part(.tested(differs, isSupported: Double(k) > chance * Double(n))) }
    let margin = Self.chanceMargin / 100
    let above = Binomial(n: n, p: max(0.0, chance - margin)).atLeast(k)
    let below = Binomial(n: n, p: min(1.0, chance + margin)).atMost(k)
    let near = ClaimTest(table: cell.table, name: "near chance \(cell)", pValue: max(above, below))
    let words = "within \(fixed(Self.chanceMargin, decimals: 0)) points of chance,"
    return part(.either(holds: near, contradicted: differs, words: (words, "not at chance,")))
  }
}
