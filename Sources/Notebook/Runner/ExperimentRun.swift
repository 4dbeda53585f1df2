// Running experiments: plan, jobs in order, results.
internal import Catalogue
public import Diagnostics
public import Estimates
internal import Evaluation
public import Experiments
internal import Foundation
internal import JSONText
public import MicroModels
internal import MicroWorld
internal import Records
public import ResultStore
public import TensorCore

/// What a person sees of a run; all of it goes to standard error but the last words.
public protocol RunWitness {
  func began(_ plan: Plan, known: Int, expected: RunEstimate)
  func working(_ job: Job, index: Int, of count: Int, _ progress: WorkProgress)
  func finished(_ job: Job, index: Int, of count: Int, isKnown: Bool, seconds: Double, summary: String)
  /// Something a person should know, such as a damaged cell that is made again.
  func say(_ text: String)
}

/// An experiment with its plan and the place of its results.
public struct ExperimentRun {
  public let experiment: Experiment
  public let plan: Plan
  public let resultFolder: ResultFolder
  let sources: DataSources
  let cache: CellCache
  let backend: any Backend
  /// What the run was given; nil where no command line started it.
  let request: RunRequest?

  /// - Parameters:
  ///   - results: the results folder's root.
  ///   - witness: told of inputs that take a while to read.
  public init(
    _ experiment: Experiment, request: RunRequest? = nil, results: String, cache: CellCache, backend: any Backend,
    threads: Int,
    witness: @escaping @Sendable (WorkProgress) -> Void = { _ in }
  ) throws(Diagnostics) {
    self.experiment = experiment
    self.request = request
    self.cache = cache
    self.backend = backend
    sources = DataSources(profile: experiment.profile, cache: cache, threads: threads, witness: witness)
    plan = try Plan(experiment, sources: sources)
    resultFolder = ResultFolder(root: results, experiment: experiment.name, profile: experiment.profile.rawValue)
  }

  /// What the run would take.
  public func expected() throws -> RunEstimate {
    try adopt()
    return RunEstimate(plan, sources: sources, backend: backend)
  }

  /// What is said of cells whose files are not as they were written.
  private func damage(_ states: [CellCache.State]) -> [String] {
    zip(plan.jobs, states).compactMap { job, state in
      guard case .damaged(let name) = state else { return nil }
      return "\(job.name): \(name) in the cache is not as it was written; the cell is made again"
    }
  }

  /// Runs what is not known and keeps the results.
  /// - Parameters:
  ///   - machine: what the run has to fit into; nil begins it whatever it takes.
  ///   - isForced: whether what does not fit is told and begun all the same.
  ///   - pages: makes tables and reports of the files so far, to be kept with them.
  /// - Throws: before anything is begun, if the machine cannot hold it.
  public func run(
    _ witness: some RunWitness, machine: Machine? = nil, isForced: Bool = false,
    pages: ([String: String]) throws -> [String: String]
  ) throws -> ResultFolder.Outcome {
    let lock = try FolderLock(folder: resultFolder.machine)
    defer { withExtendedLifetime(lock) {} }
    try adopt()
    let states = plan.jobs.map { cache.state($0.key) }
    let expected = RunEstimate(plan, sources: sources, backend: backend)
    witness.began(plan, known: states.count { $0 == .done }, expected: expected)
    if let machine {
      let shortfalls = machine.shortfalls(expected.work)
      if !isForced { try Diagnostics(shortfalls).throwIfAnyError() }
      for text in shortfalls.map({ "\($0.path) \($0.fact)" }) + machine.remarks(expected.work) { witness.say(text) }
    }
    for text in damage(states) { witness.say(text) }
    if states.contains(where: { $0 != .done }) { noteBeginning() }
    var notes = MachineNotes(folder: resultFolder.machine, jobCount: plan.jobs.count, id: id)
    var current: (job: Job, index: Int)?
    let runner = JobRunner(experiment: experiment, sources: sources, cache: cache, backend: backend) { progress in
      guard let current else { return }
      witness.working(current.job, index: current.index, of: plan.jobs.count, progress)
      notes.progress(current.job, index: current.index, progress)
    } verify: { _ in
      try verifyInputs()
    }
    let isAllKnown = states.allSatisfy { $0 == .done }
    for (index, job) in plan.jobs.enumerated() {
      if Interruption.isAsked { throw Interrupted() }
      current = (job, index)
      let isKnown = states[index] == .done
      let start = Date()
      if isKnown {
        cache.tidy(job.key)
      } else {
        notes.started(job, index: index)
        try runner.run(job, foretold: expected.jobs[index])
      }
      let seconds = isKnown ? cache.seconds(job.key) ?? 0 : Date().timeIntervalSince(start)
      notes.finished(job, seconds: seconds, isKnown: isKnown, record: cache.record(job.key))
      witness.finished(
        job, index: index, of: plan.jobs.count, isKnown: isKnown, seconds: seconds,
        summary: isAllKnown ? "" : summary(job))
    }
    let finished = FinishedExperiment(plan: plan, cache: cache, arithmetic: backend.arithmetic)
    var files = finished.files()
    for (name, text) in try pages(files) { files[name] = text }
    let outcome = try resultFolder.keep(files)
    try cache.digests.save()
    if states.contains(where: { $0 != .done }) {
      var timings = Timings(cache)
      timings.learn(plan, sources: sources, backend: backend)
      notes.waveforms = waveformLists()
      try notes.write(threads: sources.threads, on: backend)
      try writePhases()
    }
    try noteEnd()
    return outcome
  }

  /// Seconds by phase of each step; a fine-tuning that was found done may have none.
  private func writePhases() throws {
    try AtomicFile.makeFolder(resultFolder.machine + "/phases")
    for job in plan.jobs {
      guard let data = FileManager.default.contents(atPath: cache.folder(job.key) + "/" + PhaseLog.name) else { continue }
      try AtomicFile.write(String(decoding: data, as: UTF8.self), to: resultFolder.machine + "/phases/\(job.name).jsonl")
    }
  }

  /// Refuses to go on if an input is no longer what the plan's keys were made of. The micro world's are made here.
  private func verifyInputs() throws {
    guard experiment.profile == .paper || plan.jobs.contains(where: { $0.weights != nil }) else { return }
    let now = try Plan(experiment, sources: sources).inputs
    let changed = plan.inputs.keys.sorted().filter { now[$0] != plan.inputs[$0] }
    guard changed.isEmpty else {
      throw Diagnostic(
        "changed since the run began: " + changed.joined(separator: ", "), path: "inputs",
        hint: "run again; cells that do not depend on it are kept")
    }
  }

  /// By set, the digest of each clip as it was heard; for finding the clip where two machines hear differently.
  private func waveformLists() -> [String: String] {
    var clips: [DataSet: Set<String>] = [:]
    for job in plan.jobs {
      switch job.work {
      case .train(let cell, let seed):
        let heard = try? sources.clips(cell, experiment.course(cell), seed: seed, job.kept)
        clips[cell.on, default: []].formUnion(heard ?? [])
      case .evaluate(let benchmark, hasAudio: true, _):
        clips[benchmark, default: []].formUnion((try? sources.clips(benchmark, job.kept)) ?? [])
      case .base, .evaluate: break
      }
    }
    var lists: [String: String] = [:]
    for (set, names) in clips where !names.isEmpty {
      let digests = try? sources.waveforms(names.sorted(), in: sources.folder(set), by: experiment.audio.pipeline)
      lists[set.name] = digests?.text
    }
    return lists
  }

  /// A line about what a finished job gave.
  private func summary(_ job: Job) -> String {
    func lines(_ name: String) -> [JSONValue] {
      let path = cache.folder(job.key) + "/" + name
      let bytes = FileManager.default.contents(atPath: path).map(Array.init) ?? []
      return bytes.split(separator: 0x0A).compactMap { try? JSONValue(parsing: Array($0), file: path) }
    }
    switch job.work {
    case .base: return ""
    case .train:
      return trainingSummary(lines("training.jsonl"), phases: lines(PhaseLog.name))
    case .evaluate:
      let tally = PredictionTally(lines("predictions.jsonl").compactMap { PredictionRecord(json: $0) }.map(\.isCorrect))
      let rest = tally.unscored > 0 ? "\(tally.unscored) not scored: their answers are withheld" : ""
      guard tally.scored > 0 || tally.unscored == 0 else { return rest }
      let share = 100 * Double(tally.right) / Double(max(tally.scored, 1))
      return String(format: "%d of %d right, %.1f %%", tally.right, tally.scored, share) + (rest.isEmpty ? "" : "; " + rest)
    }
  }

  /// What was earned, or how well the answers were said, at first and at the end: means of a tenth of the steps.
  private func trainingSummary(_ steps: [JSONValue], phases: [JSONValue]) -> String {
    let tenth = max(steps.count / 10, 1)
    func values(_ key: String, of lines: [JSONValue]? = nil) -> [Double] {
      (lines ?? steps).compactMap { $0[key]?.double }
    }
    func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
    let rewards = values("reward")
    guard !rewards.isEmpty else {
      let losses = values("loss")
      return String(format: "loss %.3f, at the end %.3f", mean(losses.prefix(tenth)), mean(losses.suffix(tenth)))
    }
    let several = mean(values("several_options_share", of: phases).suffix(tenth))
    let cut = mean(values("truncated_share").suffix(tenth))
    return String(format: "reward %.2f, at the end %.2f", mean(rewards.prefix(tenth)), mean(rewards.suffix(tenth)))
      + (several > 0 ? "; \(percentText(several)) name several options at the end" : "")
      + (cut > 0 ? "; \(percentText(cut)) are cut" : "")
  }
}
