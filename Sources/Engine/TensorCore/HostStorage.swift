// Memory of this machine: allocated, or a part of a mapped file. One of the few files with pointers.
public import Synchronization

/// Bytes in this machine's memory, released when the last tensor over them goes.
@safe public final class HostStorage: TensorStorage, @unchecked Sendable {
  public let byteCount: Int
  /// Valid for as long as this object lives.
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

  public func read(from start: Int, into bytes: inout MutableRawSpan) {
    let count = bytes.byteCount
    precondition(start >= 0 && start + count <= byteCount, "bytes \(start)... of \(byteCount)")
    unsafe bytes.withUnsafeMutableBytes { unsafe $0.baseAddress?.copyMemory(from: base + start, byteCount: count) }
  }

  /// Lends all of the bytes.
  public func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
    unsafe body(RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: byteCount))
  }

  /// A copy of these bytes that another backend made, for as long as they live: they are not written any more.
  public let companion = Mutex<(any TensorStorage)?>(nil)
}

extension ArraySlice where Element: BitwiseCopyable {
  /// Lends the bytes of the numbers.
  public func withNumberBytes<Result>(_ body: (RawSpan) -> Result) -> Result { unsafe body(span.bytes) }
}

extension Array where Element: BitwiseCopyable {
  /// Lends the bytes of the numbers.
  public func withNumberBytes<Result>(_ body: (RawSpan) -> Result) -> Result { unsafe body(span.bytes) }
}

extension TensorStorage {
  /// Numbers as they lie in the storage, from a byte on.
  public func numbers<Number: BitwiseCopyable>(from start: Int, count: Int, of type: Number.Type) -> [Number] {
    unsafe [Number](unsafeUninitializedCapacity: count) { buffer, filled in
      if let base = UnsafeMutableRawPointer(buffer.baseAddress), count > 0 {
        var bytes = unsafe MutableRawSpan(_unsafeStart: base, byteCount: count * MemoryLayout<Number>.stride)
        read(from: start, into: &bytes)
      }
      filled = count
    }
  }
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

  /// Lends the tensor's bytes.
  /// - Precondition: the storage is a `HostStorage`.
  public func withHostBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
    let count = elementCount * elementType.byteCount
    defer { withExtendedLifetime(storage) {} }
    return unsafe body(RawSpan(_unsafeStart: UnsafeRawPointer(hostAddress), byteCount: count))
  }

  /// The numbers as Float32, converted if stored otherwise, wherever they are.
  public var hostValues: [Float] {
    let count = elementCount
    guard storage is HostStorage else {
      guard elementType == .float32 else { return hostCopy.hostValues }
      return storage.numbers(from: offset * 4, count: count, of: Float.self)
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
    var target = unsafe MutableRawSpan(_unsafeStart: copy.base, byteCount: bytes)
    storage.read(from: offset * size, into: &target)
    return Tensor(storage: copy, shape: shape, elementType: elementType)
  }
}
