// Each kind of claim, measured. Differences are tested on the same questions; nothing is tested on totals alone.
internal import Records

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

  func outcomes(_ cell: CellName) -> [[Outcome]]? {
    guard let table = paper.table(cell.table), let run = table.row(cell.row)?.run,
      let column = table.column(cell.column)
    else { return nil }
    return measured[cell.table]?.outcomes(run, benchmark: column.benchmark, audio: column.audio)
  }

  func category(_ cell: CellName) -> String? {
    paper.table(cell.table)?.column(cell.column)?.category
  }

  func missing(_ cells: [CellName]) -> MeasuredPart {
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
  func versus(_ a: CellName, _ b: CellName) -> String {
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

  func comparison(_ a: CellName, _ b: CellName) -> Comparison? {
    guard category(a) == category(b), let first = outcomes(a), let second = outcomes(b) else { return nil }
    return Comparison(first, second, category: category(a))
  }

  func order(_ higher: CellName, above lower: CellName) -> MeasuredPart {
    guard let comparison = comparison(higher, lower) else { return missing([higher, lower]) }
    let error = error(comparison, [(higher, 1), (lower, -1)])
    let claimed = paper.value(higher).flatMap { high in paper.value(lower).map { high.value - $0.value } }
    func part(_ outcome: MeasuredPart.Outcome) -> MeasuredPart {
      MeasuredPart(
        outcome: outcome, error: error,
        unseen: unseen(error, size: max(claimed ?? 0, paper.margin ?? 0), "\(higher) above \(lower)"),
        subject: versus(higher, lower),
        finding: "\(signed(points: 100 * comparison.difference)) points, 95 % interval "
          + paper.points(interval(comparison, error)) + oneSeed(error),
        detail: "better on \(comparison.firstBetter), worse on \(comparison.secondBetter) of "
          + "\(grouped(comparison.questionCount)) questions")
    }
    let name = [higher.description, lower.description].sorted().joined(separator: " ")
    let test = ClaimTest(
      table: higher.table, name: name, pValue: comparison.pValue, combined: max(comparison.pValue, error.pValue()))
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
    func test(_ name: String, _ p: Double) -> ClaimTest {
      ClaimTest(table: cell.table, name: name, pValue: p, combined: p)
    }
    let differs = test("chance \(cell)", Binomial(n: n, p: chance).twoSided(k))
    guard isNear else { return part(.tested(differs, isSupported: Double(k) > chance * Double(n))) }
    let margin = Self.chanceMargin / 100
    let above = Binomial(n: n, p: max(0.0, chance - margin)).atLeast(k)
    let below = Binomial(n: n, p: min(1.0, chance + margin)).atMost(k)
    let near = test("near chance \(cell)", max(above, below))
    let words = "within \(fixed(Self.chanceMargin, decimals: 0)) points of chance,"
    return part(.either(holds: near, contradicted: differs, words: (words, "not at chance,")))
  }
}
