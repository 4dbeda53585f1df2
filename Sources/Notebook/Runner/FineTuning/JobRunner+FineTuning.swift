// A fine-tuning from its first step, or its last saved state, to its checkpoint.
internal import AudioFeatures
internal import Catalogue
internal import Diagnostics
internal import Evaluation
internal import Experiments
internal import Foundation
internal import JSONText
internal import MicroModels
internal import MicroWorld
internal import Models
internal import Optimizers
internal import Questions
internal import ResultStore
internal import SafeTensors
internal import Training

extension JobRunner {
  func fineTune(_ cell: TrainCell, seed: Int, _ job: Job) throws {
    let values = experiment.values(of: cell, from: job.base)
    let course = values.course(cell)
    // Whatever could keep the trained checkpoint from being written is told before the first step.
    let template = try CheckpointTemplate(folder: try modelFolder(of: job))
    var set = try sources.trainingSet(cell.on, progress: progress)
    if let kept = job.kept { set.questions = kept.keep(set.questions) }
    guard !set.questions.isEmpty else {
      throw Diagnostic("the training set '\(cell.on.name)' has no questions", at: SourceMark(file: set.folder))
    }
    try note(heard: sources.clips(cell, course, seed: seed, job.kept), of: cell.on)
    let (policy, listener, method) = try begin(cell, values, seed: seed, job)

    let folder = cache.folder(job.key)
    let journal = try Journal(path: folder + "/steps.journal")
    var saved = SavedState(path: folder + "/" + SavedState.name, isInPlace: cache.statesInPlace)
    saved.restore(method, stepCount: journal.records.count, on: backend)
    let done = saved.step
    // Steps after the last checkpoint are made again, to the same bytes.
    try journal.truncate(to: done)
    var order = course.order(count: set.questions.count, seed: seed)
    let asker = Asker(cell: cell, template: values.prompt.promptTemplate, set: set, listener: listener)
    try asker.checkPrompts(
      Set((done..<course.steps).flatMap { order.step($0, size: course.questionsPerStep) }).sorted().map {
        set.questions[$0]
      }, method)
    let phases = PhaseLog(folder: folder)
    var severalOptions: [Double] = []
    for step in done..<course.steps {
      if Interruption.isAsked {
        try saved.write(method.optimizer, step: step)
        throw Interrupted()
      }
      let chosen = order.step(step, size: course.questionsPerStep).map { set.questions[$0] }
      let made: FineTuningStep
      do { made = try method.step(step, chosen, prompts: try asker.prompts(chosen)) } catch let error as NotFinite {
        // An update within the step may have been made: only the state before the step may be kept. Without it the
        // steps from the last one on disk are made again, to the same bytes.
        if method.optimizer.stepCount == step * method.updatesPerStep { try saved.write(method.optimizer, step: step) }
        throw Diagnostic(
          error.description, path: job.name, hint: saved.text(before: step) + "is \(method.rateName) too high?")
      }
      try journal.append([made.record])
      doneHere += 1
      if let share = made.severalOptions { severalOptions.append(share) }
      phases.add(step: step, made)
      if step + 1 < course.steps, saved.isDue { try saved.write(method.optimizer, step: step + 1) }
      progress(WorkProgress(what: job.name, done: step + 1, total: course.steps, note: made.note))
    }
    if !severalOptions.isEmpty {
      notes["several_options_share"] = .number(severalOptions.reduce(0, +) / Double(severalOptions.count))
    }
    try saved.write(method.optimizer, step: course.steps)
    mostOnDisk = saved.mostOnDisk
    try TrainedCheckpoint(cell: folder).keep(policy, template, storing: values.precision.checkpoint)
    try AtomicFile.write(
      journal.records.map { $0.canonicalText + "\n" }.joined(), to: folder + "/training.jsonl")
    forgetModel(of: job)
  }

  /// The model that is trained, what makes its prompts, and the way it is trained.
  private func begin(
    _ cell: TrainCell, _ values: SettingValues, seed: Int, _ job: Job
  ) throws -> (policy: AudioLanguageModel, listener: Listener, method: any FineTuning) {
    let folder = try modelFolder(of: job)
    let way = cell.method.way
    // What is kept of the start is loaded first: its file is read once where both need it.
    let reference = way.needsReference(values) ? try model(of: job) : nil
    let policy = try AudioLanguageModel(folder: folder, use: .training, on: backend)
    let listener = try listener(job, folder: folder, policy.configuration)
    policy.train(freezingTower: way.freezesTower(values) || !cell.audio)
    let method = try way.init(
      FineTuningStart(
        values: values, policy: policy, reference: reference, listener: listener, seed: seed,
        recomputes: sources.profile == .paper))
    return (policy, listener, method)
  }
}

/// Makes the prompts of a training set's questions.
struct Asker {
  let cell: TrainCell
  let template: PromptTemplate
  let set: TrainingSet
  let listener: Listener

  /// A prompt a question. Clips are heard all at once, on all processors.
  func prompts(_ questions: [AudioQuestion]) throws -> [PromptInput] {
    let files = DataFolder(set.folder)
    func file(_ question: AudioQuestion) throws -> String? {
      guard cell.audio, let path = question.audioPath else { return nil }
      return try files.file(path, of: question.id, in: set.name)
    }
    let paths = questions.compactMap { try? file($0) }
    // What cannot be heard is told with its question below.
    let clips = (try? listener.hear(paths)) ?? []
    let heard = Dictionary(zip(paths, clips), uniquingKeysWith: { first, _ in first })
    return try questions.map { question in
      let own = try file(question).map { [try heard[$0] ?? listener.hear($0)] } ?? []
      return try listener.prompt(template.userText(question), system: template.system, clips: own)
    }
  }
}
