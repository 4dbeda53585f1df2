// Does the printed average follow from the printed categories?

/// One row's average over one benchmark against its categories.
public struct RowAudit: Sendable, Hashable {
  /// Whether the row's categories give its average.
  public enum Verdict: String, Sendable, Hashable {
    /// The recovered counts add up to the printed average.
    case exact
    /// They do, but some category was rounded in an unusual way.
    case unusualRounding = "unusual rounding"
    /// Sizes are not published, and some division of the questions into categories fits.
    case consistent
    /// No counts, or no division of the questions that also fits the paper's own rows, give the printed average.
    case impossible
  }

  public var paper: String
  public var table: Int
  public var row: String
  public var benchmark: String
  public var average: PrintedNumber
  public var questionCount: Int
  /// Recovered counts per category; nil if sizes are not published.
  public var categoryCounts: [[Int]]?
  /// What the recovered counts can add up to.
  public var sums: [Int]
  /// Whether the average is one over questions, as far as counts tell.
  public var isMicro: Bool
  /// The mean of the printed categories, and whether it can print as the average.
  public var macro: Double
  public var isMacro: Bool
  public var verdict: Verdict
  public var evidence: String
}

extension PublishedPaper {
  /// Every row's averages, for tables that print categories.
  public var rowAudits: [RowAudit] {
    tables.flatMap { table in
      let benchmarks = table.columns.reduce(into: [String]()) { list, column in
        if !list.contains(column.benchmark) { list.append(column.benchmark) }
      }
      return benchmarks.flatMap { audits(of: table, benchmark: $0) }
    }
  }

  private func audits(of table: PublishedTable, benchmark id: String) -> [RowAudit] {
    let columns = table.columns.enumerated().filter { $0.element.benchmark == id }
    let categories = columns.filter { $0.element.category != nil }
    guard let benchmark = benchmark(id), !categories.isEmpty,
      let total = columns.first(where: { $0.element.category == nil })
    else { return [] }
    let division =
      benchmark.categories == nil ? ownDivision(table, categories.map(\.offset), total.offset) : nil
    return table.rows.compactMap { row in
      let printed = categories.compactMap { row.values[$0.offset] }
      guard let average = row.values[total.offset], printed.count == categories.count else { return nil }
      let macro = printed.map(\.value).reduce(0, +) / Double(printed.count)
      // Each category and the average are off by up to half a unit.
      let slack = 1 / Double(average.scale)
      var audit = RowAudit(
        paper: self.id, table: table.number, row: row.id, benchmark: id, average: average,
        questionCount: benchmark.questionCount,
        categoryCounts: nil, sums: [], isMicro: false, macro: macro,
        isMacro: abs(macro - average.value) <= slack + 1e-9, verdict: .impossible, evidence: "")
      if let division {
        audit.compare(
          printed, with: division, isOwn: row.origin == .measured, names: categories.map(\.element.label))
      } else {
        audit.add(
          categories.compactMap {
            self.audit(CellName(paper: self.id, table: table.number, row: row.id, column: $0.element.id))
          })
      }
      return audit
    }
  }

  /// The divisions of the questions that serve all of the paper's own rows at once.
  private func ownDivision(_ table: PublishedTable, _ categories: [Int], _ total: Int) -> Division? {
    guard categories.count == 3 else { return nil }
    return table.rows.filter { $0.origin == .measured }.reduce(into: Division()) { division, row in
      let printed = categories.compactMap { row.values[$0] }
      if let average = row.values[total], printed.count == 3 { division.cut(printed, average: average) }
    }
  }
}

extension RowAudit {
  /// Adds up recovered counts.
  mutating func add(_ cells: [CellAudit]) {
    let counts = cells.map(\.counts)
    categoryCounts = counts
    let bad = cells.filter { $0.verdict == .impossible }
    let macroText = "macro average \(fixed(macro, decimals: 2))"
    guard bad.isEmpty else {
      verdict = .impossible
      let list = bad.map { "\($0.published.text) over \($0.questionCount ?? 0)" }.joined(separator: ", ")
      evidence = "no count gives \(list); \(macroText) \(isMacro ? "fits" : "does not fit either")"
      return
    }
    sums = counts.reduce([0], Self.sums)
    let micro = sums.filter { sum in
      Rounding.allCases.contains {
        $0.units(of: sum, in: questionCount, decimals: average.decimals) == average.units
      }
    }
    isMicro = !micro.isEmpty
    let allExact = cells.allSatisfy { $0.verdict == .exact }
    verdict = !isMicro ? .impossible : allExact ? .exact : .unusualRounding
    let parts = counts.map { Self.words($0) { "\($0)" } }.joined(separator: " + ")
    let sum = Self.words(isMicro ? micro : sums, grouped)
    evidence =
      "\(parts) = \(sum) of \(grouped(questionCount)), "
      + (isMicro ? "micro average" : "which does not print as \(average.text)") + "; \(macroText)"
      + (isMacro ? " fits too" : " does not fit")
  }

  /// All sums of one of each list, sorted. Lists are one or two counts for values printed with a digit after the point;
  /// long ones, of coarsely printed values over many questions, are runs of numbers, and so are their sums.
  private static func sums(_ first: [Int], _ second: [Int]) -> [Int] {
    guard first.count > 64 || second.count > 64, let low = first.first, let high = first.last, let least = second.first,
      let most = second.last
    else { return Set(first.flatMap { sum in second.map { sum + $0 } }).sorted() }
    return Array((low + least)...(high + most))
  }

  /// "236|237", or "10 to 20" of many.
  private static func words(_ counts: [Int], _ text: (Int) -> String) -> String {
    guard counts.count > 4, let low = counts.first, let high = counts.last else {
      return counts.map(text).joined(separator: "|")
    }
    return "\(text(low)) to \(text(high))"
  }

  /// Looks for one division of the questions that fits this row and the paper's own rows.
  mutating func compare(_ printed: [PrintedNumber], with own: Division, isOwn: Bool, names: [String]) {
    let macroText = "macro average \(fixed(macro, decimals: 2)) \(isMacro ? "fits" : "does not fit")"
    var joint = own
    joint.cut(printed, average: average)
    if let ranges = joint.ranges {
      verdict = .consistent
      let sizes = zip(names, ranges).map { name, range in
        "\(name.lowercased()) \(size(range.low)) to \(size(range.high))"
      }
      evidence =
        "category sizes not published; those that fit this paper's rows"
        + (isOwn ? "" : " and this one") + ": " + sizes.joined(separator: ", ") + "; \(macroText)"
      return
    }
    verdict = .impossible
    var alone = Division()
    alone.cut(printed, average: average)
    guard let ranges = alone.ranges else {
      evidence = "no division of the questions gives this average; \(macroText)"
      return
    }
    let sizes = zip(zip(names, ranges), own.ranges ?? []).map { pair, ownRange in
      "\(pair.0.lowercased()) \(size(pair.1.low)) to \(size(pair.1.high)) "
        + "(this paper's rows: \(size(ownRange.low)) to \(size(ownRange.high)))"
    }
    evidence = "its average would need \(sizes.joined(separator: ", ")); \(macroText)"
  }

  private func size(_ share: Double) -> String { grouped(Int((share * Double(questionCount)).rounded())) }
}
