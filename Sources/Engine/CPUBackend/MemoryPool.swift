// Freed buffers are kept for the next of their size: fresh pages from the kernel cost more than the arithmetic on them.
internal import Glibc
internal import Synchronization
internal import TensorCore

final class MemoryPool: Sendable {
  /// Addresses of free buffers by size class.
  private struct State {
    var free = [[UInt]](repeating: [], count: 4 * 64)
    var freeBytes = 0
  }

  /// Most that is kept in reserve; beyond it memory goes back to the system.
  private static let limit = 4 << 30
  private let state = Mutex(State())

  /// A buffer of at least `byteCount` bytes, contents undefined; it returns here when its last tensor goes.
  func storage(byteCount: Int) -> HostStorage {
    let (index, size) = Self.sizeClass(byteCount)
    let kept = state.withLock { state -> UInt? in
      guard let address = state.free[index].popLast() else { return nil }
      state.freeBytes -= size
      return address
    }
    let base =
      unsafe kept.flatMap { unsafe UnsafeMutableRawPointer(bitPattern: $0) }
      ?? Self.fresh(size)
    return unsafe HostStorage(base: base, byteCount: size) { base, size in
      if !self.keep(UInt(bitPattern: base), index, size) { unsafe base.deallocate() }
    }
  }

  /// Large buffers on large pages, where the kernel gives them to who asks.
  private static func fresh(_ size: Int) -> UnsafeMutableRawPointer {
    let page = 2 << 20
    guard size >= page else { return UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64) }
    let base = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: page)
    unsafe madvise(base, size, 14)
    return unsafe base
  }

  private func keep(_ address: UInt, _ index: Int, _ size: Int) -> Bool {
    state.withLock { state in
      guard state.freeBytes + size <= Self.limit else { return false }
      state.free[index].append(address)
      state.freeBytes += size
      return true
    }
  }

  deinit {
    for address in state.withLock({ $0.free.joined().map(\.self) }) {
      unsafe UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
    }
  }

  /// Four classes an octave, at least 4 KiB: at most a fifth is wasted.
  private static func sizeClass(_ byteCount: Int) -> (index: Int, size: Int) {
    let least = max(byteCount, 4096)
    let octave = Int.bitWidth - 1 - least.leadingZeroBitCount
    let step = 1 << (octave - 2)
    let size = (least + step - 1) / step * step
    return (4 * octave + size / step - 4, size)
  }
}

/// Scratch memory of one unit of work, handed out in pieces.
@safe struct Scratch: ~Copyable {
  private let storage: MemoryStorage
  private var used = 0

  init(_ memory: MemoryPool, floats: Int) { storage = MemoryStorage(memory, floats: floats) }

  @unsafe mutating func take(_ count: Int) -> Floats {
    defer { used += (count + 15) & ~15 }
    precondition(used + count <= storage.floatCount, "scratch: \(used) + \(count) of \(storage.floatCount)")
    return unsafe storage.base + used
  }
}

/// Keeps a pooled buffer alive.
@safe final class MemoryStorage {
  @unsafe let base: Floats
  let floatCount: Int
  private let owner: AnyObject

  init(_ memory: MemoryPool, floats: Int) {
    let storage = memory.storage(byteCount: floats * 4)
    unsafe base = storage.base.assumingMemoryBound(to: Float.self)
    floatCount = floats
    owner = storage
  }
}
