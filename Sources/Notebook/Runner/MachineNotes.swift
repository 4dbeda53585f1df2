// results/<experiment>/<profile>/machine/: timings, host, progress: everything that may differ between two runs.
internal import Diagnostics
internal import Estimates
internal import Foundation
internal import JSONText
internal import MicroModels
internal import ResultStore
internal import TensorCore

/// What is noted beside a run's versions.
struct MachineNotes {
  private let folder: String
  private let jobCount: Int
  /// The run's, as in `unfinished/`.
  private let id: String
  private let began = Date()
  private var timings: [(String, JSONValue)] = []
  private var peak = 0
  private var lastProgress = Date.distantPast
  /// By set, a line a clip.
  var waveforms: [String: String] = [:]

  init(folder: String, jobCount: Int, id: String) {
    self.id = id
    self.folder = folder
    self.jobCount = jobCount
  }

  /// Where a run stands, at most every two seconds; what `repro status` reads. Failing to write it stops nothing.
  mutating func progress(_ job: Job, index: Int, _ progress: WorkProgress) {
    guard Date().timeIntervalSince(lastProgress) > 2 else { return }
    lastProgress = Date()
    let note = JSONValue.object([
      "run": .string(id), "job": .string(job.name), "index": .integer(index + 1), "jobs": .integer(jobCount),
      "what": .string(progress.what), "done": .integer(progress.done), "total": .integer(progress.total),
      "note": .string(progress.note), "at": .string(ISO8601DateFormatter().string(from: lastProgress)),
    ])
    try? AtomicFile.write(note.indentedText, to: folder + "/progress.json")
  }

  /// A job begins: noted at once.
  mutating func started(_ job: Job, index: Int) {
    lastProgress = .distantPast
    progress(job, index: index, WorkProgress(what: job.name, done: 0, total: 0, note: ""))
  }

  mutating func finished(_ job: Job, seconds: Double, isKnown: Bool, record: JSONValue?) {
    var timing = JSONObject([
      ("seconds", .number((seconds * 100).rounded() / 100)), ("cached", .boolean(isKnown)),
    ])
    if let memory = record?["work"]?["peak_memory"]?.integer {
      timing["peak_memory"] = .integer(memory)
      if !isKnown { peak = max(peak, memory) }
    }
    // What was foretold stands beside what was measured.
    for name in ["seconds_per_unit", "disk", "disk_at_most", "processor_share", "several_options_share", "foretold"] {
      if let value = record?["work"]?[name] { timing[name] = value }
    }
    timings.append((job.name, .object(timing)))
  }

  /// Writes what is known at the end of a run.
  func write(threads: Int, on backend: any Backend) throws(Diagnostic) {
    try AtomicFile.write(JSONValue.object(JSONObject(timings)).indentedText, to: folder + "/timings.json")
    let host = JSONValue.object([
      "host": .string(ProcessInfo.processInfo.hostName), "threads": .integer(threads),
      "arithmetic": .string(backend.arithmetic), "processor": .string(Self.processor), "device": .string(backend.device),
      "memory": .integer(ProcessUse.machine), "ended": .string(ISO8601DateFormatter().string(from: Date())),
      "seconds": .number((Date().timeIntervalSince(began) * 100).rounded() / 100),
      "peak_memory": .integer(max(peak, ProcessUse.peak)),
    ])
    try AtomicFile.write(host.indentedText, to: folder + "/host.json")
    for (set, text) in waveforms.sorted(by: { $0.key < $1.key }) {
      try AtomicFile.makeFolder(folder + "/waveforms")
      try AtomicFile.write(text, to: folder + "/waveforms/\(set).sha256")
    }
    try AtomicFile.remove(folder + "/progress.json")
  }

  private static var processor: String {
    let text = FileManager.default.contents(atPath: "/proc/cpuinfo").map { String(decoding: $0, as: UTF8.self) } ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }
}
