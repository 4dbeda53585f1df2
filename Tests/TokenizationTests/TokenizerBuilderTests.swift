// Small tokenizers made from words, read back through the same reader as published ones.
import Foundation
import JSONText
import TestSupport
import Testing
import Tokenization

@Suite("Building a tokenizer from words")
struct TokenizerBuilderTests {
  static let words = [
    "banana", "an", "and", "ana", "band", "bandana", "a", "b", "What", "making", "sound", "the", "loudest", "loud", "louder",
    "'", "?", ":", ",", ".", "[", "]", "naïve", "answer", "answers", "dog", "train", "rain", "ban", "nan", "aaaa", "aaa", "abcabc",
    "abcd", "bcd", "cd", "bc", "ab", "abc",
  ]

  @Test("line ends, a mark of the byte order and marks behind letters change no id of the older files")
  func lineEnds() throws {
    let folder = try TemporaryFolder()
    try TokenizerBuilder(words: Self.words).write(to: folder.path)
    let text = "the cat, \u{301}and don't: " + Self.words.joined(separator: " ")
    let wanted = try Tokenizer(folder: folder.path).encode(text)
    try folder.remove("tokenizer.json")
    #expect(try Tokenizer(folder: folder.path).encode(text) == wanted)
    let merges = try folder.bytes("merges.txt")
    let vocabulary = try folder.bytes("vocab.json")
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    for bytes in [merges.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }, mark + merges] {
      try folder.write(bytes, to: "merges.txt")
      #expect(try Tokenizer(folder: folder.path).encode(text) == wanted)
    }
    try folder.write(mark + vocabulary, to: "vocab.json")
    #expect(try Tokenizer(folder: folder.path).encode(text) == wanted)
  }

  @Test("added tokens of all files are one list: tokenizer.json may have the first few alone")
  func union() throws {
    let folder = try TemporaryFolder()
    try TokenizerBuilder(words: Self.words).write(to: folder.path)
    let whole = try Tokenizer(folder: folder.path)
    let text = "<|im_start|>user\n<|audio_bos|><|AUDIO|><|audio_eos|>the<|im_end|>"
    let path = folder.file("tokenizer.json")
    guard case .object(var json) = try JSONValue(parsing: try folder.bytes("tokenizer.json"), file: path) else { return }
    json["added_tokens"] = .array(Array(try #require(json["added_tokens"]?.array).prefix(3)))
    try folder.write(JSONValue.object(json).canonicalText, to: "tokenizer.json")
    let configuration = try folder.bytes("tokenizer_config.json")
    for file in ["tokenizer_config.json", "added_tokens.json"] {
      #expect(FileManager.default.fileExists(atPath: folder.file(file)))
      let part = try Tokenizer(folder: folder.path)
      #expect(part.addedTokens == whole.addedTokens)
      #expect(part.encode(text) == whole.encode(text))
      #expect(part.vocabularySize == whole.vocabularySize)
      try folder.remove(file)
    }
    let alone = try Tokenizer(folder: folder.path)
    #expect(
      TestSupport.refusal { try alone.id(of: .audio) }?.contains("no added token '<|AUDIO|>'; tokenizer.json has 3\n") == true)
    // Two tokens that Swift takes for one text are two.
    let tokens = [("caf\u{e9}", 5000), ("cafe\u{301}", 5001)].map { text, id in
      (id.description, JSONValue.object(["content": .string(text), "special": false]))
    }
    guard case .object(var more) = try JSONValue(parsing: configuration, file: "c") else { return }
    var decoder = try #require(more["added_tokens_decoder"]?.object)
    for (key, token) in tokens { decoder[key] = token }
    more["added_tokens_decoder"] = .object(decoder)
    try folder.write(JSONValue.object(more).canonicalText, to: "tokenizer_config.json")
    let accents = try Tokenizer(folder: folder.path)
    #expect(accents.encode("caf\u{e9}cafe\u{301}") == [5000, 5001])
  }

  @Test("each word is one token, at a text's start and after a space")
  func words() throws {
    let folder = try TemporaryFolder()
    let builder = TokenizerBuilder(words: Self.words)
    try builder.write(to: folder.path)
    let tokenizer = try Tokenizer(folder: folder.path)
    #expect(tokenizer.vocabularySize == builder.vocabularySize)
    for word in Self.words {
      #expect(tokenizer.encode(word).count == 1, "\(word)")
      #expect(tokenizer.encode(" " + word).count == 1, "\(word)")
      #expect(tokenizer.decode(tokenizer.encode(" " + word)) == " " + word)
    }
    #expect(tokenizer.encode("What dog ?").count == 3)
    for byte in UInt8.min...UInt8.max {
      let ids = (0..<256).filter { tokenizer.bytes(of: Int32($0)) == [byte] }
      #expect(ids.count == 1)
    }
    for text in ["Zürich 漢字 \u{0} 👍", "<|im_start|>What is the loudest sound?<|im_end|>"] {
      #expect(tokenizer.decode(tokenizer.encode(text)) == text)
    }
    for token in ChatToken.allCases { #expect(tokenizer.encode(token.rawValue) == [try tokenizer.id(of: token)]) }
    #expect(tokenizer.decode(tokenizer.encode("a<|im_end|>"), skipSpecialTokens: true) == "a")
  }

  @Test("the files are the same whatever the order of the words, and both forms read alike")
  func deterministic() throws {
    let (first, second) = (try TemporaryFolder(), try TemporaryFolder())
    try TokenizerBuilder(words: Self.words).write(to: first.path)
    try TokenizerBuilder(words: Self.words.reversed() + Self.words).write(to: second.path)
    let names = try FileManager.default.contentsOfDirectory(atPath: first.path).sorted()
    #expect(
      names == [
        "added_tokens.json", "merges.txt", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
        "vocab.json",
      ])
    for name in names { #expect(try first.read(name) == second.read(name), "\(name)") }
    let newer = try Tokenizer(folder: first.path)
    try FileManager.default.removeItem(atPath: second.path + "/tokenizer.json")
    let older = try Tokenizer(folder: second.path)
    let text = "<|im_start|>What is making the loudest sound: bandana and naïve bananas?\n"
    #expect(newer.encode(text) == older.encode(text))
    #expect(newer.addedTokens == older.addedTokens)
  }

  @Test("words the pattern splits become one token a part")
  func split() throws {
    let folder = try TemporaryFolder()
    try TokenizerBuilder(words: ["don't", "42"], specialTokens: []).write(to: folder.path)
    let tokenizer = try Tokenizer(folder: folder.path)
    #expect(tokenizer.encode("don't 42").map { tokenizer.decode([$0]) } == ["don", "'t", " ", "4", "2"])
  }
}

@Suite("Chat prompts")
struct ChatTemplateTests {
  @Test("audio placeholders become as many as there are audio tokens")
  func expansion() throws {
    #expect(
      try ChatTemplate.expand([1, 9, 2, 9, 3], audioTokenCounts: [3, 0], audioTokenID: 9) == [1, 9, 9, 9, 2, 3])
    #expect(try ChatTemplate.expand([1, 2], audioTokenCounts: [], audioTokenID: 9) == [1, 2])
  }

  @Test("a prompt whose placeholders are not its clips is refused")
  func mismatch() {
    #expect(
      refusal { try ChatTemplate.expand([9, 9], audioTokenCounts: [1], audioTokenID: 9) }
        == "error: the prompt has 2 audio placeholders for 1 clips\n  hint: the question may not contain '<|AUDIO|>' itself")
    #expect(
      refusal { try ChatTemplate.expand([1], audioTokenCounts: [1], audioTokenID: 9) }
        == "error: the prompt has 0 audio placeholders for 1 clips")
  }

  @Test("two clips are labelled by Qwen2-Audio and not by Qwen2.5-Omni")
  func twoClips() {
    #expect(
      ChatTemplate(clipMark: "Audio {n}: <|audio_bos|><|AUDIO|><|audio_eos|>\n").render(audioCount: 2, question: "Q")
        == "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
        + "Audio 1: <|audio_bos|><|AUDIO|><|audio_eos|>\nAudio 2: <|audio_bos|><|AUDIO|><|audio_eos|>\n"
        + "Q<|im_end|>\n<|im_start|>assistant\n")
    #expect(
      ChatTemplate(clipMark: "<|audio_bos|><|AUDIO|><|audio_eos|>").render(system: "S", audioCount: 2, question: "Q")
        == "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n<|audio_bos|><|AUDIO|><|audio_eos|>"
        + "<|audio_bos|><|AUDIO|><|audio_eos|>Q<|im_end|>\n<|im_start|>assistant\n")
  }
}
