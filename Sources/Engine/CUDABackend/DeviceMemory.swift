// Memory of a device, and the tensors in it. Freed buffers are kept for the next of their size: all work is in one
// order, so a buffer may be given out again while what used it still runs.
internal import Synchronization
internal import TensorCore

/// Bytes in a device's memory, given back when the last tensor over them goes.
final class DeviceStorage: TensorStorage {
  let byteCount: Int
  let address: UInt64
  private let sizeClass: Int
  let memory: DeviceMemory

  fileprivate init(_ address: UInt64, byteCount: Int, sizeClass: Int, in memory: DeviceMemory) {
    self.address = address
    self.byteCount = byteCount
    self.sizeClass = sizeClass
    self.memory = memory
  }

  deinit { memory.keep(address, sizeClass) }

  func read(from start: Int, into bytes: inout MutableRawSpan) {
    precondition(start >= 0 && start + bytes.byteCount <= byteCount, "bytes \(start)... of \(byteCount)")
    if bytes.byteCount > 0 { memory.device.download(from: address + UInt64(start), into: &bytes) }
  }
}

final class DeviceMemory: Sendable {
  private struct State {
    /// Addresses of free buffers by size.
    var free: [Int: [UInt64]] = [:]
    var used = 0
    var peak = 0
  }
  let device: any GPUDevice
  private let state = Mutex(State())

  init(_ device: any GPUDevice) { self.device = device }

  /// The most bytes that were in use at once.
  var peak: Int { state.withLock { $0.peak } }

  func storage(byteCount: Int) -> DeviceStorage {
    let size = Self.sizeClass(byteCount)
    let kept = state.withLock { state -> UInt64? in
      state.used += size
      state.peak = max(state.peak, state.used)
      return state.free[size]?.popLast()
    }
    let address = kept ?? device.allocate(byteCount: size) ?? afterEmptying(size)
    return DeviceStorage(address, byteCount: size, sizeClass: size, in: self)
  }

  /// Gives what is kept back to the device and tries once more.
  private func afterEmptying(_ size: Int) -> UInt64 {
    let addresses = state.withLock { state in
      defer { state.free = [:] }
      return state.free.values.flatMap(\.self)
    }
    for address in addresses { device.free(address) }
    if let address = device.allocate(byteCount: size) { return address }
    let (used, memory) = (state.withLock { $0.used }, device.memory)
    func gibibytes(_ bytes: Int) -> String {
      let tenths = (bytes * 10) >> 30
      return "\(tenths / 10).\(tenths % 10) GiB"
    }
    DeviceFailure.stop(
      "the memory of \(device.name) does not suffice: \(gibibytes(used)) are needed, it has \(gibibytes(memory.total))",
      hint: "grpo.moments: bfloat16 and grpo.freeze_audio_tower: true need less; what is done so far is kept")
  }

  fileprivate func keep(_ address: UInt64, _ size: Int) {
    state.withLock { state in
      state.free[size, default: []].append(address)
      state.used -= size
    }
  }

  deinit { for address in state.withLock({ $0.free.values.flatMap(\.self) }) { device.free(address) } }

  /// Four classes an octave, at least 512 bytes: at most a fifth is wasted; of what is large, a sixty-fourth.
  private static func sizeClass(_ byteCount: Int) -> Int {
    let least = max(byteCount, 512)
    let octave = Int.bitWidth - 1 - least.leadingZeroBitCount
    let step = 1 << (octave - (octave < 26 ? 2 : 6))
    return (least + step - 1) / step * step
  }
}
