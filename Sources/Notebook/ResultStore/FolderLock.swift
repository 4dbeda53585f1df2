// One run a folder. The kernel drops the lock with the process, so a dead one's is taken over.
public import Diagnostics
internal import Foundation
internal import Glibc
internal import JSONText

public final class FolderLock {
  private let file: Int32

  /// Takes the lock, or says who holds it and since when.
  public init(folder: String, waits: Bool = false) throws(Diagnostic) {
    try AtomicFile.makeFolder(folder)
    let path = folder + "/lock"
    let file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw AtomicFile.failure("cannot be opened", path) }
    guard flock(file, LOCK_EX | (waits ? 0 : LOCK_NB)) == 0 else {
      let holder = FileManager.default.contents(atPath: path).flatMap { try? JSONValue(parsing: Array($0), file: path) }
      close(file)
      let who = holder?["process"]?.integer.map { "process \($0)" } ?? "another process"
      let host = holder?["host"]?.string.map { " on \($0)" } ?? ""
      let since = holder?["since"]?.string.map { " since \($0)" } ?? ""
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
    _ = AtomicFile.append(Array(text.utf8), to: file)
  }

  deinit { close(file) }
}
