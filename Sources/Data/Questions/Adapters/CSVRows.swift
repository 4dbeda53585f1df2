// Comma-separated values (RFC 4180) row by row, whatever the size of the file.
internal import CSV
internal import Diagnostics

struct CSVRow {
  var fields: [String]
  /// The line it begins on, from 1.
  var line: Int
}

/// Rows of a CSV file. Quoted fields may hold commas, doubled quotes and line feeds; within a field that does not begin
/// with one, a quote is a character like others. A row is at most 16 MiB.
struct CSVRows: ~Copyable {
  private var lines: TextLines
  private let file: String

  init(_ file: String) throws(Diagnostic) {
    try DataFile.check(file, limit: .max)
    let start = DataFile.start(file, count: 64)
    try ForeignForm.refuse(start, file: file)
    try TextEncoding.refuse(start, file: file)
    lines = try TextLines(file)
    self.file = file
  }

  /// The next row that is not empty; nil after the last.
  mutating func next() throws(Diagnostic) -> CSVRow? {
    while var bytes = try lines.next() {
      if lines.number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
      if bytes.isEmpty { continue }
      let line = lines.number
      var state = FieldState.start
      for byte in bytes { state.pass(byte) }
      while state == .quoted {
        let mark = SourceMark(file: file, line: line)
        guard let more = try lines.next() else { throw Diagnostic("a quoted field has no closing quote", at: mark) }
        state.pass(0x0A)
        for byte in more { state.pass(byte) }
        bytes.append(0x0A)
        bytes += more
        guard bytes.count <= TextLines.longestLine else {
          throw Diagnostic("a row of more than \(TextLines.longestLine >> 20) MiB", at: mark)
        }
      }
      return CSVRow(fields: try fields(bytes, line: line), line: line)
    }
    return nil
  }

  /// Where one is within a row.
  private enum FieldState {
    case start, plain, quoted
    /// Behind a quote within a quoted field: its end, or the first of two that stand for one.
    case quote

    mutating func pass(_ byte: UInt8) {
      switch (self, byte) {
      case (.quoted, 0x22): self = .quote
      case (.quoted, _): break
      case (.start, 0x22), (.quote, 0x22): self = .quoted
      case (_, 0x2C): self = .start
      default: self = .plain
      }
    }
  }

  private func fields(_ bytes: [UInt8], line: Int) throws(Diagnostic) -> [String] {
    let mark = SourceMark(file: file, line: line)
    if bytes.contains(0) { throw Diagnostic("a NUL byte", at: mark) }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw Diagnostic("is not valid UTF-8", at: mark) }
    do throws(CSVFault) {
      return try csvFields(bytes).map { String(decoding: $0, as: UTF8.self) }
    } catch {
      throw Diagnostic(error == .isOpen ? "a quoted field has no closing quote" : "text after a closing quote", at: mark)
    }
  }
}
