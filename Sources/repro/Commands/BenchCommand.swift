// Timings as ratios against a named reference in the same run.
public import ArgumentParser
public import CPUBackend
import Diagnostics
import ExperimentRunner

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Time the engine, as ratios measured in one run.",
    subcommands: [
      BenchMatmulCommand.self, BenchElementwiseCommand.self, BenchStepCommand.self, BenchEvaluateCommand.self,
      BenchForwardCommand.self,
    ])
}

struct EngineOptions: ParsableArguments {
  @Option(help: "Threads of an operation (default: all processors).")
  var threads: Int?

  @Option(
    help: "canonical (the same bits everywhere) or fast (OpenBLAS; its cells and results are kept apart).")
  var arithmetic: Arithmetic = .canonical

  func validate() throws {
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads) is outside 1...1024") }
  }

  var threadCount: Int { threads ?? CPUBackend.availableThreads }

  func makeBackend() throws -> CPUBackend {
    guard arithmetic == .canonical || CPUBackend.hasFastArithmetic else {
      throw Diagnostic(
        "there is no libopenblas.so.0 on this machine", path: "--arithmetic fast", hint: "apt-get install libopenblas0",
        kind: .missing)
    }
    return CPUBackend(arithmetic: arithmetic, threadCount: threadCount)
  }

  /// What fast arithmetic computes depends on the machine: it is kept apart, and no canonical run finds it.
  var cache: CellCache { arithmetic == .fast ? CellCache(root: CellCache.defaultRoot + "/fast") : CellCache() }
  /// `folder` as given, but for the default of fast arithmetic.
  func results(_ folder: String) -> String { arithmetic == .fast && folder == "results" ? "results-fast" : folder }
}

extension Arithmetic: ExpressibleByArgument {}
