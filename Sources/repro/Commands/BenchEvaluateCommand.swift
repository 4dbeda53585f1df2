// Greedy evaluation on synthetic models, a question alone and in batches: the sizes and keys of the Python baseline.
import ArgumentParser
import CPUBackend
import CUDABackend
import Foundation
import JSONText
import Models
import TensorCore

struct BenchEvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Time greedy evaluation, a question alone and in batches.")

  @Option(name: [.long, .customLong("size")], parsing: .upToNextOption, help: "Sizes: micro, small.")
  var sizes: [String] = ["micro", "small"]
  @Option(help: "Timed repeats; the median is printed.") var repeats = 3
  @Flag(help: "JSON with the keys of the Python baseline.") var json = false
  @OptionGroup var engine: EngineOptions
  @OptionGroup var clock: ClockOptions

  func validate() throws {
    try BenchSize.check(sizes)
    if repeats < 1 { throw ValidationError("--repeats \(repeats) is below 1") }
  }

  func run() throws {
    let backend = try engine.makeBackend()
    let clock = clock.make()
    var results: [JSONValue] = []
    for size in BenchSize.all where sizes.contains(size.name) {
      let evaluation = BenchEvaluation(try StepBenchmark(size, clock: clock, on: backend), repeats: repeats)
      if !json { print("\(size.name): \(evaluation.text), peak memory \(Int(StepBenchmark.peakMemory)) MiB") }
      let start: [(String, JSONValue)] = [
        ("size", .string(size.name)), ("dtype", "fp32"), ("arithmetic", .string(backend.arithmetic)),
        ("prompt_tokens", .integer(size.prompt(0).tokens.count)), ("audio_tokens", .integer(size.audioTokens)),
        ("peak_rss_mb", .number(StepBenchmark.peakMemory)),
      ]
      results.append(.object(JSONObject(start + evaluation.pairs)))
    }
    guard json else { return }
    print(BenchReport(engine: engine, device: backend.device, repeats: repeats, results: results).text, terminator: "")
  }
}

/// Evaluation timed, alone and in batches.
struct BenchEvaluation {
  let batch: Int
  let tokens: Int
  let single: [Double]
  let batched: [Double]

  init(_ benchmark: StepBenchmark, repeats: Int) {
    batch = benchmark.size.evaluationBatch
    tokens = benchmark.size.evaluationTokens
    single = benchmark.evaluation(batch: 1, warmUp: 1, repeats: repeats)
    batched = benchmark.evaluation(batch: batch, warmUp: 1, repeats: repeats)
  }

  var text: String {
    "\(format(median(single))) s a question alone, \(format(median(batched))) in batches of \(batch) (a prompt and "
      + "\(tokens) tokens each)"
  }

  var pairs: [(String, JSONValue)] {
    [
      ("eval_new_tokens", .integer(tokens)), ("eval_seconds_per_item_batch1", .number(median(single))),
      ("eval_batch", .integer(batch)), ("eval_seconds_per_item_batched", .number(median(batched))),
      ("eval_batched_range", .array([.number(batched.min() ?? 0), .number(batched.max() ?? 0)])),
    ]
  }
}

/// What the baseline prints around its results.
struct BenchReport {
  var engine: EngineOptions
  var device: String
  var repeats: Int
  var results: [JSONValue]

  var text: String {
    JSONValue.object([
      "environment": .object([
        "threads": .integer(engine.threadCount), "cpu": .string(Self.processor), "device": .string(device),
        "instructions": .string(InstructionSet.preferred.rawValue), "repeats": .integer(repeats), "warmup": 1,
      ]),
      "results": .array(results),
    ]).indentedText
  }

  /// The most bytes of a GPU's memory that were in use at once; nil on the processor.
  static func deviceMemory(_ backend: any Backend) -> Int? { (backend as? CUDABackend)?.peakMemory }

  /// The processor as the kernel names it.
  static var processor: String {
    let text = FileManager.default.contents(atPath: "/proc/cpuinfo").map { String(decoding: $0, as: UTF8.self) } ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
  }
}
