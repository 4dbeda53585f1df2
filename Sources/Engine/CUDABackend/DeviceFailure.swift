// What a device cannot recover from: its memory is full, or its driver says no. Results are written whole or not at all
// and a run goes on where it stopped, so the process ends with a message, as for any missing resource.
internal import Glibc

enum DeviceFailure {
  static func stop(_ message: String, hint: String) -> Never {
    let text = "error: \(message)\n  hint: \(hint)\n"
    unsafe text.withCString { unsafe _ = write(2, $0, strlen($0)) }
    exit(3)
  }
}
