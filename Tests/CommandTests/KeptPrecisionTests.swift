// A fine-tuned checkpoint that is kept in bfloat16, from its steps to the questions that it is asked.
import Foundation
import JSONText
import SafeTensors
import TensorCore
import TestSupport
import Testing

@Suite("Kept precision", .enabled(if: Program.isThere, "the program was not built"))
struct KeptPrecisionTests {
  private static let experiment = """
    title: Kept
    profiles: {smoke: {seeds: [1], grpo: {steps: 2}, evaluation: {max_new_tokens: 4}}}
    cells:
      - model: qwen2-audio
      - train: {from: qwen2-audio, on: arc-easy, audio: false}
        as: read
      - evaluate: {models: read, on: mmau-mini, audio: false}

    """

  @Test("its weights are the nearest bfloat16 of those that are kept whole, and it is asked; its cells have keys of their own")
  func rounded() throws {
    let cache = try SmokeRun.shared.get().cacheOfBases()
    let place = try TemporaryFolder()
    try place.write(Self.experiment, to: "kept.yaml")
    func weights(_ name: String, _ more: [String]) throws -> (key: String, checkpoint: Checkpoint, type: String?) {
      let results = place.file(name)
      let run = try Program.run(
        ["run", place.file("kept.yaml"), "--profile", "smoke", "--results", results, "--threads", "2"] + more,
        environment: ["REPRO_CACHE": cache.file("cache")], in: place.path)
      try #require(run.status == 0, "\(run.errors)")
      let provenance = try JSONValue(parsing: try place.read(name + "/kept/smoke/v0001/provenance.json"), file: "p")
      let key = try #require(provenance["cells"]?["read-s1"]?.string)
      let folder = cache.file("cache/cells/\(key.prefix(2))/\(key)/model")
      let configuration = try JSONValue(parsing: try String(contentsOfFile: folder + "/config.json", encoding: .utf8), file: "c")
      return (key, try Checkpoint(folder: folder), configuration["torch_dtype"]?.string)
    }
    let whole = try weights("whole", [])
    let half = try weights("half", ["--set", "precision.checkpoint=bfloat16"])
    #expect(whole.key != half.key && whole.type == "float32" && half.type == "bfloat16")
    #expect(whole.checkpoint.names == half.checkpoint.names)
    #expect(2 * half.checkpoint.byteCount == whole.checkpoint.byteCount)
    for name in whole.checkpoint.names {
      let rounded = try whole.checkpoint.tensor(name).hostValues.map { BFloat16($0).float }
      #expect(try half.checkpoint.tensor(name).hostValues == rounded, "\(name)")
    }
  }
}
