// Running experiments: plan, jobs in order, results.
public import Diagnostics
internal import Foundation
internal import JSONText
public import ResultStore
public import TensorCore

/// What a person sees of a run; all of it goes to standard error but the last words.
public protocol RunWitness {
  func began(_ plan: Plan, known: Int)
  func working(_ job: Job, index: Int, of count: Int, _ progress: WorkProgress)
  func finished(_ job: Job, index: Int, of count: Int, isKnown: Bool, seconds: Double, summary: String)
}

public struct ExperimentRun {
  public let experiment: Experiment
  public let plan: Plan
  public let resultFolder: ResultFolder
  private let sources: DataSources
  private let cache: CellCache
  private let backend: any Backend

  /// - Parameter results: the results folder's root.
  public init(
    _ experiment: Experiment, results: String, cache: CellCache, backend: any Backend, threads: Int
  ) throws(Diagnostics) {
    self.experiment = experiment
    self.cache = cache
    self.backend = backend
    sources = DataSources(profile: experiment.profile, cache: cache, threads: threads)
    plan = try Plan(experiment, sources: sources)
    resultFolder = ResultFolder(root: results, experiment: experiment.name, profile: experiment.profile.rawValue)
  }

  /// How many jobs' keys are known already.
  public var knownCount: Int { plan.jobs.count { cache.isDone($0.key) } }

  /// Runs what is not known and keeps the results.
  /// - Parameter pages: makes tables and reports of the files so far, to be kept with them.
  public func run(
    _ witness: some RunWitness, pages: ([String: String]) throws -> [String: String]
  ) throws -> ResultFolder.Outcome {
    let lock = try FolderLock(folder: resultFolder.machine)
    defer { withExtendedLifetime(lock) {} }
    witness.began(plan, known: knownCount)
    var current: (job: Job, index: Int)?
    let count = plan.jobs.count
    let runner = JobRunner(experiment: experiment, sources: sources, cache: cache, backend: backend) { progress in
      if let current { witness.working(current.job, index: current.index, of: count, progress) }
    }
    var timings: [(String, JSONValue)] = []
    for (index, job) in plan.jobs.enumerated() {
      if Interruption.isAsked { throw Interrupted() }
      current = (job, index)
      let isKnown = cache.isDone(job.key)
      let start = Date()
      if !isKnown {
        let before = plan.inputs
        try runner.run(job)
        try check(before)
      }
      let seconds = isKnown ? cache.seconds(job.key) ?? 0 : Date().timeIntervalSince(start)
      timings.append((job.name, .object(["seconds": .number((seconds * 100).rounded() / 100), "cached": .boolean(isKnown)])))
      witness.finished(
        job, index: index, of: count, isKnown: isKnown, seconds: seconds, summary: summary(job))
    }
    let finished = FinishedExperiment(plan: plan, cache: cache, arithmetic: backend.arithmetic)
    var files = finished.files()
    for (name, text) in try pages(files) { files[name] = text }
    let outcome = try resultFolder.keep(files)
    try AtomicFile.write(JSONValue.object(JSONObject(timings)).indentedText, to: resultFolder.machine + "/timings.json")
    try AtomicFile.makeFolder(resultFolder.machine + "/phases")
    for job in plan.jobs {
      // Seconds by phase of each step; a fine-tuning that was found done may have none.
      guard let data = FileManager.default.contents(atPath: cache.folder(job.key) + "/" + PhaseLog.name) else { continue }
      try AtomicFile.write(String(decoding: data, as: UTF8.self), to: resultFolder.machine + "/phases/\(job.name).jsonl")
    }
    return outcome
  }

  /// Inputs that changed while a job read them make its result worthless.
  private func check(_ before: [String: String]) throws {
    guard experiment.profile == .paper else { return }
    let now = try Plan(experiment, sources: sources).inputs
    for (name, digest) in before.sorted(by: { $0.key < $1.key }) where now[name] != digest {
      throw Diagnostic("the data set changed while it was read", path: name, hint: "run again")
    }
  }

  /// A line about what a finished job gave.
  private func summary(_ job: Job) -> String {
    func lines(_ name: String) -> [JSONValue] {
      let path = cache.folder(job.key) + "/" + name
      let data = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
      return data.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0), file: path) }
    }
    switch job.work {
    case .base: return ""
    case .train:
      let rewards = lines("training.jsonl").compactMap { $0["reward"]?.double }
      let tenth = max(rewards.count / 10, 1)
      func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
      return String(format: "reward %.2f, at the end %.2f", mean(rewards.prefix(tenth)), mean(rewards.suffix(tenth)))
    case .evaluate:
      let outcomes = lines("predictions.jsonl").compactMap { $0["correct"]?.boolean }
      let right = outcomes.count { $0 }
      return String(format: "%d of %d right, %.1f %%", right, outcomes.count, 100 * Double(right) / Double(max(outcomes.count, 1)))
    }
  }
}
