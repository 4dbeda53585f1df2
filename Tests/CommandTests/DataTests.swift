// `repro data` and `repro export` as people run them.
import ContentHash
import Foundation
import JSONText
import Parquet
import ParquetWriting
import TestSupport
import Testing

@Suite("Data from the command line", .enabled(if: Program.isThere, "no program"))
struct DataCommandTests {
  private static let item = """
    {"id": "a", "audio_id": "./test-mini-audios/a.wav", "question": "Q?", "choices": ["dog", "cat"], "answer": "dog"}
    """

  private func tree() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.file("mmau/test-mini-audios"), withIntermediateDirectories: true)
    try folder.write("[\(Self.item)]", to: "mmau/mmau-test-mini.json")
    return folder
  }

  /// A second of a tone in 16 bits, less where its header is to promise too much.
  private func clip(_ count: Int = 16_000, holding held: Int? = nil) -> [UInt8] {
    func word(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let head: [[UInt8]] = [
      Array("RIFF".utf8), word(36 + 2 * count, 4), Array("WAVEfmt ".utf8), word(16, 4), word(1, 2), word(1, 2),
      word(16_000, 4), word(32_000, 4), word(2, 2), word(16, 2), Array("data".utf8), word(2 * count, 4),
    ]
    return head.flatMap(\.self) + (0..<(held ?? count)).flatMap { word(Int(8000 * sin(Double($0) * 0.2)), 2) }
  }

  private func data(_ arguments: [String], in folder: TemporaryFolder) throws -> Program.Outcome {
    var outcome = try Program.run(
      ["data"] + arguments, environment: ["REPRO_DATA": folder.path, "REPRO_CACHE": folder.file("cache")])
    let clean = { (text: String) in text.replacingOccurrences(of: folder.path, with: "DATA") }
    outcome.output = clean(outcome.output)
    outcome.errors = clean(outcome.errors)
    return outcome
  }

  @Test("list: what is needed, where it was looked for, what is there")
  func list() throws {
    let folder = try tree()
    let page = try data(["list"], in: folder)
    #expect(page.status == 0)
    #expect(page.output.contains("there    mmau-mini: testing, 1000 questions\n         DATA/mmau/mmau-test-mini.json; clips in DATA/mmau/test-mini-audios\n"))
    #expect(page.output.contains("missing  arc-easy: training, 2251 questions\n         DATA/arc-easy/ARC-Easy-Train.jsonl\n"))
    #expect(page.output.contains("Parquet is read as it is (repro data check FILE.parquet)."))
    #expect(page.output.contains("\n  repro data unpack FILE.parquet --output FOLDER\n"))
    #expect(page.output.contains("from: `repro write --clips vggsound.csv` from AudioSetCaps' captions"))
    let json = try JSONValue(parsing: try data(["list", "--json"], in: folder).output, file: "output")
    #expect(json["needs"]?.array?.count == 9)
    #expect(json["weights"]?.array?.count == 2)
    #expect(
      try data(["list", "--profile", "micro"], in: folder).output
        == "the micro profile needs no data: its world and its models are in the program\n")
  }

  @Test("check: missing clips are 3, faulty files 2, a whole set 0")
  func check() throws {
    let folder = try tree()
    let file = folder.file("mmau/mmau-test-mini.json")
    let mute = try data(["check", file], in: folder)
    #expect(mute.status == 3)
    #expect(
      mute.output == """
        missing: DATA/mmau/mmau-test-mini.json
          1 question, revision: unknown
          0 of 1 clip
          1 question without a clip: ./test-mini-audios/a.wav

        """)
    try folder.write(clip(), to: "mmau/test-mini-audios/a.wav")
    let whole = try data(["check", file, "--json"], in: folder)
    #expect(whole.status == 0)
    let set = try JSONValue(parsing: whole.output, file: "output")["sets"]?.array?.first
    #expect(set?["status"] == "complete")
    #expect(set?["clips_present"] == 1)
    #expect(set?["missing_clips"] == .array([]))
    let profile = try data(["check"], in: folder)
    #expect(profile.status == 3)
    #expect(profile.output.contains("missing: mmar\n  looked for DATA/mmar/MMAR-meta.jsonl: it is not there\n"))
    #expect(profile.output.contains("complete: mmau-mini\n"))
    #expect(profile.output.contains("  1 question (published: 1000), revision: unknown\n  1 of 1 clip\n"))
    try folder.write("[{\"id\": \"a\", \"audio_id\": \"../a.wav\"}]", to: "mmau/mmau-test-mini.json")
    let hostile = try data(["check"], in: folder)
    #expect(hostile.status == 2)
    #expect(hostile.output.contains("error: a: its audio path '../a.wav' leaves the folder\n"))
  }

  @Test("check: tables of clips, and a manifest of what was found")
  func tables() throws {
    let folder = try tree()
    try folder.write("---g-f_I2yQ,1,people marching,test\n--0PQM4-hqg,30,rain,train\n", to: "vggsound.csv")
    try folder.write("id,caption\nY---1_cCGK4M,Rain.\nY---1_cCGK4M,Rain.\n", to: "captions.csv")
    try FileManager.default.createDirectory(atPath: folder.file("audio"), withIntermediateDirectories: true)
    try folder.write("x", to: "audio/--0PQM4-hqg_30.flac")
    let outcome = try data(["check", folder.file("vggsound.csv"), folder.file("captions.csv")], in: folder)
    #expect(outcome.status == 3)
    #expect(
      outcome.output == """
        missing: DATA/vggsound.csv
          vggsound: 2 clips, 1 for training, 1 of them in audio/
        missing: DATA/captions.csv
          audiosetcaps: 2 clips, 0 of them in audio/
          1 repeated: Y---1_cCGK4M

        """)
    try folder.write(clip(), to: "mmau/test-mini-audios/a.wav")
    let file = folder.file("mmau/mmau-test-mini.json")
    #expect(try data(["check", file, "--manifest", folder.file("m.sha256")], in: folder).status == 0)
    let lines = try folder.read("m.sha256").split(separator: "\n").map(String.init)
    #expect(lines.count == 2)
    #expect(lines[1] == Digest(of: clip()).hexadecimal + "  " + folder.file("mmau/test-mini-audios/a.wav"))
  }

  @Test("lint: flaws are 1, clean files 0, absent ones 3, unreadable ones 2")
  func lint() throws {
    let folder = try tree()
    let file = folder.file("mmau/mmau-test-mini.json")
    let clean = try data(["lint", file], in: folder)
    #expect(clean.status == 0)
    #expect(
      clean.output == """
        DATA/mmau/mmau-test-mini.json: mmau, 1 question
          revision: unknown
          choices: 1 with 2
          none of its 1 clip is there, so none was looked at
          no flaws

        """)
    try folder.write("", to: "mmau/test-mini-audios/a.wav")
    let flawed = try data(["lint", file], in: folder)
    #expect(flawed.status == 1)
    #expect(flawed.output.contains("  1: its clip cannot be heard whole: no sound, empty, too short, cut short, damaged or followed by another\n    a\n"))
    #expect(
      flawed.output.hasSuffix(
        """
          DATA/mmau/test-mini-audios/a.wav: error: a: cannot be read as sound: the file is empty
            hint: the download went wrong; fetch it again

        """))
    let json = try JSONValue(parsing: try data(["lint", file, "--json"], in: folder).output, file: "output")
    let finding = json["files"]?.array?.first?["findings"]?.array?.first
    #expect(finding?["kind"] == "unreadable_clip")
    #expect(finding?["ids"] == .array(["a"]))
    #expect(try data(["lint", file, "--no-audio"], in: folder).status == 0)
    #expect(try data(["lint", folder.file("none.json")], in: folder).status == 3)
    try folder.write("PAR1", to: "x.parquet")
    let parquet = try data(["lint", folder.file("x.parquet")], in: folder)
    #expect(parquet.status == 2)
    #expect(parquet.errors.hasPrefix("DATA/x.parquet: error: is no parquet file"))
  }

  @Test("unpack: clips that stand in parquet become files, once, and nothing else is overwritten")
  func unpack() throws {
    let folder = try TemporaryFolder()
    var writer = ParquetWriter([
      (name: "id", shape: .text), (name: "audio", shape: .group([(name: "bytes", shape: .bytes), (name: "path", shape: .text)])),
      (name: "question", shape: .text), (name: "choices", shape: .list(.text)), (name: "answer", shape: .text),
    ])
    writer.groupSize = 1
    let rows = (0..<3).map { index in
      ParquetValue.group([
        ParquetField("id", .text("q\(index)")),
        ParquetField(
          "audio", .group([ParquetField("bytes", index == 2 ? .null : .bytes([UInt8(index)])), ParquetField("path", .null)])),
        ParquetField("question", .text("Q?")), ParquetField("choices", .list([.text("a"), .text("b")])),
        ParquetField("answer", .text("a")),
      ])
    }
    try folder.write(writer.bytes(rows), to: "it's.parquet")
    let inside = try data(["check", folder.file("it's.parquet")], in: folder)
    #expect(inside.status == 0)
    #expect(
      inside.output == """
        complete: DATA/it's.parquet
          3 questions
          0 of 3 clips
          2 clips in the parquet file itself; this makes files of them:
            repro data unpack 'DATA/it'\\''s.parquet'

        """)
    let first = try data(["unpack", folder.file("it's.parquet")], in: folder)
    #expect(first.status == 0)
    #expect(
      first.output == "DATA/it's.jsonl: 3 questions; 2 clips written\n  1 question without a clip in the file\n")
    #expect(try folder.bytes("audio/q1.wav") == [1])
    let again = try data(["unpack", folder.file("it's.parquet")], in: folder)
    #expect(again.output.hasPrefix("DATA/it's.jsonl: 3 questions; 0 clips written, 2 there already\n"))
    #expect(try data(["check", folder.file("it's.jsonl")], in: folder).output.contains("  2 of 3 clips\n"))
    try folder.write([9], to: "audio/q0.wav")
    let other = try data(["unpack", folder.file("it's.parquet")], in: folder)
    #expect(other.status == 2)
    #expect(
      other.errors == """
        DATA/audio/q0.wav: error: is there already, with other content
          hint: nothing is overwritten; move it away, or unpack elsewhere: --output DIR

        """)
    #expect(try folder.bytes("audio/q0.wav") == [9])
    #expect(try data(["unpack", folder.file("it's.parquet"), "--output", folder.file("new")], in: folder).status == 0)
    #expect(try folder.bytes("new/audio/q0.wav") == [0])
  }

  @Test("faulty clips: lint names all, check what heads tell, each with its questions")
  func faultyClips() throws {
    let folder = try tree()
    let ids = ["whole", "cut", "short", "nan", "page"]
    let items = ids.map { Self.item.replacingOccurrences(of: "\"a\"", with: "\"\($0)\"").replacingOccurrences(of: "a.wav", with: $0 + ".wav") }
    let twice = Self.item.replacingOccurrences(of: "\"a\"", with: "\"again\"").replacingOccurrences(of: "a.wav", with: "cut.wav")
    try folder.write("[" + (items + [twice]).joined(separator: ",") + "]", to: "mmau/mmau-test-mini.json")
    let clips = "mmau/test-mini-audios/"
    try folder.write(clip(), to: clips + "whole.wav")
    try folder.write(clip(holding: 4000), to: clips + "cut.wav")
    try folder.write(clip(200), to: clips + "short.wav")
    var bad = clip()
    bad.replaceSubrange(20..<22, with: [3, 0])
    bad.replaceSubrange(28..<36, with: [0x00, 0xFA, 0, 0, 4, 0, 32, 0])
    bad.replaceSubrange(44..<bad.count, with: [UInt8](repeating: 0, count: 32_000))
    bad.replaceSubrange(20_000..<20_004, with: [0, 0, 0xC0, 0x7F])
    try folder.write(bad, to: clips + "nan.wav")
    try folder.write("<html></html>", to: clips + "page.wav")
    let file = folder.file("mmau/mmau-test-mini.json")
    let check = try data(["check", file], in: folder)
    #expect(check.status == 1)
    #expect(
      check.output == """
        unusable: DATA/mmau/mmau-test-mini.json
          6 questions, revision: unknown
          5 of 5 clips
          3 clips cannot be heard whole
          DATA/mmau/test-mini-audios/cut.wav: error: cut, again: is cut short: \
        its header promises 32000 bytes of sound, the file holds 8000
            hint: fetch it again, or convert it again from its source
          DATA/mmau/test-mini-audios/page.wav: error: page: cannot be read as sound: it is a web page
            hint: the download went wrong; fetch it again
          DATA/mmau/test-mini-audios/short.wav: error: short: 200 samples at 16 kHz are too short for one audio token; \
        321 are needed

        """)
    for _ in 0..<2 {
      let lint = try data(["lint", file, "--json"], in: folder)
      #expect(lint.status == 1)
      let set = try JSONValue(parsing: lint.output, file: "output")["files"]?.array?.first
      #expect(set?["findings"]?.array?.last?["ids"] == .array(["cut", "short", "nan", "page", "again"]))
      #expect(set?["sound"]?.array?.count == 4)
      #expect(lint.output.contains("nan.wav: error: nan: sample 4989 is not a finite number"))
    }
  }

  @Test("a run at the paper's scale names all it lacks before it begins")
  func needs() throws {
    let folder = try tree()
    let file = """
      title: T
      cells:
        - model: qwen2.5-omni
          as: base
        - train: {from: base, on: arc-easy, audio: false}
          as: tuned
        - evaluate: {models: [base], on: mmau-mini, audio: [true, false]}
        - evaluate: {models: [tuned], on: mmar, audio: [false]}
      """
    try folder.write(file, to: "t.yaml")
    let environment = ["REPRO_DATA": folder.path, "HF_HUB_CACHE": folder.file("hub"), "REPRO_CACHE": folder.file("cache")]
    let outcome = try Program.run(["run", folder.file("t.yaml"), "--profile", "paper"], environment: environment)
    #expect(outcome.status == 3)
    #expect(
      outcome.errors.replacingOccurrences(of: folder.path, with: "DATA") == """
        error: the weights of Qwen/Qwen2.5-Omni-7B are not on this machine; \
        looked in DATA/hub/models--Qwen--Qwen2.5-Omni-7B
          hint: hf download Qwen/Qwen2.5-Omni-7B, or name a folder that holds them with REPRO_MODELS
        error: the data set 'arc-easy' is not on this machine; looked for DATA/arc-easy/ARC-Easy-Train.jsonl
          hint: repro data list says what belongs there; REPRO_DATA names another folder
        error: the data set 'mmar' is not on this machine; looked for DATA/mmar/MMAR-meta.jsonl
          hint: repro data list says what belongs there; REPRO_DATA names another folder
        DATA/mmau/mmau-test-mini.json: error: 1 of the 1 clips of 'mmau-mini' are not there; \
        1 of its 1 questions are about them
          hint: repro data check --json names every one

        """)
  }

  @Test("only AVQA's questions say audio for video")
  func wording() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "{\"id\": \"m\", \"audio_path\": \"./audio/m.wav\", \"question\": \"What video?\", \"choices\": [\"a video\"], "
        + "\"answer\": \"a video\"}\n", to: "mmar.jsonl")
    try folder.write(
      "[{\"id\": 1, \"video_name\": \"-HG3Omg_89c_000030\", \"question_text\": \"What video?\", "
        + "\"multi_choice\": [\"a video\"], \"answer\": 0}]", to: "avqa.json")
    func asked(_ file: String) throws -> String {
      let outcome = try Program.run(
        ["show", "prompt", folder.file(file), "--profile", "paper", "--json"],
        environment: ["HF_HUB_CACHE": folder.file("hub"), "REPRO_CACHE": folder.file("cache")])
      return try JSONValue(parsing: outcome.output, file: "output")["user_text"]?.string ?? outcome.errors
    }
    let rest = " Please choose the answer from the following options: ['a video']"
    #expect(try asked("mmar.jsonl") == "What video?" + rest)
    #expect(try asked("avqa.json") == "What audio?" + rest)
  }

  @Test("test-full under its published names, and under those asked for before")
  func testFull() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("mmau/test-audios"), withIntermediateDirectories: true)
    let row = Self.item.replacingOccurrences(of: "test-mini-audios", with: "test-audios")
    #expect(
      try data(["list"], in: folder).output.contains(
        "missing  mmau-full: testing, 9000 questions\n         DATA/mmau/mmau-test.json; clips in DATA/mmau/test-audios\n"))
    try folder.write("[\(row)]", to: "mmau/mmau-test.json")
    try folder.write(clip(), to: "mmau/test-audios/a.wav")
    let complete = "complete: mmau-full\n  looked for DATA/mmau/mmau-test"
    #expect(try data(["check"], in: folder).output.contains(complete + ".json\n"))
    try FileManager.default.moveItem(
      atPath: folder.file("mmau/mmau-test.json"), toPath: folder.file("mmau/mmau-test-full.json"))
    try FileManager.default.moveItem(
      atPath: folder.file("mmau/test-audios"), toPath: folder.file("mmau/test-full-audios"))
    #expect(try data(["check"], in: folder).output.contains(complete + "-full.json\n"))
    #expect(try data(["list"], in: folder).output.contains("there    mmau-full: testing, 9000 questions\n"))
  }

  @Test("export: a checked file, and nothing where it is not right")
  func export() throws {
    let folder = try TemporaryFolder()
    let rows = (0..<9000).map { "{\"id\": \"q\($0)\", \"model_output\": \"x\"}" }
    try folder.write(rows.joined(separator: "\n"), to: "p.jsonl")
    let arguments = ["export", "--benchmark", "mmau", "--predictions", folder.file("p.jsonl"), "--out", folder.file("o.json")]
    let outcome = try Program.run(arguments)
    #expect(outcome.status == 0)
    #expect(outcome.errors.hasSuffix("holds 9000 predictions; the ids were not checked: --questions names no file\n"))
    let json = try JSONValue(parsing: try folder.read("o.json"), file: "o.json")
    #expect(json.array?.count == 9000)
    #expect(json.array?.first == .object(["id": "q0", "model_prediction": "x"]))
    try folder.remove("o.json")
    try folder.write(rows.dropLast().joined(separator: "\n"), to: "p.jsonl")
    let short = try Program.run(arguments)
    #expect(short.status == 2)
    #expect(short.errors.hasSuffix("p.jsonl: error: 8999 predictions where test-full has 9000\n"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("o.json")))
    #expect(try Program.run(["export", "--benchmark", "mmar", "--predictions", "x", "--out", "y"]).status == 2)
  }
}
