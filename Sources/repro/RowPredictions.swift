// A file of predictions on its way to a row of a paper: which row and column it is to be held against, and how it counts
// by every reading.
import Catalogue
import Diagnostics
import Foundation
import Publications
import Questions

/// What a person asks of a row.
struct RowRequest {
  var row: String
  var paper: String?
  var table: Int?
  var column: String?
  var predictions: String
  var questions: String?
}

struct RowPredictions {
  /// A place where the row stands, with an average of a benchmark.
  private struct Place {
    var row: PaperRow
    var column: PublishedTable.Column
    var set: DataSet?
    var count: Int { row.paper.benchmark(column.benchmark)?.questionCount ?? 0 }
    var title: String { row.paper.benchmark(column.benchmark)?.title ?? column.benchmark }
    var text: String { "\(row.table.place) (\(title))" }
  }

  private let request: RowRequest
  let verdict: RowVerdict
  let sheet: ScoreSheet

  init(_ request: RowRequest) throws {
    self.request = request
    var places = try Self.places(request)
    let found = try Self.benchmark(request)
    if let found {
      places = try Self.kept(places, request, holds: found.title) { $0.set == nil || $0.set?.form == found.form }
    }
    guard let benchmark = found ?? Self.only(places.compactMap { ScoredBenchmark(rawValue: $0.set?.form.rawValue ?? "") })
    else {
      throw Diagnostic(
        "does not say which benchmark it is of", at: SourceMark(file: request.predictions),
        hint: Self.tableHint(places))
    }
    let rows = try readPredictions(request.predictions, of: benchmark)
    let asked = try request.questions.map { file throws(Diagnostics) in try readScoringQuestions(file, of: benchmark) }
    let sheet = try ScoreSheet(benchmark, rows: rows, questions: asked, file: request.predictions)
    guard sheet.items.contains(where: { $0.prediction != nil }) else {
      throw Diagnostic("has no prediction that can be scored", at: SourceMark(file: request.predictions))
    }
    if let revision = Self.revision(sheet.revision) {
      places = try Self.kept(places, request, holds: "MMAU, revision \(sheet.revision.text)") {
        $0.set?.revision == nil || $0.set?.revision == revision
      }
    }
    let count = sheet.items.count + sheet.withheld.count
    places = try Self.kept(places, request, holds: "\(counted(count, "question"))") { $0.count >= count }
    let size = places.map(\.count).min()
    places = places.filter { $0.count == size }
    guard let place = places.first, places.count == 1 else { throw Self.ambiguous(places, request) }
    let readings = try Self.readings(rows, asked, sheet, file: request.predictions)
    guard
      let verdict = RowVerdict(
        place.row, column: place.column, readings: readings, questionCount: place.count,
        categories: Self.categories(sheet))
    else { throw Diagnostic("the paper prints no value of \(place.text)", path: "--row") }
    self.sheet = sheet
    self.verdict = verdict
  }

  // MARK: - Which row and column

  private static func places(_ request: RowRequest) throws -> [Place] {
    let shelf = try Papers.shelf()
    let papers = try (request.paper.map { [$0] } ?? shelf.ids).map { try shelf.paper($0) }
    let catalogue = try Catalogue.standard()
    let rows = try PaperRow.named(request.row, in: papers, table: request.table)
    let all = rows.flatMap { row in
      row.averages.map { Place(row: row, column: $0, set: catalogue.set($0.benchmark)) }
    }
    guard !all.isEmpty else {
      throw Diagnostic("the paper prints no average of '\(request.row)'", path: "--row")
    }
    guard let column = request.column else {
      // Of a table that asks with audio and without, what was asked with it.
      let heard = all.filter(\.column.audio)
      return heard.isEmpty ? all : heard
    }
    let own = all.filter { $0.column.id == column }
    guard !own.isEmpty else {
      throw Diagnostic(
        "'\(column)' is no column with an average of '\(request.row)'", path: "--column",
        hint: suggestion(for: column, among: Set(all.map(\.column.id)).sorted()))
    }
    return own
  }

  private static func benchmark(_ request: RowRequest) throws(Diagnostics) -> ScoredBenchmark? {
    if let found = try recognisedBenchmark(request.predictions) { return found }
    return try request.questions.flatMap { file throws(Diagnostics) in try recognisedBenchmark(file) }
  }

  /// The places that fit what the file holds; where none does, what it holds and where it could be held.
  private static func kept(
    _ places: [Place], _ request: RowRequest, holds what: String, _ fits: (Place) -> Bool
  ) throws(Diagnostic) -> [Place] {
    let kept = places.filter(fits)
    guard kept.isEmpty else { return kept }
    let texts = places.map(\.text).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    throw Diagnostic(
      "holds \(what); '\(request.row)' is of " + texts.joined(separator: ", "),
      at: SourceMark(file: request.predictions),
      hint: request.table == nil
        ? "name a row of a table of that benchmark" : "leave out --table, or name a table of that benchmark")
  }

  /// The revision that a file's questions are of: all of a published one, or some that only one of the two has.
  private static func revision(_ finding: RevisionFinding) -> MMAURevision? {
    guard case .other(let shares) = finding else { return finding.revision }
    switch (shares.original == shares.count, shares.revised == shares.count) {
    case (true, false): return .original
    case (false, true): return .revised
    default: return nil
    }
  }

  private static func only<T: Hashable>(_ list: [T]) -> T? { Set(list).count == 1 ? list.first : nil }

  private static func tableHint(_ places: [Place]) -> String {
    func choices(_ names: [String], _ option: String) -> String? {
      let unique = names.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      return unique.count > 1 ? unique.map { option + " " + $0 }.joined(separator: ", or ") : nil
    }
    let hint = choices(places.map(\.row.paper.id), "--paper") ?? choices(places.map { "\($0.row.table.number)" }, "--table")
      ?? choices(places.map(\.row.row.id), "--row") ?? choices(places.map(\.column.id), "--column")
    return "say which: " + (hint ?? "--table")
  }

  private static func ambiguous(_ places: [Place], _ request: RowRequest) -> Diagnostic {
    Diagnostic(
      "'\(request.row)' stands in more than one place that this file could be of: "
        + places.map { "\($0.row.row.id) of \($0.text) in \($0.row.paper.id)" }.joined(separator: ", "),
      path: "--row", hint: tableHint(places))
  }

  // MARK: - How it counts

  /// Every scorer on every text that the file has of an answer; the official one on the answers as given first.
  private static func readings(
    _ rows: [PredictionRow], _ questions: [ScoringQuestion]?, _ given: ScoreSheet, file: String
  ) throws -> [PredictionReading] {
    var sheets = [(text: "as given", sheet: given)]
    func add(_ text: String, _ change: (PredictionRow) -> String?) throws {
      let changed = rows.map { row in
        var row = row
        row.prediction = change(row)
        return row
      }
      guard changed != rows else { return }
      sheets.append((text, try ScoreSheet(given.benchmark, rows: changed, questions: questions, file: file)))
    }
    if let tag = AnswerTag("answer") { try add("in <answer>") { row in row.prediction.map(tag.answer(in:)) } }
    try add("in the whole reply") { $0.whole ?? $0.prediction }
    return sheets.flatMap { text, sheet in
      let scored = sheet.items.filter { $0.prediction != nil }
      return AnswerScorer.allCases.map { scorer in
        PredictionReading(
          scorer: scorer.rawValue, text: text, right: scored.count { $0.isRight(by: scorer) }, scored: scored.count,
          readable: scored.count { scorer.findsChoice(in: $0.prediction ?? "", among: $0.question.choices) })
      }
    }
  }

  private static func categories(_ sheet: ScoreSheet) -> [PredictionCategory] {
    let key = sheet.benchmark == .mmau ? "task" : "modality"
    return (sheet.groups.first { $0.key == key }?.counts ?? []).map { value, count in
      PredictionCategory(id: value.replacing("-", with: "_"), right: count.right, count: count.count)
    }
  }
}

extension ScoredBenchmark {
  var title: String { rawValue.uppercased() }
  /// The form of its question files.
  var form: DataForm { self == .mmau ? .mmau : .mmar }
}
