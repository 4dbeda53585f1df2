// Timings as ratios against a named reference in the same run.
public import ArgumentParser
public import CPUBackend

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Time the engine, as ratios measured in one run.",
    subcommands: [
      BenchMatmulCommand.self, BenchStepCommand.self, BenchEvaluateCommand.self, BenchForwardCommand.self,
    ])
}

struct EngineOptions: ParsableArguments {
  @Option(help: "Threads of an operation (default: all processors).")
  var threads: Int?

  @Option(help: "canonical (the same bits everywhere) or fast (OpenBLAS).")
  var arithmetic: Arithmetic = .canonical

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads) is outside 1...1024") }
  }

  var threadCount: Int { threads ?? CPUBackend.availableThreads }
  func makeBackend() -> CPUBackend { CPUBackend(arithmetic: arithmetic, threadCount: threadCount) }
}

extension Arithmetic: ExpressibleByArgument {}
