// How many questions a benchmark will ask, before it is written.
internal import MicroWorld

extension Plan {
  /// Questions of a benchmark, or of one of its categories, that an evaluation of this plan asks; nil where none does, or
  /// where the paper's count is the count.
  public func questionCount(_ benchmark: String, _ category: String?) -> Int? {
    let isAsked = jobs.contains { job in
      if case .evaluate(let name, _, _) = job.work { name.rawValue == benchmark } else { false }
    }
    guard sources.profile != .paper, isAsked, let name = BenchmarkName(rawValue: benchmark) else { return nil }
    let clips = sources.world.clips(of: MicroSet(name))
    guard let category else { return clips.count }
    return clips.count { $0.modality.replacing("-", with: "_") == category }
  }
}
