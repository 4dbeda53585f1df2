// The canonical product beside OpenBLAS, all in one run and in turn.
import ArgumentParser
import CPUBackend
import Foundation
import JSONText
import TensorCore

struct BenchMatmulCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "matmul",
    abstract: "Time the canonical product beside OpenBLAS with its best core type, and as it picks one by itself.")

  @Option(help: "Threads (default: all processors).") var threads: Int?
  @Option(help: "Rounds; the median is printed.") var rounds = 7
  @Flag(help: "JSON: GFLOP/s by shape [m, n, k].") var json = false
  @Flag(help: .hidden) var child = false
  @OptionGroup var clockOptions: ClockOptions

  static let shapes = [(1024, 1024, 1024), (800, 3584, 3584), (800, 256, 256), (310, 2048, 768)]

  func run() throws {
    let threads = max(1, threads ?? CPUBackend.availableThreads)
    let clock = clockOptions.make()
    let fast = CPUBackend(arithmetic: .fast, threadCount: threads)
    if child {
      // OpenBLAS as it picks its core by itself. One rate a line, when asked.
      while let line = readLine(), let index = Int(line), Self.shapes.indices.contains(index) {
        print(rate(fast, Self.shapes[index], clock))
        fflush(nil)
      }
      return
    }
    let canonical = CPUBackend(threadCount: threads)
    let other = try Child(threads: threads)
    var results: [JSONValue] = []
    if !json { print("GFLOP/s, \(threads) threads        canonical   OpenBLAS   its default   ratio") }
    for (index, shape) in Self.shapes.enumerated() {
      var rates: (canonical: [Double], fast: [Double], plain: [Double]) = ([], [], [])
      for _ in 0..<max(rounds, 1) {
        rates.canonical.append(rate(canonical, shape, clock))
        rates.fast.append(rate(fast, shape, clock))
        rates.plain.append(try other.rate(of: index))
      }
      let (a, b, c) = (median(rates.canonical), median(rates.fast), median(rates.plain))
      results.append(.object([
        "shape": .array([.integer(shape.0), .integer(shape.1), .integer(shape.2)]), "canonical": .number(a),
        "fast": .number(b), "fast_default": .number(c),
      ]))
      if !json {
        let name = pad("[\(shape.0), \(shape.1), \(shape.2)]", 28)
        print(name + String(format: "%9.0f %10.0f %13.0f %7.2f", a, b, c, a / b))
      }
    }
    guard json else { return }
    print(
      JSONValue.object([
        "threads": .integer(threads), "core": .string(fast.arithmetic), "results": .array(results),
      ]).indentedText, terminator: "")
  }

  /// GFLOP/s of one shape: 2 m n k operations a product, over the time of so many products that it can be measured.
  private func rate(_ backend: CPUBackend, _ shape: (Int, Int, Int), _ clock: BenchClock) -> Double {
    let (m, n, k) = shape
    let x = backend.empty([m, k], .float32), w = backend.empty([n, k], .float32), y = backend.empty([m, n], .float32)
    backend.fill(x, with: 0.5)
    backend.fill(w, with: 0.25)
    let operations = 2.0 * Double(m * n * k)
    backend.linear(x, weight: w, bias: nil, into: y)
    let repeats = max(1, Int(1e10 / operations))
    let seconds = clock.time { for _ in 0..<repeats { backend.linear(x, weight: w, bias: nil, into: y) } }
    return operations * Double(repeats) / seconds * 1e-9
  }

  /// This program again, with OpenBLAS left to itself.
  private struct Child {
    let process = Process()
    let input = Pipe(), output = Pipe()

    init(threads: Int) throws {
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe")
      process.arguments = ["bench", "matmul", "--child", "--threads", "\(threads)"]
      var environment = ProcessInfo.processInfo.environment
      environment["OPENBLAS_CORETYPE"] = nil
      environment["REPRO_OPENBLAS_DEFAULT"] = "1"
      process.environment = environment
      process.standardInput = input
      process.standardOutput = output
      try process.run()
    }

    func rate(of index: Int) throws -> Double {
      input.fileHandleForWriting.write(Data("\(index)\n".utf8))
      var line = Data()
      while let byte = try output.fileHandleForReading.read(upToCount: 1), byte != Data("\n".utf8) {
        if byte.isEmpty { break }
        line += byte
      }
      return Double(String(decoding: line, as: UTF8.self)) ?? .nan
    }
  }
}
