// What kind of work a job is, so that the time of one job foretells another's.
internal import Catalogue
internal import Evaluation
internal import Experiments
internal import Foundation
internal import Records
internal import Training

/// Jobs of one kind take about the same time and memory a unit.
struct WorkKind: Sendable, Hashable {
  /// From the widest word to the narrowest; jobs that share more of the first words are more alike.
  var words: [String]
  /// Steps, or questions; 1 for a base.
  var unitCount: Int

  init(_ job: Job, _ experiment: Experiment, questionCount: (DataSet) -> Int) {
    let profile = experiment.profile.rawValue
    switch job.work {
    case .base(let model):
      words = [profile, "model", model.name]
      unitCount = 1
    case .train(let cell, _):
      let values = experiment.values.taking(cell.own)
      let course = values.course(cell)
      unitCount = course.steps
      let size = cell.method.way.stepSize(values, course)
      words = [
        profile, cell.method == .grpo ? "train" : cell.method.rawValue, cell.audio ? "audio" : "text", size,
        job.base.name, cell.on.name,
      ]
    case .evaluate(let benchmark, let hasAudio, let decoding):
      unitCount = job.kept?.ids.count ?? questionCount(benchmark)
      words = [
        profile, "evaluate", hasAudio ? "audio" : "text", decoding.rawValue, "\(experiment.values.taking(job.own).evaluation.maxNewTokens)",
        job.base.name, benchmark.name,
      ]
    }
  }
}
