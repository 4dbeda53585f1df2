// Timings as ratios against a named reference in the same run.
public import ArgumentParser
public import CPUBackend
import CUDABackend
import Diagnostics
import Estimates
import Runner
import TensorCore

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Time the engine, as ratios measured in one run.",
    subcommands: [
      BenchMatmulCommand.self, BenchElementwiseCommand.self, BenchStepCommand.self, BenchEvaluateCommand.self,
      BenchForwardCommand.self, BenchGPUCommand.self,
    ])
}

struct EngineOptions: ParsableArguments {
  @Option(help: "Threads of an operation (default: all processors).")
  var threads: Int?

  @Option(
    help: "canonical (the same bits everywhere) or fast (OpenBLAS; its cells and results are kept apart).")
  var arithmetic: Arithmetic = .canonical

  @Option(help: "cpu, or a GPU: cuda, cuda:1 and so on (the same bytes, sooner).")
  var device: DeviceChoice = .cpu

  func validate() throws {
    if arithmetic == .fast, device != .cpu {
      throw ValidationError("--arithmetic fast is the processor's alone; a GPU's arithmetic is canonical")
    }
    if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads) is outside 1...1024") }
  }

  var threadCount: Int { threads ?? CPUBackend.availableThreads }

  func makeBackend() throws -> any Backend {
    if case .cuda(let number) = device {
      return CUDABackend(try CUDADevice(number: number, cache: CellCache.defaultRoot + "/kernels"))
    }
    guard arithmetic == .canonical || CPUBackend.hasFastArithmetic else {
      throw Diagnostic(
        "there is no libopenblas.so.0 on this machine", path: "--arithmetic fast", hint: "apt-get install libopenblas0",
        kind: .missing)
    }
    return CPUBackend(arithmetic: arithmetic, threadCount: threadCount)
  }

  /// What a run has to fit into: this machine, or the GPU it computes on.
  func machine(_ backend: any Backend) -> Machine {
    let gpu = (backend as? CUDABackend).map { Machine.GPU(name: $0.device, memory: $0.deviceMemory) }
    return Machine.here(cache: cache.root, gpu: gpu)
  }

  /// What fast arithmetic computes depends on the machine: it is kept apart, and no canonical run finds it.
  var cache: CellCache { cache(statesInPlace: false) }

  func cache(statesInPlace: Bool) -> CellCache {
    CellCache(root: CellCache.defaultRoot + (arithmetic == .fast ? "/fast" : ""), statesInPlace: statesInPlace)
  }
  /// `folder` as given, but for the default of fast arithmetic.
  func results(_ folder: String) -> String { arithmetic == .fast && folder == "results" ? "results-fast" : folder }
}

extension Arithmetic: ExpressibleByArgument {}

/// What the engine runs on. It cannot change a bit of canonical arithmetic.
enum DeviceChoice: Hashable, ExpressibleByArgument {
  case cpu
  case cuda(Int)

  init?(argument: String) {
    switch argument {
    case "cpu": self = .cpu
    case "cuda": self = .cuda(0)
    default:
      guard argument.hasPrefix("cuda:"), let number = Int(argument.dropFirst(5)), (0..<1024).contains(number) else {
        return nil
      }
      self = .cuda(number)
    }
  }

  /// As it is given; nil for the processor.
  var text: String? { if case .cuda(let number) = self { "cuda:\(number)" } else { nil } }

  var defaultValueDescription: String { "cpu" }
}
