// Memory, and copies into and out of it.
public import TensorCore

extension CUDABackend {
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
    each(x.elementCount, "fill", [.number(value), output(x)])
  }

  public func upload(_ values: [Float], to x: Tensor) {
    precondition(values.count == x.elementCount, "upload of \(values.count) values to \(x.shape)")
    requireFloat(x)
    precondition(x.storage is DeviceStorage, "an output \(x.shape) is not in this backend's memory")
    if !values.isEmpty { values.withNumberBytes { gpu.upload($0, to: location(x)) } }
  }

  public func download(_ x: Tensor) -> [Float] { x.hostValues }

  public func copy(_ x: Tensor, to y: Tensor) {
    requireSame(x, y, "copy")
    let count = x.elementCount
    guard count > 0 else { return }
    guard x.storage is HostStorage else { return copyOnDevice(x, to: y) }
    // What is copied here need not stay here in its own form.
    guard x.elementType == y.elementType else {
      let same = empty(x.shape, x.elementType)
      copy(x, to: same)
      return copyOnDevice(same, to: y)
    }
    precondition(y.storage is DeviceStorage, "an output \(y.shape) is not in this backend's memory")
    x.withHostBytes { gpu.upload($0, to: location(y)) }
  }

  private func copyOnDevice(_ x: Tensor, to y: Tensor) {
    let count = x.elementCount
    switch (x.elementType, y.elementType) {
    case (.float32, .float32), (.bfloat16, .bfloat16):
      precondition(y.storage is DeviceStorage, "an output \(y.shape) is not in this backend's memory")
      gpu.copy(from: location(x), to: location(y), byteCount: count * x.elementType.byteCount)
    case (.bfloat16, .float32): each(count, "widen", [either(x), output(y)])
    case (.float32, .bfloat16): each(count, "narrow_all", [address(x), eitherOutput(y)])
    }
  }

  /// A weight vector as Float32, whatever it is stored as.
  func wide(_ w: Tensor) -> Tensor {
    guard w.elementType != .float32 else { return w }
    let wide = empty(w.shape, .float32)
    copy(w, to: wide)
    return wide
  }
}
