// Files that are cut, flipped or lie: each is refused with its place, none is waited for or held in memory.
import Diagnostics
import Foundation
import Parquet
import ParquetWriting
import TestSupport
import Testing

@Suite("Hostile parquet")
struct HostileParquetTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func complaint(_ bytes: [UInt8]) throws -> String? {
    try folder.write(bytes, to: "a.parquet")
    return refusal { try allRows(folder.file("a.parquet")) }?.replacingOccurrences(of: folder.path, with: "DIR")
  }

  @Test("what is no whole file")
  func cuts() throws {
    let whole = ParquetWriter(Sample.columns).bytes(Sample.rows)
    #expect(try complaint([]) == "DIR/a.parquet: error: is empty")
    #expect(try complaint(Array("PAR1".utf8)) == "DIR/a.parquet: error: is no parquet file")
    #expect(try complaint(Array("{\"a\": 1}    ".utf8)) == "DIR/a.parquet: error: is no parquet file")
    #expect(
      try complaint(Array(whole.dropLast(100)))
        == "DIR/a.parquet: error: does not end as a parquet file\n  hint: it is cut short; load it again")
    #expect(
      try complaint(Array(whole.dropLast(4)) + Array("PARE".utf8))
        == "DIR/a.parquet: error: is encrypted parquet, which is not read")
    #expect(
      try complaint(Array(whole.dropLast(8)) + [255, 255, 255, 127] + Array("PAR1".utf8))
        == "DIR/a.parquet: error: is said to have a footer of 2147483647 bytes\n  hint: it is damaged; load it again")
    #expect(
      refusal { try ParquetFile(folder.file("none")) }
        == "\(folder.path)/none: error: cannot be opened: No such file or directory")
    #expect(refusal { try ParquetFile(folder.path) } == "\(folder.path): error: is no plain file")
  }

  @Test("a damaged page is named with its column, row and byte")
  func page() throws {
    var writer = ParquetWriter([("id", .text), ("note", .text)])
    let rows = (0..<3).map { index in
      ParquetValue.group([ParquetField("id", .text("q\(index)")), ParquetField("note", .text("some words"))])
    }
    var bytes = writer.bytes(rows)
    // The first value of the first column: its length.
    let start = try #require(bytes.firstRange(of: Array("q0".utf8))?.lowerBound)
    bytes[start - 1] = 0x7F
    #expect(try complaint(bytes) == "DIR/a.parquet: error: id: the page at byte 4 (row 1) ends before its values do")
    bytes[start - 1] = 0
    bytes[start] = 0xFF
    #expect(try complaint(bytes) == "DIR/a.parquet: error: id: the page at byte 4 (row 1) holds a text that is no UTF-8")
    writer.isSnappy = true
    var packed = writer.bytes(rows)
    let place = try #require(packed.firstRange(of: Array("q0".utf8))?.lowerBound)
    packed[place + 12] = 0xFF
    #expect(try complaint(packed) != nil)
  }

  @Test("every damage of one byte is read or refused")
  func bytes() throws {
    var writer = ParquetWriter(Sample.columns)
    (writer.isSnappy, writer.usesDictionary, writer.pageVersion) = (true, true, 2)
    let whole = writer.bytes(Array(Sample.rows.prefix(4)))
    for index in whole.indices {
      for value in [0, 0x7F, 0xFF, whole[index] ^ 1] as [UInt8] {
        var damaged = whole
        damaged[index] = value
        _ = try complaint(damaged)
      }
      if index % 7 == 0 { _ = try complaint(Array(whole[..<index]) + Array(whole.suffix(200))) }
    }
  }
}

@Suite("Fuzzing parquet", .enabled(if: Fuzzing.isOn, "REPRO_FUZZ_SECONDS is not set"))
struct ParquetFuzzTests {
  @Test("damaged files are read or refused")
  func fuzzParquet() throws {
    let folder = try TemporaryFolder()
    var seeds: [[UInt8]] = []
    for version in [1, 2] {
      var writer = ParquetWriter(Sample.columns)
      (writer.pageVersion, writer.isSnappy, writer.usesDictionary, writer.groupSize) = (version, version == 2, true, 5)
      seeds.append(writer.bytes(Array(Sample.rows.prefix(8))))
    }
    for name in ["pyarrow-snappy", "pyarrow-legacy-gzip", "pyarrow-delta-zstd", "polars-zstd", "duckdb-v2"] {
      let url = Fixtures.packageRoot.appendingPathComponent("Tests/Golden/parquet/\(name).parquet")
      seeds.append([UInt8](try Data(contentsOf: url)))
    }
    var read = 0
    let rounds = try Fuzzing.run(seeds: seeds, dictionary: ["PAR1", "\u{0}\u{0}\u{0}\u{0}", "\u{7F}\u{7F}\u{7F}\u{7F}"]) { _, bytes in
      try folder.write(bytes, to: "fuzz")
      guard let file = try? ParquetFile(folder.file("fuzz")) else { return }
      var rows = file.rows()
      var count = 0
      while count < 100_000, (try? rows.next()) ?? nil != nil { count += 1 }
      read += 1
    }
    print("fuzz: Parquet: \(rounds) rounds, \(read) opened")
    #expect(rounds > 100)
    #expect(read > 0)
  }
}
