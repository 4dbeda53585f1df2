// Damaged tokenizer files never trap, hang or grow: they give a tokenizer, or one mistake.
import Diagnostics
import Foundation
import TestSupport
import Testing
import Tokenization

@Suite("Fuzzing the tokenizer", .enabled(if: Fuzzing.isOn, "REPRO_FUZZ_SECONDS is not set"))
struct TokenizerFuzzTests {
  @Test("damaged tokenizer.json files are read or refused")
  func fuzzTokenizer() throws {
    let folder = try TemporaryFolder()
    try TokenizerBuilder(words: ["ab", "abc", "bc"]).write(to: folder.path)
    let seed = try folder.bytes("tokenizer.json")
    var accepted = 0
    let rounds = try Fuzzing.run(
      seeds: [seed], dictionary: ["null", "[", "{", "\"", "9999999999", "-1", "\"ab\":", "\\ud800", "true,"]
    ) { _, bytes in
      try folder.write(bytes, to: "tokenizer.json")
      do {
        let tokenizer = try Tokenizer(folder: folder.path)
        accepted += 1
        #expect(tokenizer.decode(tokenizer.encode("abc bcé\n<|AUDIO|>")).isEmpty == false)
      } catch { #expect((error as? Diagnostic)?.kind == .faulty) }
    }
    #expect(rounds > 100)
  }

  @Test("any text comes back from its ids")
  func fuzzEncoding() throws {
    let folder = try TemporaryFolder()
    try TokenizerBuilder(words: ["the", "sound", "is"]).write(to: folder.path)
    let tokenizer = try Tokenizer(folder: folder.path)
    let seeds = ["The sound is, it's 42!\r\n \t नमस्ते 안녕 é <|im_end|>", "\u{1100}\u{1161}\u{11A8}e\u{301}\u{F900}"]
    _ = Fuzzing.run(seeds: seeds.map { Array($0.utf8) }, dictionary: ["<|", "|>", "\u{301}", "\u{11A8}", " \n "]) { round, bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      // Strings compare by canonical equivalence, which is what NFC keeps.
      #expect(tokenizer.decode(tokenizer.encode(text)) == text, "round \(round)")
    }
  }
}
