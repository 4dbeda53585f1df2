// The data sets' files as questions, in every form.
import Diagnostics
import Foundation
import Questions
import TestSupport
import Testing

/// Texts of a set in a folder of its own.
struct DataCase {
  let folder: TemporaryFolder
  let file: String

  init(_ text: String, as file: String = "set.json") throws { try self.init(Array(text.utf8), as: file) }
  init(_ bytes: [UInt8], as file: String = "set.json") throws {
    folder = try TemporaryFolder()
    self.file = file
    try folder.write(bytes, to: file)
  }

  var data: DataFolder { DataFolder(folder.path) }
  func mmau() throws -> Benchmark { try Benchmark(mmau: file, in: data, name: "mmau") }
  func mmar() throws -> Benchmark { try Benchmark(mmar: file, in: data, name: "mmar") }
  func avqa() throws -> TrainingSet { try TrainingSet(avqa: file, in: data, name: "avqa") }
  func arc() throws -> TrainingSet { try TrainingSet(arc: file, in: data, name: "arc") }

  /// The complaint without the folder.
  func complaint<T>(_ body: () throws -> T) -> String? {
    refusal(body)?.replacingOccurrences(of: folder.path + "/", with: "")
  }
}

@Suite("Data sets as questions")
struct AdapterTests {
  @Test("MMAU: lists as category, absolute paths, a withheld answer")
  func mmau() throws {
    let benchmark = try DataCase(
      """
      [{"id": "a", "audio_id": "./test-mini-audios/a.wav", "question": "Q?", "choices": ["x", "y"], "answer": "y",
        "task": "sound", "category": ["Reasoning"], "sub-category": "S", "difficulty": "hard"},
       {"id": "b", "audio_id": "/data/mmau/test-mini-audios/b.wav", "question": "Q?", "choices": ["x", "y"],
        "answer": "", "task": "music", "category": "Reasoning"}]
      """
    ).mmau()
    #expect(
      benchmark.questions == [
        AudioQuestion(
          id: "a", audioPath: "./test-mini-audios/a.wav", question: "Q?", choices: ["x", "y"], answer: "y",
          category: "sound", subCategory: "S", difficulty: "hard"),
        AudioQuestion(
          id: "b", audioPath: "./test-mini-audios/b.wav", question: "Q?", choices: ["x", "y"], answer: nil,
          category: "music"),
      ])
    #expect(benchmark.revision == .unknown)
  }

  @Test("MMAU: the hub's form, letters taken off")
  func hubForm() throws {
    let benchmark = try DataCase(
      """
      [{"context": {"path": "a.wav"}, "instruction": "Q?", "choices": ["(A) Man", "(B) Woman"], "answer": "(B) Woman",
        "other_attributes": "{\\"id\\": \\"a\\", \\"task\\": \\"speech\\", \\"difficulty\\": \\"easy\\"}"},
       {"context": {"path": "b.wav"}, "instruction": "Q?", "choices": ["A", "(B) b"], "answer": "A",
        "other_attributes": null}]
      """
    ).mmau()
    #expect(
      benchmark.questions == [
        AudioQuestion(
          id: "a", audioPath: "./test-mini-audios/a.wav", question: "Q?", choices: ["Man", "Woman"], answer: "Woman",
          category: "speech", difficulty: "easy"),
        AudioQuestion(
          id: "b", audioPath: "./test-mini-audios/b.wav", question: "Q?", choices: ["A", "(B) b"], answer: "A"),
      ])
  }

  @Test(
    "the real files are read whole, and each revision is known by its content",
    .enabled(if: Fixtures.sharedIsThere, "SKIPPED: the real benchmark files are not beside the package"))
  func real() throws {
    let data = DataFolder(Fixtures.shared.path + "/benchmarks")
    let original = try Benchmark(mmau: "mmau-test-mini-original.json", in: data, name: "mmau")
    let revised = try Benchmark(mmau: "mmau-test-mini-v05.15.25.json", in: data, name: "mmau")
    let mmar = try Benchmark(mmar: "MMAR-meta.jsonl", in: data, name: "mmar")
    #expect(original.revision.text == "original (1f675a9 of 2025-03-25)")
    #expect(revised.revision.text == "v05.15.25 (f0a4a97 of 2025-08-09)")
    #expect([original, revised, mmar].map(\.questions.count) == [1000, 1000, 1000])
    #expect(Set(original.questions.map(\.id)).intersection(revised.questions.map(\.id)).count == 894)
    #expect(mmar.questions.count { $0.category == "mix-sound-music" } == 11)
  }

  @Test("items of two revisions in one file are refused")
  func mixed() throws {
    let rows = [MMAURevision.original.marks[1], MMAURevision.revised.marks[0]].map {
      "{\"id\": \"\($0)\", \"audio_id\": \"a.wav\", \"question\": \"Q\", \"choices\": [\"x\"], \"answer\": \"x\"}"
    }
    let set = try DataCase("[" + rows.joined(separator: ",") + "]")
    #expect(
      set.complaint { try set.mmau() } == """
        set.json: error: holds items of both original and v05.15.25
          hint: take one published file; they share only 894 of 1000 ids
        """)
  }

  @Test("AVQA: the published list and R1-AQA's lines, clips under either name")
  func avqa() throws {
    let row = """
      {"id": 183, "video_name": "-HG3Omg_89c_000030", "video_id": 341, "question_text": "What happened in the video?",\
       "multi_choice": ["motorboat", "Yacht"], "answer": 1, "question_type": "Happening"
      """
    let list = try DataCase("[\(row)}]")
    let expected = AudioQuestion(
      id: "183", audioPath: "audio/-HG3Omg_89c_000030.wav", question: "What happened in the video?",
      choices: ["motorboat", "Yacht"], answer: "Yacht", category: "Happening")
    #expect(try list.avqa().questions == [expected])
    let lines = try DataCase("\(row), \"dataset_name\": \"AVQA\", \"audio_path\": \"/wavs/-HG3Omg_89c_30.wav\"}\n")
    #expect(try lines.avqa().questions == [expected])
    try FileManager.default.createDirectory(atPath: lines.folder.file("audio"), withIntermediateDirectories: true)
    for name in ["-HG3Omg_89c_30.flac", "-HG3Omg_89c_30.wav", "-HG3Omg_89c_000030.mp3"] {
      try lines.folder.write("", to: "audio/" + name)
      #expect(try lines.avqa().questions.first?.audioPath == "audio/" + name)
    }
  }

  @Test("a clip's name has eleven characters of video and a second of at most six digits")
  func keys() {
    #expect(ClipKey("-HG3Omg_89c_000030") == ClipKey(video: "-HG3Omg_89c", start: 30))
    #expect(ClipKey("-HG3Omg_89c_30")?.paddedName == "-HG3Omg_89c_000030")
    #expect(ClipKey("-HG3Omg_89c_000030")?.bareName == "-HG3Omg_89c_30")
    for name in ["", "_", "-HG3Omg_89c", "-HG3Omg_89c_", "-HG3Omg_89c_0000300", "-HG3Omg_89c_+3", "HG3Omg_89c_3", "é-HG3Omg_8_3"] {
      #expect(ClipKey(name) == nil, "\(name)")
    }
  }

  @Test("VGGSound: commas in labels, seconds, splits")
  func vggSound() throws {
    let set = try DataCase("---g-f_I2yQ,1,people marching,test\r\n--0PQM4-hqg,30,\"waterfall, \"\"loud\"\"\",train\n", as: "v.csv")
    #expect(
      try readVGGSound(set.folder.file("v.csv")) == [
        LabelledClip(key: ClipKey(video: "---g-f_I2yQ", start: 1), label: "people marching", isForTraining: false),
        LabelledClip(key: ClipKey(video: "--0PQM4-hqg", start: 30), label: "waterfall, \"loud\"", isForTraining: true),
      ])
    let faulty = try DataCase("short,1,dog,test\n---g-f_I2yQ,x,dog,test\n---g-f_I2yQ,1,dog\n---g-f_I2yQ,1,dog,val\n", as: "v.csv")
    #expect(
      faulty.complaint { try readVGGSound(faulty.folder.file("v.csv")) } == """
        v.csv:1: error: short: 'short' and '1' are no video id of 11 characters and start second
        v.csv:2: error: ---g-f_I2yQ: '---g-f_I2yQ' and 'x' are no video id of 11 characters and start second
        v.csv:3: error: ---g-f_I2yQ: 3 fields where id, start second, label and split are expected
        v.csv:4: error: ---g-f_I2yQ: 'val' is neither train nor test
        """)
  }

  @Test("AudioSetCaps: both forms of id, line feeds in captions")
  func audioSetCaps() throws {
    let set = try DataCase(
      "id,caption\nY---1_cCGK4M,\"A car\nrevs.\"\n---g-f_I2yQ_000001,A crowd marches.\nYY--1_cCGK4M,Rain.\n9eUrEyAR3xk_84_10,Wind.\n", as: "c.csv")
    var clips: [CaptionedClip] = []
    try readAudioSetCaps(set.folder.file("c.csv")) { clips.append($0) }
    #expect(clips.map(\.caption) == ["A car\nrevs.", "A crowd marches.", "Rain.", "Wind."])
    #expect(clips.map(\.video) == ["---1_cCGK4M", "---g-f_I2yQ", "Y--1_cCGK4M", "9eUrEyAR3xk"])
    #expect(clips.map { $0.key?.start } == [nil, 1, nil, 84])
    func complaint(_ text: String) throws -> String? {
      let set = try DataCase(text, as: "c.csv")
      return set.complaint { try readAudioSetCaps(set.folder.file("c.csv")) { _ in } }
    }
    #expect(try complaint("clip,text\n") == "c.csv:1: error: its header is not id,caption")
    #expect(
      try complaint("id,caption\n../x,dog\n") == "c.csv:2: error: ../x: is none of <video id>_<start second>, "
        + "<video id>_<start>_<length> and Y<video id>")
    #expect(try complaint("id,caption\n---g-f_I2yQ_000001,\n") == "c.csv:2: error: ---g-f_I2yQ_000001: has an empty caption")
    #expect(try complaint("id,caption\n---g-f_I2yQ_000001,\"dog\n") == "c.csv:2: error: a quoted field has no closing quote")
    #expect(try complaint("id,caption\n---g-f_I2yQ_000001,\"dog\"s\n") == "c.csv:2: error: text after a closing quote")
    #expect(
      try complaint("id,caption\n---g-f_I2yQ_000001\n")
        == "c.csv:2: error: ---g-f_I2yQ_000001: 1 fields where the header has 2")
    #expect(try complaint("id,caption\n---g-f_I2yQ_000001,a\0\n") == "c.csv:2: error: a NUL byte")
  }

  @Test("AudioSetCaps: the answers captions were written from, whatever their columns are called")
  func audioSetAnswers() throws {
    let set = try DataCase("id,sounds,speech,music\nY---1_cCGK4M,A car.,,\"No, none.\"\n", as: "qa.csv")
    var clips: [CaptionedClip] = []
    try readAudioSetCaps(set.folder.file("qa.csv")) { clips.append($0) }
    #expect(
      clips == [
        CaptionedClip(
          id: "Y---1_cCGK4M", caption: "",
          columns: [.init("sounds", "A car."), .init("speech", ""), .init("music", "No, none.")])
      ])
    #expect(clips.first?.answers == ["A car.", "No, none."])
  }

  @Test("ARC: nested lines, flat lines and CSV give the same questions, by label")
  func arc() throws {
    let expected = AudioQuestion(
      id: "M_1", audioPath: nil, question: "Which (A) is it?", choices: ["air", "water", "fire"], answer: "water",
      category: "text")
    let nested = """
      {"id": "M_1", "question": {"stem": "Which (A) is it?", "choices": [{"text": "air", "label": "1"}, \
      {"text": "water", "label": "2"}, {"text": "fire", "label": "3"}]}, "answerKey": "2"}
      """
    let flat = """
      {"id": "M_1", "question": "Which (A) is it?", "choices": {"text": ["air", "water", "fire"], \
      "label": ["A", "B", "C"]}, "answerKey": "B"}
      """
    let table = """
      questionID,AnswerKey,subject,question
      M_1,B,,"Which (A) is it? (A) air (B) water (C) fire"
      """
    #expect(try DataCase(nested).arc().questions == [expected])
    #expect(try DataCase(flat).arc().questions == [expected])
    #expect(try DataCase(table, as: "set.csv").arc().questions == [expected])
    let wrong = try DataCase("questionID,AnswerKey,question\nM_1,E,Q? (1) air (2) water\nM_2,A,Q?\nM_3,A\n", as: "set.csv")
    #expect(
      wrong.complaint { try wrong.arc() } == """
        set.csv:2: error: M_1: answerKey is none of its labels: 1, 2
        set.csv:3: error: M_2: its question has no choices such as (A) … (B) …
        set.csv:4: error: line 4: 2 fields where the header has 3
        """)
    let headless = try DataCase("id,answer\n", as: "set.csv")
    #expect(
      headless.complaint { try headless.arc() } == "set.csv:1: error: its header has no questionID, AnswerKey, question")
  }
}
