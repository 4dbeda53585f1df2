// A forward of the published shapes: speed as a share of the measured product rate, and peak memory.
import ArgumentParser
import CPUBackend
import Foundation
import Generation
import JSONText
import Layers
import Models
import Runner
import TensorCore

struct BenchForwardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forward",
    abstract: "Run a model of a published shape, its weights random, and print speed and peak memory.",
    discussion: """
      Makes a bfloat16 checkpoint of the true shapes under REPRO_CACHE (17 GB for qwen2.5-omni-7b), maps it into memory, \
      and runs a prompt of 250 audio tokens and 60 text tokens and 8 decoded tokens, once to warm up and once timed. The \
      file goes afterwards.

      The prompt's time goes until the first token is chosen: the forward of all its tokens, and the head for the last. \
      The time of decoding goes from then to the choice of the last token: a forward and the head for each of the 7 \
      further tokens.
      """)

  @Option(help: "qwen2.5-omni-7b, qwen2-audio-7b or small.") var shape = "small"
  @Flag(help: "Keep the file, and use it if it is there.") var keep = false
  @Flag(help: "Print one JSON object.") var json = false
  @OptionGroup var engine: EngineOptions
  @OptionGroup var clock: ClockOptions

  func validate() throws {
    if !ForwardShape.all.contains(where: { $0.name == shape }) {
      let names = ForwardShape.all.map(\.name).joined(separator: ", ")
      throw ValidationError("'\(shape)' is not a shape; allowed: \(names)")
    }
  }

  func run() throws {
    guard let shape = ForwardShape.all.first(where: { $0.name == shape }) else { return }
    let backend = try engine.makeBackend()
    let folder = CellCache.defaultRoot + "/bench/" + shape.name
    if !keep || !FileManager.default.fileExists(atPath: folder + "/model.safetensors") {
      say("writing \(folder)/model.safetensors")
      try shape.write(to: folder, on: backend)
    }
    defer { if !keep { try? FileManager.default.removeItem(atPath: folder) } }
    say("loading")
    let start = Date()
    let model = try AudioLanguageModel(folder: folder, on: backend)
    let width = shape.configuration.decoder.sizes.hiddenSize
    let prompt = shape.prompt
    let count = 8
    let limits = CompletionLimits(
      maximumTokens: count, endTokens: [], suppressedTokens: [shape.configuration.audioTokenID], minimumTokens: count)
    let rollout = Rollout(sampling: .greedy, limits: limits)
    let clock = clock.make()
    func once() -> (timing: ForwardTiming, tokens: [Int32]) {
      let start = clock.seconds()
      var chosen: [Double] = []
      let pass = ForestPass(
        model, prompts: [prompt], branchCapacity: rollout.branchCapacity(questionCount: 1), keeping: .nothing,
        outputs: .completions)
      let said = rollout.complete(pass, prompts: [prompt], keys: [RolloutKey(seed: 0, step: 0, question: "bench")]) {
        chosen.append(clock.seconds())
      }
      return (ForwardTiming(promptTokens: prompt.tokens.count, start: start, chosen: chosen), said[0][0].tokens)
    }
    // The weights are read, or go to the device, when they are first used: that is loading.
    _ = once()
    let loading = Date().timeIntervalSince(start)
    let rate = ProductRate.measure(on: backend, rows: prompt.tokens.count, width: width, clock: clock)
    say("running")
    let (timing, tokens) = once()
    report(
      Result(
        shape: shape, model: model, device: on(backend), loading: loading, rate: rate, timing: timing, tokens: tokens,
        peak: StepBenchmark.peakMemory, deviceMemory: BenchReport.deviceMemory(backend)))
  }

  private struct Result {
    var shape: ForwardShape
    var model: AudioLanguageModel
    /// `2 threads`, or a GPU.
    var device: String
    /// Seconds until everything has run once.
    var loading: Double
    /// Floating-point operations a second.
    var rate: Double
    var timing: ForwardTiming
    var tokens: [Int32]
    /// MiB.
    var peak: Double
    /// Bytes of a GPU's memory.
    var deviceMemory: Int?
  }

  private func report(_ r: Result) {
    let (operations, timing) = (r.shape.operations, r.timing)
    let shares = (
      prompt: operations.prompt / r.rate / timing.promptSeconds,
      decoding: Double(timing.furtherTokens) * operations.token / r.rate / timing.decodingSeconds
    )
    guard json else {
      print("\(r.shape.name), \(r.model.parameterCount) parameters in bfloat16, \(r.device)")
      print(String(format: "  loading       %8.1f s, one run to warm up included", r.loading))
      print(
        String(
          format: "  prompt        %8.1f s until the first token is chosen: %d prompt tokens, %.2f a second,",
          timing.promptSeconds, timing.promptTokens, timing.promptRate))
      print(String(format: "                         %.0f %% of the measured %.0f GFLOP/s", 100 * shares.prompt, r.rate * 1e-9))
      print(
        String(
          format: "  decoding      %8.1f s from then to the last: %d further tokens, %.2f a second, %.1f %%",
          timing.decodingSeconds, timing.furtherTokens, timing.decodingRate, 100 * shares.decoding))
      print(String(format: "  peak memory   %8.2f GB resident", r.peak * 1_048_576 * 1e-9))
      if let bytes = r.deviceMemory { print(String(format: "                %8.2f GB of the GPU's", Double(bytes) * 1e-9)) }
      return
    }
    print(
      JSONValue.object([
        "shape": .string(r.shape.name), "parameters": .integer(r.model.parameterCount), "device": .string(r.device),
        "loading_seconds": .number(r.loading), "product_gflops": .number(r.rate * 1e-9),
        "prompt_tokens": .integer(timing.promptTokens), "prompt_seconds": .number(timing.promptSeconds),
        "prompt_tokens_per_second": .number(timing.promptRate), "prompt_product_share": .number(shares.prompt),
        "decoded_tokens": .array(r.tokens.map { .integer(Int($0)) }),
        "further_tokens": .integer(timing.furtherTokens), "decoding_seconds": .number(timing.decodingSeconds),
        "further_tokens_per_second": .number(timing.decodingRate), "decoding_product_share": .number(shares.decoding),
        "peak_resident_bytes": .integer(Int(r.peak * 1_048_576)),
        "peak_device_bytes": r.deviceMemory.map { .integer($0) } ?? .null,
      ]).indentedText, terminator: "")
  }

  private func on(_ backend: any Backend) -> String {
    backend is CPUBackend ? "\(engine.threadCount) threads" : backend.device
  }

  private func say(_ text: String) { FileHandle.standardError.write(Data("repro: \(text)\n".utf8)) }
}
