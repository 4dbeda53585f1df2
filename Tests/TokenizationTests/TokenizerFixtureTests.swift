// Every case of the fixtures, and the published vocabulary of Qwen2.
import Foundation
import JSONText
import TestSupport
import Testing
import Tokenization

private func json(_ path: String) throws -> JSONValue {
  let bytes = try #require(FileManager.default.contents(atPath: path))
  return try JSONValue(parsing: [UInt8](bytes), file: path)
}

private func ids(_ value: JSONValue?) -> [Int32] { value?.array?.compactMap { $0.integer.map(Int32.init) } ?? [] }

@Suite("The tokenizer against the reference")
struct TokenizerFixtureTests {
  private func cases(_ set: FixtureSet) throws -> JSONValue { try json(set.file("tokenizer/cases.json")) }
  private func omni(_ set: FixtureSet) -> String { set.file("checkpoints/omni") }

  @Test("every text gives the reference's ids and comes back", arguments: Fixtures.sets)
  func encoding(_ set: FixtureSet) throws { #expect(try disagreements(set) == []) }

  @Test("another id is told")
  func moved() throws {
    let moved = try MovedFixtures(Fixtures.small)
    let path = URL(fileURLWithPath: moved.set.file("tokenizer/cases.json"))
    var object = try #require(try JSONSerialization.jsonObject(with: try Data(contentsOf: path)) as? [String: Any])
    var list = try #require(object["encode"] as? [[String: Any]])
    let place = try #require(list.firstIndex { ($0["ids"] as? [Int])?.isEmpty == false })
    var ids = try #require(list[place]["ids"] as? [Int])
    ids[0] += 1
    list[place]["ids"] = ids
    object["encode"] = list
    try JSONSerialization.data(withJSONObject: object).write(to: path)
    #expect(try disagreements(moved.set).count == 1)
  }

  /// Texts whose ids are not the reference's, or do not lead back.
  private func disagreements(_ set: FixtureSet) throws -> [String] {
    let tokenizer = try Tokenizer(folder: omni(set))
    let list = try #require(try cases(set)["encode"]?.array)
    #expect(list.count > 50)
    return try list.compactMap { test in
      let text = try #require(test["text"]?.string)
      let encoded = tokenizer.encode(text)
      let agrees =
        encoded == ids(test["ids"])
        && tokenizer.decode(encoded).utf8.elementsEqual(test["decoded"]?.string?.utf8 ?? "?".utf8)
        && tokenizer.decode(encoded, skipSpecialTokens: true) == test["decoded_skip_special"]?.string
      return agrees ? nil : text.debugDescription
    }
  }

  @Test(
    "letters, numbers and white space are those of the reference engine, for every code point", arguments: Fixtures.sets)
  func classes(_ set: FixtureSet) throws {
    let table = try json(set.file("tokenizer/char_classes.json"))
    var expected = [CharacterClass](repeating: .other, count: 0x110000)
    for (name, kind) in [("letter", CharacterClass.letter), ("number", .number), ("space", .space)] {
      for range in try #require(table[name]?.array) {
        let bounds = ids(range)
        for point in bounds[0]...bounds[1] { expected[Int(point)] = kind }
      }
    }
    expected[0x0A] = .newline
    expected[0x0D] = .newline
    let splitter = PieceSplitter()
    for point in 0..<0x110000 where splitter.characterClass(of: UInt32(point)) != expected[point] {
      Issue.record("U+\(String(point, radix: 16)) is \(splitter.characterClass(of: UInt32(point)))")
    }
  }

  @Test("any ids decode as the reference decodes them, broken characters included", arguments: Fixtures.sets)
  func decoding(_ set: FixtureSet) throws {
    let tokenizer = try Tokenizer(folder: omni(set))
    let list = try #require(try cases(set)["decode"]?.array)
    #expect(list.count >= 20)
    for test in list {
      #expect(tokenizer.decode(ids(test["ids"])) == test["decoded"]?.string)
      #expect(tokenizer.decode(ids(test["ids"]), skipSpecialTokens: true) == test["decoded_skip_special"]?.string)
    }
  }

  @Test("prompts of both models, with and without audio, are the published templates'", arguments: Fixtures.sets)
  func chats(_ set: FixtureSet) throws {
    let list = try #require(try cases(set)["chat"]?.array)
    #expect(list.count >= 6)
    for test in list {
      let isOmni = test["kind"]?.string == "qwen2_5_omni"
      #expect(isOmni || test["kind"]?.string == "qwen2_audio")
      let template = ChatTemplate(clipMark: (isOmni ? "" : "Audio {n}: ") + "<|audio_bos|><|AUDIO|><|audio_eos|>" + (isOmni ? "" : "\n"))
      let model = isOmni ? "omni" : "qwen2_audio"
      let tokenizer = try Tokenizer(folder: set.file("checkpoints/" + model))
      let prompt = template.render(
        system: test["system"]?.string, audioCount: try #require(test["audios"]?.integer),
        question: try #require(test["user_text"]?.string))
      #expect(prompt == test["prompt"]?.string)
      #expect(tokenizer.encode(prompt) == ids(test["ids_before_expansion"]))
    }
  }

  @Test("vocab.json with merges.txt gives the same tokenizer as tokenizer.json", arguments: Fixtures.sets)
  func olderFiles(_ set: FixtureSet) throws {
    let temporary = FileManager.default.temporaryDirectory.appendingPathComponent("repro-older-\(getpid())-\(set)").path
    try? FileManager.default.removeItem(atPath: temporary)
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    for name in ["vocab.json", "merges.txt", "added_tokens.json", "tokenizer_config.json"] {
      try FileManager.default.copyItem(atPath: omni(set) + "/" + name, toPath: temporary + "/" + name)
    }
    let newer = try Tokenizer(folder: omni(set))
    let older = try Tokenizer(folder: temporary)
    #expect(older.addedTokens == newer.addedTokens)
    #expect(older.vocabularySize == newer.vocabularySize)
    for test in try #require(try cases(set)["encode"]?.array) {
      #expect(older.encode(test["text"]?.string ?? "") == ids(test["ids"]))
    }
    try FileManager.default.removeItem(atPath: temporary + "/tokenizer_config.json")
    #expect(try Tokenizer(folder: temporary).addedTokens == newer.addedTokens)
  }
}

private let publishedFolder = Fixtures.shared.path + "/tokenizer/qwen2"

@Suite(
  "The published vocabulary of Qwen2",
  .enabled(if: FileManager.default.fileExists(atPath: publishedFolder), "the vocabulary is not here"))
struct PublishedVocabularyTests {
  private static let shared = Result { try Tokenizer(folder: publishedFolder) }
  let tokenizer: Tokenizer

  init() throws { tokenizer = try Self.shared.get() }

  @Test("known ids")
  func known() throws {
    #expect(tokenizer.encode("Hello world") == [9707, 1879])
    #expect(tokenizer.encode("You are a helpful assistant.") == [2610, 525, 264, 10950, 17847, 13])
    #expect(tokenizer.encode("<|im_start|>system\n") == [151644, 8948, 198])
    #expect(tokenizer.encode("user") == [872])
    #expect(tokenizer.encode("assistant") == [77091])
    #expect(try tokenizer.id(of: .messageEnd) == 151645)
    #expect(tokenizer.tokenID(of: " world") == 1879)
    #expect(tokenizer.tokenID(of: "<|endoftext|>") == 151643)
    #expect(tokenizer.tokenID(of: "no such token") == nil)
    #expect(tokenizer.vocabularySize == 151646)
    #expect(tokenizer.bytes(of: 1879) == Array(" world".utf8))
  }

  @Test(
    "texts in NFC come back as they were",
    arguments: [
      "", " ", "\n\n \t\r\n  x", "It's we'LL 'ſ don’t", "12345 ½ Ⅳ ٣", "नमस्ते दुनिया", "สวัสดีชาวโลก", "你好，世界。", "こんにちは",
      "안녕하세요 세계", "👩‍👩‍👧‍👦 🏳️‍🌈 e", "مرحبا بالعالم", "\u{0}\u{1}\u{7F}\u{85}\u{A0}\u{FEFF}\u{200B}", "\u{10FFFF}\u{E000}",
      "<|im_start|>a<|im_end|><|im_end", "x\u{0301}\u{0323}".precomposedStringWithCanonicalMapping,
    ])
  func roundTrip(_ text: String) {
    #expect(tokenizer.decode(tokenizer.encode(text)).utf8.elementsEqual(text.utf8))
  }

  @Test("a decomposed text has the ids of its composed form")
  func normalisation() {
    for text in ["Ame\u{301}lie", "\u{1100}\u{1161}\u{11A8}", "\u{212B}ngström", "か\u{3099}", "\u{F900}"] {
      #expect(tokenizer.encode(text) == tokenizer.encode(text.precomposedStringWithCanonicalMapping))
      #expect(tokenizer.decode(tokenizer.encode(text)) == text)
    }
  }

  @Test("only true neighbours of the Korean alphabet are put together")
  func korean() {
    // The second of each is what the Unicode Character Database's own normalisation gives.
    for (text, normal) in [
      ("\u{1112}\u{1169}", "\u{D638}"), ("\u{1113}\u{1169}", "\u{1113}\u{1169}"),
      ("\u{1105}\u{1176}", "\u{1105}\u{1176}"), ("\u{AC1C}\u{11AA}", "\u{AC1F}"),
      ("\u{AC5B}\u{AC1C}\u{11AA}\u{118B}", "\u{AC5B}\u{AC1F}\u{118B}"), ("\u{AC18}\u{11AA}", "\u{AC18}\u{11AA}"),
      ("\u{AC1C}\u{11A7}", "\u{AC1C}\u{11A7}"), ("\u{AC1C}\u{11C3}", "\u{AC1C}\u{11C3}"),
      ("\u{1100}e\u{301}\u{1161}", "\u{1100}\u{E9}\u{1161}"),
    ] {
      #expect(tokenizer.decode(tokenizer.encode(text)).unicodeScalars.elementsEqual(normal.unicodeScalars))
    }
  }

  @Test("every token's bytes are themselves, and every text of a token encodes to bytes that are its own")
  func everyToken() {
    for id in Int32(0)..<Int32(tokenizer.vocabularySize) {
      guard let bytes = tokenizer.bytes(of: id), let text = String(validating: bytes, as: UTF8.self) else { continue }
      let normal = text.precomposedStringWithCanonicalMapping
      #expect(tokenizer.decode(tokenizer.encode(text)).utf8.elementsEqual(normal.utf8), "token \(id)")
    }
  }

  @Test("long pieces take no more than n log n: a million letters, spaces, marks", .timeLimit(.minutes(5)))
  func longPieces() {
    for unit in ["a", " ", "!", "\n", "漢", "\u{301}", "ab", "'s", " x"] {
      let text = String(repeating: unit, count: 1_000_000 / unit.utf8.count)
      #expect(tokenizer.decode(tokenizer.encode(text)).utf8.count == text.utf8.count)
    }
  }

  @Test("the same text gives the same ids from many threads at once")
  func threads() {
    let text = String(repeating: "The quick brown fox, 42 naïve coöperating foxes! ", count: 50)
    let expected = tokenizer.encode(text)
    DispatchQueue.concurrentPerform(iterations: 16) { _ in
      #expect(tokenizer.encode(text) == expected)
    }
  }
}
