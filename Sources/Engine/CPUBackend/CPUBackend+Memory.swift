// Memory, and the one place where tensors become pointers.
public import TensorCore

typealias Floats = UnsafeMutablePointer<Float>

extension Tensor {
  /// The first Float32 of a host tensor.
  @unsafe var floats: Floats {
    precondition(elementType == .float32, "a Float32 tensor is needed, this is \(elementType.rawValue)")
    return unsafe hostAddress.assumingMemoryBound(to: Float.self)
  }
  @unsafe var halves: UnsafeMutablePointer<UInt16> {
    precondition(elementType == .bfloat16, "a bfloat16 tensor is needed, this is \(elementType.rawValue)")
    return unsafe hostAddress.assumingMemoryBound(to: UInt16.self)
  }
}

extension CPUBackend {
  public func empty(_ shape: Shape, _ elementType: ElementType) -> Tensor {
    Tensor(
      storage: memory.storage(byteCount: shape.elementCount * elementType.byteCount), shape: shape,
      elementType: elementType)
  }

  public func zeros(_ shape: Shape) -> Tensor {
    let tensor = empty(shape, .float32)
    fill(tensor, with: 0)
    return tensor
  }

  public func fill(_ x: Tensor, with value: Float) {
    let base = unsafe x.floats
    parallel.ranges(x.elementCount, grain: 65_536) { range in
      unsafe (base + range.lowerBound).update(repeating: value, count: range.count)
    }
  }

  public func upload(_ values: [Float], to x: Tensor) {
    precondition(values.count == x.elementCount, "upload of \(values.count) values to \(x.shape)")
    let base = unsafe x.floats
    unsafe values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { unsafe base.update(from: start, count: source.count) }
    }
  }

  public func download(_ x: Tensor) -> [Float] { x.hostValues }

  public func copy(_ x: Tensor, to y: Tensor) {
    precondition(x.elementCount == y.elementCount, "copy of \(x.shape) to \(y.shape)")
    let count = x.elementCount
    switch (x.elementType, y.elementType) {
    case (.float32, .float32):
      let (source, target) = unsafe (x.floats, y.floats)
      parallel.ranges(count, grain: 65_536) { range in
        unsafe (target + range.lowerBound).update(from: source + range.lowerBound, count: range.count)
      }
    case (.bfloat16, .bfloat16):
      unsafe y.halves.update(from: x.halves, count: count)
    case (.bfloat16, .float32):
      let (source, target) = unsafe (x.halves, y.floats)
      parallel.ranges(count, grain: 65_536) { range in
        for i in range { unsafe target[i] = BFloat16(bitPattern: source[i]).float }
      }
    case (.float32, .bfloat16):
      let (source, target) = unsafe (x.floats, y.halves)
      parallel.ranges(count, grain: 65_536) { range in
        for i in range { unsafe target[i] = BFloat16(source[i]).bitPattern }
      }
    }
  }
}
