// What the tests' own writer writes reads back the same, in every form of page.
import Diagnostics
import Parquet
import ParquetWriting
import TestSupport
import Testing

/// All rows of a file.
func allRows(_ path: String, where isWanted: (ParquetColumn) -> Bool = { _ in true }) throws -> [ParquetValue] {
  var rows = try ParquetFile(path).rows(where: isWanted)
  var all: [ParquetValue] = []
  while let row = try rows.next() { all.append(row) }
  return all
}

/// Rows with everything that can be null or empty.
enum Sample {
  static let columns: [(name: String, shape: ParquetShape)] = [
    ("id", .text), ("count", .integer), ("share", .number), ("isMusic", .boolean),
    ("audio", .group([("bytes", .bytes), ("path", .text)])), ("choices", .list(.text)),
    ("spans", .list(.group([("start", .integer), ("words", .list(.text))]))),
  ]

  static func row(_ index: Int) -> ParquetValue {
    func every(_ divisor: Int, _ value: ParquetValue) -> ParquetValue { index % divisor == divisor - 1 ? .null : value }
    let audio = ParquetValue.group([
      ParquetField("bytes", every(3, .bytes([UInt8](repeating: UInt8(index % 256), count: index % 90)))),
      ParquetField("path", every(2, .text("q\(index).wav"))),
    ])
    let spans = (0..<index % 4).map { span in
      span == 2
        ? ParquetValue.null
        : .group([
          ParquetField("start", .integer(index * 10 + span)),
          ParquetField("words", span == 0 ? .list([.text("é"), .null, .text("")]) : every(5, .list([]))),
        ])
    }
    return .group([
      ParquetField("id", .text("q\(index)")), ParquetField("count", every(4, .integer(index - 3))),
      ParquetField("share", every(6, .number(Double(index) / 8))), ParquetField("isMusic", every(5, .boolean(index % 2 == 0))),
      ParquetField("audio", every(7, audio)),
      ParquetField("choices", every(9, .list((0..<index % 5).map { .text("choice \($0)") }))),
      ParquetField("spans", every(8, .list(spans))),
    ])
  }

  static let rows = (0..<45).map(row)
}

@Suite("Parquet, written and read")
struct RoundTripTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test("all forms of pages give the same rows", arguments: [1, 2], [true, false])
  func forms(_ version: Int, _ isSnappy: Bool) throws {
    for usesDictionary in [true, false] {
      for groupSize in [1, 7, 1000] {
        var writer = ParquetWriter(Sample.columns)
        (writer.pageVersion, writer.isSnappy, writer.usesDictionary) = (version, isSnappy, usesDictionary)
        writer.groupSize = groupSize
        try folder.write(writer.bytes(Sample.rows), to: "a.parquet")
        #expect(try ParquetFile(folder.file("a.parquet")).rowCount == 45)
        #expect(try allRows(folder.file("a.parquet")) == Sample.rows)
      }
    }
  }

  @Test("lists without a group of their own, as older writers have them")
  func bareLists() throws {
    var writer = ParquetWriter([("choices", .list(.text)), ("n", .integer)])
    writer.hasBareLists = true
    let rows: [ParquetValue] = [
      .group([ParquetField("choices", .list([.text("a"), .text("b")])), ParquetField("n", .integer(1))]),
      .group([ParquetField("choices", .null), ParquetField("n", .integer(2))]),
      .group([ParquetField("choices", .list([])), ParquetField("n", .null)]),
    ]
    try folder.write(writer.bytes(rows), to: "a.parquet")
    #expect(try allRows(folder.file("a.parquet")) == rows)
  }

  @Test("of columns that are not wanted nothing is read, and a file of no rows has none")
  func choice() throws {
    try folder.write(ParquetWriter(Sample.columns).bytes(Sample.rows), to: "a.parquet")
    let rows = try allRows(folder.file("a.parquet")) { $0.path != ["audio", "bytes"] && $0.path[0] != "spans" }
    #expect(rows.count == 45)
    #expect(rows[3]["audio"] == .group([ParquetField("path", .null)]))
    #expect(rows[6]["audio"] == .null)
    #expect(rows[0]["spans"] == nil)
    let columns = try ParquetFile(folder.file("a.parquet")).columns
    #expect(columns.filter(\.isBytes).map(\.path) == [["audio", "bytes"]])
    #expect(columns.first { $0.path == ["id"] }?.valueCount == 45)
    #expect(columns.first { $0.path == ["audio", "path"] }?.valueCount == 20)
    try folder.write(ParquetWriter(Sample.columns).bytes([]), to: "b.parquet")
    #expect(try allRows(folder.file("b.parquet")).isEmpty)
  }
}
