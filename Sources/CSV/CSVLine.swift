// Comma-separated values (RFC 4180): one row's bytes to its fields, and a field to its text.

/// What is wrong with a row.
public enum CSVFault: Error, Sendable, Hashable {
  /// A quoted field has no closing quote.
  case isOpen
  case textAfterQuote
}

/// The fields of one row, without its line feed. A quoted field may hold commas, doubled quotes and line feeds; within a
/// field that does not begin with one, a quote is a character like others.
/// - Returns: bytes that nobody has checked to be UTF-8.
public func csvFields(_ row: some Collection<UInt8>) throws(CSVFault) -> [[UInt8]] {
  let (quote, comma) = (UInt8(ascii: "\""), UInt8(ascii: ","))
  var fields: [[UInt8]] = []
  var field: [UInt8] = []
  var rest = Array(row)[...]
  while true {
    if rest.first == quote {
      rest.removeFirst()
      var isClosed = false
      while let byte = rest.popFirst() {
        if byte != quote { field.append(byte) } else if rest.first == quote {
          rest.removeFirst()
          field.append(quote)
        } else {
          isClosed = true
          break
        }
      }
      guard isClosed else { throw .isOpen }
      guard rest.first ?? comma == comma else { throw .textAfterQuote }
    } else {
      while let byte = rest.first, byte != comma {
        field.append(byte)
        rest.removeFirst()
      }
    }
    fields.append(field)
    field.removeAll(keepingCapacity: true)
    guard rest.popFirst() == comma else { return fields }
  }
}

/// A field as CSV: quoted where it must be.
public func csvField(_ text: String) -> String {
  guard text.utf8.contains(where: { Array(",\"\n\r".utf8).contains($0) }) else { return text }
  return "\"" + text.replacing("\"", with: "\"\"") + "\""
}
