// A small table of comma-separated values, whole in memory: ours, and a paper's.
public import Diagnostics

/// Rows of fields; every row has as many as the first. Lines end with a line feed, or as on Windows.
public struct CSVText: Sendable {
  public var header: [String]
  /// The line of the header.
  public var headerLine: Int
  public var rows: [(line: Int, fields: [String])]

  /// - Throws: the line and what is wrong with it. A quoted field holds no line feed here.
  public init(parsing bytes: [UInt8], file: String) throws(Diagnostic) {
    var all: [(line: Int, fields: [String])] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.isEmpty { continue }
      let mark = SourceMark(file: file, line: index + 1)
      do throws(CSVFault) {
        var fields: [String] = []
        for field in try csvFields(line) { fields.append(String(decoding: field, as: UTF8.self)) }
        all.append((index + 1, fields))
      } catch {
        throw Diagnostic(error == .isOpen ? "a quoted field does not end" : "text after a closing quote", at: mark)
      }
    }
    guard let first = all.first else {
      throw Diagnostic("a table needs a header row", at: SourceMark(file: file))
    }
    header = first.fields
    headerLine = first.line
    rows = Array(all.dropFirst())
    for row in rows where row.fields.count != header.count {
      throw Diagnostic(
        "\(row.fields.count) fields, the header has \(header.count)", at: SourceMark(file: file, line: row.line)
      )
    }
  }
}
