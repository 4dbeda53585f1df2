// Shapes, views of one storage, and what is caught when they do not fit.
import TensorCore
import Testing

@Suite("Shapes and tensors")
struct TensorTests {
  @Test("rows, width and count of shapes, scalars and empty ones included")
  func shapes() {
    let cases: [(Shape, count: Int, rows: Int, width: Int, text: String)] = [
      ([], 1, 1, 1, "[]"), ([5], 5, 1, 5, "[5]"), ([2, 3], 6, 2, 3, "[2, 3]"), ([2, 3, 4], 24, 6, 4, "[2, 3, 4]"),
      ([0, 4], 0, 0, 4, "[0, 4]"), ([3, 0], 0, 3, 0, "[3, 0]"),
    ]
    for (shape, count, rows, width, text) in cases {
      #expect((shape.elementCount, shape.rowCount, shape.width) == (count, rows, width))
      #expect("\(shape)" == text)
    }
  }

  @Test("a view sees the same memory, a copy of the struct too")
  func views() {
    let x = Tensor((0..<12).map(Float.init), shape: [3, 4])
    #expect(x.rows(1..<3).hostValues == [4, 5, 6, 7, 8, 9, 10, 11])
    #expect(x.rows(1..<3).rows(1..<2).hostValues == [8, 9, 10, 11])
    #expect(x.rows(2..<2).hostValues == [])
    #expect(x.reshaped([2, 6]).rows(1..<2).hostValues == [6, 7, 8, 9, 10, 11])
    #expect(x.reshaped([12]).width == 12)
    #expect(x.rows(0..<1).storage === x.storage)
  }

  @Test("stored halves read as Float32")
  func halves() {
    let storage = HostStorage(byteCount: 64)
    let x = Tensor(storage: storage, offset: 2, shape: [2, 3], elementType: .bfloat16)
    let values: [Float] = [1, -2, 0.5, 3, 1e20, 0]
    unsafe x.hostAddress.withMemoryRebound(to: BFloat16.self, capacity: 6) { base in
      for (i, value) in values.enumerated() { unsafe base[i] = BFloat16(value) }
    }
    #expect(x.hostValues == values.map { BFloat16($0).float })
    #expect(x.rows(1..<2).hostValues[0] == 3)
  }

  @Test("what does not fit stops the program before it reads beyond its memory")
  func misfits() async {
    await #expect(processExitsWith: .failure) { _ = Tensor(storage: HostStorage(byteCount: 64), shape: [17]) }
    await #expect(processExitsWith: .failure) { _ = Tensor([1, 2, 3], shape: [2]) }
    await #expect(processExitsWith: .failure) { _ = Tensor([1, 2], shape: [2, 1]).rows(1..<3) }
    await #expect(processExitsWith: .failure) { _ = Tensor([1, 2], shape: [2]).reshaped([3]) }
    await #expect(processExitsWith: .failure) { _ = Shape([2, -1]) }
  }

  @Test("which keys a query sees: all of its context, its own as far as cause allows")
  func visibility() {
    let branch = AttentionBlock(question: 0, queries: 10..<13, context: [0..<5, 6..<8], own: 10..<13, isCausal: true)
    #expect((0..<3).map { branch.visibleKeyCount(query: $0) } == [8, 9, 10])
    let decoding = AttentionBlock(question: 0, queries: 0..<1, context: [0..<5], own: 20..<24, isCausal: true)
    #expect(decoding.visibleKeyCount(query: 0) == 9)
    let tower = AttentionBlock(question: 0, queries: 0..<4, own: 0..<4, isCausal: false)
    #expect((0..<4).map { tower.visibleKeyCount(query: $0) } == [4, 4, 4, 4])
    let chunks = [0..<0, 0..<1, 0..<2, 3..<8].map { ConvolutionChunk(input: $0, outputStart: 0) }
    #expect(chunks.map { $0.outputCount(stride: 2) } == [0, 1, 1, 3])
  }
}
