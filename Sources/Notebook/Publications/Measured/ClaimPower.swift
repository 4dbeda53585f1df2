// What a planned run can show of each claim: the rules are Documentation/verdicts.md's.
internal import Records

/// One difference that a claim is about, before anything is measured.
struct ClaimContrast: Sendable, Hashable {
  enum Kind: Sendable, Hashable { case difference, share, close(margin: Double) }
  struct Term: Sendable, Hashable {
    var cell: CellName
    var weight: Double
  }

  var kind: Kind
  var terms: [Term]

  /// The published size of the difference in the claimed direction, in points; nil where a cell is not printed.
  func claimed(in paper: PublishedPaper) -> Double? {
    let values = terms.compactMap { term in paper.value(term.cell).map { term.weight * $0.value } }
    return values.count == terms.count ? values.reduce(0, +) : nil
  }
}

extension PublishedPaper {
  /// The differences a claim is about; those with a row that nothing can be run of are left out, and counted.
  func contrasts(_ expression: ClaimExpression, onlyMeasurable: Bool) -> (list: [ClaimContrast], open: Int) {
    func order(_ a: CellName, _ b: CellName) -> ClaimContrast {
      ClaimContrast(kind: .difference, terms: [.init(cell: a, weight: 1), .init(cell: b, weight: -1)])
    }
    func gains(_ a: CellPair, _ b: CellPair, _ weight: Double, _ kind: ClaimContrast.Kind) -> ClaimContrast {
      ClaimContrast(
        kind: kind,
        terms: [
          .init(cell: a.cell, weight: 1), .init(cell: a.base, weight: -1), .init(cell: b.cell, weight: -weight),
          .init(cell: b.base, weight: weight),
        ])
    }
    let all: [ClaimContrast] =
      switch expression {
      case .all(let parts): parts.flatMap { contrasts($0, onlyMeasurable: false).list }
      case .value, .count, .same, .chance: []
      case .change(let pair, let isUp, _, _): [isUp ? order(pair.cell, pair.base) : order(pair.base, pair.cell)]
      case .order(let higher, let lower): [order(higher, lower)]
      case .best(let block, let against):
        block.columns.flatMap { column -> [ClaimContrast] in
          let own = block.rows.map { block.cell($0, column) }
          guard let top = own.max(by: { (value($0)?.value ?? 0) < (value($1)?.value ?? 0) }) else { return [] }
          return against.map { block.cell($0, column) }.filter { value($0) != nil }.map { order(top, $0) }
        }
      case .improves(let block, let over, let except):
        block.columns.filter { !except.contains($0) }.flatMap { column in
          block.rows.map { order(block.cell($0, column), block.cell(over, column)) }
        }
      case .gains(let larger, let smaller): [gains(larger, smaller, 1, .difference)]
      case .share(let part, let whole, let least): [gains(part, whole, least, .share)]
      case .close(let a, let b, let margin):
        [ClaimContrast(kind: .close(margin: margin), terms: order(a, b).terms)]
      }
    guard onlyMeasurable else { return (all, 0) }
    let runnable = all.filter { $0.terms.allSatisfy { table($0.cell.table)?.row($0.cell.row)?.run != nil } }
    return (runnable, all.count - runnable.count)
  }
}

/// How large a run is, and what is known of its errors before it.
public struct PlannedRun: Sendable {
  /// Questions of a benchmark, or of one of its categories; nil where it is not asked.
  public var questions: @Sendable (_ benchmark: String, _ category: String?) -> Int?
  public var seeds: Int
  /// Earlier results of the same scale, by table.
  public var earlier: [Int: Measurements]
  /// Whether only rows that can be run count; false of published numbers, which have all rows.
  public var isMeasured: Bool

  /// Assumed where no earlier results tell: on how many questions two models disagree, and the spread over seeds.
  public static let assumedDisagreement = 0.2
  public static let assumedSeedSpread = 0.01
  /// And the variance of one question's outcome over seeds.
  public static let assumedSeedNoise = 0.1

  public init(
    seeds: Int, earlier: [Int: Measurements] = [:], isMeasured: Bool = true,
    questions: @escaping @Sendable (_ benchmark: String, _ category: String?) -> Int?
  ) {
    self.seeds = seeds
    self.earlier = earlier
    self.isMeasured = isMeasured
    self.questions = questions
  }
}

/// What a run can show of one claim.
public struct ClaimPower: Sendable {
  /// What can be shown of one difference.
  public struct Part: Sendable {
    /// In points: the published size, what is shown with probability 0.8, and the margin within which equals are shown.
    public var claimed: Double?
    public var detectable: Double?
    public var margin: Double?
    /// Of "about as good".
    public var wantedMargin: Double?
    public var questionCount: Int
    public var isAssumed: Bool

    /// Whether a difference of the published size, or nearness within the claimed margin, would be shown.
    public var isShown: Bool {
      if let wantedMargin { return (margin ?? .infinity) <= wantedMargin + 1e-9 }
      return (detectable ?? .infinity) <= (claimed ?? 0) + 1e-9
    }
  }

  public var claim: Claim
  public var family: String
  /// Tests of its family.
  public var testCount: Int
  public var parts: [Part]
  /// Parts about rows that nothing can be run of.
  public var openCount: Int
  /// Times the questions that would show every part at its published size; nil if seeds forbid it, or it needs none.
  public var factor: Double?

  public var isShown: Bool { !parts.isEmpty && parts.allSatisfy(\.isShown) }
}

extension PublishedPaper {
  /// What a run of these tables can show of each claim all of whose cells stand in them.
  public func power(_ run: PlannedRun, tables: [Int]) -> [ClaimPower] {
    let claims = claims.filter { claim in
      !claim.isAboutText && claim.expression.cells.allSatisfy { tables.contains($0.table) }
    }
    let contrasts = claims.map { self.contrasts($0.expression, onlyMeasurable: run.isMeasured) }
    var families: [String: Set<ClaimContrast>] = [:]
    for (claim, found) in zip(claims, contrasts) { families[family(of: claim), default: []].formUnion(found.list) }
    let judge = ClaimJudge(paper: self, measured: run.earlier)
    let all = Set(contrasts.flatMap(\.list))
    let variances = Dictionary(uniqueKeysWithValues: all.map { contrast in
      (contrast, judge.variance(contrast.terms.map { (cell: $0.cell, weight: $0.weight) }))
    })
    return zip(claims, contrasts).map { claim, found in
      let family = family(of: claim)
      let count = max(1, families[family]?.count ?? 1)
      let level = ClaimReview.level / Double(count)
      func parts(_ factor: Double) -> [ClaimPower.Part] {
        found.list.compactMap { part($0, variances[$0] ?? nil, run, judge, level, factor: factor) }
      }
      var power = ClaimPower(
        claim: claim, family: family, testCount: count, parts: parts(1), openCount: found.open, factor: nil)
      if !power.isShown, !power.parts.isEmpty {
        power.factor = [2.0, 4, 10, 30, 100].first { parts($0).allSatisfy(\.isShown) }
      }
      return power
    }
  }

  /// nil where a cell is not asked.
  private func part(
    _ contrast: ClaimContrast, _ found: Double?, _ run: PlannedRun, _ judge: ClaimJudge, _ level: Double,
    factor: Double
  ) -> ClaimPower.Part? {
    guard let cell = contrast.terms.first?.cell, let column = table(cell.table)?.column(cell.column),
      let planned = run.questions(column.benchmark, column.category), planned > 0
    else { return nil }
    let n = Int(Double(planned) * factor)
    let variance = found ?? min(1, PlannedRun.assumedDisagreement * Double(contrast.terms.count) / 2)
    var isGuess = found == nil
    var (spread, noise) = (0.0, 0.0)
    var sides: [Double] = []
    for term in contrast.terms where table(term.cell.table)?.row(term.cell.row)?.run?.training != nil {
      let pooled = judge.pooledSpread(term.cell)
      isGuess = isGuess || pooled.degrees == 0 && run.seeds > 1
      let assumed = PlannedRun.assumedSeedSpread * PlannedRun.assumedSeedSpread
      let own = judge.seedNoise(term.cell)
      noise = max(noise, own?.noise ?? PlannedRun.assumedSeedNoise)
      let sampling = own.map { $0.noise / Double($0.count) } ?? 0
      spread = max(spread, pooled.degrees > 0 ? pooled.variance - sampling : assumed)
      sides.append(term.weight * term.weight)
    }
    let both = TwoSourcePower(
      questionCount: n, questionVariance: variance,
      seeds: .init(spread: spread, noise: noise, count: run.seeds, trainings: trainings(cell), sides: sides),
      level: level)
    // With one seed a side the exact test decides too; means over seeds are no whole counts. On many questions the two
    // agree.
    let exact =
      run.seeds == 1 && n <= 3000 && contrast.terms.count == 2
      ? PairedPower(questionCount: n, disagreement: variance, level: level).detectable() ?? 1 : 0
    let margin: Double? = if case .close(let margin) = contrast.kind { margin } else { nil }
    return ClaimPower.Part(
      claimed: contrast.claimed(in: self), detectable: both.detectable().map { 100 * max($0, exact) },
      margin: both.margin().map { 100 * $0 }, wantedMargin: margin, questionCount: n, isAssumed: isGuess)
  }

  /// How many trainings a column's spread is pooled over.
  private func trainings(_ cell: CellName) -> Int {
    Set((table(cell.table)?.rows ?? []).compactMap(\.run).filter { $0.training != nil }).count
  }
}

extension ClaimJudge {
  /// The mean variance of a question's outcome over the seeds of a cell, and its questions; nil with fewer than two
  /// seeds.
  func seedNoise(_ cell: CellName) -> (noise: Double, count: Int)? {
    guard let seeds = outcomes(cell), seeds.count > 1 else { return nil }
    let category = category(cell)
    let own = seeds.map { $0.filter { category == nil || $0.category == category } }
    guard let ids = own.first?.map(\.id), !ids.isEmpty, let means = Comparison.means(own, ids) else { return nil }
    let scale = Double(seeds.count) / Double(seeds.count - 1)
    return (scale * means.reduce(0) { $0 + $1 * (1 - $1) } / Double(ids.count), ids.count)
  }

  /// The variance of a question's weighted difference in earlier results; nil where they do not have all cells.
  func variance(_ terms: [(cell: CellName, weight: Double)]) -> Double? {
    var sums: [Double]?
    for (cell, weight) in terms {
      guard let seeds = outcomes(cell) else { return nil }
      let category = category(cell)
      let own = seeds.map { $0.filter { category == nil || $0.category == category } }
      guard let ids = own.first?.map(\.id), let means = Comparison.means(own, ids) else { return nil }
      guard let known = sums else {
        sums = means.map { weight * $0 }
        continue
      }
      guard known.count == means.count else { return nil }
      sums = zip(known, means).map { $0 + weight * $1 }
    }
    guard let sums, sums.count > 1 else { return nil }
    let mean = sums.reduce(0, +) / Double(sums.count)
    return sums.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(sums.count - 1)
  }
}
