// What the backend asks of a device: memory, copies and kernels by name, all in one order.

/// A device that runs the kernels of this room: a GPU (`CUDADevice`), or, in the tests, the processor itself.
public protocol GPUDevice: AnyObject, Sendable {
  /// As its maker calls it.
  var name: String { get }
  /// Blocks of threads that run at once are a few times this.
  var multiprocessorCount: Int { get }
  /// Bytes, all and free now.
  var memory: (total: Int, free: Int) { get }

  /// Memory aligned to 256 bytes, contents undefined; nil if there is not enough.
  func allocate(byteCount: Int) -> UInt64?
  func free(_ address: UInt64)
  /// The bytes may change as soon as this returns.
  func upload(_ bytes: RawSpan, to address: UInt64)
  /// Waits for everything before, as `finish` does.
  func download(from address: UInt64, into bytes: inout MutableRawSpan)
  func copy(from source: UInt64, to target: UInt64, byteCount: Int)
  func finish()
  /// Runs behind everything before. Arguments stand at the start of eight bytes each.
  func launch(_ kernel: String, blocks: (x: Int, y: Int), threads: Int, arguments: [UInt64])
}
