// `repro verify`: every cell and every claim, measured beside published.
public import JSONText

/// All verdicts on one profile's results.
public struct Verification: Sendable {
  public var cells: [CellVerdict]
  public var claims: [ClaimVerdict]
  public var controls: [FormatControl]
  /// How many tests were corrected together, by table.
  public var testCounts: [Int: Int]
  /// Families of claims with how many tests of differences, and of sizes, were corrected together in each.
  let families: [ClaimReview.FamilyCount]
  let paper: PublishedPaper
  let tables: [Int]
  let scale: Measurements.Scale
  let subsetSentences: [String]
  /// How the runs differ from the paper's experiment, in sentences.
  public let departureSentences: [String]
  private let departures: [Departure]

  /// - Parameter tables: the published tables that `measured` bears on.
  public init(_ paper: PublishedPaper, _ measured: Measurements, tables: [Int]) {
    self.init(paper, Dictionary(tables.map { ($0, measured) }, uniquingKeysWith: { first, _ in first }))
  }

  /// - Parameter measured: by the published table that it bears on; all of one scale.
  public init(_ paper: PublishedPaper, _ measured: [Int: Measurements]) {
    self.paper = paper
    tables = measured.keys.sorted()
    scale = tables.first.flatMap { measured[$0]?.scale } ?? .other("none")
    subsetSentences = Set(measured.values.flatMap { [$0.subsetSentence, $0.weightsSentence].compactMap(\.self) }).sorted()
    departureSentences = Self.unique(measured.keys.sorted().flatMap { measured[$0]?.departureSentences ?? [] })
    departures = Self.unique(measured.keys.sorted().flatMap { measured[$0]?.departures ?? [] })
    cells = paper.cellVerdicts(measured)
    let review = ClaimReview(ClaimJudge(paper: paper, measured: measured), tables: tables)
    claims = review.verdicts
    testCounts = review.testCounts
    families = review.families
    // A control is measured with its table, or else with what there is.
    let first = tables.first.flatMap { measured[$0] }
    controls = paper.controls.flatMap { control in
      (measured[control.table] ?? first).map { FormatControl.all(control, of: paper, $0) } ?? []
    }
  }

  /// Whether a cell differs from what was published, or a claim is contradicted.
  public var isNegative: Bool {
    cells.contains { $0.verdict == .differs || ($0.verdict == .impossible && $0.measurement != nil && isPaperScale) }
      || claims.contains { $0.verdict == .contradicted }
  }

  /// Whether the paper's experiment was measured, at its scale and with its settings.
  public var isPaperScale: Bool { scale == .paper && !departures.contains(where: \.isStated) }

  private static func unique<T: Hashable>(_ list: [T]) -> [T] {
    var seen: Set<T> = []
    return list.filter { seen.insert($0).inserted }
  }

  public var json: JSONValue {
    guard !departures.isEmpty, var object = whole.object else { return whole }
    object["departures"] = .array(departures.map(\.json))
    return .object(object)
  }

  private var whole: JSONValue {
    .object([
      "paper": .string(paper.id), "scale": .string(scaleName), "tables": .array(tables.map { .integer($0) }),
      "tests": .object(JSONObject(tables.map { ("\($0)", .integer(testCounts[$0] ?? 0)) })),
      "families": .array(
        families.map {
          .object(["family": .string($0.family), "tests": .integer($0.tests), "sizes": .integer($0.sizes)])
        }),
      "cells": .array(cells.map(json)),
      "claims": .array(
        claims.map { verdict in
          var claim = JSONObject([
            ("id", .string(verdict.claim.id)), ("where", .string(verdict.claim.place)),
            ("statement", .string(verdict.claim.statement)), ("family", .string(verdict.family)),
            ("verdict", .string(verdict.verdict.rawValue)),
            ("evidence", .array(verdict.evidence.map { .string($0) })),
          ])
          if let bound = verdict.bound { claim["smaller_than"] = .number(bound) }
          return .object(claim)
        }),
      "controls": .array(controls.map { .string($0.sentence) }),
    ])
  }

  private func json(_ verdict: CellVerdict) -> JSONValue {
    let measurement = verdict.measurement
    return .object([
      "paper": .string(verdict.cell.paper), "table": .integer(verdict.cell.table), "row": .string(verdict.cell.row),
      "column": .string(verdict.cell.column), "published": .number(verdict.published.value),
      "measured": measurement.map { .number($0.printed(like: verdict.published).value) } ?? .null,
      "n": measurement.map { .integer($0.questionCount) } ?? .null,
      "correct": .array((measurement?.seeds ?? []).map { .integer($0.correctCount) }),
      "verdict": .string(verdict.verdict.rawValue), "reason": .string(verdict.reason),
    ])
  }

  /// "paper", or the profile's name.
  public var scaleName: String {
    switch scale {
    case .paper: "paper"
    case .other(let profile): profile
    }
  }

  public var summary: String {
    let verdicts = ClaimVerdict.Verdict.allCases.map { verdict in
      "\(claims.count { $0.verdict == verdict }) \(verdict == .holds ? "hold" : verdict.rawValue)"
    }
    let open = untold.map(\.claims.count).reduce(0, +)
    let what = open == 0 ? "" : ", \(open) of which nothing measured here can decide"
    return "\(claims.count) claims: " + verdicts.joined(separator: ", ") + what
  }
}
