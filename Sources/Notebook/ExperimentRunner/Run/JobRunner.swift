// Doing one job: a base, a fine-tuning, an evaluation. Everything finished is on disk before the next depends on it.
internal import AudioFeatures
internal import Diagnostics
internal import Estimates
internal import Evaluation
internal import Foundation
internal import GRPO
internal import Generation
internal import JSONText
internal import Layers
internal import MicroWorld
internal import Models
internal import Optimizers
internal import Questions
internal import ResultStore
internal import SafeTensors
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
  private var doneHere = 0
  private var notes = JSONObject()
  /// The most bytes that the current job's folder held.
  private var mostOnDisk = 0
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
    case .train(let cell, let seed): try train(cell, seed: seed, job)
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
  private func note(heard clips: [String], of set: MicroSet) throws {
    guard !clips.isEmpty else { return }
    notes["waveforms"] = .string(try sources.waveforms(clips, in: sources.folder(set), by: experiment.audio.pipeline).digest)
  }

  private func makeBase(_ model: ModelName, _ job: Job) throws {
    guard sources.profile != .paper, job.weights == nil else { return }
    let taught = taughtSounds ?? KnownSounds()
    taughtSounds = taught
    let maker = MicroBase(
      recipe: sources.recipe(model), cache: cache.root, backend: backend, sounds: taught, threads: sources.threads,
      progress: { [progress] work in
        if Interruption.isAsked { throw Interrupted() }
        progress(work)
      })
    try maker.make(at: cache.folder(job.key) + "/model")
    doneHere = 1
  }

  /// The checkpoint folder of the model that a job begins with: made here, made elsewhere, or published.
  private func modelFolder(of job: Job) throws -> String {
    let made = cache.folder(job.modelKey) + "/model"
    if FileManager.default.fileExists(atPath: made) { return made }
    if let weights = job.weights { return try sources.folder(weights) }
    return try sources.publishedFolder(job.base)
  }

  /// A loaded model; the micro ones are kept, the published ones one at a time.
  private func model(of job: Job) throws -> AudioLanguageModel {
    let key = job.modelKey
    if let known = models[key] { return known }
    if sources.profile == .paper || models.count > 40 { models.removeAll() }
    let model = try AudioLanguageModel(
      folder: try modelFolder(of: job), use: .inference, on: backend)
    models[key] = model
    return model
  }

  /// One for a base and its fine-tunings; what was made elsewhere brings its own tokenizer.
  private func listener(_ job: Job, folder: String, _ model: AudioLanguageModel) throws -> Listener {
    let name = job.weights.map { "elsewhere " + $0.place } ?? job.base.rawValue
    if let known = listeners[name] { return known }
    let listener = try Listener(
      folder: folder, configuration: model.configuration, pipeline: experiment.audio.pipeline,
      answers: experiment.answers, sounds: sounds)
    listeners[name] = listener
    return listener
  }

  private func train(_ cell: TrainCell, seed: Int, _ job: Job) throws {
    let values = experiment.values(of: cell, from: job.base)
    let s = values.training
    let startFolder = try modelFolder(of: job)
    let reference = try model(of: job)
    let policy = try AudioLanguageModel(folder: startFolder, use: .training, on: backend)
    // Whatever could keep the trained checkpoint from being written is told before the first step.
    let template = try CheckpointTemplate(folder: startFolder)
    let listener = try listener(job, folder: startFolder, reference)
    var set = try sources.trainingSet(cell.on, progress: progress)
    if let kept = job.kept { set.questions = kept.keep(set.questions) }
    guard !set.questions.isEmpty else {
      throw Diagnostic("the training set '\(cell.on.rawValue)' has no questions", at: SourceMark(file: set.folder))
    }
    try note(heard: sources.clips(cell, s, seed: seed, job.kept), of: MicroSet(cell.on))
    policy.train(freezingTower: s.freezeAudioTower || !cell.audio)
    let settings = try objective(s, listener, policy)
    let prompt = values.prompt.promptTemplate
    let trainer = GRPOTrainer(
      policy: policy, reference: s.klCoefficient > 0 ? reference : nil,
      settings: settings, optimizer: s.optimizer,
      learningRate: LearningRate(
        peak: s.learningRate, schedule: s.schedule, warmUpSteps: s.warmUpSteps, stepCount: s.steps),
      seed: UInt64(seed))

    let folder = cache.folder(job.key)
    let journal = try Journal(path: folder + "/steps.journal")
    let statePath = folder + "/" + SavedState.name
    var done = 0
    if let state = try? SafeTensorsFile(path: statePath), let steps = state.metadata["step"].flatMap({ Int($0) }),
      steps <= journal.records.count,
      trainer.optimizer.restore(stepCount: steps * s.iterationsPerRollout, on: backend, find: { try? state.tensor($0) })
        == nil
    {
      done = steps
    }
    // Steps after the last checkpoint are made again, to the same bytes.
    try journal.truncate(to: done)
    var order = QuestionOrder(s.questionSequence, count: set.questions.count, seed: UInt64(seed))
    try checkPrompts(
      Set((done..<s.steps).flatMap { order.step($0, size: s.questionsPerStep) }).sorted().map { set.questions[$0] },
      cell, prompt, set, listener, trainer)
    var saved = SavedState(path: statePath, step: done)
    let phases = PhaseLog(folder: folder)
    let options = OptionTally()
    var gamed = 0.0
    for step in done..<s.steps {
      if Interruption.isAsked {
        try saved.write(trainer, step: step)
        throw Interrupted()
      }
      let chosen = order.step(step, size: s.questionsPerStep).map { set.questions[$0] }
      var heard: [String: MelClip] = [:]
      if cell.audio {
        // All at once, on all processors; what cannot be heard is told with its question below.
        let files = DataFolder(set.folder)
        let paths = chosen.compactMap { question in
          question.audioPath.flatMap { try? files.file($0, of: question.id, in: set.name) }
        }
        let clips = (try? listener.hear(paths)) ?? []
        heard = Dictionary(zip(paths, clips), uniquingKeysWith: { first, _ in first })
      }
      let questions = try chosen.map { try self.question($0, cell, values, set, listener, heard, options) }
      let record: GRPOStepRecord
      do { record = try trainer.step(step, questions: questions) } catch {
        // An update within the step may have been made: only the state before the step may be kept. Without it the
        // steps from the last one on disk are made again, to the same bytes.
        if trainer.optimizer.stepCount == step * s.iterationsPerRollout { try saved.write(trainer, step: step) }
        let kept =
          switch saved.step {
          case 0: ""
          case step: "the state before this step is kept in \(statePath); "
          default: "the state after step \(saved.step - 1) is kept in \(statePath); "
          }
        throw Diagnostic(error.description, path: job.name, hint: kept + "is grpo.learning_rate too high?")
      }
      try journal.append([record.json])
      doneHere += 1
      let several = options.takeShare()
      gamed += several
      phases.add(step: step, trainer.phases, severalOptions: several)
      if step + 1 < s.steps, saved.isDue { try saved.write(trainer, step: step + 1) }
      progress(
        WorkProgress(
          what: job.name, done: step + 1, total: s.steps,
          note: String(format: "reward %.2f, KL %.3f", record.rewardMean, record.kl)
            + (several > 0 ? String(format: ", %.0f %% name several options", 100 * several) : "")))
    }
    if done < s.steps { notes["several_options_share"] = .number(gamed / Double(s.steps - done)) }
    try saved.write(trainer, step: s.steps)
    mostOnDisk = saved.mostOnDisk
    try TrainedCheckpoint(cell: folder).keep(policy, template)
    try AtomicFile.write(
      journal.records.map { $0.canonicalText + "\n" }.joined(), to: folder + "/training.jsonl")
    models[job.key] = nil
  }

  /// What the engine takes, with the tokens of this checkpoint.
  private func objective(
    _ training: TrainingSettings, _ listener: Listener, _ policy: AudioLanguageModel
  ) throws -> GRPOSettings {
    var settings = training.objective
    settings.limits.endTokens = try listener.endTokens()
    settings.limits.suppressedTokens = listener.suppressedTokens(
      vocabularySize: policy.configuration.decoder.vocabularySize)
    settings.recomputesActivations = sources.profile == .paper
    let mistakes = settings.mistakes(training: policy)
    guard mistakes.isEmpty else { throw Diagnostics(mistakes.map { Diagnostic($0, path: "grpo") }) }
    return settings
  }

  private func question(
    _ question: AudioQuestion, _ cell: TrainCell, _ values: SettingValues, _ set: TrainingSet, _ listener: Listener,
    _ heard: [String: MelClip], _ options: OptionTally? = nil
  ) throws -> GRPOQuestion {
    var clips: [MelClip] = []
    if cell.audio, let path = question.audioPath {
      let file = try DataFolder(set.folder).file(path, of: question.id, in: set.name)
      clips = [try heard[file] ?? listener.hear(file)]
    }
    let template = values.prompt.promptTemplate
    let prompt = try listener.prompt(template.userText(question), system: template.system, clips: clips)
    let reward = values.training.reward
    return GRPOQuestion(id: question.id, prompt: prompt) { tokens in
      let said = listener.text(tokens)
      options?.add(question.namedOptionCount(in: said))
      return reward.reward(said, answer: question.answer ?? "", choices: question.choices)
    }
  }

  private func evaluate(
    _ name: BenchmarkName, hasAudio: Bool, _ decoding: AnswerDecoding, _ job: Job
  ) throws {
    var benchmark = try sources.benchmark(name, progress: progress)
    if let kept = job.kept { benchmark.questions = kept.keep(benchmark.questions) }
    let folder = try modelFolder(of: job)
    let model = try model(of: job)
    let listener = try listener(job, folder: folder, model)
    if hasAudio { try note(heard: sources.clips(name, job.kept), of: MicroSet(name)) }
    let journal = try Journal(path: cache.folder(job.key) + "/predictions.journal")
    let known = journal.records.compactMap(PredictionRecord.init(json:))
    // The journal holds the benchmark's questions in order, as far as it got.
    let matching = zip(known, benchmark.questions).prefix { $0.id == $1.id }.count
    try journal.truncate(to: matching)
    let values = experiment.values(on: name, for: job.base)
    var run = BenchmarkRun(
      hasAudio: hasAudio, decoding: decoding, template: values.prompt.promptTemplate, scorer: values.evaluation.scorer,
      maximumTokens: values.evaluation.maxNewTokens, batchSize: sources.profile == .paper ? 4 : 24)
    run.sampling = try values.evaluation.sampling(decoding, checkpoint: folder)
    run.seed = UInt64(values.evaluation.seed)
    var tally = PredictionTally(known[..<matching].map(\.isCorrect))
    var done = matching
    try run.run(Array(benchmark.questions[matching...]), of: benchmark, by: model, listener) { records in
      try journal.append(records.map(\.json))
      done += records.count
      doneHere += records.count
      for record in records { tally.add(record.isCorrect) }
      progress(
        WorkProgress(what: job.name, done: done, total: benchmark.questions.count, note: tally.text))
      if Interruption.isAsked { throw Interrupted() }
      return true
    }
    try AtomicFile.write(
      journal.records.map { $0.canonicalText + "\n" }.joined(), to: cache.folder(job.key) + "/predictions.jsonl")
  }
}

extension GRPOStepRecord {
  var json: JSONValue {
    .object([
      "step": .integer(step), "learning_rate": .number(learningRate), "reward": .number(rewardMean),
      "reward_deviation": .number(rewardDeviation), "zero_advantage_share": .number(zeroAdvantageShare),
      "completion_length": .number(completionLengthMean), "truncated_share": .number(truncatedShare),
      "prompt_tokens": .integer(promptTokens), "completion_tokens": .integer(completionTokens),
      "loss": .number(loss), "kl": .number(kl), "entropy": .number(entropy), "ratio": .number(ratioMean),
      "clip_share": .number(clipShare), "gradient_norm": .number(gradientNorm),
    ])
  }
}
