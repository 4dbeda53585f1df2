// Cells that were finished before digests were written down with them.
internal import Catalogue
internal import Diagnostics
internal import Experiments
internal import Foundation
internal import JSONText
internal import MicroWorld
internal import ResultStore

extension ExperimentRun {
  /// Takes over cells that have a mark without digests, if their records are those of their journals, which carry checks
  /// of their own. Others stay damaged and are made again.
  func adopt() throws {
    for job in plan.jobs {
      guard let record = cache.record(job.key), record["files"] == nil, let seconds = record["seconds"]?.double,
        agrees(job)
      else { continue }
      var notes = JSONObject()
      if let heard = try heard(job) { notes["waveforms"] = .string(heard) }
      try cache.finish(job.key, seconds: seconds, work: .object(notes))
    }
  }

  private func agrees(_ job: Job) -> Bool {
    let folder = cache.folder(job.key)
    func isThere(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder + "/" + name) }
    func isJournalled(_ journal: String, _ name: String) -> Bool {
      guard isThere(journal), let bytes = FileManager.default.contents(atPath: folder + "/" + name),
        let records = try? Journal(path: folder + "/" + journal).records
      else { return false }
      return records.map { $0.canonicalText + "\n" }.joined() == String(decoding: bytes, as: UTF8.self)
    }
    switch job.work {
    case .base: return sources.profile == .paper || job.weights != nil || isThere("model/model.safetensors")
    case .train: return isThere("model/config.json") && isJournalled("steps.journal", "training.jsonl")
    case .evaluate: return isJournalled("predictions.journal", "predictions.jsonl")
    }
  }

  private func heard(_ job: Job) throws -> String? {
    let (set, clips): (DataSet, [String])
    switch job.work {
    case .train(let cell, let seed):
      set = cell.on
      _ = try sources.prepared(set) { _ in }
      clips = try sources.clips(cell, experiment.course(cell), seed: seed, job.kept)
    case .evaluate(let benchmark, hasAudio: true, _):
      set = benchmark
      _ = try sources.prepared(set) { _ in }
      clips = try sources.clips(benchmark, job.kept)
    case .base, .evaluate: return nil
    }
    guard !clips.isEmpty else { return nil }
    return try sources.waveforms(clips, in: sources.folder(set), by: experiment.audio.pipeline).digest
  }
}
