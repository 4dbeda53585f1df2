// Records one after another, each on disk before the next depends on it.
//
// A line is the first 16 digits of the SHA-256 of the record, a space, and the record as canonical JSON. A tail that was
// torn by a crash fails its check and is cut off when the journal is opened again.
internal import ContentHash
public import Diagnostics
internal import FileWriting
internal import Foundation
public import JSONText

/// A file of records that only grows.
public final class Journal {
  public let path: String
  public private(set) var records: [JSONValue]
  /// Where each record that is held ends, in bytes.
  private var ends: [Int]
  /// Where the records that are held begin: behind those that were handed over.
  private var start = 0
  private var length: Int
  private let file: WritableFile

  /// Opens or begins a journal, keeping its sound records.
  public init(path: String) throws(Diagnostic) {
    let bytes = FileManager.default.contents(atPath: path).map(Array.init) ?? []
    var sound: [JSONValue] = []
    var ends: [Int] = []
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
      guard let record = Self.record(Array(line), path) else { break }
      sound.append(record)
      ends.append((ends.last ?? 0) + line.count + 1)
    }
    guard let file = WritableFile(continuing: path) else { throw AtomicFile.failure("cannot be opened", path) }
    self.file = file
    self.path = path
    records = sound
    self.ends = ends
    length = ends.last ?? 0
    guard file.cut(at: length) else { throw AtomicFile.failure("its torn end cannot be cut off", path) }
  }

  private static func record(_ line: [UInt8], _ path: String) -> JSONValue? {
    guard line.count > 17, line[16] == 0x20 else { return nil }
    let text = Array(line[17...])
    guard Digest(of: text).hexadecimal.prefix(16).utf8.elementsEqual(line[..<16]) else { return nil }
    return try? JSONValue(parsing: text, file: path)
  }

  /// Appends records; on disk when this returns. What could be written in part only is taken back.
  public func append(_ new: [JSONValue]) throws(Diagnostic) {
    var bytes: [UInt8] = []
    var newEnds: [Int] = []
    for record in new {
      let line = record.canonicalText
      bytes += (Digest(of: line).hexadecimal.prefix(16) + " " + line + "\n").utf8
      newEnds.append(length + bytes.count)
    }
    guard file.write(bytes), file.flushContent() else {
      let failure = AtomicFile.failure("cannot be written", path)
      _ = file.cut(at: length)
      throw failure
    }
    length += bytes.count
    records += new
    ends += newEnds
  }

  /// Hands over the records and holds them no longer, for journals that outgrow memory; they stay in the file.
  public func takeRecords() -> [JSONValue] {
    defer { (records, ends, start) = ([], [], length) }
    return records
  }

  /// Forgets all but the first `count` records. Those never leave the file.
  public func truncate(to count: Int) throws(Diagnostic) {
    guard count < records.count else { return }
    let kept = count > 0 ? ends[count - 1] : start
    guard file.cut(at: kept), file.flushContent() else { throw AtomicFile.failure("cannot be cut", path) }
    length = kept
    records.removeSubrange(count...)
    ends.removeSubrange(count...)
  }
}
