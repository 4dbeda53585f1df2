// What a device cannot recover from: its memory is full, or its driver says no. Results are written whole or not at all
// and a run goes on where it stopped, so the process ends with a message, as for any missing resource.
internal import Glibc
internal import SystemCalls

enum DeviceFailure {
  static func stop(_ message: String, hint: String) -> Never {
    let text = "error: \(message)\n  hint: \(hint)\n"
    _ = SystemCalls.write(Array(text.utf8), to: 2)
    exit(3)
  }
}
