// Memory of this machine: allocated, or a part of a mapped file. One of the few files with pointers.
public import Synchronization

/// Bytes in this machine's memory, released when the last tensor over them goes.
@safe public final class HostStorage: TensorStorage, @unchecked Sendable {
  public let byteCount: Int
  @unsafe public let base: UnsafeMutableRawPointer
  @unsafe private let release: (UnsafeMutableRawPointer, Int) -> Void

  /// Takes over memory that `release` gives back.
  public init(
    base: UnsafeMutableRawPointer, byteCount: Int,
    release: @escaping @Sendable (UnsafeMutableRawPointer, Int) -> Void
  ) {
    unsafe self.base = base
    self.byteCount = byteCount
    unsafe self.release = release
  }

  /// Fresh memory, aligned to 64 bytes, contents undefined.
  public convenience init(byteCount: Int) {
    unsafe self.init(
      base: .allocate(byteCount: max(byteCount, 64), alignment: 64), byteCount: byteCount,
      release: { base, _ in unsafe base.deallocate() })
  }

  deinit { unsafe release(base, byteCount) }

  @unsafe public func read(from start: Int, into bytes: UnsafeMutableRawBufferPointer) {
    precondition(start >= 0 && start + bytes.count <= byteCount, "bytes \(start)... of \(byteCount)")
    guard let target = bytes.baseAddress else { return }
    unsafe target.copyMemory(from: base + start, byteCount: bytes.count)
  }

  /// A copy of these bytes that another backend made, for as long as they live: they are not written any more.
  public let companion = Mutex<(any TensorStorage)?>(nil)
}

extension Tensor {
  /// A tensor in this machine's memory holding `values`.
  public init(_ values: [Float], shape: Shape) {
    precondition(values.count == shape.elementCount, "tensor: \(values.count) values for shape \(shape)")
    let storage = HostStorage(byteCount: values.count * 4)
    unsafe values.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { unsafe storage.base.copyMemory(from: base, byteCount: bytes.count) }
    }
    self.init(storage: storage, shape: shape)
  }

  /// The host memory of the first element. For backends and file formats only.
  /// - Precondition: the storage is a `HostStorage`.
  @unsafe public var hostAddress: UnsafeMutableRawPointer {
    guard let storage = storage as? HostStorage else { preconditionFailure("this tensor is not in host memory") }
    return unsafe storage.base + offset * elementType.byteCount
  }

  /// The numbers as Float32, converted if stored otherwise, wherever they are.
  public var hostValues: [Float] {
    let count = elementCount
    guard storage is HostStorage else {
      guard elementType == .float32 else { return hostCopy.hostValues }
      return unsafe [Float](unsafeUninitializedCapacity: count) { buffer, filled in
        unsafe storage.read(from: offset * 4, into: UnsafeMutableRawBufferPointer(buffer))
        filled = count
      }
    }
    switch elementType {
    case .float32:
      return unsafe [Float](
        unsafe UnsafeBufferPointer(start: UnsafePointer(hostAddress.assumingMemoryBound(to: Float.self)), count: count))
    case .bfloat16:
      let source = unsafe UnsafeBufferPointer(
        start: UnsafePointer(hostAddress.assumingMemoryBound(to: BFloat16.self)), count: count)
      return unsafe source.map(\.float)
    }
  }

  /// The same numbers in this machine's memory: this tensor itself if they are there.
  public var hostCopy: Tensor {
    guard !(storage is HostStorage) else { return self }
    let (bytes, size) = (elementCount * elementType.byteCount, elementType.byteCount)
    let copy = HostStorage(byteCount: bytes)
    unsafe storage.read(from: offset * size, into: UnsafeMutableRawBufferPointer(start: copy.base, count: bytes))
    return Tensor(storage: copy, shape: shape, elementType: elementType)
  }
}
