// From finished jobs to the files of a results folder: nothing here is computed that a record does not hold.
internal import Catalogue
internal import Evaluation
internal import Foundation
internal import JSONText
internal import MicroWorld
internal import Publications
internal import Questions

/// The records of an experiment's finished jobs.
struct FinishedExperiment {
  let plan: Plan
  let cache: CellCache
  let arithmetic: String

  private func text(_ job: Job, _ name: String) -> String {
    FileManager.default.contents(atPath: cache.folder(job.key) + "/" + name).map { String(decoding: $0, as: UTF8.self) }
      ?? ""
  }

  private func records(_ job: Job) -> [PredictionRecord] {
    Array(text(job, "predictions.jsonl").utf8).split(separator: 0x0A).compactMap {
      (try? JSONValue(parsing: Array($0), file: job.name)).flatMap { PredictionRecord(json: $0) }
    }
  }

  /// experiment.yaml, provenance.json, scores.json, training/ and predictions/; submissions/ of evaluations with
  /// questions whose answers are withheld.
  func files() -> [String: String] {
    var files: [String: String] = [
      "experiment.yaml": plan.experiment.resolvedText, "provenance.json": provenance.indentedText,
      "scores.json": scores.indentedText,
    ]
    for (set, kept) in plan.subsets {
      files["subsets/\(set.replacing(" ", with: "-")).json"] = kept.manifest(set).indentedText
    }
    var asked: [String: [[PredictionRecord]]] = [:]
    for job in plan.jobs {
      switch job.work {
      case .train: files["training/\(job.name).jsonl"] = text(job, "training.jsonl")
      case .evaluate:
        let records = records(job)
        files["predictions/\(job.name).jsonl"] = records.map { $0.line.canonicalText + "\n" }.joined()
        asked[job.set?.name ?? "", default: []].append(records)
        guard records.contains(where: { $0.isCorrect == nil }) else { continue }
        files["submissions/\(job.name).json"] = Submission.json(records.map { ($0.id, $0.scoredText) }).indentedText
      case .base: break
      }
    }
    for (benchmark, lists) in asked { files[Outcome.questionsFile(benchmark)] = Self.questions(lists) }
    return files
  }

  /// What the questions that were asked say, once, in the order in which they first were.
  private static func questions(_ lists: [[PredictionRecord]]) -> String {
    var seen: Set<ExactText> = []
    return lists.joined().filter { seen.insert(ExactText($0.id)).inserted }
      .map { QuestionFacts($0).json(id: $0.id).canonicalText + "\n" }.joined()
  }

  /// What computed the cells: in fast arithmetic not always what runs now.
  private var cellArithmetic: String {
    guard arithmetic != "canonical" else { return arithmetic }
    let noted = plan.jobs.compactMap { job -> String? in
      // Published weights are computed by nobody.
      if case .base = job.work, plan.experiment.profile == .paper { return nil }
      return cache.work(job.key)?["arithmetic"]?.string ?? "fast (not written down)"
    }
    return Set(noted.flatMap { $0.split(separator: "; ").map(String.init) }).sorted().joined(separator: "; ")
  }

  private var provenance: JSONValue {
    guard var object = whole.object else { return whole }
    if !plan.revisions.isEmpty {
      object["revisions"] = .object(
        JSONObject(plan.revisions.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
    if !plan.subsets.isEmpty {
      object["subsets"] = .object(JSONObject(plan.subsets.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }))
    }
    let foreign = plan.jobs.compactMap { job -> (String, JSONValue)? in
      guard case .base = job.work, let weights = job.weights else { return nil }
      return (job.name, .string(weights.source))
    }
    if !foreign.isEmpty { object["weights_made_elsewhere"] = .object(JSONObject(foreign)) }
    return .object(object)
  }

  private var whole: JSONValue {
    .object([
      "profile": .string(plan.experiment.profile.rawValue), "arithmetic": .string(cellArithmetic),
      "seeds": .array(plan.experiment.trains ? plan.experiment.seeds.map { .integer($0) } : []),
      "inputs": .object(JSONObject(plan.inputs.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
      "cell_versions": .object([
        "model": .integer(plan.versions.model), "train": .integer(plan.versions.train),
        "evaluate": .integer(plan.versions.evaluate),
      ]),
      "cells": .object(JSONObject(plan.jobs.map { ($0.name, .string($0.key)) })),
      // The samples a cell heard, behind decoder and resampler.
      "waveforms": .object(
        JSONObject(
          plan.jobs.compactMap { job in
            cache.record(job.key)?["work"]?["waveforms"]?.string.map { (job.name, .string($0)) }
          })),
    ])
  }

  /// Questions that could be scored and the right ones; those without an answer apart, where there are any.
  private func counts(_ records: [PredictionRecord]) -> JSONObject {
    let tally = PredictionTally(records.map(\.isCorrect))
    var counts = JSONObject([("n", .integer(tally.scored)), ("correct", .integer(tally.right))])
    if tally.unscored > 0 { counts["unscored"] = .integer(tally.unscored) }
    return counts
  }

  /// The options of each question of each benchmark that was asked.
  private var options: [DataSet: [ExactText: [String]]] {
    var all: [DataSet: [ExactText: [String]]] = [:]
    for job in plan.jobs {
      guard case .evaluate(let benchmark, _, _) = job.work, all[benchmark] == nil else { continue }
      all[benchmark] = plan.sources.options(benchmark)
    }
    return all
  }

  private var scores: JSONValue {
    let options = options
    let cells = plan.jobs.concurrentMap { job -> JSONValue? in
      guard case .evaluate(let benchmark, let hasAudio, let decoding) = job.work else { return nil }
      let records = records(job)
      let scored = records.filter { $0.isCorrect != nil }
      let categories = Set(records.map(\.category)).sorted().map { category in
        (category.replacing("-", with: "_"), JSONValue.object(counts(records.filter { $0.category == category })))
      }
      var named = JSONObject([
        ("name", .string(job.name)), ("model", .string(job.base.name)),
        ("training", job.training.map { .string($0.on.name) } ?? .null),
        ("training_audio", job.training.map { .boolean($0.audio) } ?? .null),
        ("benchmark", .string(benchmark.name)), ("audio", .boolean(hasAudio)),
        ("decoding", .string(decoding.rawValue)), ("seed", job.seed.map { .integer($0) } ?? .null),
        ("categories", .object(JSONObject(categories))), ("key", .string(job.key)), ("run", .string(job.run)),
      ])
      if !job.levels.isEmpty { named["levels"] = job.levels.json }
      if let prompt = records.first?.prompt { named["prompt"] = .string(prompt) }
      if let method = job.training?.method, method != .grpo { named["method"] = .string(method.rawValue) }
      // Of all that were asked: a verbose model whose answers are cut flatters what was learnt, and an answer that names
      // several options can be right without choosing.
      named["truncated"] = .integer(records.count { !$0.isFinished })
      let asked = options[benchmark] ?? [:]
      named["several_options"] = .integer(
        records.count { record in
          asked[ExactText(record.id)].map { namedOptionCount(of: $0, in: record.scoredText) > 1 } ?? false
        })
      var object = counts(records).pairs.reduce(into: named) { $0[$1.key] = $1.value }
      if !scored.isEmpty || records.isEmpty {
        let sum = scored.reduce(0) { $0 + ($1.chance ?? 0) }
        object["chance"] = .number(sum / Double(max(scored.count, 1)))
      }
      let score = JSONValue.object(object)
      guard !job.subsets.isEmpty || job.weights != nil, var marked = score.object else { return score }
      if !job.subsets.isEmpty {
        marked["subsets"] = .array(job.subsets.sorted { $0.key < $1.key }.map { $0.value.mark($0.key) })
      }
      if let weights = job.weights { marked["weights"] = .string(weights.source) }
      return .object(marked)
    }
    .compactMap(\.self)
    var object = JSONObject([
      ("reproduces", .array(plan.experiment.table.map { [.integer($0)] } ?? [])), ("cells", .array(cells)),
    ])
    if let paper = plan.experiment.paper { object["paper"] = .string(paper) }
    let departures = plan.departures
    if !departures.isEmpty { object["departures"] = .array(departures.map(\.json)) }
    return .object(object)
  }
}
