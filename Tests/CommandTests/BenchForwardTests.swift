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

  @Test("by a clock that is made up: rates are what is counted over what it takes")
  func clock() throws {
    func run(_ arguments: String...) throws -> JSONValue {
      let cache = try TemporaryFolder()
      let outcome = try Program.run(arguments + ["--json", "--made-up-clock"], environment: ["REPRO_CACHE": cache.path])
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try JSONValue(parsing: outcome.output, file: "output")
    }
    // A reading for the start and one for each choice: the first token comes after a second, seven more take seven.
    let forward = try run("bench", "forward", "--shape", "small")
    #expect(forward["prompt_seconds"]?.double == 1.0 && forward["prompt_tokens_per_second"]?.double == 310.0)
    #expect(forward["decoding_seconds"]?.double == 7.0 && forward["further_tokens"] == 7)
    #expect(forward["further_tokens_per_second"]?.double == 1.0)
    let elementwise = try run("bench", "elementwise", "--rounds", "1")
    let rates = try #require(elementwise["numbers_a_second"]?.object?.pairs)
    #expect(rates.count > 10 && rates.allSatisfy { $0.value.double == Double(200 * 64 * 256) })
    let evaluation = try #require(try run("bench", "evaluate", "--size", "micro", "--repeats", "1")["results"]?.array?.first)
    let batch = try #require(evaluation["eval_batch"]?.integer)
    #expect(evaluation["eval_seconds_per_item_batch1"]?.double == 1.0)
    #expect(evaluation["eval_seconds_per_item_batched"]?.double == 1 / Double(batch))
    let step = try #require(try run("bench", "step", "--size", "micro", "--repeats", "1")["results"]?.array?.first)
    #expect(step["features_seconds_per_clip"]?.double == 1.0)
    let gigaflops = try #require(step["product_gflops"]?.double)
    // 2 · 142 · 4w · w operations in a second, for a whole number w.
    let width = (gigaflops * 1e9 / (2 * 142 * 4)).squareRoot()
    #expect(width > 1 && abs(width - width.rounded()) < 1e-6)
  }

  @Test("an unknown shape is wrong usage")
  func unknown() throws {
    let outcome = try Program.run(["bench", "forward", "--shape", "huge"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("'huge' is not a shape; allowed: qwen2.5-omni-7b, qwen2-audio-7b, small"))
  }
}
