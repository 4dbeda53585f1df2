// Files line by line and whole, with a bound on what is held in memory.
internal import Diagnostics
internal import Foundation
internal import JSONText

/// The lines of a file, read in pieces; none longer than the bound.
struct TextLines: ~Copyable {
  static let longestLine = 1 << 24
  private let handle: FileHandle
  private let file: String
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false
  /// The number of the line last returned, from 1.
  private(set) var number = 0

  init(_ file: String) throws(Diagnostic) {
    try DataFile.check(file, limit: .max)
    guard let handle = FileHandle(forReadingAtPath: file) else {
      throw Diagnostic("cannot be read", at: SourceMark(file: file), kind: .missing)
    }
    self.handle = handle
    self.file = file
  }

  deinit { try? handle.close() }

  /// The next line without its line feed (and the carriage return before it); nil after the last.
  mutating func next() throws(Diagnostic) -> [UInt8]? {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) { return take(to: end, after: end + 1) }
      guard buffer.count - position <= Self.longestLine else {
        let mark = SourceMark(file: file, line: number + 1)
        throw Diagnostic("a line of more than \(Self.longestLine >> 20) MiB", at: mark)
      }
      if isAtEnd { return position < buffer.count ? take(to: buffer.count, after: buffer.count) : nil }
      buffer.removeFirst(position)
      position = 0
      searched = buffer.count
      let more: Data?
      do { more = try handle.read(upToCount: 1 << 20) } catch {
        throw Diagnostic("cannot be read: \(error.localizedDescription)", at: SourceMark(file: file), kind: .missing)
      }
      if let more, !more.isEmpty { buffer += more } else { isAtEnd = true }
    }
  }

  private mutating func take(to end: Int, after next: Int) -> [UInt8] {
    var line = buffer[position..<end]
    if line.last == 0x0D { line.removeLast() }
    position = next
    number += 1
    return Array(line)
  }
}

/// Whole files with a bound.
enum DataFile {
  /// Refuses what is not there, is no plain file, or is too large.
  static func check(_ file: String, limit: Int) throws(Diagnostic) {
    let mark = SourceMark(file: file)
    let path = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let size = attributes[.size] as? Int
    else { throw Diagnostic("is not there", at: mark, kind: .missing) }
    guard attributes[.type] as? FileAttributeType == .typeRegular else { throw Diagnostic("is no plain file", at: mark) }
    guard size <= limit else { throw Diagnostic("takes \(size) bytes; the limit is \(limit >> 20) MiB", at: mark) }
  }

  static func read(_ file: String, limit: Int = 1 << 28) throws(Diagnostic) -> [UInt8] {
    try check(file, limit: limit)
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Diagnostic("cannot be read", at: SourceMark(file: file), kind: .missing)
    }
    return Array(data)
  }

  /// The first bytes of a file that has been checked.
  static func start(_ file: String, count: Int) -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: file) else { return [] }
    defer { try? handle.close() }
    return ((try? handle.read(upToCount: count)) ?? nil).map(Array.init) ?? []
  }
}

/// One row of a data set, and the line it stands on where each has its own.
struct DataRow {
  var json: JSONValue
  var line: Int?
}

/// Rows of a JSON list, or of JSON lines, whichever the file holds.
func readRows(_ file: String) throws(Diagnostics) -> [DataRow] {
  do throws(Diagnostic) {
    try DataFile.check(file, limit: .max)
    let start = DataFile.start(file, count: 4096)
    try ForeignForm.refuse(start, file: file)
    let first = start.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
    if first == UInt8(ascii: "[") {
      let json = try JSONValue(parsing: try DataFile.read(file), file: file)
      return (json.array ?? []).map { DataRow(json: $0, line: nil) }
    }
    guard first == UInt8(ascii: "{") else {
      let fact = first == nil ? "is empty" : "is neither a JSON list nor JSON lines"
      throw Diagnostic(fact, at: SourceMark(file: file))
    }
  } catch { throw Diagnostics([error]) }
  return try readJSONLines(file)
}

/// JSON lines; empty lines are passed over, and up to 20 mistakes are collected.
private func readJSONLines(_ file: String) throws(Diagnostics) -> [DataRow] {
  var mistakes = Diagnostics()
  var rows: [DataRow] = []
  do throws(Diagnostic) {
    var lines = try TextLines(file)
    while let line = try lines.next() {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      do throws(Diagnostic) {
        rows.append(DataRow(json: try JSONValue(parsing: line, file: file, firstLine: lines.number), line: lines.number))
      } catch {
        mistakes.report(error)
        if mistakes.list.count >= 20 { break }
      }
    }
  } catch { mistakes.report(error) }
  try mistakes.throwIfAnyError()
  return rows
}

/// Forms of data this program does not read, with the command that turns them into one it does.
enum ForeignForm {
  static func refuse(_ start: [UInt8], file: String) throws(Diagnostic) {
    let mark = SourceMark(file: file)
    if start.starts(with: Array("PAR1".utf8)) || file.hasSuffix(".parquet") {
      throw Diagnostic("is parquet, which is not read", at: mark, hint: converter(file))
    }
    if start.starts(with: [0x1F, 0x8B]) || start.starts(with: Array("PK\u{3}\u{4}".utf8)) {
      throw Diagnostic("is compressed", at: mark, hint: "unpack it first")
    }
  }

  /// One line of duckdb (one program without dependencies) that writes JSON lines.
  static func converter(_ file: String) -> String {
    let stem = file.hasSuffix(".parquet") ? String(file.dropLast(8)) : file
    func quoted(_ text: String) -> String { text.replacing("'", with: "''") }
    let query = "COPY (SELECT * FROM read_parquet('\(quoted(file))')) TO '\(quoted(stem)).jsonl' (FORMAT JSON)"
    return "duckdb -c \"\(query)\""
  }
}
