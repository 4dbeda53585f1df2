// A GPU that waits behind each kernel and remembers how long it took: where the time of an operation goes.
import CUDABackend
import Foundation
import Synchronization

/// Slower than the device itself, as nothing overlaps: shares are what it is for.
final class TimedDevice: GPUDevice {
  private let device: CUDADevice
  private let seconds = Mutex([String: (count: Int, seconds: Double)]())

  init(_ device: CUDADevice) { self.device = device }

  var name: String { device.name }
  var multiprocessorCount: Int { device.multiprocessorCount }
  var memory: (total: Int, free: Int) { device.memory }

  func allocate(byteCount: Int) -> UInt64? { timed("(allocation)") { device.allocate(byteCount: byteCount) } }
  func free(_ address: UInt64) { timed("(allocation)") { device.free(address) } }
  func upload(_ bytes: RawSpan, to address: UInt64) { timed("(upload)") { device.upload(bytes, to: address) } }
  func download(from address: UInt64, into bytes: inout MutableRawSpan) {
    timed("(download)") { device.download(from: address, into: &bytes) }
  }
  func copy(from source: UInt64, to target: UInt64, byteCount: Int) {
    timed("(copy)") { device.copy(from: source, to: target, byteCount: byteCount) }
  }
  func finish() { device.finish() }
  func launch(_ kernel: String, blocks: (x: Int, y: Int), threads: Int, arguments: [UInt64]) {
    timed(kernel) { device.launch(kernel, blocks: blocks, threads: threads, arguments: arguments) }
  }

  private func timed<T>(_ name: String, _ body: () -> T) -> T {
    let start = DispatchTime.now().uptimeNanoseconds
    let result = body()
    device.finish()
    let time = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    seconds.withLock { seconds in
      let known = seconds[name] ?? (0, 0)
      seconds[name] = (known.count + 1, known.seconds + time)
    }
    return result
  }

  /// Forgets what was timed so far.
  func restart() { seconds.withLock { $0 = [:] } }

  /// The longest first.
  var table: String {
    let all = seconds.withLock { $0 }.sorted { ($1.value.seconds, $0.key) < ($0.value.seconds, $1.key) }
    let total = all.reduce(0) { $0 + $1.value.seconds }
    let rows = all.prefix(24).map { name, value in
      pad("  " + name, 30) + String(format: "%8d %10.4f s %5.1f %%", value.count, value.seconds, 100 * value.seconds / total)
    }
    return ([String(format: "  %.4f s with a wait behind each kernel", total)] + rows).joined(separator: "\n")
  }
}
