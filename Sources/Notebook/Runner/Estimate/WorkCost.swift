// What a job costs where none of its kind was ever timed on this machine: the bridge from an experiment to `Estimates`.
//
// The published models are large: their time is their products', counted. The micro models are so small that most of
// their time is not: their cost was measured once, as time times the rate of products beside it.
internal import Catalogue
internal import Diagnostics
internal import Estimates
internal import Evaluation
internal import Experiments
internal import Foundation
internal import Models
internal import Optimizers
internal import Records
internal import TensorCore
internal import Training

struct WorkCost: Sendable, Hashable {
  /// Operations of a unit, as many as products would do in its time.
  var operations = 0.0
  /// What the published models take; the micro models' memory is another matter: see `MemoryWalk`.
  var memory = MemoryParts()
  var disk = DiskNeed.nothing
  /// Settings that are other results and need less memory.
  var savings: [Forecast.Saving] = []

  /// - Parameter models: configurations of published models, read once.
  /// - Parameter makesSounds: whether it is the first job to take its set.
  init(
    _ kind: WorkKind, _ job: Job, _ plan: Plan, _ sources: DataSources, _ models: KnownModels, makesSounds: Bool = true
  ) {
    guard plan.experiment.profile == .paper else {
      operations = Self.measured(kind, job, isMicro: plan.experiment.profile == .micro)
      if makesSounds { operations += Self.soundMaking(job, sources) / Double(max(kind.unitCount, 1)) }
      disk = Self.smallDisk(kind, job, plan.experiment, inPlace: sources.cache.statesInPlace)
      return
    }
    count(kind, job, plan, sources, models)
  }

  /// Measured on two cores, with AVX-512, canonical arithmetic.
  private static func measured(_ kind: WorkKind, _ job: Job, isMicro: Bool) -> Double {
    switch job.work {
    case .base: isMicro ? 2.4e13 : 7.3e11
    case .train(let cell, _): cell.method.way.measuredOperations(isMicro: isMicro, hears: cell.audio)
    case .evaluate(_, let hears, _): isMicro ? (hears ? 5.6e8 : 1.7e8) : (hears ? 5e8 : 2e8)
    }
  }

  /// Sounds of a set are made by the first job that takes it, heard or not: 800 million operations each.
  private static func soundMaking(_ job: Job, _ sources: DataSources) -> Double {
    guard let set = job.set else { return 0 }
    let isThere = (try? sources.waveformList(set)).map { FileManager.default.fileExists(atPath: $0) } ?? true
    return isThere ? 0 : 8e8 * Double(sources.worldClips(set).count)
  }

  /// The micro models have 1.27 million weights, whatever the world's size.
  private static func smallDisk(
    _ kind: WorkKind, _ job: Job, _ experiment: Experiment, inPlace: Bool
  ) -> DiskNeed {
    let (weights, sideFiles) = (5_085_000, 61_000)
    switch job.work {
    case .base: return DiskNeed(kept: weights + sideFiles, atMost: weights + sideFiles)
    case .train(let cell, _):
      let type = experiment.values.taking(cell.own).precision.checkpoint
      let records = kind.unitCount * 900
      let (kept, state) = (weights / 4 * type.byteCount + sideFiles + records, 3 * weights)
      return DiskNeed(
        kept: kept, atMost: max((inPlace ? 1 : 2) * state + records, state + kept), state: state, isStateTwice: !inPlace)
    case .evaluate: return .predictions(kind.unitCount, line: 229)
    }
  }

  private mutating func count(
    _ kind: WorkKind, _ job: Job, _ plan: Plan, _ sources: DataSources, _ models: KnownModels
  ) {
    let place = job.weights.flatMap { try? sources.folder($0) } ?? (try? sources.publishedFolder(job.base))
    guard let model = place.flatMap({ models.model(in: $0) }) else { return }
    // What a fine-tuning leaves is in one form; what it begins with lies as its file has it.
    let kept = plan.jobs.lazy.compactMap { other -> ElementType? in
      guard case .train(let cell, _) = other.work, other.key == job.modelKey else { return nil }
      return plan.experiment.values.taking(cell.own).precision.checkpoint
    }.first
    let stored = kept.map { $0.byteCount * model.configuration.parameterCounts.total } ?? model.bytes.model
    switch job.work {
    case .base: return
    case .train(let cell, _):
      var work = TrainingWork(plan.experiment.values.taking(cell.own), cell)
      work.statesInPlace = sources.cache.statesInPlace
      operations = work.operations(model.configuration)
      memory = work.memory(model.configuration, stored: stored)
      disk = work.disk(model.configuration, carried: model.bytes.carried)
      func saving(_ setting: String, _ change: (inout TrainingWork) -> Void) {
        var other = work
        change(&other)
        let bytes = memory.total - other.memory(model.configuration, stored: stored).total
        if bytes > 0 { savings.append(Forecast.Saving(setting: setting, bytes: bytes)) }
      }
      saving("\(cell.method.rawValue).moments=bfloat16") { $0.momentBytes = 2 }
      saving("\(cell.method.rawValue).freeze_audio_tower=true") { $0.freezesTower = true }
    case .evaluate(_, let hasAudio, let decoding):
      var work = EvaluationWork()
      work.hears = hasAudio
      work.weighs = decoding == .likelihood
      let evaluation = plan.experiment.values.taking(job.own).evaluation
      work.maximumTokens = evaluation.maxNewTokens
      operations = work.operations(model.configuration)
      if evaluation.optionProbabilities, !work.weighs {
        var weighing = work
        weighing.weighs = true
        operations += weighing.operations(model.configuration)
      }
      memory = work.memory(model.configuration, stored: stored)
      disk = .predictions(kind.unitCount, line: 600)
    }
  }
}

extension TrainingWork {
  init(_ values: SettingValues, _ cell: TrainCell) {
    self.init()
    hears = cell.audio
    let course = values.course(cell)
    (steps, questionsPerStep) = (course.steps, course.questionsPerStep)
    keptBytes = values.precision.checkpoint.byteCount
    questionsPerPass = GRPOSettings.standardPass
    cell.method.way.count(values, into: &self)
    freezesTower = cell.method.way.freezesTower(values)
  }
}

/// Configurations and sizes of checkpoints, each read once.
final class KnownModels {
  private var known: [String: (configuration: ModelConfiguration, bytes: CheckpointBytes)?] = [:]

  /// Nil where the folder holds no checkpoint that can be read.
  func model(in folder: String) -> (configuration: ModelConfiguration, bytes: CheckpointBytes)? {
    if let found = known[folder] { return found }
    var found: (configuration: ModelConfiguration, bytes: CheckpointBytes)?
    do throws(Diagnostics) {
      found = (try ModelConfiguration(folder: folder), try CheckpointBytes(folder: folder))
    } catch {}
    known[folder] = .some(found)
    return found
  }
}
