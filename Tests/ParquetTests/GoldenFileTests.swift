// Small files as other programs write them, all with the same rows; and what is not read, by name.
import Diagnostics
import Foundation
import Parquet
import TestSupport
import Testing

@Suite("Parquet of other writers")
struct GoldenFileTests {
  private static func path(_ name: String) -> String {
    Fixtures.packageRoot.appendingPathComponent("Tests/Golden/parquet/\(name).parquet").path
  }

  private static func row(_ index: Int) -> ParquetValue {
    func value(_ isThere: Bool, _ value: @autoclosure () -> ParquetValue) -> ParquetValue { isThere ? value() : .null }
    let bytes = [UInt8](repeating: UInt8(index), count: 20 * index)
    let spans = (0..<index % 4).map { span in
      value(
        span != 2,
        .group([
          ParquetField("start", .integer(index + span)),
          ParquetField("words", value(span != 1, .list((0..<span + index % 3).map { .text("w\($0)") }))),
        ]))
    }
    return .group([
      ParquetField("id", .text("q\(index)")), ParquetField("n", value(index != 4, .integer(index * 1_000_003 - 7))),
      ParquetField("f", value(index != 5, .number(Double(index) / 8))),
      ParquetField("b", value(index != 3, .boolean(index % 2 == 0))),
      ParquetField(
        "audio",
        value(
          index != 2,
          .group([
            ParquetField("bytes", value(index != 1, .bytes(bytes))),
            ParquetField("path", value(index % 2 == 0, .text("a/q\(index).wav"))),
          ]))),
      ParquetField("choices", value(index != 5, .list((0..<index).map { value($0 != 3, .text("choice \($0)é")) }))),
      ParquetField("spans", value(index != 4, .list(spans))),
    ])
  }

  @Test(
    "the same rows, from dictionaries and differences, old and new pages, every codec",
    arguments: ["pyarrow-snappy", "pyarrow-legacy-gzip", "pyarrow-delta-zstd", "polars-zstd", "duckdb-v2"])
  func rows(_ name: String) throws {
    #expect(try allRows(Self.path(name)) == (0..<6).map(Self.row))
  }

  @Test("a flat table of fastparquet's")
  func flat() throws {
    let rows = try allRows(Self.path("fastparquet-snappy"))
    #expect(rows.map { $0["id"] } == (0..<6).map { .text("q\($0)") })
    #expect(rows.map { $0["f"] } == [.number(0), .number(0.125), .number(0.25), .number(0.375), .number(0.5), .null])
    #expect(rows.map { $0["b"] } == [true, false, true, false, true, false].map { .boolean($0) })
  }

  @Test("a codec that is not read is named")
  func codec() {
    let path = Self.path("pyarrow-brotli")
    #expect(
      refusal { try allRows(path) }
        == "\(path): error: id: is packed with brotli, which is not read\n  hint: read are snappy, gzip and zstd")
  }
}
