// Comma-separated values, as far as our own published tables need them (RFC 4180).
internal import Diagnostics

/// Rows of fields; every row has as many as the first.
struct CSVText {
  var header: [String]
  /// The line of the header.
  var headerLine: Int
  var rows: [(line: Int, fields: [String])]

  init(parsing text: String, file: String) throws(Diagnostic) {
    var all: [(line: Int, fields: [String])] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty {
      all.append((index + 1, try Self.fields(of: line, at: SourceMark(file: file, line: index + 1))))
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

  /// A quoted field may hold commas and doubled quotes, not line feeds.
  private static func fields(of line: Substring, at mark: SourceMark) throws(Diagnostic) -> [String] {
    var fields: [String] = []
    var field = ""
    var isQuoted = false
    var characters = Array(line)[...]
    while let character = characters.popFirst() {
      switch character {
      case "\"" where isQuoted && characters.first == "\"":
        characters.removeFirst()
        field.append("\"")
      case "\"": isQuoted.toggle()
      case "," where !isQuoted:
        fields.append(field)
        field = ""
      default: field.append(character)
      }
    }
    if isQuoted { throw Diagnostic("a quoted field does not end", at: mark) }
    return fields + [field]
  }
}

/// A field as CSV: quoted where it must be.
public func csvField(_ text: String) -> String {
  guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
  return "\"" + text.replacing("\"", with: "\"\"") + "\""
}
