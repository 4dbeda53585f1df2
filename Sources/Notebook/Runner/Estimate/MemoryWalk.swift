// How much memory a process holds as it goes through a plan's jobs: what is kept between them adds up.
internal import Catalogue
internal import Estimates
internal import Evaluation
internal import Experiments
internal import Foundation
internal import MicroWorld

/// Goes through jobs in order and says how much each takes at most.
///
/// Log-mels of clips stay in memory for the next model that hears them, and so does what training once took from the
/// system. The micro numbers were measured on x86-64 Linux; they hang little on the machine.
struct MemoryWalk {
  private let sources: DataSources
  private let experiment: Experiment
  /// Clips in memory, by set and place in it: all bases share their log-mels.
  private var clips: [MicroSet: Set<Int>] = [:]
  private var hasMadeBase = false
  /// Keys of models that were loaded: they stay.
  private var models: Set<String> = []

  init(_ experiment: Experiment, _ sources: DataSources) {
    self.experiment = experiment
    self.sources = sources
  }

  /// Megabytes (of 1024² bytes) of the micro and smoke profiles.
  private struct Sizes {
    /// The program with its first model loaded.
    var start: Double
    /// What making a base takes beside the clips it is taught with, and what of it stays.
    var making, madeStays: Double
    var training, evaluating: Double

    static let micro = Sizes(start: 120, making: 440, madeStays: 530, training: 120, evaluating: 120)
    static let smoke = Sizes(start: 75, making: 260, madeStays: 325, training: 30, evaluating: 20)
  }

  /// A million weights in Float32.
  private static let megabytesOfModel = 4.2
  /// A log-mel of two seconds: 200 frames of 128 bands in Float32, and what a dictionary adds.
  private static let megabytesOfClip = 0.1045

  /// The most that is in memory while a job runs.
  mutating func next(_ job: Job, _ cost: WorkCost) -> MemoryParts {
    guard experiment.profile != .paper else { return cost.memory }
    return MemoryParts(program: small(job))
  }

  /// Bytes of a job of the micro and smoke profiles.
  private mutating func small(_ job: Job) -> Int {
    let sizes: Sizes = experiment.profile == .smoke ? .smoke : .micro
    switch job.work {
    case .base:
      hasMadeBase = true
      let taught = Double(sources.world.size.taughtClips)
      return bytes(max(sizes.making + taught * Self.megabytesOfClip, sizes.madeStays) + keptMegabytes)
    case .train(let cell, _):
      if cell.audio { hear(cell.on.standIn, experiment.course(cell), seed: job.seed ?? 0) }
      return bytes((hasMadeBase ? sizes.madeStays : sizes.start + sizes.training) + keptMegabytes)
    case .evaluate(let benchmark, let hasAudio, _):
      if hasAudio { hear(benchmark.standIn) }
      models.insert(job.modelKey)
      return bytes((hasMadeBase ? sizes.madeStays : sizes.start + sizes.evaluating) + keptMegabytes)
    }
  }

  /// All clips of a set, or those that the steps of a fine-tuning come to.
  private mutating func hear(_ set: MicroSet?, _ course: TrainingCourse? = nil, seed: Int = 0) {
    // Two sets of the same clips hear them once.
    guard let set else { return }
    let same = set == .avqaGPT ? .avqa : set.revises ?? set
    let count = sources.world.clips(of: set).count
    guard let course, course.steps * course.questionsPerStep < count else {
      clips[same] = Set(0..<count)
      return
    }
    var order = course.order(count: count, seed: seed)
    for step in 0..<course.steps {
      clips[same, default: []].formUnion(order.step(step, size: course.questionsPerStep))
    }
  }

  /// No more than a gigabyte of clips and 40 models stay; the first two models are counted elsewhere.
  private var keptMegabytes: Double {
    min(Double(clips.values.reduce(0) { $0 + $1.count }) * Self.megabytesOfClip, 1024)
      + Double(min(max(models.count - 2, 0), 38)) * Self.megabytesOfModel
  }

  private func bytes(_ megabytes: Double) -> Int { Int(megabytes * 1024 * 1024) }
}
