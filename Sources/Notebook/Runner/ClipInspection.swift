// Clips heard through once, as a model hears them; what was found is remembered by the state of the file.
public import AudioFeatures
internal import ContentHash
public import Diagnostics
internal import ResultStore

/// Decodes clips, each once: their digests, or what is wrong with them.
public struct ClipInspection: Sendable {
  /// Names the rule by which waveforms are made and judged: one word.
  private var rule: String {
    "clip-" + Waveform.libraries.replacing(" ", with: "-") + (pipeline == .qwen_omni_utils ? "" : "-" + pipeline.rawValue)
  }

  private let cache: CellCache
  private let threads: Int
  private let pipeline: ListeningPipeline
  private let witness: @Sendable (_ done: Int, _ total: Int) -> Void

  /// - Parameter witness: told how many of how many clips were decoded; not of those remembered.
  public init(
    cache: CellCache, threads: Int, pipeline: ListeningPipeline = .qwen_omni_utils,
    witness: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) {
    self.cache = cache
    self.threads = threads
    self.pipeline = pipeline
    self.witness = witness
  }

  /// Digests of the samples at 16 kHz, or what is wrong, in the order of the paths. `cache.digests.save()` keeps them.
  public func digests(of paths: [String]) -> [Result<String, Diagnostic>] {
    let (witness, count, pipeline) = (self.witness, paths.count, pipeline)
    return cache.digests.results(of: paths, as: rule, threads: threads, each: { witness($0, count) }) {
      path throws(Diagnostic) in
      Digest(of: try Waveform.clip(path: path, pipeline: pipeline).sampleBytes).hexadecimal
    }
  }

  /// What is wrong with clips, by path; those that can be heard whole are left out.
  public func faults(of paths: [String]) -> [String: Diagnostic] {
    var faults: [String: Diagnostic] = [:]
    for (path, result) in zip(paths, digests(of: paths)) {
      if case .failure(let fault) = result { faults[path] = fault }
    }
    // Where nothing can be kept, it is heard again the next time.
    try? cache.digests.save()
    return faults
  }
}
