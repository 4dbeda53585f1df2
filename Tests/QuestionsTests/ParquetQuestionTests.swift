// Questions in parquet, in the forms data sets are published in.
import Diagnostics
import Foundation
import Parquet
import ParquetWriting
import Questions
import TestSupport
import Testing

@Suite("Questions in parquet")
struct ParquetQuestionTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private static let file = ParquetShape.group([("bytes", .bytes), ("path", .text)])

  private func write(_ columns: [(String, ParquetShape)], _ rows: [[(String, ParquetValue)]], to name: String) throws {
    var writer = ParquetWriter(columns.map { (name: $0.0, shape: $0.1) })
    writer.isSnappy = true
    try folder.write(writer.bytes(rows.map { row in .group(row.map { ParquetField($0.0, $0.1) }) }), to: name)
  }

  private func clip(_ bytes: [UInt8]?, _ path: String?) -> ParquetValue {
    .group([
      ParquetField("bytes", bytes.map { .bytes($0) } ?? .null), ParquetField("path", path.map { .text($0) } ?? .null),
    ])
  }

  private func read(_ name: String) throws -> QuestionFile { try QuestionFile(folder.file(name)) }

  private func hub(_ clips: [ParquetValue], to name: String) throws {
    let columns: [(String, ParquetShape)] = [
      ("context", Self.file), ("instruction", .text), ("choices", .list(.text)), ("answer", .text),
      ("other_attributes", .text),
    ]
    try write(
      columns,
      clips.enumerated().map { index, clip in
        [
          ("context", clip), ("instruction", .text("What rings?")),
          ("choices", .list([.text("(A) bell"), .text("(B) dog")])), ("answer", .text("(B) dog")),
          ("other_attributes", .text("{\"id\": \"q\(index)\", \"task\": \"sound\", \"difficulty\": \"easy\"}")),
        ]
      }, to: name)
  }

  @Test("MMAU on the hub: letters, attributes and clips that stand in the file, with a name or none")
  func mmau() throws {
    try hub([clip([1, 2], nil), clip([3], "x/other.wav")], to: "a.parquet")
    let file = try read("a.parquet")
    #expect(file.form == .mmau)
    #expect(file.embeddedClips == 2)
    #expect(file.unpackCommand == "repro data unpack '\(folder.path)/a.parquet'")
    #expect(file.questions.map(\.id) == ["q0", "q1"])
    #expect(file.questions.map(\.audioPath) == ["./test-mini-audios/q0.wav", "./test-mini-audios/other.wav"])
    #expect(file.questions[0].choices == ["bell", "dog"])
    #expect(file.questions[0].answer == "dog")
    #expect(file.questions[0].category == "sound")
    try hub([clip(nil, "/data/test-mini-audios/x.wav")], to: "b.parquet")
    let named = try read("b.parquet")
    #expect(named.embeddedClips == 0)
    #expect(named.unpackCommand == nil)
    #expect(named.questions[0].audioPath == "./test-mini-audios/x.wav")
  }

  @Test("clips of one name are named by their questions; no name leaves the folder")
  func names() throws {
    try hub([clip([1], "audio.wav"), clip([2], "audio.wav"), clip([3], "../../up.wav"), clip([4], "..")], to: "a.parquet")
    #expect(
      try read("a.parquet").questions.map(\.audioPath) == ["q0", "q1", "up", "q3"].map { "./test-mini-audios/\($0).wav" })
  }

  @Test("choices written as JSON, or as Python prints them, and ids that have to be made")
  func audioColumn() throws {
    let columns: [(String, ParquetShape)] = [
      ("audio", Self.file), ("question", .text), ("choices", .text), ("answer", .text), ("task", .text),
    ]
    let lists = ["[\"it's\", \"dog\"]", "[\"it's\", 'dog']"]
    try write(
      columns,
      lists.enumerated().map { index, list in
        [
          ("audio", clip([1], "c\(index).wav")), ("question", .text("Q?")), ("choices", .text(list)),
          ("answer", .text("dog")), ("task", .text("sound")),
        ]
      }, to: "a.parquet")
    let file = try read("a.parquet")
    #expect(file.form == .mmau)
    #expect(file.questions.map(\.id) == ["c0", "c1"])
    #expect(file.questions.map(\.choices) == [["it's", "dog"], ["it's", "dog"]])
    #expect(file.questions.map(\.audioPath) == ["./test-mini-audios/c0.wav", "./test-mini-audios/c1.wav"])
  }

  @Test("AVQA with its choices behind the question, and as published with a column of sound")
  func avqa() throws {
    try write(
      [("audio", Self.file), ("file_name", .text), ("question", .text), ("answer", .text)],
      [
        [
          ("audio", clip([1], nil)), ("file_name", .text("-HG3Omg_89c_000030.wav")),
          ("question", .text("What is it?\nChoices:\nA. bell\nB. dog")), ("answer", .text("B. dog")),
        ]
      ], to: "a.parquet")
    let file = try read("a.parquet")
    #expect(file.form == .avqa)
    #expect(file.questions.map(\.question) == ["What is it?"])
    #expect(file.questions.map(\.choices) == [["bell", "dog"]])
    #expect(file.questions.map(\.answer) == ["dog"])
    #expect(file.questions.map(\.audioPath) == ["audio/-HG3Omg_89c_000030.wav"])
    try write(
      [("id", .integer), ("video_name", .text), ("audio", Self.file), ("question_text", .text), ("multi_choice", .list(.text)), ("answer", .integer)],
      [
        [
          ("id", .integer(7)), ("video_name", .text("-HG3Omg_89c_000040")), ("audio", clip([1], "x.wav")),
          ("question_text", .text("Q?")), ("multi_choice", .list([.text("a"), .text("b")])), ("answer", .integer(1)),
        ]
      ], to: "b.parquet")
    #expect(try read("b.parquet").questions.map(\.audioPath) == ["audio/-HG3Omg_89c_000040.wav"])
    #expect(try read("b.parquet").questions.map(\.answer) == ["b"])
  }

  @Test("ARC, in shards that are read as one; a shard that is missing is named")
  func shards() throws {
    let columns: [(String, ParquetShape)] = [
      ("id", .text), ("question", .text), ("choices", .group([("text", .list(.text)), ("label", .list(.text))])),
      ("answerKey", .text),
    ]
    for shard in 0..<2 {
      try write(
        columns,
        [
          [
            ("id", .text("M\(shard)")), ("question", .text("Which?")),
            (
              "choices",
              .group([
                ParquetField("text", .list([.text("water"), .text("sand")])),
                ParquetField("label", .list([.text("1"), .text("2")])),
              ])
            ), ("answerKey", .text("2")),
          ]
        ], to: "train-0000\(shard)-of-00002.parquet")
    }
    let file = try read("train-00001-of-00002.parquet")
    #expect(file.form == .arc)
    #expect(file.questions.map(\.id) == ["M0", "M1"])
    #expect(file.questions.map(\.answer) == ["sand", "sand"])
    try folder.remove("train-00000-of-00002.parquet")
    #expect(
      refusal { try read("train-00001-of-00002.parquet") } == """
        \(folder.path)/train-00000-of-00002.parquet: error: is not there
          hint: a set is read with all of its shards
        """)
  }
}
