// Files that appear whole or not at all, and folders whose names are on disk.
public import Diagnostics
internal import Foundation
internal import Glibc

public enum AtomicFile {
  /// Writes through a temporary file beside it, flushed to disk before it takes the name; then flushes the folder.
  public static func write(_ text: String, to path: String) throws(Diagnostic) {
    let temporary = path + ".part"
    let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure("cannot be created", path) }
    let isWritten = append(Array(text.utf8), to: file) && fsync(file) == 0
    let reason = isWritten ? nil : failure("cannot be written", path)
    close(file)
    if let reason {
      unsafe unlink(temporary)
      throw reason
    }
    guard unsafe rename(temporary, path) == 0 else { throw failure("cannot take its place", path) }
    flushFolder((path as NSString).deletingLastPathComponent)
  }

  public static func makeFolder(_ path: String) throws(Diagnostic) {
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw Diagnostic(
        "cannot be made: \(error.localizedDescription)", at: SourceMark(file: path),
        hint: "check the rights of the folder above it, and the disk's free space", kind: .missing)
    }
  }

  /// Removes a file, if it is there.
  public static func remove(_ path: String) throws(Diagnostic) {
    guard unsafe unlink(path) == 0 || errno == ENOENT else { throw failure("cannot be removed", path) }
  }

  /// Makes names in a folder durable.
  public static func flushFolder(_ path: String) {
    let folder = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  static func append(_ bytes: [UInt8], to file: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { bytes in
        unsafe bytes.baseAddress.map { unsafe Glibc.write(file, $0 + done, bytes.count - done) } ?? -1
      }
      if count <= 0 { return false }
      done += count
    }
    return true
  }

  static func failure(_ what: String, _ path: String) -> Diagnostic {
    let code = errno
    let reason = unsafe String(cString: strerror(code))
    let hint = code == ENOSPC ? "free some space and run the same command again; nothing is lost" : nil
    return Diagnostic("\(what): \(reason)", at: SourceMark(file: path), hint: hint, kind: .missing)
  }
}
