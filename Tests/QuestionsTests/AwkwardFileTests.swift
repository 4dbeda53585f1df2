// Files as tools of all kinds write them: read where the meaning is clear, else refused in one message.
import Diagnostics
import Foundation
import Questions
import TestSupport
import Testing

@Suite("Awkward files")
struct AwkwardFileTests {
  private func item(_ id: String, answer: String = "Man") -> String {
    "{\"id\": \(id), \"audio_id\": \"a.wav\", \"question\": \"Who?\", \"choices\": [\"Man\", \"Woman\"], "
      + "\"answer\": \"\(answer)\", \"model_output\": \"Man\"}"
  }

  @Test("ids are the same only byte for byte: precomposed and decomposed letters, letter case, Hangul, Angstrom")
  func forms() throws {
    let pairs = [
      ("caf\u{E9}", "cafe\u{301}"), ("Ab", "aB"), ("\u{AC00}", "\u{1100}\u{1161}"), ("\u{212B}", "\u{C5}"),
      ("a\u{323}\u{307}", "a\u{307}\u{323}"),
    ]
    for (one, other) in pairs {
      let text = "[" + item("\"\(one)\"") + "," + item("\"\(other)\"", answer: "Woman") + "]"
      let set = try DataCase(text)
      #expect(try set.mmau().questions.count == 2)
      let rows = try readPredictions(set.folder.file("set.json"), of: .mmau)
      #expect(try ScoreSheet(.mmau, rows: rows, file: "set.json").total() == RightCount(right: 1, count: 2))
      let questions = try readScoringQuestions(set.folder.file("set.json"), of: .mmau)
      let sheet = try ScoreSheet(.mmau, rows: [rows[1]], questions: questions, file: "set.json")
      #expect(sheet.missing.map { Array($0.utf8) } == [Array(one.utf8)])
      let twice = try DataCase("[" + item("\"\(one)\"") + "," + item("\"\(one)\"") + "]")
      #expect(twice.complaint { try twice.mmau() } == "set.json: error: \(one): this id stands twice")
    }
  }

  @Test("whole numbers are ids everywhere, and the same as their digits in quotes")
  func numbers() throws {
    let set = try DataCase("[" + item("7") + "," + item("-3") + "]")
    #expect(try set.mmau().questions.map(\.id) == ["7", "-3"])
    let rows = try readPredictions(set.folder.file("set.json"), of: .mmau)
    #expect(rows.map(\.id) == ["7", "-3"])
    let quoted = try DataCase("[" + item("\"7\"") + "," + item("\"-3\"") + "]")
    let questions = try readScoringQuestions(quoted.folder.file("set.json"), of: .mmau)
    #expect(try ScoreSheet(.mmau, rows: rows, questions: questions, file: "x").total() == RightCount(right: 2, count: 2))
    let twice = try DataCase("[" + item("7") + "," + item("\"7\"") + "]")
    #expect(twice.complaint { try twice.mmau() } == "set.json: error: 7: this id stands twice")
  }

  @Test("a byte order mark, CRLF, empty lines, line separators within texts")
  func lines() throws {
    let rows = item("\"a\u{2028}b\"") + "\r\n\r\n  \r\n" + item("\"c\u{85}d\"")
    for text in [rows, "\u{FEFF}" + rows, "\u{FEFF}[\r\n" + item("\"a\u{2028}b\"") + ",\r\n" + item("\"c\u{85}d\"") + "\r\n]\r\n"] {
      #expect(try DataCase(text).mmau().questions.map(\.id) == ["a\u{2028}b", "c\u{85}d"])
    }
  }

  private func captions(_ text: String) throws -> [CaptionedClip] {
    let set = try DataCase(text, as: "c.csv")
    var clips: [CaptionedClip] = []
    try readAudioSetCaps(set.folder.file("c.csv")) { clips.append($0) }
    return clips
  }

  @Test("a quote within a field that does not begin with one is a character like others")
  func quotes() throws {
    let clips = try captions(
      "id,caption\nY---1_cCGK4M,A 5\" pipe falls.\nY---1_cCGK4N,He says \"no\" loudly\n"
        + "Y---1_cCGK4O,\"A 5\"\" pipe,\nthen \"\"rain\"\"\"\n")
    #expect(clips.map(\.caption) == ["A 5\" pipe falls.", "He says \"no\" loudly", "A 5\" pipe,\nthen \"rain\""])
    let set = try DataCase("---g-f_I2yQ,1,12\" drum,test\n--0PQM4-hqg,30,rain,train\n", as: "v.csv")
    #expect(try readVGGSound(set.folder.file("v.csv")).map(\.label) == ["12\" drum", "rain"])
  }

  @Test("a column without a name is no answer; names may stand in space")
  func columns() throws {
    for head in [",id,caption,speech", "Unnamed: 0, id , caption,speech ", "\u{FEFF},id,caption,speech"] {
      let clips = try captions(head + "\r\n0,Y---1_cCGK4M,Rain.,None.\r\n")
      #expect(clips.map(\.caption) == ["Rain."])
      #expect(clips.map(\.answers) == [["None."]])
      #expect(clips[0].columns.map(\.name) == ["speech"])
    }
  }

  @Test("UTF-16 and UTF-32 are named, with a mark and without", arguments: [
    ("UTF-16", String.Encoding.utf16), ("UTF-16LE", .utf16LittleEndian), ("UTF-16BE", .utf16BigEndian), ("UTF-32", .utf32),
  ])
  func encodings(name: String, encoding: String.Encoding) throws {
    for (text, file) in [("id,caption\nY---1_cCGK4M,Rain.\n", "c.csv"), ("[" + item("\"a\"") + "]", "c.json")] {
      let set = try DataCase(Array(try #require(text.data(using: encoding))), as: file)
      let said = try #require(set.complaint { try QuestionFile(set.folder.file(file)) })
      #expect(said.hasPrefix("\(file): error: is \(name), not UTF-8\n  hint: iconv -f \(name) -t UTF-8 '"), "\(said)")
      #expect(said.split(separator: "\n").count == 2)
    }
  }

  @Test("a table of no known set is refused once, with what it begins with")
  func unknown() throws {
    for (text, start) in [
      ("name;text\na;b\n", "has 1 fields: name;text"), ("clip\ttext\n", "has 1 fields: clip\ttext"),
      ("file,text,label\na,b,c\n", "has 3 fields: file | text | label"),
    ] {
      let set = try DataCase(text, as: "t.csv")
      let said = try #require(set.complaint { try QuestionFile(set.folder.file("t.csv")) })
      #expect(said.hasPrefix("t.csv:1: error: is a table of no known set; its first row \(start)\n  hint: known: ARC ("))
      #expect(said.split(separator: "\n").count == 2)
    }
  }

  @Test("what is wrong with every row is said of ten of them, and counted")
  func causes() throws {
    let rows = (0..<500).map { "{\"id\": \"q\($0)\", \"audio_id\": \"a.wav\", \"question\": \"Q\", \"choices\": \"none\"}" }
    let set = try DataCase("[" + rows.joined(separator: ",") + "]")
    let said = try #require(set.complaint { try set.mmau() })
    #expect(said.split(separator: "\n").count == 11)
    #expect(said.hasSuffix("set.json: error: 490 more rows: choices is no list of texts"))
  }

  @Test("test-full's clips under either folder name; AVQA's in audio, wavs or wav, with zeros and without")
  func clips() throws {
    let row = "[" + item("\"a\"").replacingOccurrences(of: "a.wav", with: "./test-audios/a.wav") + "]"
    for (folders, expected) in [
      ([], "./test-audios/a.wav"), (["test-audios"], "./test-audios/a.wav"), (["test-full-audios"], "./test-full-audios/a.wav"),
      (["test-full-audios", "test-audios"], "./test-audios/a.wav"),
    ] {
      let set = try DataCase(row)
      for folder in folders { try makeFile("\(folder)/a.wav", in: set) }
      #expect(try set.mmau().questions.map(\.audioPath) == [expected])
    }
    let avqa = "[{\"id\": 1, \"video_name\": \"-HG3Omg_89c_000030\", \"question_text\": \"Q\", \"multi_choice\": [\"x\"], \"answer\": 0}]"
    for name in ["audio/-HG3Omg_89c_000030.wav", "audio/-HG3Omg_89c_30.flac", "wavs/-HG3Omg_89c_30.wav", "wav/-HG3Omg_89c_000030.mp3"] {
      let set = try DataCase(avqa)
      try makeFile(name, in: set)
      #expect(try set.avqa().questions.map(\.audioPath) == [name])
    }
  }

  private func makeFile(_ name: String, in set: DataCase) throws {
    let path = set.folder.file(name)
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: path))
  }
}
