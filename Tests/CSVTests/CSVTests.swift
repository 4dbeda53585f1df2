// Rows of comma-separated values.
import CSV
import Diagnostics
import Testing

@Suite("CSV")
struct CSVTests {
  private func fields(_ row: String) throws(CSVFault) -> [String] {
    try csvFields(row.utf8).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("fields come back as they were written", arguments: ["a", "", "a,b", "say \"hi\"", "two\nlines", "\r\n", "\u{65}\u{301},"])
  func roundTrip(_ text: String) throws {
    #expect(try fields([csvField(text), csvField("x"), csvField(text)].joined(separator: ",")) == [text, "x", text])
  }

  @Test("a quote within a field is a character like others; one that opens a field has to close it")
  func quotes() throws {
    #expect(try fields("5\" pipe,b") == ["5\" pipe", "b"])
    #expect(throws: CSVFault.isOpen) { try fields("a,\"b") }
    #expect(throws: CSVFault.textAfterQuote) { try fields("\"a\"b") }
  }

  @Test("a table of a person on Windows is read like any other; a row of another length is named")
  func tables() throws {
    let table = try CSVText(parsing: Array("a,b\r\n1,2\r\n\r\n3,\"4\"\r\n".utf8), file: "t.csv")
    #expect(table.header == ["a", "b"] && table.rows.map(\.fields) == [["1", "2"], ["3", "4"]])
    #expect(table.rows.map(\.line) == [2, 4])
    do throws(Diagnostic) {
      _ = try CSVText(parsing: Array("a,b\n1\n".utf8), file: "t.csv")
      Issue.record("a row of one field")
    } catch { #expect("\(error)" == "t.csv:2: error: 1 fields, the header has 2") }
  }
}
