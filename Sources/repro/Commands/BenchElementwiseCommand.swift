// Elementwise operations and reductions on numbers that fit into the caches, beside a copy of the same numbers.
import ArgumentParser
import CPUBackend
import Foundation
import JSONText
import Models
import TensorCore

struct BenchElementwiseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "elementwise",
    abstract: "Time elementwise operations and reductions on one thread, in numbers a second, beside a copy.")

  @Option(help: "Rounds; the best is printed.") var rounds = 9
  @Flag(help: "JSON: numbers a second by operation.") var json = false
  @OptionGroup var clock: ClockOptions

  func validate() throws {
    if rounds < 1 { throw ValidationError("--rounds \(rounds) is below 1") }
  }

  func run() throws {
    let backend = CPUBackend(threadCount: 1)
    let clock = clock.make()
    let operations = ElementwiseOperations(backend)
    let count = operations.count
    var results: [(name: String, rate: Double)] = []
    for (name, operation) in operations.list {
      var best = 0.0
      for _ in 0..<rounds {
        operations.restore()
        let seconds = clock.time { for _ in 0..<200 { operation() } }
        best = max(best, 200 * Double(count) / seconds)
      }
      results.append((name, best))
    }
    let copy = results.first?.rate ?? 1
    guard json else {
      print(
        "\(backend.instructions.rawValue), 1 thread, \(count) numbers 200 times: 10⁹ numbers a second, and as a share "
          + "of a copy")
      for (name, rate) in results { print("  " + pad(name, 28) + String(format: "%7.2f %6.2f", rate * 1e-9, rate / copy)) }
      return
    }
    print(
      JSONValue.object([
        "instructions": .string(backend.instructions.rawValue), "numbers": .integer(count),
        "numbers_a_second": .object(JSONObject(results.map { ($0.name, .number($0.rate)) })),
      ]).indentedText, terminator: "")
  }
}

/// Each operation on the same few tensors, by name; a copy is the first.
private struct ElementwiseOperations {
  let list: [(name: String, run: () -> Void)]
  /// Makes the numbers that operations change in place what they were.
  let restore: () -> Void
  /// Numbers that each operation goes over.
  let count: Int

  init(_ backend: CPUBackend) {
    let (rows, width) = (64, 256)
    count = rows * width
    func filled(_ shape: Shape) -> Tensor {
      let tensor = backend.zeros(shape)
      backend.upload((0..<tensor.elementCount).map { Float($0 % 97) / 50 - 1 }, to: tensor)
      return tensor
    }
    let (x, d) = (filled([rows, width]), filled([rows, width]))
    let (y, z) = (backend.zeros([rows, width]), backend.zeros([rows, width]))
    let (weight, bias) = (filled([width]), filled([width]))
    let (column, second, third) = (backend.zeros([rows, 1]), backend.zeros([rows, 1]), backend.zeros([rows, 1]))
    let lines = (0..<rows).map { [$0..<$0 + 1] }
    let targets = [Int32](repeating: 3, count: rows)
    var sink = 0.0
    restore = { backend.copy(x, to: y) }
    list = [
      ("copy", { backend.copy(x, to: y) }),
      ("y += x", { backend.add(x, to: y) }),
      ("y *= a", { backend.scale(y, by: -1) }),
      ("sum of squares, in Double", { sink += backend.squaredNorms([x])[0] }),
      ("RMS norm", { backend.rmsNorm(x, weight: weight, epsilon: 1e-6, into: y, inverseRMS: column) }),
      (
        "layer norm",
        {
          backend.layerNorm(
            x, weight: weight, bias: bias, epsilon: 1e-5, into: y, mean: column, inverseDeviation: second)
        }
      ),
      (
        "RMS norm, backward",
        {
          backend.rmsNormBackward(
            d, input: x, weight: weight, inverseRMS: column, questions: lines, into: y, adding: false,
            weightGradient: nil)
        }
      ),
      ("GELU", { backend.gelu(x, into: y) }),
      ("GELU, backward", { backend.geluBackward(d, input: x, into: y) }),
      ("SwiGLU", { backend.swiGLU(gate: x, up: d, into: y) }),
      ("SwiGLU, backward", { backend.swiGLUBackward(d, gate: x, up: d, intoGate: y, up: z) }),
      (
        "log-softmax and entropy",
        {
          backend.logProbabilities(
            x, targets: targets, temperature: 1, into: column, logSumExp: second, entropy: third)
        }
      ),
    ]
  }
}
