// From results to the data of the site: sets of questions, curves, tables. Nothing is computed that no record holds.
internal import Evaluation
internal import Foundation
internal import JSONText
internal import Publications
internal import Records
internal import Reports

/// Everything a site shows, as data.
struct SiteBuilder {
  let results: [ShownResult]
  private(set) var sets: [QuestionColumns] = []
  /// By result and evaluation cell: the set and the run in it.
  private var places: [[String: (set: Int, run: Int)]] = []
  private var curves: [(curves: TrainingCurve, results: [Int], key: String)] = []

  init(_ shown: [ShownResult]) {
    results = shown.withOwnNames()
    for (index, result) in results.enumerated() {
      var own: [String: (set: Int, run: Int)] = [:]
      for cell in result.measured.cells where own[cell.name] == nil {
        guard let records = result.predictions[cell.name] else { continue }
        own[cell.name] = add(cell, records, index, result)
      }
      places.append(own)
      for training in result.training {
        if let known = curves.firstIndex(where: { $0.curves == training }) {
          curves[known].results.append(index)
        } else {
          curves.append((training, [index], training.cell))
        }
      }
    }
  }

  private mutating func add(
    _ cell: ScoreCell, _ records: [PredictionRecord], _ index: Int, _ result: ShownResult
  ) -> (set: Int, run: Int) {
    let prompt = result.prompts[cell.name]
    for place in sets.indices where sets[place].benchmark == cell.benchmark && sets[place].profile == result.profile {
      if let run = sets[place].add(cell, records, result: index, prompt) { return (place, run) }
    }
    var set = QuestionColumns(benchmark: cell.benchmark, profile: result.profile)
    let run = set.add(cell, records, result: index, prompt) ?? 0
    sets.append(set)
    return (sets.count - 1, run)
  }

  mutating func describe(_ set: Int, _ atHand: QuestionsAtHand?, mode: ClipMode) {
    if let atHand { sets[set].describe(atHand.questions) }
    if mode == .none {
      sets[set].silence = "this site was written without clips (--clips none)"
    } else if atHand == nil {
      sets[set].silence = "the clips of this set were not at hand when this site was written"
    }
  }

  mutating func setClips(_ clips: [Int: ShownClip], of set: Int) {
    sets[set].clips = clips
    if clips.isEmpty, sets[set].silence == nil {
      sets[set].silence = "the clips of this set were not at hand when this site was written"
    }
  }

  /// Name of the set, told from others of its name.
  private func title(_ place: Int) -> String {
    let set = sets[place]
    let twins = sets[...place].count { $0.benchmark == set.benchmark && $0.profile == set.profile }
    return set.benchmark + (twins > 1 ? " (\(twins))" : "")
  }

  /// `data/index.js`: everything but questions, answers and curves.
  func index(_ reviews: [JudgedReview]) -> JSONValue {
    let told = reviews.map { $0.json() }
    return .object([
      "form": 1, "results": .array(results.indices.map(json)), "reviews": .array(told.map(\.review)),
      "tables": .array(told.flatMap(\.tables)),
      "sets": .array(
        sets.indices.map { place in
          let set = sets[place]
          return .object([
            "name": .string(title(place)), "benchmark": .string(set.benchmark), "profile": .string(set.profile),
            "count": .integer(set.ids.count), "runs": .array(set.runs.map(json)),
          ])
        }),
      "training": .array(
        curves.map { entry in
          let (run, seed) = entry.curves.recipe
          return .object([
            "name": .string(entry.curves.cell), "run": .string(run), "seed": seed.map { .integer($0) } ?? .null,
            "steps": .integer(entry.curves.steps.count), "results": .array(entry.results.map { .integer($0) }),
          ])
        }),
    ])
  }

  /// Where the questions that some cells of a result answered are listed, with the answers; nil where none has answers.
  func address(_ result: Int, _ cells: [String], category: String?) -> String? {
    let found = cells.compactMap { places[result][$0] }
    guard let first = found.first else { return nil }
    let ids = sets[first.set].runIDs
    let runs = found.filter { $0.set == first.set }.map { ids[$0.run] }.joined(separator: ",")
    let query = [("set", title(first.set)), ("runs", runs)] + (category.map { [("category", $0)] } ?? [])
    return "#/questions?" + query.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
  }

  private func json(_ index: Int) -> JSONValue {
    let result = results[index]
    let cells = places[index].map { name, place in
      (name, JSONValue.array([.integer(place.set), .integer(place.run)]))
    }
    return .object([
      "name": .string(result.name), "experiment": .string(result.experiment), "profile": .string(result.profile),
      "version": .string(result.version), "title": .string(result.title), "cells": .object(JSONObject(cells)),
      "tables": .array((result.run?.tables ?? []).map { .integer($0) }),
      "settings": .array(
        result.settings.map { .array([.string($0.path), .string($0.value), .string($0.origin)]) }),
      "facts": .array(result.facts.map { .array([.string($0.name), .string($0.value)]) }),
      "times": .array(result.times.map { .array([.string($0.job), .number($0.seconds)]) }),
    ])
  }

  private func json(_ run: QuestionColumns.Run) -> JSONValue {
    let cell = run.cell
    func count(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
    return .object([
      "name": .string(cell.name), "model": .string(cell.run.model),
      "training": cell.run.training.map { .string($0) } ?? .null,
      "trainingAudio": cell.run.trainingAudio.map { .boolean($0) } ?? .null,
      "method": cell.run.method.map { .string($0) } ?? .null, "run": cell.run.name.map { .string($0) } ?? .null,
      "audio": .boolean(cell.audio), "decoding": .string(cell.decoding.rawValue), "seed": count(cell.seed),
      "n": .integer(cell.questionCount), "correct": .integer(cell.correctCount),
      "unscored": .integer(cell.unscoredCount), "truncated": count(cell.truncatedCount),
      "several": count(cell.severalOptionsCount), "key": .string(cell.key),
      "results": .array(run.results.map { .integer($0) }),
    ])
  }

  var trainingCount: Int { curves.count }

  /// `data/training-N.js`: a curve a column.
  func training(_ place: Int) -> JSONValue {
    let steps = curves[place].curves.steps
    let keys = Set(steps.flatMap(\.keys)).subtracting(["step"]).sorted()
    return .object(JSONObject(keys.map { key in (key, .array(steps.map { plotted($0[key]) })) }))
  }

  /// The printable report of a review, its numbers leading to the questions behind them.
  func report(_ review: JudgedReview) -> String {
    let pieces = PaperPieces(
      review.shown.paper, option: review.shown.option, runs: review.runs, judged: review.verification
    ) { table, cells, category in
      review.places[table].flatMap { address($0, cells, category: category) }.map { "index.html" + $0 }
    }
    return ReportPage(pieces, name: review.report).html
  }
}
