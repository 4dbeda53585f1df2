// Every operation against its definition, and against itself on other threads and instructions.
import CPUBackend
import TensorCore
import TestSupport
import Testing

@Suite("The backend's contract")
struct BackendContractTests {
  @Test("forward and backward of every operation are what they are defined to be", arguments: OperationCase.all)
  func definition(_ operation: OperationCase) {
    let ours = operation.run(Workbench(backend: CPUBackend(threadCount: 2)))
    let theirs = operation.run(Workbench(backend: ReferenceBackend()))
    #expect(Self.excess(ours, theirs, operation.tolerance) == [])
  }

  /// Which results differ by more than allowed, and how.
  static func excess(_ ours: [Tensor], _ theirs: [Tensor], _ tolerance: Double) -> [String] {
    guard ours.map(\.shape) == theirs.map(\.shape) else { return ["results of other shapes"] }
    return zip(ours, theirs).enumerated().compactMap { index, pair in
      let (a, b) = (pair.0.hostValues.map(Double.init), pair.1.hostValues.map(Double.init))
      let size = b.reduce(1) { $1.isFinite ? max($0, abs($1)) : $0 }
      for (i, (x, y)) in zip(a, b).enumerated() where !(x == y || abs(x - y) <= tolerance * size) {
        return "result \(index)[\(i)]: \(x), not \(y)"
      }
      return nil
    }
  }

  @Test("the same bits on 1, 2 and 3 threads and with every instruction set", arguments: OperationCase.all)
  func bits(_ operation: OperationCase) {
    func bits(_ threads: Int, _ set: InstructionSet) -> [[UInt32]] {
      operation.run(Workbench(backend: CPUBackend(threadCount: threads, instructions: set))).map {
        $0.hostValues.map(\.bitPattern)
      }
    }
    let expected = bits(1, .scalar)
    for set in InstructionSet.allCases {
      for threads in [1, 2, 3] where (threads, set) != (1, .scalar) {
        #expect(bits(threads, set) == expected, "\(threads) threads, \(set)")
      }
    }
  }

  @Test("an instruction set that was asked for is the one used, where the processor has it")
  func instructionSets() {
    for set in InstructionSet.allCases {
      let used = CPUBackend(threadCount: 1, instructions: set).instructions
      #expect(used == set || used == InstructionSet.best)
    }
  }

  @Test("the norm of all gradients is the same Double on any number of threads")
  func squaredNorm() {
    let bench = Workbench(backend: CPUBackend(threadCount: 1))
    for count in [1, 17, 16_384, 16_385, 100_001] {
      let x = bench.random("x", [count])
      let norms = [1, 2, 3].map { CPUBackend(threadCount: $0).squaredNorms([x, x])[1] }
      #expect(Set(norms).count == 1)
      let exact = ReferenceBackend().squaredNorms([x])[0]
      #expect(abs(norms[0] - exact) <= 1e-13 * exact)
    }
  }

  @Test("a question's share of a gradient has the same bits whatever is packed around it")
  func packing() {
    let bench = Workbench(backend: CPUBackend(threadCount: 2))
    let (x, dy) = (bench.random("x", [60, 33]), bench.random("dy", [60, 17]))
    func gradient(_ questions: [[Range<Int>]]) -> [UInt32] {
      let (dw, db) = (bench.backend.zeros([17, 33]), bench.backend.zeros([17]))
      bench.backend.linearBackward(dy, input: x, questions: questions, addingTo: dw, bias: db)
      return (dw.hostValues + db.hostValues).map(\.bitPattern)
    }
    // Two calls with one question each are one call with both; a range may be cut anywhere.
    let (dw, db) = (bench.backend.zeros([17, 33]), bench.backend.zeros([17]))
    for question in [[3..<20, 40..<60], [20..<40]] {
      bench.backend.linearBackward(dy, input: x, questions: [question], addingTo: dw, bias: db)
    }
    let apart = (dw.hostValues + db.hostValues).map(\.bitPattern)
    #expect(gradient([[3..<20, 40..<60], [20..<40]]) == apart)
    #expect(gradient([[3..<4, 4..<20, 40..<41, 41..<60], [], [20..<40]]) == apart)
    #expect(gradient([[3..<60]]) != apart)
  }
}
