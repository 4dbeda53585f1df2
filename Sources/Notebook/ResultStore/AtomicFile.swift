// Files that appear whole or not at all, and folders whose names are on disk.
public import Diagnostics
internal import FileWriting
internal import Foundation
internal import Glibc
internal import SystemCalls

/// Writes files and makes folders; what fails is named with the file, the reason and a remedy.
public enum AtomicFile {
  /// Writes through a temporary file beside it, flushed to disk before it takes the name; then flushes the folder.
  public static func write(_ text: String, to path: String) throws(Diagnostic) {
    try write(Array(text.utf8), to: path)
  }

  /// The same for bytes.
  public static func write(_ bytes: [UInt8], to path: String) throws(Diagnostic) {
    if let what = Files.replace(path, { $0.write(bytes) }) { throw failure(what, path) }
  }

  /// Makes a folder and those above it, their names on disk when this returns.
  public static func makeFolder(_ path: String) throws(Diagnostic) {
    guard Files.makeFolder(path) else {
      throw Diagnostic(
        "cannot be made: \(SystemCalls.errorText())", at: SourceMark(file: path),
        hint: "check the rights of the folder above it, and the disk's free space", kind: .missing)
    }
  }

  /// Removes a file, if it is there.
  public static func remove(_ path: String) throws(Diagnostic) {
    guard Files.remove(path) else { throw failure("cannot be removed", path) }
  }

  /// Removes a file, or a folder with all that is in it, if it is there; links are not followed.
  public static func removeAll(_ path: String) throws(Diagnostic) {
    guard Files.removeAll(path) else { throw failure("cannot be removed", path) }
  }

  /// Lets a whole folder take a name that nothing has.
  public static func move(_ path: String, to name: String) throws(Diagnostic) {
    guard Files.rename(path, to: name) else { throw failure("cannot take its place", name) }
    flushFolder((name as NSString).deletingLastPathComponent)
  }

  /// Makes names in a folder durable.
  public static func flushFolder(_ path: String) { Files.flushFolder(path) }

  static func failure(_ what: String, _ path: String) -> Diagnostic {
    let code = errno
    let reason = SystemCalls.errorText(code)
    let hint = code == ENOSPC ? "free some space and run the same command again; nothing is lost" : nil
    return Diagnostic("\(what): \(reason)", at: SourceMark(file: path), hint: hint, kind: .missing)
  }
}
