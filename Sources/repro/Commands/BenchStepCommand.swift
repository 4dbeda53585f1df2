// One GRPO step, and evaluation, on synthetic models: the sizes and keys of the Python baseline.
import ArgumentParser
import CPUBackend
import Foundation
import JSONText
import Layers
import Models
import TensorCore

struct BenchStepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Time one GRPO step and evaluation, phase by phase.")

  @Option(name: [.long, .customLong("size")], parsing: .upToNextOption, help: "Sizes: micro, small.")
  var sizes: [String] = ["micro", "small"]
  @Option(parsing: .upToNextOption, help: "Group sizes: shows that cost grows with P + G·R, not G·(P + R).")
  var groups: [Int] = [4]
  @Option(help: "Timed repeats; the median is printed.") var repeats = 3
  @Flag(help: "JSON with the keys of the Python baseline.") var json = false
  @OptionGroup var engine: EngineOptions
  @OptionGroup var clock: ClockOptions

  func validate() throws {
    try BenchSize.check(sizes)
    for group in groups where !(1...256).contains(group) {
      throw ValidationError("--groups \(group) is outside 1...256")
    }
    if repeats < 1 { throw ValidationError("--repeats \(repeats) is below 1") }
  }

  func run() throws {
    let backend = try engine.makeBackend()
    let clock = clock.make()
    var results: [JSONValue] = []
    for size in BenchSize.all where sizes.contains(size.name) {
      let rows = size.name == "micro" ? 142 : 342
      let rate = ProductRate.measure(on: backend, rows: rows, width: size.decoder.sizes.hiddenSize, clock: clock)
      var totals: [Double] = []
      for group in groups {
        let (json, total) = try result(size, group: group, rate: rate, clock: clock, on: backend)
        results.append(json)
        totals.append(total)
      }
      if !json, groups.count > 1 { print(growth(size, totals)) }
    }
    guard json else { return }
    print(BenchReport(engine: engine, device: backend.device, repeats: repeats, results: results).text, terminator: "")
  }

  private func result(
    _ size: BenchSize, group: Int, rate: Double, clock: BenchClock, on backend: any Backend
  ) throws -> (json: JSONValue, total: Double) {
    let benchmark = try StepBenchmark(size, clock: clock, on: backend)
    let steps = try benchmark.steps(groupSize: group, warmUp: 1, repeats: repeats)
    let phases = ["rollout", "policy_fwd", "ref_fwd", "backward", "optimiser", "total"]
    let medians = phases.map { phase in (phase, median(steps.compactMap { $0[phase] })) }
    let share = size.productOperations(groupSize: group) / rate / (medians.last?.1 ?? 1)
    let features = benchmark.features(repeats: repeats)
    let evaluation = BenchEvaluation(benchmark, repeats: repeats)
    let memory = StepBenchmark.peakMemory
    if !json {
      print("\(size.name), group of \(group)")
      for (phase, seconds) in medians { print("  " + pad(phase, 12) + format(seconds) + " s") }
      print("  products at the measured \(Int(rate * 1e-9)) GFLOP/s: \(Int((share * 100).rounded())) % of the step")
      print("  log-mel     \(format(features)) s a clip")
      print("  evaluation  \(evaluation.text)")
      print("  peak memory \(Int(memory)) MiB" + (BenchReport.deviceMemory(backend).map { ", \($0 >> 20) MiB of the GPU's" } ?? ""))
    }
    let least = phases.map { phase in (phase, JSONValue.number(steps.compactMap { $0[phase] }.min() ?? 0)) }
    let named: [(String, JSONValue)] = [
      ("size", .string(size.name)), ("dtype", "fp32"), ("arithmetic", .string(backend.arithmetic)),
      ("parameters_without_vision", .integer(benchmark.model.parameterCount)),
      ("prompt_tokens", .integer(size.prompt(0).tokens.count)), ("audio_tokens", .integer(size.audioTokens)),
      ("group", .integer(group)), ("completion_tokens", .integer(size.completionTokens)),
    ]
    let timed: [(String, JSONValue)] = [
      ("median_seconds", .object(JSONObject(medians.map { ($0.0, .number($0.1)) }))),
      ("min_seconds", .object(JSONObject(least))), ("all_totals", .array(steps.map { .number($0["total"] ?? 0) })),
      ("features_seconds_per_clip", .number(features)), ("product_share", .number(share)),
      ("product_gflops", .number(rate * 1e-9)), ("peak_rss_mb", .number(memory)),
    ]
    let device = BenchReport.deviceMemory(backend).map { [("peak_device_mb", JSONValue.number(Double($0) / 1_048_576))] }
    return (.object(JSONObject(named + timed + (device ?? []) + evaluation.pairs)), medians.last?.1 ?? 0)
  }

  /// What a step costs in groups of several sizes, beside tokens counted once a trunk and once a completion.
  private func growth(_ size: BenchSize, _ totals: [Double]) -> String {
    let (p, r) = (size.prompt(0).tokens.count, size.completionTokens)
    func shared(_ g: Int) -> Double { Double(p + g * r) / Double(p + groups[0] * r) }
    func separate(_ g: Int) -> Double { Double(g) / Double(groups[0]) }
    let rows = zip(groups, totals).map { g, total in
      pad("\(g)", 6) + pad(format(total) + " s", 12) + pad(String(format: "%.2f", total / totals[0]), 12)
        + pad(String(format: "%.2f", shared(g)), 12) + String(format: "%.2f", separate(g))
    }
    let head = pad("G", 6) + pad("a step", 12) + pad("measured", 12) + pad("P + G·R", 12) + "G·(P + R)"
    let title = "\(size.name): prompts of P = \(p) tokens, completions of R = \(r); relative to G = \(groups[0])"
    return ([title, head] + rows).joined(separator: "\n")
  }
}

func format(_ seconds: Double) -> String { String(format: seconds < 0.1 ? "%.4f" : "%.3f", seconds) }
func pad(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

/// The rate of canonical products of one size, measured now.
enum ProductRate {
  /// Floating-point operations a second of [rows, width] · [4 width, width]ᵀ, the best of some rounds: 2 m n k of them
  /// over the time of one product.
  static func measure(on backend: any Backend, rows: Int, width: Int, clock: BenchClock) -> Double {
    let (m, n, k) = (rows, 4 * width, width)
    let (x, w, y) = (backend.zeros([m, k]), backend.zeros([n, k]), backend.zeros([m, n]))
    backend.finish()
    let operations = 2.0 * Double(m * n * k)
    var best = Double.infinity
    for _ in 0..<max(5, min(Int(2e9 / operations), 200)) {
      let seconds = clock.time {
        backend.linear(x, weight: w, bias: nil, into: y)
        backend.finish()
      }
      best = min(best, seconds)
    }
    return operations / best
  }
}
