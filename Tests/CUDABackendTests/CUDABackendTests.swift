// The GPU's bits are the processor's: its kernels run here on an emulator, and on a GPU where there is one.
import CPUBackend
import CUDABackend
import TensorCore
import TestSupport
import Testing

@Suite("The GPU's kernels, emulated")
struct EmulatedKernelTests {
  @Test("every operation gives the processor's bits", arguments: OperationCase.all)
  func operations(_ operation: OperationCase) {
    let expected = bits(operation, CPUBackend(threadCount: 1))
    #expect(differences(bits(operation, CUDABackend(EmulatedDevice())), expected) == [])
  }

  @Test("products give them with tiles of every size", arguments: CUDABackend.Tiles.allCases)
  func tiles(_ tiles: CUDABackend.Tiles) {
    for operation in OperationCase.products + OperationCase.sharedProducts.prefix(2) {
      let expected = bits(operation, CPUBackend(threadCount: 1))
      #expect(differences(bits(operation, CUDABackend(EmulatedDevice(), tiles: tiles)), expected) == [])
    }
  }
}

func bits(_ operation: OperationCase, _ backend: any Backend) -> [[UInt32]] {
  operation.run(Workbench(backend: backend)).map { $0.hostValues.map(\.bitPattern) }
}

/// The first other bits of each result.
func differences(_ ours: [[UInt32]], _ theirs: [[UInt32]]) -> [String] {
  zip(ours, theirs).enumerated().compactMap { index, pair in
    guard pair.0 != pair.1 else { return nil }
    let places = zip(pair.0, pair.1).enumerated().filter { $0.element.0 != $0.element.1 }
    guard let first = places.first else { return "result \(index) has another size" }
    let (a, b) = (Float(bitPattern: first.element.0), Float(bitPattern: first.element.1))
    return "result \(index)[\(first.offset)]: \(a), not \(b); \(places.count) of \(pair.0.count) differ"
  }
}
