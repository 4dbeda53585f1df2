// What a run consists of: jobs with keys. A key is the hash of a job's settings, the version of its type, and the keys of
// what it builds on; a job whose key is known is not run again.
public import Catalogue
internal import ContentHash
public import Diagnostics
internal import Evaluation
public import Experiments
internal import Foundation
internal import JSONText
internal import Questions
public import Records
internal import ResultStore
internal import TensorCore
internal import Training

/// One piece of work.
public struct Job: Sendable, Hashable {
  /// What a job does: makes a base, fine-tunes, or asks.
  public enum Work: Sendable, Hashable {
    case base(CatalogueModel)
    case train(TrainCell, seed: Int)
    case evaluate(DataSet, hasAudio: Bool, decoding: AnswerDecoding)
  }

  /// Unique within an experiment; names its files.
  public var name: String
  public var work: Work
  public var key: String
  /// The key of the model it begins with; its own for a base.
  public var modelKey: String
  public var base: CatalogueModel
  /// Where the model, or the one it was fine-tuned from, comes from if its weights were made elsewhere.
  public var weights: ForeignWeights?
  /// How the model was fine-tuned; nil for a base.
  public var training: TrainCell?
  public var seed: Int?
  /// The questions it takes of its set; nil where it takes all.
  var kept: KeptQuestions?
  /// Settings of an evaluation alone.
  var own: OwnSettings?
  /// Of an evaluation in a grid: each factor's level.
  var levels: [FactorLevel] = []
  /// Of an evaluation: cells that have the same answers, and cells that have those to another benchmark's questions.
  var answers = SameAnswers()
  /// Declared subsets that it, or what it builds on, took, by name of the set.
  var subsets: [String: KeptQuestions] = [:]
  /// The index of its cell in the experiment.
  public var cell = 0
  /// The name of the model that it makes or asks, as the experiment's cell gives it.
  public var run = ""
}

/// The jobs of an experiment in an order in which each finds what it builds on.
public struct Plan: Sendable {
  public var experiment: Experiment
  public var jobs: [Job] = []
  /// Digests of what is used, by name: question files, and in the paper profile weights and the clips that are heard.
  public var inputs: [String: String] = [:]
  /// Sets of which cells took a declared subset, by name.
  private(set) var subsets: [String: KeptQuestions] = [:]
  /// The revision of MMAU that a benchmark's file holds, by the benchmark's name; none but at the paper's scale.
  private(set) var revisions: [String: String] = [:]
  /// What a person should know of the inputs, though they can be used.
  public private(set) var remarks: [String] = []
  let sources: DataSources
  var versions: CellVersions { sources.versions }

  public init(_ experiment: Experiment, sources: DataSources) throws(Diagnostics) {
    self.experiment = experiment
    self.sources = sources
    try sources.require(experiment)
    var models: [String: [Job]] = [:]
    for (index, cell) in experiment.cells.enumerated() {
      let first = jobs.count
      switch cell {
      case .model(let model, let name):
        let job = try base(model, name: name)
        models[name] = [job]
        jobs.append(job)
      case .weights(let weights, let name):
        let job = try elsewhere(weights, name: name)
        models[name] = [job]
        jobs.append(job)
      case .train(let train, let name):
        let kept = try keep(train.on, experiment.data.subset(train))
        var trained: [Job] = []
        for parent in models[train.from] ?? [] {
          for seed in parent.seed.map({ [$0] }) ?? experiment.seeds {
            trained.append(try training(train, name: name, from: parent, seed: seed, kept))
          }
        }
        models[name] = trained
        jobs += trained
      case .evaluate(let evaluate):
        let kept = try keep(evaluate.on, experiment.data.subset(evaluate))
        for model in evaluate.models.flatMap({ models[$0] ?? [] }) {
          for hasAudio in evaluate.audio { jobs.append(try evaluation(evaluate, of: model, hasAudio: hasAudio, kept)) }
        }
      case .note, .table, .verify: break
      }
      for position in first..<jobs.count { jobs[position].cell = index }
    }
    remarks += experiment.withoutEffect.map { "--set \($0) changes nothing: no cell here depends on it" }
    try compareRevisions()
    do throws(Diagnostic) { try sources.cache.digests.save() } catch { throw Diagnostics([error]) }
  }

  private mutating func base(_ model: CatalogueModel, name: String) throws(Diagnostics) -> Job {
    let settings = try sources.baseSettings(model)
    let key = Digest(of: settings.canonicalText).hexadecimal
    if sources.profile == .paper { inputs["weights of " + model.name] = key }
    return Job(name: name, work: .base(model), key: key, modelKey: key, base: model, run: name)
  }

  /// A model made elsewhere: its key is its files' content, wherever they lie.
  private mutating func elsewhere(_ weights: ForeignWeights, name: String) throws(Diagnostics) -> Job {
    let files = try sources.digests(ofCheckpoint: try sources.folder(weights), named: name)
    let settings = JSONValue.object([
      "cell": "weights", "model": .string(weights.model.name),
      "files": .object(JSONObject(files.map { ($0.name, .string($0.digest)) })),
    ])
    let key = Digest(of: settings.canonicalText).hexadecimal
    inputs["weights of \(name), made elsewhere"] = key
    let training = weights.training.map {
      TrainCell(from: weights.model.name, on: $0, audio: weights.trainingAudio, subset: nil)
    }
    return Job(
      name: name, work: .base(weights.model), key: key, modelKey: key, base: weights.model, weights: weights,
      training: training, run: name)
  }

  private mutating func training(
    _ train: TrainCell, name: String, from parent: Job, seed: Int, _ kept: KeptQuestions?
  ) throws(Diagnostics) -> Job {
    let digest = try sources.digest(train.on)
    inputs[train.on.name] = digest
    var settings = JSONObject([
      ("cell", "train"), ("version", .integer(sources.versions.train)), ("from", .string(parent.key)),
      ("on", .string(train.on.name)), ("data", .string(digest)), ("audio", .boolean(train.audio)),
      ("seed", .integer(seed)),
    ])
    let values = experiment.values(of: train, from: parent.base)
    if train.method != .grpo { settings["with"] = .string(train.method.rawValue) }
    settings.add([train.method.rawValue, "prompt"], values, for: .training(train))
    if sources.profile == .paper, train.audio {
      let clips = try sources.clips(train, values.course(train), seed: seed, kept)
      let heard = try sources.waveforms(clips, in: sources.folder(train.on), by: values.audio.pipeline).digest
      inputs["clips of \(train.on.name), seed \(seed)"] = heard
      settings["clips"] = .string(heard)
    }
    var job = Job(
      name: "\(name)-s\(seed)", work: .train(train, seed: seed), key: "", modelKey: parent.key, base: parent.base,
      weights: parent.weights, training: train, seed: seed, subsets: parent.subsets, run: name)
    job.take(kept, of: train.on.name, settings)
    return job
  }

  private mutating func evaluation(
    _ evaluate: EvaluateCell, of model: Job, hasAudio: Bool, _ kept: KeptQuestions?
  ) throws(Diagnostics) -> Job {
    let digest = try sources.digest(evaluate.on)
    inputs[evaluate.on.name] = digest
    var settings = JSONObject([
      ("cell", "evaluate"), ("version", .integer(sources.versions.evaluate)), ("model", .string(model.key)),
      ("on", .string(evaluate.on.name)), ("data", .string(digest)), ("audio", .boolean(hasAudio)),
      ("decoding", .string(evaluate.decoding.rawValue)),
    ])
    let values = experiment.values(on: evaluate.on, evaluate.own, for: model.base)
    settings.add(["evaluation", "prompt"], values, for: .evaluation(decoding: evaluate.decoding, hasAudio: hasAudio))
    if sources.profile == .paper, hasAudio {
      let clips = try sources.clips(evaluate.on, kept)
      let heard = try sources.waveforms(clips, in: sources.folder(evaluate.on), by: values.audio.pipeline)
        .digest
      inputs["clips of " + evaluate.on.name] = heard
      settings["clips"] = .string(heard)
      // Records of questions that share a clip name it, which those of earlier versions do not.
      if Set(clips).count < clips.count { settings["names_shared_clips"] = .boolean(true) }
    }
    let parts = [model.name, evaluate.on.name, hasAudio ? "audio" : "text", evaluate.decoding.rawValue]
      + evaluate.namingLevels
    // Two evaluations that differ in their own settings alone are told apart by a number.
    let plain = parts.joined(separator: "-") + (kept == nil ? "" : "-subset")
    let same = jobs.count { $0.name == plain || $0.name.hasPrefix(plain + "-set") }
    var job = Job(
      name: plain + (same == 0 ? "" : "-set\(same + 1)"),
      work: .evaluate(evaluate.on, hasAudio: hasAudio, decoding: evaluate.decoding), key: "", modelKey: model.key,
      base: model.base, weights: model.weights, training: model.training, seed: model.seed, subsets: model.subsets,
      run: model.run)
    job.own = evaluate.own
    job.levels = evaluate.levels
    job.take(kept, of: evaluate.on.name, settings)
    job.answers = SameAnswers(settings, kept, values, earlier: jobs, on: evaluate.on)
    return job
  }

  /// Says which revision of MMAU was found where the paper's is wanted. Those of test-full are not told apart.
  private mutating func compareRevisions() throws(Diagnostics) {
    guard sources.profile == .paper else { return }
    for cell in experiment.cells {
      guard case .evaluate(let evaluate) = cell, evaluate.on.isToldApart, let wanted = evaluate.on.revision,
        revisions[evaluate.on.name] == nil
      else { continue }
      let finding = try sources.revision(evaluate.on)
      revisions[evaluate.on.name] = finding.text
      if let remark = finding.remark(wanted) { remarks.append("the questions of '\(evaluate.on.name)' \(remark)") }
    }
  }

  /// The declared subset of a set for a cell, counted once a plan; nil where that is the whole set.
  private mutating func keep(_ set: DataSet, _ rule: QuestionSubset) throws(Diagnostics) -> KeptQuestions? {
    // Two cells may take one set by two rules: then the second is named with its rule.
    let known = subsets[set.name]
    let name = known == nil || known?.rule == rule ? set.name : set.name + " " + rule.rawValue
    if subsets[name] == nil { subsets[name] = try sources.keptQuestions(set, rule) }
    return subsets[name]
  }
}

extension JSONObject {
  /// What a key says of settings: some sections as they are, others where something in them is not at its default.
  fileprivate mutating func add(_ sections: [String], _ values: SettingValues, for use: SettingUse) {
    for section in sections { self[section] = .object(SettingTable.key(section, values, for: use)) }
    for section in SettingTable.addedSections {
      let changed = SettingTable.key(section, values, for: use)
      if !changed.pairs.isEmpty { self[section] = .object(changed) }
    }
  }
}

extension Job {
  /// The set that it takes questions of.
  var set: DataSet? {
    switch work {
    case .base: nil
    case .train(let cell, _): cell.on
    case .evaluate(let benchmark, _, _): benchmark
    }
  }

  /// Sets the key from the settings and the questions taken.
  fileprivate mutating func take(_ kept: KeptQuestions?, of set: String, _ settings: JSONObject) {
    self.kept = kept
    if let kept { subsets[set] = kept }
    key = Self.key(settings, kept)
  }

  /// The key of settings and the questions taken.
  static func key(_ settings: JSONObject, _ kept: KeptQuestions?) -> String {
    var settings = settings
    if let kept { settings["subset"] = kept.json }
    return Digest(of: JSONValue.object(settings).canonicalText).hexadecimal
  }
}
