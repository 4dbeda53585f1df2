// What the tokenizer's reader says about files that are wrong.
import Foundation
import JSONText
import TestSupport
import Testing
import Tokenization

@Suite("Faulty tokenizer files")
struct TokenizerRefusalTests {
  /// A good folder to spoil.
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try TokenizerBuilder(words: ["ab", "cd"]).write(to: folder.path)
  }

  /// What reading says after `old` has become `new` in a file; the folder's own path is cut off.
  private func refusal(_ old: String, _ new: String, in name: String = "tokenizer.json") throws -> String? {
    let text = try folder.read(name)
    #expect(text.contains(old), "\(old) is not in \(name)")
    var spoilt = text
    if let range = text.range(of: old) { spoilt.replaceSubrange(range, with: new) }
    try folder.write(spoilt, to: name)
    defer { try? folder.write(text, to: name) }
    return read()
  }

  private func read() -> String? {
    TestSupport.refusal { try Tokenizer(folder: folder.path) }?.replacingOccurrences(of: folder.path, with: "DIR")
  }

  @Test("a folder without a tokenizer")
  func nothing() throws {
    let empty = try TemporaryFolder()
    #expect(
      TestSupport.refusal { try Tokenizer(folder: empty.path) }
        == "\(empty.path): error: there is neither tokenizer.json nor vocab.json\n"
        + "  hint: a tokenizer comes with its checkpoint; name that folder")
  }

  @Test("cut short, or something else")
  func broken() throws {
    let text = try folder.read("tokenizer.json")
    try folder.write(String(text.prefix(200)), to: "tokenizer.json")
    #expect(try #require(read()).hasPrefix("DIR/tokenizer.json:"))
    try folder.write("[]", to: "tokenizer.json")
    #expect(read() == "DIR/tokenizer.json: error: expected an object, found a list")
    try folder.write("{}", to: "tokenizer.json")
    #expect(read() == "DIR/tokenizer.json: error: there is no model")
    try folder.write("", to: "tokenizer.json")
    #expect(read() == "DIR/tokenizer.json:1:1: error: expected a value, found the end of the text")
  }

  @Test("parts that would give other ids are refused by name")
  func unsupported() throws {
    let start = "DIR/tokenizer.json: error: "
    #expect(
      try refusal(#""type": "BPE""#, #""type": "Unigram""#)
        == start + "model.type: 'Unigram' is not supported; BPE is")
    #expect(
      try refusal(#""byte_fallback": false"#, #""byte_fallback": true"#)
        == start + "model.byte_fallback: true is not supported; Qwen2's tokenizers have false")
    #expect(
      try refusal(#""end_of_word_suffix": null"#, #""end_of_word_suffix": "</w>""#)
        == start + "model.end_of_word_suffix: '</w>' is not supported; Qwen2's tokenizers have none")
    #expect(
      try refusal(#""dropout": null"#, #""dropout": 0.5"#)
        == start + "model.dropout: 0.5 would make ids random; only none is supported")
    #expect(try refusal(#""NFC""#, #""NFKC""#) == start + "normalizer: 'NFKC' is not supported; NFC is")
    #expect(
      try refusal(#"\\p{N}|"#, #"\\p{N}{1,3}|"#)
        == start + "pre_tokenizer.pretokenizers[0]: the pattern is not Qwen2's, so its ids would be others")
    #expect(
      try refusal(#""Sequence""#, #""Whitespace""#)
        == start + "pre_tokenizer: is not Qwen2's: a Split by pattern, isolated, then ByteLevel without its own")
    #expect(
      try refusal(#""post_processor": null"#, #""post_processor": {"type": "TemplateProcessing"}"#)
        == start + "post_processor: it would add tokens around every text, which Qwen2's tokenizers do not")
    #expect(
      try refusal(#""lstrip": false"#, #""lstrip": true"#)
        == start + "added_tokens[0]: 'lstrip' is not supported for '<|endoftext|>'; Qwen2's tokenizers have false")
  }

  @Test("tokens and merges that contradict each other")
  func contradictions() throws {
    let start = "DIR/tokenizer.json: error: "
    #expect(try refusal(#""ab": 256"#, #""ab": 300000000"#) == start + "model.vocab: the id 300000000 of 'ab' is outside 0..<10000000")
    #expect(try refusal(#""ab": 256"#, #""ab": -1"#) == start + "model.vocab: the id -1 of 'ab' is outside 0..<10000000")
    #expect(try refusal(#""ab": 256"#, #""ab": "x""#) == start + "model.vocab: the id of 'ab' is a text, not a whole number")
    #expect(try refusal(#""ab": 256"#, #""ab": 257"#) == start + "model.vocab: the id 257 belongs to 'ab' and to 'cd'")
    #expect(try refusal(#""ab": 256"#, #""a b": 256"#) == start + "model.vocab: 'a b' has a character that stands for no byte")
    #expect(try refusal(#""ab": 256"#, #""": 256"#) == start + "model.vocab: token 256 is empty")
    #expect(
      try refusal(#""ab": 256"#, #""ax": 256"#)
        == start + "model.merges[0]: the merge 'a b' names 'ab', which is no token")
    #expect(
      try refusal(#""a b""#, #""a bb""#) == start + "model.merges[0]: the merge 'a bb' names 'bb', which is no token")
    #expect(try refusal(#""a b""#, #""c d""#) == start + "model.merges[1]: the merge 'c d' stands twice")
    #expect(
      try refusal(#""a b""#, #""a""#) == start + #"model.merges[0]: a merge is two tokens, as 'a b' or ["a", "b"]"#)
    #expect(try refusal(#""a b""#, #"["a", "b"]"#) == nil)
    #expect(try refusal(#""Z": 57"#, #""ZZ": 57"#) == start + "model.vocab: there is no token for byte 90, 'Z'")
    #expect(try refusal(#""id": 260"#, #""id": 261"#) == start + "added_tokens: the id 261 belongs to '<|endoftext|>' and to '<|im_start|>'")
    #expect(
      try refusal(#""id": 260"#, #""id": 256"#)
        == start + "model.vocab: the id 256 belongs to 'ab' and to the added token '<|endoftext|>'")
    #expect(
      try refusal(#""content": "<|endoftext|>""#, #""content": "ab""#)
        == start + "added_tokens: 'ab' is token 256 of the vocabulary and added token 260")
    #expect(
      try refusal(#""content": "<|endoftext|>""#, #""content": "<|im_start|>""#)
        == start + "added_tokens: '<|im_start|>' has the ids 260 and 261")
    #expect(try refusal(#""content": "<|endoftext|>""#, #""content": """#) == start + "added_tokens: token 260 is empty")
    #expect(
      try refusal(#""id": 260"#, #""id": 10000000"#)
        == start + "added_tokens: the id 10000000 of '<|endoftext|>' is outside 0..<10000000")
    #expect(try refusal(#""id": 260"#, #""id": "x""#) == start + "added_tokens[0]: its id is no whole number")
    #expect(try refusal(#""content": "<|endoftext|>""#, #""content": 1"#) == start + "added_tokens[0]: there is no content")
  }

  @Test("the older files")
  func olderFiles() throws {
    try FileManager.default.removeItem(atPath: folder.path + "/tokenizer.json")
    #expect(read() == nil)
    #expect(
      try refusal("a b\n", "a b c\n", in: "merges.txt")
        == "DIR/merges.txt:2: error: a merge is two tokens with one space between them")
    #expect(
      try refusal("a b\n", "a q\n", in: "merges.txt")
        == "DIR/merges.txt:2: error: the merge 'a q' names 'aq', which is no token")
    #expect(
      try refusal(#""ab": 256"#, #""ab": 2.5"#, in: "vocab.json")
        == "DIR/vocab.json: error: the id of 'ab' is a number, not a whole number")
    #expect(
      try refusal("Qwen2Tokenizer", "LlamaTokenizer", in: "tokenizer_config.json")
        == "DIR/tokenizer_config.json: error: tokenizer_class: 'LlamaTokenizer' is not supported; Qwen2Tokenizer is")
    try FileManager.default.removeItem(atPath: folder.path + "/tokenizer_config.json")
    #expect(
      try refusal(#""<|AUDIO|>": 263"#, #""<|AUDIO|>": "x""#, in: "added_tokens.json")
        == "DIR/added_tokens.json: error: <|AUDIO|>: its id is a text, not a whole number")
    try FileManager.default.removeItem(atPath: folder.path + "/merges.txt")
    #expect(read() == "DIR/merges.txt: error: is not there, beside vocab.json")
  }

  @Test("a text model's tokenizer has no audio tokens, and says so when asked")
  func noAudio() throws {
    try TokenizerBuilder(words: [], specialTokens: ["<|endoftext|>"]).write(to: folder.path)
    let tokenizer = try Tokenizer(folder: folder.path)
    #expect(
      TestSupport.refusal { try tokenizer.id(of: .audio) }
        == "\(folder.path): error: the tokenizer has no added token '<|AUDIO|>'; "
        + "tokenizer.json has 1, added_tokens.json has 1, tokenizer_config.json has 1\n"
        + "  hint: is this the tokenizer of an audio language model, and is all of it there?")
  }

  @Test("added tokens that two files do not agree on, with both files named")
  func disagreement() throws {
    let hint = "\n  hint: one of the two files belongs to another tokenizer"
    #expect(
      try refusal(#""<|AUDIO|>": 263"#, #""<|AUDIO|>": 269"#, in: "added_tokens.json")
        == "DIR/added_tokens.json: error: added tokens: '<|AUDIO|>' has the id 269 here and 263 in tokenizer.json" + hint)
    #expect(
      try refusal(#""<|AUDIO|>": 263"#, #""<|audio|>": 263"#, in: "added_tokens.json")
        == "DIR/added_tokens.json: error: added tokens: the id 263 belongs to '<|audio|>' here and to '<|AUDIO|>' "
        + "in tokenizer.json" + hint)
    #expect(
      try refusal(#""content": "<|AUDIO|>""#, #""content": "<|audio|>""#, in: "tokenizer_config.json")?.contains(
        "belongs to '<|audio|>' here and to '<|AUDIO|>' in tokenizer.json or added_tokens.json") == true)
    #expect(try refusal(#""added_tokens_decoder""#, #""others""#, in: "tokenizer_config.json") == nil)
  }

  @Test("a carriage return is no end of a line of merges by itself")
  func carriageReturns() throws {
    try FileManager.default.removeItem(atPath: folder.path + "/tokenizer.json")
    let bytes = try folder.bytes("merges.txt")
    try folder.write(bytes.map { $0 == 0x0A ? 0x0D : $0 }, to: "merges.txt")
    #expect(read() == "DIR/merges.txt:1: error: a carriage return within a line; lines end with a line feed")
  }
}
