// One run a folder. The kernel drops the lock with the process, so a dead one's is taken over.
public import Diagnostics
internal import Foundation
internal import Glibc
internal import JSONText
internal import SystemCalls

/// A lock on a folder, held until the object goes.
public final class FolderLock {
  private let file: Int32

  /// Who holds a folder's lock, as they said it.
  public struct Holder: Sendable, Hashable {
    public var process: Int?
    public var host: String?
    /// Time as ISO 8601 has it.
    public var since: String?
  }

  /// The holder of a folder's lock; nil if nobody holds it.
  public static func holder(of folder: String) -> Holder? {
    let path = folder + "/lock"
    let file = SystemCalls.open(path, O_RDONLY)
    guard file >= 0 else { return nil }
    defer { close(file) }
    if flock(file, LOCK_SH | LOCK_NB) == 0 { return nil }
    return read(path)
  }

  private static func read(_ path: String) -> Holder {
    let json = FileManager.default.contents(atPath: path).flatMap { try? JSONValue(parsing: Array($0), file: path) }
    return Holder(
      process: json?["process"]?.integer, host: json?["host"]?.string, since: json?["since"]?.string)
  }

  /// Takes the lock, or says who holds it and since when.
  public init(folder: String, waits: Bool = false) throws(Diagnostic) {
    try AtomicFile.makeFolder(folder)
    let path = folder + "/lock"
    let file = SystemCalls.open(path, O_RDWR | O_CREAT)
    guard file >= 0 else { throw AtomicFile.failure("cannot be opened", path) }
    guard flock(file, LOCK_EX | (waits ? 0 : LOCK_NB)) == 0 else {
      let holder = Self.read(path)
      close(file)
      let who = holder.process.map { "process \($0)" } ?? "another process"
      let host = holder.host.map { " on \($0)" } ?? ""
      let since = holder.since.map { " since \($0)" } ?? ""
      throw Diagnostic(
        "is in use by \(who)\(host)\(since)", at: SourceMark(file: folder),
        hint: "wait for it, or stop it; what it has done is kept", kind: .missing)
    }
    self.file = file
    let now = ISO8601DateFormatter().string(from: Date())
    let text = JSONValue.object([
      "process": .integer(Int(getpid())), "host": .string(ProcessInfo.processInfo.hostName), "since": .string(now),
    ]).canonicalText
    _ = ftruncate(file, 0)
    _ = SystemCalls.write(Array(text.utf8), to: file)
  }

  deinit { close(file) }
}
