// Every number of the report, from the published tables and the results.
public import Publications

/// The macros and pieces that `paper/report/report.tex` is made of.
public struct PaperPieces: Sendable {
  /// Macro names (letters only) and their plain texts.
  public var macros: [(name: String, text: String)]
  public var includes: [PaperInclude]

  /// - Parameter runs: results by table number: the run that measures it.
  public init(_ paper: PublishedPaper, runs: [Int: (run: RunResults, measured: Measurements)]) {
    let audit = PaperAudit(paper)
    macros = Self.auditMacros(paper, audit)
    includes = Self.auditPieces(paper, audit)
    let empty = Measurements(scale: .other("none"), cells: [])
    for (number, name) in [(1, "tableone"), (2, "tabletwo"), (3, "tablethree"), (4, "tablefour")] {
      guard let table = paper.table(number) else { continue }
      let result = ResultTable(table, runs[number]?.measured ?? empty, controls: number == 4)
      includes.append(PaperInclude(name: name, latex: result.latex, html: result.html))
    }
    addMeasured(paper, runs)
  }

  private static func auditMacros(_ paper: PublishedPaper, _ audit: PaperAudit) -> [(name: String, text: String)] {
    func cells(_ isCounted: (CellAudit.Verdict) -> Bool) -> String {
      grouped(audit.cells.count { isCounted($0.verdict) })
    }
    let counted = audit.rows.filter { $0.categoryCounts != nil && $0.sums != [] }
    let rounding = audit.claims.count { $0.verdict == .upToRounding }
    return [
      ("paperTitle", paper.title), ("cellCount", grouped(audit.cells.count)),
      ("exactCount", cells { $0 == .exact }),
      ("unusualCount", cells { if case .unusualRounding = $0 { true } else { false } }),
      ("impossibleCount", cells { $0 == .impossible }), ("unknownCount", cells { $0 == .sizeUnknown }),
      ("impossibleSentence", impossibleSentence(paper, audit)),
      ("claimCount", "\(audit.claims.count)"),
      ("holdCount", "\(audit.claims.count - rounding - audit.failedClaims.count)"), ("roundingCount", "\(rounding)"),
      ("failCount", "\(audit.failedClaims.count)"), ("microCount", "\(counted.count { $0.isMicro })"),
      ("countedRowCount", "\(counted.count)"), ("testLevel", "0.05"),
      ("tableOneTitle", title(1, paper)), ("tableTwoTitle", title(2, paper)), ("tableThreeTitle", title(3, paper)),
      ("tableFourTitle", title(4, paper)),
    ]
  }

  /// Whose the impossible cells are: the paper's own measurements, or values it took from others.
  private static func impossibleSentence(_ paper: PublishedPaper, _ audit: PaperAudit) -> String {
    let own = audit.impossibleCells.count { paper.table($0.cell.table)?.row($0.cell.row)?.origin == .measured }
    let all = audit.impossibleCells.count
    if all == 0 { return "" }
    if own == 0 { return "The impossible ones are all values that the paper took from others; none is of its own runs." }
    return "Of the impossible ones, \(own) of \(all) are of the paper's own runs."
  }

  private static func title(_ number: Int, _ paper: PublishedPaper) -> String {
    paper.table(number).map { "\($0.place) of the paper: \($0.title)." } ?? ""
  }

  private static func auditPieces(_ paper: PublishedPaper, _ audit: PaperAudit) -> [PaperInclude] {
    let odd = audit.cells.filter { $0.verdict != .exact && $0.verdict != .sizeUnknown }.map { audit in
      [
        paper.name(audit.cell), audit.published.text, grouped(audit.questionCount ?? 0),
        audit.counts.map(String.init).joined(separator: ", "), audit.verdict.text,
      ]
    }
    let rows = audit.impossibleRows.map { row in
      let name = paper.table(row.table)?.row(row.row)?.name ?? row.row
      return (
        head: "\(name), \(paper.benchmark(row.benchmark)?.title ?? row.benchmark), \(row.average.text):",
        text: row.evidence + ".", details: [String]()
      )
    }
    let failed = audit.claims.filter { $0.verdict != .holds }.map { finding in
      (
        head: "\(finding.claim.place) (\(finding.verdict.rawValue)).", text: finding.claim.statement,
        details: finding.evidence + (finding.claim.reading.map { ["reading: " + $0] } ?? [])
      )
    }
    let differences = paper.differences.map { difference in
      let base = paper.table(difference.pair.base.table)?.row(difference.pair.base.row)
      return [
        paper.name(difference.pair.cell), base?.name ?? "", difference.base.text, difference.value.text,
        "\(points(100 * difference.interval.low)) to \(points(100 * difference.interval.high))",
        "\(probability(difference.paired.smallest)) to \(probability(difference.paired.largest))",
      ]
    }
    return [
      .table("cells", heads: ["Cell", "Printed", "Questions", "Counts", "Verdict"], rows: odd, numeric: [1, 2, 3]),
      .list("rows", rows, empty: "None."), .list("failed", failed, empty: "None."),
      .table(
        "differences", heads: ["Cell", "Against", "From", "To", "95 % interval, points", "paired p"], rows: differences,
        numeric: [2, 3], shares: [0: "0.42", 1: "0.28"]),
    ]
  }

  private static func points(_ value: Double) -> String {
    let text = fixed(abs(value), decimals: 1)
    return text == "0.0" ? text : (value < 0 ? "\u{2212}" : "+") + text
  }
}
