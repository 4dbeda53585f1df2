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
  Pinned(job: "qwen2.5-omni", type: "model", version: 3, key: "2bf17d0325f844fb", bytes: "99283437d5f7cdf1", file: "model/model.safetensors"),
  Pinned(job: "tuned-s1", type: "train", version: 1, key: "231550ed7b8e182c", bytes: "7404e1c06f1a7011", file: "training.jsonl"),
  Pinned(job: "tuned-s1", type: "train", version: 1, key: "231550ed7b8e182c", bytes: "37b4a2c31269c938", file: "model/model.safetensors"),
  Pinned(
    job: "tuned-s1-mmau-mini-audio-greedy", type: "evaluate", version: 3, key: "c220d393bb1b4619", bytes: "241de10c7adfd4f2",
    file: "predictions.jsonl"),
  Pinned(
    job: "qwen2.5-omni-mmau-mini-text-likelihood", type: "evaluate", version: 3, key: "9052df38251844f2", bytes: "6ba048e6c270d4fe",
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
