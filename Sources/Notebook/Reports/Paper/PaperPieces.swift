// Every number of the report, from the published tables and the results.
public import Publications
public import Records

/// What a table of the report is measured by.
public struct MeasuredRun: Sendable {
  public var run: RunResults
  public var measured: Measurements
  /// The curves of its fine-tunings.
  public var training: [TrainingCurve]

  public init(run: RunResults, measured: Measurements, training: [TrainingCurve]) {
    self.run = run
    self.measured = measured
    self.training = training
  }
}

/// Where the questions behind a measured number are shown: of a table, the evaluation cells and the category that it
/// counts; nil where they are not.
public typealias NumberLink = (_ table: Int, _ cells: [String], _ category: String?) -> String?

/// The macros and pieces that `paper/report/report.tex` is made of.
public struct PaperPieces: Sendable {
  /// Macro names (letters only) and their plain texts.
  public var macros: [(name: String, text: String)]
  public var includes: [PaperInclude]
  /// Names of the template's parts that are shown; those between `%if NAME` and `%end` that are not here are left out.
  public var parts: Set<String> = []

  /// - Parameters:
  ///   - option: what tells commands that the paper is meant; empty for the default one.
  ///   - runs: results by table number: the run that measures it.
  ///   - judged: the verdicts on these runs, where they are there already.
  ///   - behind: where the questions behind a measured number are shown, if they are.
  public init(
    _ paper: PublishedPaper, option: String = "", runs: [Int: MeasuredRun], judged: Verification? = nil,
    behind: NumberLink? = nil
  ) {
    let audit = PaperAudit(paper)
    macros = Self.auditMacros(paper, audit)
    includes = Self.auditPieces(paper, audit) + [.text("question", paper.report.question), .text("method", paper.report.method)]
    let empty = Measurements(scale: .other("none"), cells: [])
    let first = paper.report.tables.isEmpty ? paper.tables.prefix(1).map(\.number) : paper.report.tables
    let others = paper.tables.map(\.number).filter { !first.contains($0) }
    for (name, numbers) in [("maintables", first), ("othertables", others)] {
      let tables = numbers.compactMap { paper.table($0) }.map { table in
        let run = runs[table.number]
        let result = ResultTable(table, of: paper, run?.measured ?? empty)
        let html = result.html { cells, category in behind?(table.number, cells, category) }
        let piece = PaperInclude(name: result.name, latex: result.latex, html: html)
        let plots = run.flatMap { Self.plots(result, isPapers: $0.measured.isPapers) }
        return (head: "\(table.place) of the paper: \(table.title). " + Self.sentence(run), table: piece, plots: plots)
      }
      includes += tables.map(\.table) + tables.compactMap(\.plots) + [.tables(name, tables)]
    }
    let training = Self.training(paper, first + others, runs)
    includes.append(training.piece)
    includes.append(
      .list(
        "papersettings",
        paper.settings.map { setting in
          let facts = [
            setting.place, setting.code.map { "the public code: " + $0 }, setting.assumed.map { "assumed: " + $0 },
            setting.note,
          ]
          let details = facts.compactMap(\.self).joined(separator: "; ")
          return (setting.name.replacing("_", with: " ") + ":", setting.value, [details])
        }, empty: "None is known."))
    parts = Set(
      [
        ("othertables", !others.isEmpty), ("papersettings", !paper.settings.isEmpty), ("controls", !paper.controls.isEmpty),
        ("training", training.isShown), ("question", !paper.report.question.isEmpty), ("method", !paper.report.method.isEmpty),
      ].filter(\.1).map(\.0))
    addMeasured(paper, option: option, main: first.first, runs, judged)
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
