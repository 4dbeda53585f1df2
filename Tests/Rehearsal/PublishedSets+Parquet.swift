// MMAR as data set viewers convert it: two parquet files with the clips in an `audio` column.
import Foundation
import JSONText
import Parquet
import ParquetWriting

extension PublishedSets {
  /// `parquet/test-0000K-of-00002.parquet`: the questions and clips that `data/mmar` has.
  func writeParquet() throws {
    let texts = ["id", "audio_path", "question", "answer", "modality", "category", "sub-category", "language"]
    let audio = ParquetShape.group([("bytes", .bytes), ("path", .text)])
    var writer = ParquetWriter(
      texts.map { (name: $0, shape: .text) } + [(name: "choices", shape: .list(.text)), (name: "audio", shape: audio)])
    (writer.isSnappy, writer.usesDictionary, writer.groupSize) = (true, true, 5)
    let rows = try mmarRows.map { row in
      let name = (row["id"]?.string ?? "") + ".wav"
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: data + "/mmar/audio/" + name)))
      let clip = ParquetValue.group([ParquetField("bytes", .bytes(bytes)), ParquetField("path", .text(name))])
      let choices = (row["choices"]?.array ?? []).compactMap(\.string).map { ParquetValue.text($0) }
      return ParquetValue.group(
        texts.map { ParquetField($0, row[$0]?.string.map { .text($0) } ?? .null) }
          + [ParquetField("choices", .list(choices)), ParquetField("audio", clip)])
    }
    for (number, part) in [rows.prefix(15), rows.dropFirst(15)].enumerated() {
      try Files.write(writer.bytes(Array(part)), to: root + "/parquet/test-0000\(number)-of-00002.parquet")
    }
  }
}
