// From finished jobs to the files of a results folder: nothing here is computed that a record does not hold.
internal import Catalogue
internal import Evaluation
internal import Experiments
internal import Foundation
internal import JSONText
internal import MicroWorld
internal import Publications
internal import Questions
internal import Records

/// The records of an experiment's finished jobs.
struct FinishedExperiment {
  let plan: Plan
  let cache: CellCache
  let arithmetic: String

  private func text(_ job: Job, _ name: String) -> String {
    FileManager.default.contents(atPath: cache.folder(job.key) + "/" + name).map { String(decoding: $0, as: UTF8.self) }
      ?? ""
  }

  private func lines(_ job: Job, _ name: String) -> [JSONValue] {
    text(job, name).utf8.split(separator: 0x0A).compactMap { try? JSONValue(parsing: Array($0), file: job.name) }
  }

  private func records(_ job: Job) -> [PredictionRecord] {
    lines(job, "predictions.jsonl").compactMap { PredictionRecord(json: $0) }
  }

  /// experiment.yaml, provenance.json, scores.json, training/ and predictions/; submissions/ of evaluations with
  /// questions whose answers are withheld.
  func files() -> [String: String] {
    var files: [String: String] = [
      "experiment.yaml": plan.experiment.resolvedText, "provenance.json": provenance.indentedText,
      "scores.json": scores.json.indentedText,
    ]
    for (set, kept) in plan.subsets {
      files["subsets/\(set.replacing(" ", with: "-")).json"] = kept.manifest(set).indentedText
    }
    var asked: [String: [[PredictionRecord]]] = [:]
    for job in plan.jobs {
      switch job.work {
      case .train: files[TrainingCurve.file(job.name)] = text(job, "training.jsonl")
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

  /// The options of each question of each benchmark that was asked.
  private var options: [DataSet: [ExactText: [String]]] {
    var all: [DataSet: [ExactText: [String]]] = [:]
    for job in plan.jobs {
      guard case .evaluate(let benchmark, _, _) = job.work, all[benchmark] == nil else { continue }
      all[benchmark] = plan.sources.options(benchmark)
    }
    return all
  }

  private var scores: ScoreFile {
    let options = options
    var file = ScoreFile(
      tables: plan.experiment.table.map { [$0] } ?? [],
      cells: plan.jobs.concurrentMap { score($0, options) }.compactMap(\.self))
    file.paper = plan.experiment.paper
    file.departures = plan.departures
    return file
  }

  private func score(_ job: Job, _ options: [DataSet: [ExactText: [String]]]) -> ScoreCell? {
    guard case .evaluate(let benchmark, let hasAudio, let decoding) = job.work else { return nil }
    let records = records(job)
    let all = PredictionTally(records.map(\.isCorrect))
    let categories = Set(records.map(\.category)).map { category in
      let own = PredictionTally(records.filter { $0.category == category }.map(\.isCorrect))
      return ScoreCell.Category(
        name: category.replacing("-", with: "_"), questionCount: own.scored, correctCount: own.right,
        unscoredCount: own.unscored)
    }
    let scored = records.filter { $0.isCorrect != nil }
    let isSubmission = scored.isEmpty && !records.isEmpty
    var cell = ScoreCell(
      name: job.name,
      run: PublishedTable.Run(
        model: job.base.name, training: job.training?.on.name, trainingAudio: job.training?.audio,
        method: job.training?.method.rawValue, name: job.run),
      benchmark: benchmark.name, audio: hasAudio, decoding: decoding, seed: job.seed,
      questionCount: all.scored, correctCount: all.right, categories: categories, key: job.key,
      chance: isSubmission ? nil : scored.reduce(0) { $0 + ($1.chance ?? 0) } / Double(max(scored.count, 1)))
    cell.unscoredCount = all.unscored
    cell.prompt = records.first?.prompt
    // Of all that were asked: a verbose model whose answers are cut flatters what was learnt, and an answer that names
    // several options can be right without choosing.
    cell.truncatedCount = records.count { !$0.isFinished }
    let asked = options[benchmark] ?? [:]
    cell.severalOptionsCount = records.count { record in
      asked[ExactText(record.id)].map { namedOptionCount(of: $0, in: record.scoredText) > 1 } ?? false
    }
    cell.subsets = job.subsets.sorted { $0.key < $1.key }.map { $0.value.declared($0.key) }
    cell.weights = job.weights?.source
    cell.levels = job.levels.map { ($0.factor, $0.level) }
    return cell
  }
}
