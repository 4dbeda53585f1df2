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
    let fourth = runs[4]
    let verification = fourth.map { Verification(paper, $0.measured, tables: [4]) }
    addMeasured(fourth?.run, fourth?.measured, verification)
  }

  private static func auditMacros(_ paper: PublishedPaper, _ audit: PaperAudit) -> [(name: String, text: String)] {
    func cells(_ isCounted: (CellAudit.Verdict) -> Bool) -> String {
      grouped(audit.cells.count { isCounted($0.verdict) })
    }
    let counted = audit.rows.filter { $0.categoryCounts != nil && $0.sums != [] }
    let rounding = audit.claims.count { $0.verdict == .upToRounding }
    return [
      ("paperTitle", paper.title), ("tableCount", "\(paper.tables.count)"), ("cellCount", grouped(audit.cells.count)),
      ("exactCount", cells { $0 == .exact }),
      ("unusualCount", cells { if case .unusualRounding = $0 { true } else { false } }),
      ("impossibleCount", cells { $0 == .impossible }), ("unknownCount", cells { $0 == .sizeUnknown }),
      ("claimCount", "\(audit.claims.count)"),
      ("holdCount", "\(audit.claims.count - rounding - audit.failedClaims.count)"), ("roundingCount", "\(rounding)"),
      ("failCount", "\(audit.failedClaims.count)"), ("microCount", "\(counted.count { $0.isMicro })"),
      ("countedRowCount", "\(counted.count)"), ("testLevel", "0.05"),
      ("tableOneTitle", title(1, paper)), ("tableTwoTitle", title(2, paper)), ("tableThreeTitle", title(3, paper)),
      ("tableFourTitle", title(4, paper)),
    ]
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
      [
        paper.name(difference.pair.cell), paper.table(difference.pair.base.table)?.row(difference.pair.base.row)?.name ?? "",
        difference.base.text, difference.value.text,
        "\(points(100 * difference.interval.low)) to \(points(100 * difference.interval.high))",
        "\(probability(difference.paired.smallest)) to \(probability(difference.paired.largest))",
      ]
    }
    return [
      .table("cells", heads: ["Cell", "Printed", "Questions", "Counts", "Verdict"], rows: odd, numeric: [1, 2, 3]),
      .list("rows", rows, empty: "None."), .list("failed", failed, empty: "None."),
      .table(
        "differences", heads: ["Cell", "Against", "From", "To", "95 % interval, points", "paired p"], rows: differences,
        numeric: [2, 3], shares: [0: "0.31", 1: "0.22"]),
    ]
  }

  private static func points(_ value: Double) -> String {
    let text = fixed(abs(value), decimals: 1)
    return text == "0.0" ? text : (value < 0 ? "\u{2212}" : "+") + text
  }

  private mutating func addMeasured(_ run: RunResults?, _ measured: Measurements?, _ verification: Verification?) {
    let scale: String
    switch measured?.scale {
    case .paper: scale = "The measurements are at the paper's scale: its models, its data."
    case .other(let profile):
      scale = "The measurements are those of the \(profile) profile: another scale than the paper's, with its own models and "
        + "questions, so that they bear on the paper's claims and never on its numbers."
    case nil: scale = "Nothing has been measured yet."
    }
    let controls = verification?.controls ?? []
    macros += [
      ("scaleSentence", scale),
      ("runSentence", run.map { "The table below is made from the results in \($0.name)." } ?? "No results are there: every cell below is the published value."),
      ("verdictSentence", verification.map { "By the measurements, of \($0.summary)." } ?? "Nothing has been measured yet."),
    ]
    let claims = (verification?.claims ?? []).map { verdict in
      (head: "\(verdict.claim.place), \(verdict.verdict.rawValue).", text: verdict.claim.statement, details: verdict.evidence)
    }
    includes += [
      .list("control", controls.map { ("", $0.sentence, []) }, empty: "The control has not been measured."),
      .list("claims", claims, empty: "No claim has been measured."),
      .list(
        "notesfour",
        measured.map { _ in
          [
            ("", "Best bold and second underlined within a section, measured and published values apart.", []),
            ("", "Intervals are Wilson's, for the questions of one seed; the spread over training seeds stands apart.", []),
          ]
        } ?? [], empty: "Best bold and second underlined within a section."),
    ]
  }
}
