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
        let fact = "a line of more than \(Self.longestLine >> 20) MiB"
        throw Diagnostic(fact, at: mark, path: Self.id(atStartOf: buffer[position...].prefix(4096)))
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

  /// The id of an object that is too long to be read, if it stands near its beginning; else empty.
  private static func id(atStartOf bytes: ArraySlice<UInt8>) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let key = text.firstRange(of: "\"id\"") else { return "" }
    let value = text[key.upperBound...].drop { $0 == " " || $0 == ":" }
    let isText = value.first == "\""
    return String((isText ? value.dropFirst() : value).prefix { $0 != "\"" && $0 != "," && $0 != "}" }.prefix(100))
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
