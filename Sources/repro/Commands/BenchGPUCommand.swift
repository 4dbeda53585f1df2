// The canonical product on a GPU beside NVIDIA's, in one run and in turn.
import ArgumentParser
import CUDABackend
import Foundation
import JSONText
import Layers
import Models
import Runner
import TensorCore

struct BenchGPUCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gpu",
    abstract: "Time the canonical product on a GPU beside cuBLAS in float32; or, for a size, every kernel of a step.",
    discussion: """
      The last column is the same product with weights in bfloat16, which cuBLAS has no counterpart of. With --size, one \
      GRPO step and one evaluation run with a wait behind each kernel, and the time of each kind is printed.
      """)

  @Option(help: "Which GPU.") var number = 0
  @Option(help: "Rounds; the median is printed.") var rounds = 5
  @Flag(help: "JSON: TFLOP/s by shape [m, n, k].") var json = false
  @Option(help: "A size of `bench step`.") var size: String?
  @Flag(help: "Every product with tiles of every size.") var tiles = false

  /// A square, the feed-forward of the published models on many prompts and on one, the bench's small model, and what
  /// decoding does: four rows, and the head.
  static let shapes = [
    (4096, 4096, 4096), (2736, 18_944, 3584), (342, 18_944, 3584), (342, 3584, 18_944), (342, 2048, 768),
    (32, 18_944, 3584), (4, 18_944, 3584), (4, 3584, 18_944), (4, 3584, 3584), (4, 152_064, 3584),
  ]

  func validate() throws { if let size { try BenchSize.check([size]) } }

  func run() throws {
    if let size { return try kernels(size) }
    if tiles { return try compareTiles() }
    let backend = CUDABackend(try CUDADevice(number: number, cache: CellCache.defaultRoot + "/kernels"))
    let library = try CUBLAS(backend)
    var results: [JSONValue] = []
    if !json { print("TFLOP/s, \(backend.device)\n\(pad("", 22))  canonical   cuBLAS   ratio    bfloat16 weights") }
    for (m, n, k) in Self.shapes {
      let tensors = try tensors(m, n, k, backend)
      let half = backend.empty([n, k], .bfloat16)
      backend.copy(tensors.w, to: half)
      var rates: (ours: [Double], library: [Double], half: [Double]) = ([], [], [])
      for _ in 0..<max(rounds, 1) {
        func rate(_ product: () -> Void) -> Double { 2e-12 * Double(m * n * k) / seconds(backend, product) }
        rates.ours.append(rate { backend.linear(tensors.x, weight: tensors.w, bias: nil, into: tensors.y) })
        rates.library.append(rate { library.linear(tensors.x, weight: tensors.w, into: tensors.y) })
        rates.half.append(rate { backend.linear(tensors.x, weight: half, bias: nil, into: tensors.y) })
      }
      let (ours, theirs, narrow) = (median(rates.ours), median(rates.library), median(rates.half))
      results.append(.object([
        "shape": .array([.integer(m), .integer(n), .integer(k)]), "canonical": .number(ours), "cublas": .number(theirs),
        "canonical_bfloat16_weights": .number(narrow),
      ]))
      if !json {
        print(pad("[\(m), \(n), \(k)]", 22) + String(format: "%9.2f %10.2f %7.2f %11.2f", ours, theirs, ours / theirs, narrow))
      }
    }
    guard json else { return }
    print(
      JSONValue.object(["device": .string(backend.device), "results": .array(results)]).indentedText, terminator: "")
  }

  private func kernels(_ name: String) throws {
    guard let size = BenchSize.all.first(where: { $0.name == name }) else { return }
    let device = TimedDevice(try CUDADevice(number: number, cache: CellCache.defaultRoot + "/kernels"))
    let benchmark = try StepBenchmark(size, on: CUDABackend(device))
    _ = try benchmark.steps(groupSize: size.groupSize, warmUp: 0, repeats: 1)
    device.restart()
    _ = try benchmark.steps(groupSize: size.groupSize, warmUp: 0, repeats: 1)
    print("\(size.name), a step on a group of \(size.groupSize), \(device.name)\n\(device.table)")
    device.restart()
    _ = benchmark.evaluation(batch: 1, warmUp: 0, repeats: 1)
    print("\na question alone, \(size.evaluationTokens) tokens\n\(device.table)")
  }

  /// TFLOP/s of the three products of a linear map of [m, k] to [m, n], by tile.
  private func compareTiles() throws {
    let device = try CUDADevice(number: number, cache: CellCache.defaultRoot + "/kernels")
    print("TFLOP/s, \(device.name)")
    for (m, n, k) in Self.shapes where m > 32 {
      for tiles in CUDABackend.Tiles.allCases where tiles != .few && tiles != .loose {
        let backend = CUDABackend(device, tiles: tiles)
        let t = try tensors(m, n, k, backend)
        let half = backend.empty([n, k], .bfloat16)
        backend.copy(t.w, to: half)
        let (dx, dw) = (backend.empty([m, k], .float32), backend.zeros([n, k]))
        let products: [() -> Void] = [
          { backend.linear(t.x, weight: t.w, bias: nil, into: t.y) },
          { backend.linear(t.x, weight: half, bias: nil, into: t.y) },
          { backend.linearBackward(t.y, weight: t.w, into: dx, adding: false) },
          { backend.linearBackward(t.y, input: t.x, questions: [[0..<m]], addingTo: dw, bias: nil) },
        ]
        let rates = products.map { product in
          let rounds = (0..<3).map { _ in 2e-12 * Double(m * n * k) / seconds(backend, product) }
          return String(format: "%8.2f", median(rounds))
        }
        print(pad("[\(m), \(n), \(k)]", 22) + pad(tiles.rawValue, 8) + rates.joined())
      }
    }
    print(pad("", 30) + " forward bfloat16   input  weight")
  }

  private func tensors(_ m: Int, _ n: Int, _ k: Int, _ backend: CUDABackend) throws -> (x: Tensor, w: Tensor, y: Tensor) {
    let random = RepeatedNumbers(on: backend)
    let (x, w) = (backend.empty([m, k], .float32), backend.empty([n, k], .float32))
    random.fill(x)
    random.fill(w)
    return (x, w, backend.empty([m, n], .float32))
  }

  /// Seconds of one product among some that run behind each other.
  private func seconds(_ backend: CUDABackend, _ product: () -> Void) -> Double {
    product()
    backend.finish()
    let repeats = 8
    let start = DispatchTime.now().uptimeNanoseconds
    for _ in 0..<repeats { product() }
    backend.finish()
    return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 / Double(repeats)
  }
}
