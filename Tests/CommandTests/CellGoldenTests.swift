// The bytes that cells produce, pinned beside the versions of their types: bytes that change without a new version, or
// without new settings, would make a cache and a results folder lie.
import ContentHash
import Foundation
import JSONText
import TestSupport
import Testing

/// A cell's key and what it gave, as they were when its type had a version.
private struct Pinned {
  var job: String
  var type: String
  var version: Int
  /// First digits of the key.
  var key: String
  /// First digits of the SHA-256 of its file.
  var bytes: String
  var file: String
}

private let pinned: [Pinned] = [
  Pinned(job: "qwen2.5-omni", type: "model", version: 2, key: "7e8c600ed42c9593", bytes: "99283437d5f7cdf1", file: "model/model.safetensors"),
  Pinned(job: "tuned-s1", type: "train", version: 1, key: "7db7b501d76a78f2", bytes: "7404e1c06f1a7011", file: "training.jsonl"),
  Pinned(job: "tuned-s1", type: "train", version: 1, key: "7db7b501d76a78f2", bytes: "37b4a2c31269c938", file: "model/model.safetensors"),
  Pinned(
    job: "tuned-s1-mmau-mini-audio-greedy", type: "evaluate", version: 3, key: "f44d64c6a511034a", bytes: "58442ca227cbe228",
    file: "predictions.jsonl"),
  Pinned(
    job: "qwen2.5-omni-mmau-mini-text-likelihood", type: "evaluate", version: 3, key: "09c8547770a9f5dd", bytes: "f740051a2572c290",
    file: "predictions.jsonl"),
]

@Suite("Versions of cells")
struct CellGoldenTests {
  @Test("bytes change only under a new key: with settings, inputs, or the version of the cell's type")
  func versions() throws {
    let smoke = try SmokeRun.shared.get()
    let plan = try smoke.plan(["--profile", "smoke"])
    let file = smoke.version + "/provenance.json"
    let provenance = try JSONValue(parsing: String(contentsOfFile: file, encoding: .utf8), file: file)
    for pin in pinned {
      let key = try #require(plan[pin.job]?.key)
      let bytes = FileManager.default.contents(atPath: "\(smoke.cache)/cells/\(key.prefix(2))/\(key)/\(pin.file)") ?? Data()
      let digest = Digest(of: Array(bytes)).hexadecimal.prefix(16)
      let version = provenance["cell_versions"]?[pin.type]?.integer
      let now = "version \(version ?? 0), key \(key.prefix(16)), bytes \(digest)"
      if key.hasPrefix(pin.key) {
        #expect(
          digest == pin.bytes,
          "\(pin.file) of \(pin.job) has other bytes under the same key: raise the version of '\(pin.type)' and pin \(now)")
      } else {
        // New settings or a new version: whatever they give is new, and to be pinned.
        Issue.record("\(pin.job) has another key; pin \(now)")
      }
      #expect(version == pin.version, "\(pin.job): pin \(now)")
    }
  }
}
