// Data that nobody vouches for: each is refused with the item's id, none is followed, waited for or held in memory.
import Diagnostics
import Foundation
import Questions
import TestSupport
import Testing

@Suite("Hostile data")
struct HostileDataTests {
  private func row(_ audio: String, question: String = "Q?") -> String {
    "{\"id\": \"a\", \"audio_id\": \"\(audio)\", \"question\": \"\(question)\", \"choices\": [\"x\"], \"answer\": \"x\"}"
  }
  private func complaint(audio: String) throws -> String? {
    let set = try DataCase("[" + row(audio) + "]")
    return set.complaint { try set.mmau() }
  }

  @Test("paths that leave the folder")
  func traversal() throws {
    let hint = "\n  hint: paths of a data set stay in its folder"
    for path in ["../x.wav", "a/../../x.wav", "/etc/passwd", "/x/../test-mini-audios/../y.wav", "./.././x.wav"] {
      #expect(try complaint(audio: path) == "set.json: error: a: its audio path '\(path)' leaves the folder" + hint)
    }
    #expect(try complaint(audio: "a\\u0000.wav")?.contains("set.json: error: a: its audio path is no file name" + hint) == true)
    #expect(
      try complaint(audio: String(repeating: "x", count: 5000)) == "set.json: error: a: its audio path is no file name" + hint)
    let lines = try DataCase("{\"id\": \"m\", \"audio_path\": \"../m.wav\", \"question\": \"Q\", \"choices\": [\"x\"]}\n")
    #expect(
      lines.complaint { try lines.mmar() } == "set.json:1: error: m: its audio path '../m.wav' leaves the folder" + hint)
    let avqa = try DataCase(
      "{\"id\": 7, \"video_name\": \"../x\", \"question_text\": \"Q\", \"multi_choice\": [\"x\"], \"answer\": 0,"
        + " \"audio_path\": \"/wavs/../../x.wav\"}")
    #expect(
      avqa.complaint { try avqa.avqa() } == """
        set.json:1: error: 7: its audio path '../x' leaves the folder
          hint: paths of a data set stay in its folder
        set.json:1: error: 7: its audio path 'wavs/../../x.wav' leaves the folder
          hint: paths of a data set stay in its folder
        """)
  }

  @Test("links out of the folder, folders, pipes")
  func links() throws {
    let outside = try TemporaryFolder()
    try outside.write("x", to: "secret.wav")
    let set = try DataCase("[" + row("clip.wav") + "]")
    func refusal(_ fact: String) -> String {
      "set.json: error: a: its audio path 'clip.wav' \(fact)\n  hint: paths of a data set stay in its folder"
    }
    let clip = set.folder.file("clip.wav")
    try FileManager.default.createSymbolicLink(atPath: clip, withDestinationPath: outside.file("secret.wav"))
    #expect(set.complaint { try set.mmau() } == refusal("is a link out of the folder"))
    try FileManager.default.removeItem(atPath: clip)
    try FileManager.default.createDirectory(atPath: clip, withIntermediateDirectories: false)
    #expect(set.complaint { try set.mmau() } == refusal("is no plain file"))
    try FileManager.default.removeItem(atPath: clip)
    let status = unsafe mkfifo(clip, 0o600)
    #expect(status == 0)
    #expect(set.complaint { try set.mmau() } == refusal("is no plain file"))
    // A link that stays inside is followed.
    try FileManager.default.removeItem(atPath: clip)
    try set.folder.write("x", to: "real.wav")
    try FileManager.default.createSymbolicLink(atPath: clip, withDestinationPath: "real.wav")
    #expect(try set.mmau().questions.count == 1)
  }

  @Test("NUL characters and wrong UTF-8, by the item's id")
  func bytes() throws {
    let null = try DataCase("[" + row("a.wav", question: "Q\\u0000") + "]")
    #expect(null.complaint { try null.mmau() } == "set.json: error: a: question holds a NUL character")
    let good = Array(row("a.wav").replacingOccurrences(of: "\"a\"", with: "\"good\"").utf8)
    for (byte, fact) in [(UInt8(0xFF), "this text is not valid UTF-8"), (0, "a control character stands in a text unescaped")] {
      var bad = Array(row("a.wav").utf8)
      bad[bad.count - 3] = byte
      let list = try DataCase([0x5B] + good + [0x2C] + bad + [0x5D])
      #expect(list.complaint { try list.mmau() }?.hasSuffix("error: a: " + fact) == true)
      let lines = try DataCase(good + [0x0A] + bad + [0x0A])
      let said = lines.complaint { try lines.mmau() }
      #expect(said?.hasPrefix("set.json:2:") == true)
      #expect(said?.hasSuffix("error: a: " + fact) == true)
    }
  }

  @Test("a line without end is refused before it is held, a list beyond the limit before it is read")
  func sizes() throws {
    let set = try DataCase("{\"id\": \"a\", ")
    let file = try #require(FileHandle(forWritingAtPath: set.folder.file("set.json")))
    // A sparse gigabyte: no line feed in it.
    try file.truncate(atOffset: 1 << 30)
    #expect(set.complaint { try set.mmar() } == "set.json:1: error: a: a line of more than 16 MiB")
    let list = try DataCase("[")
    try #require(FileHandle(forWritingAtPath: list.folder.file("set.json"))).truncate(atOffset: 1 << 30)
    #expect(list.complaint { try list.mmau() } == "set.json: error: takes 1073741824 bytes; the limit is 256 MiB")
  }

  @Test("a small file of many values, and a deep one")
  func values() throws {
    let many = try DataCase([0x5B, 0x30] + Array(repeating: [0x2C, 0x30], count: 8_000_000).joined() + [0x5D])
    #expect(many.complaint { try many.mmau() }?.hasSuffix("error: more than 8000000 values") == true)
    let deep = try DataCase([UInt8](repeating: 0x5B, count: 1 << 20))
    #expect(
      deep.complaint { try deep.avqa() } == "set.json:1:34: error: lists and objects are nested more than 32 deep")
  }

  @Test("parquet is refused with the command that converts it, archives with the word to unpack them")
  func foreign() throws {
    let parquet = try DataCase("PAR1....PAR1", as: "it's.parquet")
    #expect(
      parquet.complaint { try parquet.arc() } == """
        it's.parquet: error: is parquet, which is not read
          hint: python3 -c "import json, pathlib, sys, pyarrow.parquet as q; f = pathlib.Path(sys.argv[1]); \
        r = q.read_table(f).to_pylist(); c = [x['context'] for x in r if 'context' in x]; \
        d = f.parent / 'test-mini-audios'; c and d.mkdir(exist_ok=True); \
        [(d / pathlib.Path(x['path']).name).write_bytes(x.pop('bytes')) for x in c]; \
        f.with_suffix('.jsonl').write_text(''.join(json.dumps(x) + chr(10) for x in r))" 'it'\\''s.parquet'
        """)
    let disguised = try DataCase("PAR1....", as: "set.json")
    #expect(disguised.complaint { try disguised.mmar() }?.hasPrefix("set.json: error: is parquet, which is not read") == true)
    let packed = try DataCase([0x1F, 0x8B, 8, 0], as: "set.json")
    #expect(packed.complaint { try packed.avqa() } == "set.json: error: is compressed\n  hint: unpack it first")
  }

  @Test("what is no question is named, a hundred at most")
  func rows() throws {
    let set = try DataCase("[3, {\"id\": \"b\"}]")
    #expect(
      set.complaint { try set.mmau() } == """
        set.json: error: row 1: a whole number where an object is expected
        set.json: error: row 1: audio_id is missing, or no text
        set.json: error: row 1: question is missing, or no text
        set.json: error: row 1: choices is no list of texts
        set.json: error: b: audio_id is missing, or no text
        set.json: error: b: question is missing, or no text
        set.json: error: b: choices is no list of texts
        """)
    let many = try DataCase("[" + Array(repeating: "3", count: 200).joined(separator: ",") + "]")
    #expect(many.complaint { try many.mmau() }?.hasSuffix(
        """
        set.json: error: row 10: choices is no list of texts
        set.json: error: 190 more rows: a whole number where an object is expected
        set.json: error: 190 more rows: audio_id is missing, or no text
        set.json: error: 190 more rows: choices is no list of texts
        set.json: error: 190 more rows: question is missing, or no text
        """) == true)
    let twice = try DataCase("[" + row("a.wav") + "," + row("a.wav") + "]")
    #expect(twice.complaint { try twice.mmau() } == "set.json: error: a: this id stands twice")
  }
}
