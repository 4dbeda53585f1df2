// Doing one job: a base, a fine-tuning, an evaluation. Everything finished is on disk before the next depends on it.
internal import AudioFeatures
internal import Catalogue
internal import Diagnostics
internal import Estimates
internal import Evaluation
internal import Experiments
internal import Foundation
internal import Generation
internal import JSONText
internal import MicroModels
internal import MicroWorld
internal import Models
internal import Questions
internal import Records
internal import ResultStore
internal import TensorCore

final class JobRunner {
  let experiment: Experiment
  let sources: DataSources
  let cache: CellCache
  let backend: any Backend
  let progress: (WorkProgress) -> Void
  /// Refuses to finish a job whose inputs are no longer what its key says.
  let verify: (Job) throws -> Void
  /// What of the current job was done here: its other units were done by earlier runs.
  var doneHere = 0
  var notes = JSONObject()
  /// The most bytes that the current job's folder held.
  var mostOnDisk = 0
  private var models: [String: AudioLanguageModel] = [:]
  private var listeners: [String: Listener] = [:]
  private let sounds = KnownSounds()
  /// What bases are taught with; given up once there are bases.
  private var taughtSounds: KnownSounds?

  init(
    experiment: Experiment, sources: DataSources, cache: CellCache, backend: any Backend,
    progress: @escaping (WorkProgress) -> Void, verify: @escaping (Job) throws -> Void
  ) {
    self.experiment = experiment
    self.sources = sources
    self.cache = cache
    self.backend = backend
    self.progress = progress
    self.verify = verify
  }

  /// Runs a job unless its key is known. Another process at work on the same key is waited for.
  /// - Parameter foretold: kept beside what the job took.
  func run(_ job: Job, foretold: Forecast? = nil) throws {
    if cache.isDone(job.key) { return }
    let lock = try FolderLock(folder: cache.folder(job.key), waits: true)
    defer { withExtendedLifetime(lock) {} }
    switch cache.state(job.key) {
    case .done:
      cache.removeLeftovers(job.key)
      return
    case .damaged: try cache.reopen(job.key)
    case .absent, .begun: break
    }
    let start = Date()
    (doneHere, notes, mostOnDisk) = (0, JSONObject(), 0)
    let arithmetic = try cache.noteArithmetic(backend.arithmetic, job.key)
    if case .base = job.work {} else { taughtSounds = nil }
    ProcessUse.forgetPeak()
    let computed = ProcessUse.processorSeconds
    try verify(job)
    switch job.work {
    case .base(let model): try makeBase(model, job)
    case .train(let cell, let seed): try fineTune(cell, seed: seed, job)
    case .evaluate(let benchmark, let hasAudio, let decoding):
      try evaluate(benchmark, hasAudio: hasAudio, decoding, job)
    }
    do { try verify(job) } catch {
      // What was made of other inputs than the key names is worth nothing.
      try cache.discard(job.key)
      throw error
    }
    let seconds = Date().timeIntervalSince(start)
    if doneHere > 0 { notes["seconds_per_unit"] = .number(seconds / Double(doneHere)) }
    notes["peak_memory"] = .integer(ProcessUse.peak)
    let onDisk = CellCache.byteCount(cache.folder(job.key))
    notes["disk"] = .integer(onDisk - cache.leftoverBytes(job.key))
    notes["disk_at_most"] = .integer(max(mostOnDisk, onDisk))
    if let foretold { notes["foretold"] = foretold.json }
    // Below 1 a machine that does other things too, or waits for its disk.
    let most = seconds * Double(min(sources.threads, ProcessInfo.processInfo.activeProcessorCount))
    notes["processor_share"] = .number(((ProcessUse.processorSeconds - computed) / max(most, 1e-3) * 100).rounded() / 100)
    notes["processors"] = .integer(sources.threads)
    notes["device"] = .string(backend.device)
    if let arithmetic { notes["arithmetic"] = .string(arithmetic) }
    try cache.finish(job.key, seconds: seconds, work: .object(notes))
    cache.removeLeftovers(job.key)
  }

  /// Remembers with a cell what it heard.
  func note(heard clips: [String], of set: DataSet) throws {
    guard !clips.isEmpty else { return }
    notes["waveforms"] = .string(try sources.waveforms(clips, in: sources.folder(set), by: experiment.audio.pipeline).digest)
  }

  private func makeBase(_ model: CatalogueModel, _ job: Job) throws {
    guard sources.profile != .paper, job.weights == nil else { return }
    let taught = taughtSounds ?? KnownSounds()
    taughtSounds = taught
    let maker = MicroBase(
      recipe: try sources.recipe(model), cache: cache.root, backend: backend, sounds: taught, threads: sources.threads,
      progress: { [progress] work in
        if Interruption.isAsked { throw Interrupted() }
        progress(work)
      })
    try maker.make(at: cache.folder(job.key) + "/model")
    doneHere = 1
  }

  /// The checkpoint folder of the model that a job begins with: made here, made elsewhere, or published.
  func modelFolder(of job: Job) throws -> String {
    let made = cache.folder(job.modelKey) + "/model"
    if FileManager.default.fileExists(atPath: made) { return made }
    if let weights = job.weights { return try sources.folder(weights) }
    return try sources.publishedFolder(job.base)
  }

  /// A loaded model; the micro ones are kept, the published ones one at a time.
  func model(of job: Job) throws -> AudioLanguageModel {
    let key = job.modelKey
    if let known = models[key] { return known }
    if sources.profile == .paper || models.count > 40 { models.removeAll() }
    let model = try AudioLanguageModel(
      folder: try modelFolder(of: job), use: .inference, on: backend)
    models[key] = model
    return model
  }

  /// Forgets what a job's model was before it was made again.
  func forgetModel(of job: Job) { models[job.key] = nil }

  /// One for a base and its fine-tunings; what was made elsewhere brings its own tokenizer.
  func listener(_ job: Job, folder: String, _ configuration: ModelConfiguration) throws -> Listener {
    let name = job.weights.map { "elsewhere " + $0.place } ?? job.base.name
    if let known = listeners[name] { return known }
    let listener = try Listener(
      folder: folder, configuration: configuration, pipeline: experiment.audio.pipeline,
      answers: experiment.answers, sounds: sounds)
    listeners[name] = listener
    return listener
  }

  private func evaluate(
    _ name: DataSet, hasAudio: Bool, _ decoding: AnswerDecoding, _ job: Job
  ) throws {
    var benchmark = try sources.benchmark(name, progress: progress)
    if let kept = job.kept { benchmark.questions = kept.keep(benchmark.questions) }
    if hasAudio { try note(heard: sources.clips(name, job.kept), of: name) }
    let journal = try Journal(path: cache.folder(job.key) + "/predictions.journal")
    let known = journal.records.compactMap { PredictionRecord(json: $0) }
    // The journal holds the benchmark's questions in order, as far as it got.
    let matching = zip(known, benchmark.questions).prefix { $0.id == $1.id }.count
    try journal.truncate(to: matching)
    let values = experiment.values(on: name, job.own, for: job.base)
    if matching == 0, let records = try rescored(job, benchmark, values) {
      try AtomicFile.write(
        records.map { $0.json.canonicalText + "\n" }.joined(), to: cache.folder(job.key) + "/predictions.jsonl")
      return
    }
    let folder = try modelFolder(of: job)
    let model = try model(of: job)
    let listener = try listener(job, folder: folder, model.configuration)
    var run = BenchmarkRun(
      hasAudio: hasAudio, decoding: decoding, template: values.prompt.promptTemplate, scorer: values.evaluation.scorer,
      maximumTokens: values.evaluation.maxNewTokens, batchSize: sources.profile == .paper ? 4 : 24)
    run.answerTag = values.evaluation.answerTag
    run.recordsOptions = values.evaluation.optionProbabilities
    run.sampling = try values.evaluation.sampling(decoding, checkpoint: folder)
    run.seed = UInt64(values.evaluation.seed)
    var tally = PredictionTally(known[..<matching].map(\.isCorrect))
    var done = matching
    let rest = Array(benchmark.questions[matching...])
    let answered = answered(job, benchmark)
    try run.run(rest, known: answered, of: benchmark, by: model, listener) { records in
      try journal.append(records.map(\.json))
      done += records.count
      doneHere += records.count
      for record in records { tally.add(record.isCorrect) }
      progress(
        WorkProgress(what: job.name, done: done, total: benchmark.questions.count, note: tally.text))
      if Interruption.isAsked { throw Interrupted() }
      return true
    }
    // What was known took no time, and says nothing of how long others take.
    doneHere -= rest.count { answered[ExactText($0.id)] != nil }
    try AtomicFile.write(
      journal.records.map { $0.canonicalText + "\n" }.joined(), to: cache.folder(job.key) + "/predictions.jsonl")
  }
}
