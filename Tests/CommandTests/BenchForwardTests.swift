// `repro bench forward` at its small shape.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("Timing a forward", .enabled(if: Program.isThere, "the program is not built"))
struct BenchForwardTests {
  @Test("a random checkpoint is written, loaded, run and removed; the same run decodes the same tokens")
  func small() throws {
    let cache = try TemporaryFolder()
    let arguments = ["bench", "forward", "--shape", "small", "--json"]
    let folder = cache.file("bench/small")
    let first = try Program.run(arguments, environment: ["REPRO_CACHE": cache.path])
    #expect(first.status == 0, "\(first.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder))
    let second = try Program.run(arguments + ["--keep", "--threads", "1"], environment: ["REPRO_CACHE": cache.path])
    #expect(FileManager.default.fileExists(atPath: folder + "/model.safetensors"))
    let (a, b) = (
      try JSONValue(parsing: first.output, file: "first"), try JSONValue(parsing: second.output, file: "second")
    )
    #expect(a["prompt_tokens"] == .integer(310))
    #expect(a["decoded_tokens"]?.array?.count == 8)
    #expect(a["decoded_tokens"] == b["decoded_tokens"])
    let share = try #require(a["prompt_product_share"]?.double)
    #expect(share > 0 && share < 1.5)
    #expect(try #require(a["peak_resident_bytes"]?.integer) > 100_000_000)
  }

  @Test("an unknown shape is wrong usage")
  func unknown() throws {
    let outcome = try Program.run(["bench", "forward", "--shape", "huge"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("'huge' is not a shape; allowed: qwen2.5-omni-7b, qwen2-audio-7b, small"))
  }
}
