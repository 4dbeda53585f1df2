// Every change to a file that a result or a resumed run depends on: made here and nowhere else, so that a test can stop
// the process before any of them. Nothing here throws: false means that `errno` says why.
internal import Foundation
internal import Glibc
internal import SystemCalls

/// Changes to files and folders that are counted, and can be stopped, in tests.
public enum Files {
  /// Lets a file or folder take a name; what had it is gone.
  public static func rename(_ path: String, to name: String) -> Bool {
    guard FileFault.allows("rename", path + (FileFault.isRecording ? "\t" : " ") + name) else { return false }
    return SystemCalls.rename(path, to: name)
  }

  /// Removes a file or a link, never what it leads to; one that is not there is no failure.
  public static func remove(_ path: String) -> Bool {
    guard isThere(path) else { return true }
    guard FileFault.allows("remove", path) else { return false }
    return SystemCalls.removeFile(path) || errno == ENOENT
  }

  /// Removes a file, or a folder with all that is in it; links are removed, never followed.
  public static func removeAll(_ path: String) -> Bool {
    guard let status = SystemCalls.status(of: path, followsLinks: false) else { return errno == ENOENT }
    guard status.st_mode & S_IFMT == S_IFDIR else { return remove(path) }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      errno = EACCES
      return false
    }
    for name in names.sorted() { guard removeAll(path + "/" + name) else { return false } }
    guard FileFault.allows("remove", path) else { return false }
    return SystemCalls.removeFolder(path)
  }

  /// Makes a folder and those above it, as far as they are not there, and flushes the name of each.
  public static func makeFolder(_ path: String) -> Bool {
    if path.isEmpty { return true }
    if let status = SystemCalls.status(of: path) {
      errno = ENOTDIR
      return status.st_mode & S_IFMT == S_IFDIR
    }
    let above = (path as NSString).deletingLastPathComponent
    guard above == path || makeFolder(above) else { return false }
    guard FileFault.allows("make folder", path) else { return false }
    guard SystemCalls.makeFolder(path) || errno == EEXIST else { return false }
    flushFolder(above)
    return true
  }

  /// Makes the names in a folder durable. Some file systems cannot: that is no failure.
  public static func flushFolder(_ path: String) {
    guard FileFault.allows("flush folder", path) else { return }
    let folder = SystemCalls.open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  /// Whether a file, a folder or a link, wherever it leads, has this name.
  public static func isThere(_ path: String) -> Bool {
    SystemCalls.status(of: path, followsLinks: false) != nil
  }

  /// Fills a new file beside `path`, flushes it, lets it take the name and flushes the name.
  /// - Parameter fill: writes the content; false if it could not.
  /// - Returns: nil if all went well, else what did not, such as `cannot be written`; `errno` says why.
  public static func replace(_ path: String, _ fill: (WritableFile) -> Bool) -> String? {
    let part = path + ".part"
    guard let file = WritableFile(creating: part) else { return "cannot be created" }
    guard fill(file), file.flush() else { return clearing(part, "cannot be written") }
    guard rename(part, to: path) else { return clearing(part, "cannot take its place") }
    flushFolder((path as NSString).deletingLastPathComponent)
    return nil
  }

  private static func clearing(_ part: String, _ what: String) -> String {
    let code = errno
    _ = remove(part)
    errno = code
    return what
  }
}

/// A file that is written.
public final class WritableFile: Sendable {
  public let path: String
  private let descriptor: Int32

  /// A new, empty file of this name; nil if there can be none.
  public init?(creating path: String) {
    guard FileFault.allows("create", path) else { return nil }
    descriptor = SystemCalls.open(path, O_WRONLY | O_CREAT | O_TRUNC)
    guard descriptor >= 0 else { return nil }
    self.path = path
  }

  /// A file to be gone on with: it is made if it is not there, and keeps what it holds.
  public init?(continuing path: String) {
    let isNew = !Files.isThere(path)
    guard !isNew || FileFault.allows("create", path) else { return nil }
    descriptor = SystemCalls.open(path, O_RDWR | O_CREAT)
    guard descriptor >= 0 else { return nil }
    self.path = path
    if isNew { Files.flushFolder((path as NSString).deletingLastPathComponent) }
  }

  deinit { close(descriptor) }

  /// Writes all of the bytes.
  public func write(_ bytes: [UInt8]) -> Bool { SystemCalls.withBytes(of: bytes) { write($0) } }

  /// Writes all of the bytes.
  public func write(_ bytes: RawSpan) -> Bool {
    if bytes.isEmpty { return true }
    let record = FileFault.isRecording ? SystemCalls.array(bytes) : []
    switch FileFault.next("write", path, bytes: record) {
    case .none: return SystemCalls.write(bytes, to: descriptor)
    case .fails(let code):
      _ = SystemCalls.write(bytes.extracting(first: bytes.byteCount / 2), to: descriptor)
      errno = code
      return false
    case .kills:
      _ = SystemCalls.write(bytes.extracting(first: bytes.byteCount / 2), to: descriptor)
      FileFault.die()
      return false
    }
  }

  /// Waits until what was written is on disk.
  public func flush() -> Bool { FileFault.allows("flush", path) && fsync(descriptor) == 0 }
  /// The same for the content alone.
  public func flushContent() -> Bool { FileFault.allows("flush", path) && fdatasync(descriptor) == 0 }

  /// Cuts the file at a length and goes on writing there.
  public func cut(at length: Int) -> Bool {
    FileFault.allows("cut", path, length: length) && ftruncate(descriptor, length) == 0 && lseek(descriptor, 0, SEEK_END) == length
  }
}
