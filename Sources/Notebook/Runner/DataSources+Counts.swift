// How many questions a benchmark will ask, before it is written.
internal import Catalogue
internal import Experiments
internal import MicroWorld

extension Plan {
  /// Questions of a benchmark, or of one of its categories, that an evaluation of this plan asks; nil where none does, or
  /// where the paper's count is the count.
  public func questionCount(_ benchmark: String, _ category: String?) -> Int? {
    let isAsked = jobs.contains { job in
      if case .evaluate(let set, _, _) = job.work { set.name == benchmark } else { false }
    }
    guard sources.profile != .paper, isAsked, let set = Catalogue.known.set(benchmark) else { return nil }
    let clips = sources.worldClips(set)
    guard let category else { return clips.count }
    return clips.count { $0.modality.replacing("-", with: "_") == category }
  }
}
