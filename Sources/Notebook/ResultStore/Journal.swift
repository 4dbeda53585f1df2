// Records one after another, each on disk before the next depends on it.
//
// A line is the first 16 digits of the SHA-256 of the record, a space, and the record as canonical JSON. A tail that was
// torn by a crash fails its check and is cut off when the journal is opened again.
internal import ContentHash
public import Diagnostics
internal import Foundation
internal import Glibc
public import JSONText

public final class Journal {
  public let path: String
  public private(set) var records: [JSONValue]
  private let file: Int32

  /// Opens or begins a journal, keeping its sound records.
  public init(path: String) throws(Diagnostic) {
    let bytes = FileManager.default.contents(atPath: path).map(Array.init) ?? []
    var sound: [JSONValue] = []
    var length = 0
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
      guard let record = Self.record(Array(line), path) else { break }
      sound.append(record)
      length += line.count + 1
    }
    file = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw AtomicFile.failure("cannot be opened", path) }
    self.path = path
    records = sound
    guard ftruncate(file, length) == 0, lseek(file, 0, SEEK_END) == length else {
      throw AtomicFile.failure("its torn end cannot be cut off", path)
    }
  }

  deinit { close(file) }

  private static func record(_ line: [UInt8], _ path: String) -> JSONValue? {
    guard line.count > 17, line[16] == 0x20 else { return nil }
    let text = Array(line[17...])
    guard Digest(of: text).hexadecimal.prefix(16).utf8.elementsEqual(line[..<16]) else { return nil }
    return try? JSONValue(parsing: text, file: path)
  }

  /// Appends records; on disk when this returns.
  public func append(_ new: [JSONValue]) throws(Diagnostic) {
    var text = ""
    for record in new {
      let line = record.canonicalText
      text += Digest(of: line).hexadecimal.prefix(16) + " " + line + "\n"
    }
    guard AtomicFile.append(Array(text.utf8), to: file), fdatasync(file) == 0 else {
      throw AtomicFile.failure("cannot be written", path)
    }
    records += new
  }

  /// Hands over the records and holds them no longer, for journals that outgrow memory; they stay in the file.
  public func takeRecords() -> [JSONValue] {
    defer { records = [] }
    return records
  }

  /// Forgets all but the first `count` records.
  public func truncate(to count: Int) throws(Diagnostic) {
    guard count < records.count else { return }
    let kept = Array(records[..<count])
    guard ftruncate(file, 0) == 0, lseek(file, 0, SEEK_SET) == 0 else {
      throw AtomicFile.failure("cannot be cut", path)
    }
    records = []
    try append(kept)
  }
}
