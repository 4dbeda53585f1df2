// The GPU's kernels on this processor: slow, but with their own bits.
public import CUDABackend
internal import GPUEmulator
internal import Synchronization

/// The devices that tests of the GPU's bits run on: the emulated one, and a GPU where there is one.
public enum TestDevice: String, Sendable, CaseIterable {
  case emulated = "the GPU's kernels, emulated"
  case gpu = "the GPU"

  private static let real: CUDADevice? = CUDADevice.count > 0 ? try? CUDADevice() : nil

  /// What is here.
  public static let here: [TestDevice] = real == nil ? [.emulated] : [.emulated, .gpu]

  public func backend(tiles: CUDABackend.Tiles? = nil) -> CUDABackend {
    switch self {
    case .emulated: return CUDABackend(EmulatedDevice(), tiles: tiles)
    case .gpu:
      guard let real = Self.real else { preconditionFailure("there is no GPU") }
      return CUDABackend(real, tiles: tiles)
    }
  }
}

/// A device for `CUDABackend` where there is none. Fresh memory is full of what is no number.
public final class EmulatedDevice: GPUDevice {
  public let name = "this processor"
  public let multiprocessorCount: Int
  public let memory: (total: Int, free: Int)
  private let used = Mutex([UInt64: Int]())

  /// - Parameter memory: bytes in all.
  public init(multiprocessorCount: Int = 2, memory: Int = 4 << 30) {
    self.multiprocessorCount = multiprocessorCount
    self.memory = (memory, memory)
  }

  public func allocate(byteCount: Int) -> UInt64? {
    used.withLock { used in
      guard used.values.reduce(0, +) + byteCount <= memory.total else { return nil }
      let base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 256)
      unsafe base.initializeMemory(as: UInt8.self, repeating: 0xFF, count: byteCount)
      let address = UInt64(UInt(bitPattern: base))
      used[address] = byteCount
      return address
    }
  }

  public func free(_ address: UInt64) {
    let known = used.withLock { $0.removeValue(forKey: address) }
    precondition(known != nil, "memory is freed that is not there")
    unsafe pointer(address).deallocate()
  }

  public func upload(_ bytes: RawSpan, to address: UInt64) {
    unsafe bytes.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { unsafe pointer(address).copyMemory(from: base, byteCount: bytes.count) }
    }
  }

  public func download(from address: UInt64, into bytes: inout MutableRawSpan) {
    unsafe bytes.withUnsafeMutableBytes { bytes in
      unsafe bytes.baseAddress?.copyMemory(from: pointer(address), byteCount: bytes.count)
    }
  }

  public func copy(from source: UInt64, to target: UInt64, byteCount: Int) {
    unsafe pointer(target).copyMemory(from: pointer(source), byteCount: byteCount)
  }

  public func finish() {}

  public func launch(_ kernel: String, blocks: (x: Int, y: Int), threads: Int, arguments: [UInt64]) {
    let result = unsafe gpu_emulator_launch(
      kernel, Int32(blocks.x), Int32(blocks.y), Int32(threads), arguments, Int32(arguments.count))
    precondition(result == 0, "\(kernel) with \(arguments.count) arguments: \(result == 1 ? "unknown" : "other number")")
  }

  private func pointer(_ address: UInt64) -> UnsafeMutableRawPointer {
    guard let pointer = unsafe UnsafeMutableRawPointer(bitPattern: UInt(address)) else { preconditionFailure("no address") }
    return unsafe pointer
  }
}
