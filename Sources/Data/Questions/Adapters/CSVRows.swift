// Comma-separated values (RFC 4180) row by row, whatever the size of the file.
internal import Diagnostics

struct CSVRow {
  var fields: [String]
  /// The line it begins on, from 1.
  var line: Int
}

/// Rows of a CSV file. Quoted fields may hold commas, doubled quotes and line feeds; a row is at most 16 MiB.
struct CSVRows: ~Copyable {
  private var lines: TextLines
  private let file: String

  init(_ file: String) throws(Diagnostic) {
    try DataFile.check(file, limit: .max)
    try ForeignForm.refuse(DataFile.start(file, count: 4), file: file)
    lines = try TextLines(file)
    self.file = file
  }

  /// The next row that is not empty; nil after the last.
  mutating func next() throws(Diagnostic) -> CSVRow? {
    while var bytes = try lines.next() {
      if lines.number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
      if bytes.isEmpty { continue }
      let line = lines.number
      // An odd number of quotes: a quoted field goes on in the next line.
      var quotes = bytes.count { $0 == 0x22 }
      while !quotes.isMultiple(of: 2) {
        let mark = SourceMark(file: file, line: line)
        guard let more = try lines.next() else { throw Diagnostic("a quoted field has no closing quote", at: mark) }
        quotes += more.count { $0 == 0x22 }
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

  private func fields(_ bytes: [UInt8], line: Int) throws(Diagnostic) -> [String] {
    let mark = SourceMark(file: file, line: line)
    if bytes.contains(0) { throw Diagnostic("a NUL byte", at: mark) }
    guard String(validating: bytes, as: UTF8.self) != nil else { throw Diagnostic("is not valid UTF-8", at: mark) }
    var fields: [String] = []
    var field: [UInt8] = []
    var index = 0
    while true {
      if index < bytes.count, bytes[index] == 0x22 {
        index += 1
        while index < bytes.count {
          if bytes[index] == 0x22 {
            index += 1
            guard index < bytes.count, bytes[index] == 0x22 else { break }
          }
          field.append(bytes[index])
          index += 1
        }
        guard index == bytes.count || bytes[index] == 0x2C else {
          throw Diagnostic("text after a closing quote", at: mark)
        }
      } else {
        while index < bytes.count, bytes[index] != 0x2C {
          field.append(bytes[index])
          index += 1
        }
      }
      fields.append(String(decoding: field, as: UTF8.self))
      field.removeAll(keepingCapacity: true)
      guard index < bytes.count else { return fields }
      index += 1
    }
  }
}
