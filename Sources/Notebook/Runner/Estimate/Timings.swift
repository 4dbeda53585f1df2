// What work of each kind took on this machine: `timings.json` in the cache.
internal import Diagnostics
internal import Foundation
internal import JSONText
internal import ResultStore
internal import TensorCore

/// Seconds and memory of finished work, by kind. The newest of a kind counts.
struct Timings {
  struct Entry: Sendable, Hashable {
    var words: [String]
    var threads: Int
    var arithmetic: String
    /// `processor`, or a GPU's name.
    var device: String
    var secondsPerUnit: Double
    /// Bytes.
    var peakMemory: Int
  }

  private let path: String
  private(set) var entries: [Entry]

  init(_ cache: CellCache) {
    path = cache.root + "/timings.json"
    let json = FileManager.default.contents(atPath: path).flatMap { try? JSONValue(parsing: Array($0), file: "timings.json") }
    entries = (json?.array ?? []).compactMap(Entry.init)
  }

  /// The most alike work that was timed: of the same profile and sort, then with the most words in common, and as many
  /// threads.
  func nearest(to kind: WorkKind, threads: Int, on backend: any Backend) -> Entry? {
    func likeness(_ entry: Entry) -> Int {
      2 * zip(entry.words, kind.words).count { $0 == $1 } + (entry.threads == threads ? 1 : 0)
    }
    let candidates = entries.filter {
      $0.words.prefix(2) == kind.words.prefix(2) && $0.arithmetic == backend.arithmetic && $0.device == backend.device
    }
    // The first of the best, so that the answer does not hang on an order.
    return candidates.max { likeness($0) < likeness($1) }
  }

  /// Adds what the finished cells of a plan took. Failing to keep it stops nothing.
  mutating func learn(_ plan: Plan, sources: DataSources, backend: any Backend) {
    for job in plan.jobs {
      guard let work = sources.cache.record(job.key)?["work"], let seconds = work["seconds_per_unit"]?.double,
        let memory = work["peak_memory"]?.integer, let threads = work["processors"]?.integer,
        // A cell that was made elsewhere says nothing about this device.
        work["device"]?.string ?? "processor" == backend.device
      else { continue }
      let kind = WorkKind(job, plan.experiment) { sources.questionCount($0) }
      entries.removeAll {
        $0.words == kind.words && $0.threads == threads && $0.arithmetic == backend.arithmetic
          && $0.device == backend.device
      }
      entries.append(
        Entry(
          words: kind.words, threads: threads, arithmetic: backend.arithmetic, device: backend.device,
          secondsPerUnit: seconds, peakMemory: memory))
    }
    entries.sort { ($0.words.joined(separator: " "), $0.threads) < ($1.words.joined(separator: " "), $1.threads) }
    try? AtomicFile.write(JSONValue.array(entries.map(\.json)).indentedText, to: path)
  }
}

extension Timings.Entry {
  init?(_ json: JSONValue) {
    guard let words = json["words"]?.array?.compactMap(\.string), words.count > 2, let threads = json["threads"]?.integer,
      let arithmetic = json["arithmetic"]?.string, let seconds = json["seconds_per_unit"]?.double, seconds >= 0,
      let memory = json["peak_memory"]?.integer, memory >= 0
    else { return nil }
    self.init(
      words: words, threads: threads, arithmetic: arithmetic, device: json["device"]?.string ?? "processor",
      secondsPerUnit: seconds, peakMemory: memory)
  }

  var json: JSONValue {
    .object([
      "words": .array(words.map { .string($0) }), "threads": .integer(threads), "arithmetic": .string(arithmetic),
      "device": .string(device), "seconds_per_unit": .number(secondsPerUnit), "peak_memory": .integer(peakMemory),
    ])
  }
}
