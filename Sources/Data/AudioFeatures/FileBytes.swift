// Bytes of a plain file, a piece at a time.
internal import Glibc
internal import SystemCalls

/// An open plain file, closed when it goes.
struct FileBytes: ~Copyable {
  private let descriptor: Int32
  let count: Int

  /// Why a file cannot be opened.
  struct Refusal: Error { var reason: String }

  /// Refuses what is not there, may not be read, or is no plain file; a pipe would be waited for without end.
  init(_ path: String) throws(Refusal) {
    let descriptor = SystemCalls.open(path, O_RDONLY | O_NONBLOCK)
    guard descriptor >= 0 else { throw Refusal(reason: SystemCalls.errorText().lowercased()) }
    guard let status = SystemCalls.status(of: descriptor), status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw Refusal(reason: "it is no plain file")
    }
    self.descriptor = descriptor
    count = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Up to so many bytes from a place on; fewer at the end of the file.
  func bytes(at start: Int, count wanted: Int) -> [UInt8] {
    guard start >= 0, start < count, wanted > 0 else { return [] }
    return SystemCalls.bytes(of: descriptor, at: start, count: min(wanted, count - start))
  }
}

extension [UInt8] {
  /// A whole number of some bytes; nil where they are not all there.
  func little(_ start: Int, _ size: Int) -> UInt64? {
    guard start >= 0, start + size <= count else { return nil }
    return (0..<size).reduce(0) { $0 | UInt64(self[start + $1]) << UInt64(8 * $1) }
  }

  func big(_ start: Int, _ size: Int) -> UInt64? {
    guard start >= 0, start + size <= count else { return nil }
    return (0..<size).reduce(0) { $0 << 8 | UInt64(self[start + $1]) }
  }

  func holds(_ text: String, at start: Int) -> Bool {
    start >= 0 && start + text.utf8.count <= count && self[start...].starts(with: text.utf8)
  }
}
