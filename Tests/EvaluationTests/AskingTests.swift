// One question to one model, against the reference's greedy answers.
import CPUBackend
import Diagnostics
import Evaluation
import Foundation
import JSONText
import Questions
import TestSupport
import Testing

/// A case of one prompt with one clip or none.
struct AskedCase: Sendable, CustomTestStringConvertible {
  var set: FixtureSet
  var model: String
  var name: String
  var testDescription: String { "\(set)/\(model)/\(name)" }
  var folder: String { self.set.file(model + "/" + name) }

  func meta() throws -> JSONValue {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/meta_fp32.json"))
    // Where the reference's noise was not measured, its file says NaN, which is no JSON.
    let text = String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: ": NaN", with: ": null")
    return try JSONValue(parsing: text, file: folder)
  }

  static let all = Fixtures.sets.flatMap { set in
    ["omni", "qwen2_audio"].flatMap { model in
      set.names(model).map { AskedCase(set: set, model: model, name: $0) }.filter { asked in
        guard let meta = try? asked.meta() else { return true }
        // Control tokens, which stand behind the words, are never said here, but by the reference.
        let ends = meta["eos_token_ids"]?.array?.compactMap(\.integer) ?? []
        let first = meta["pad_token_id"]?.integer ?? .max
        let said = meta["generated_ids"]?.array?.first?.array?.compactMap(\.integer) ?? []
        return meta["prompts"]?.array?.count == 1 && (meta["audio_files"]?.array?.count ?? 0) < 2
          && said.allSatisfy { $0 < first || ends.contains($0) }
      }
    }
  }
}

@Suite("Asking a model")
struct AskingTests {
  /// The user's question of a reference prompt, without the choices the template adds. These prompts end with a full
  /// stop, which the paper's does not.
  private func question(_ prompt: String) throws -> (text: String, choices: [String]) {
    let user = try #require(prompt.components(separatedBy: "<|im_start|>user\n").last)
    let spoken = try #require(user.components(separatedBy: "<|audio_eos|>").last).trimmingCharacters(in: .newlines)
    let parts = spoken.components(separatedBy: " Please choose the answer from the following options: ['")
    let list = try #require(parts.last?.components(separatedBy: "'].").first)
    return (parts[0], list.components(separatedBy: "', '"))
  }

  @Test("the answer is the reference's, tokens and text", arguments: AskedCase.all)
  func reference(_ asked: AskedCase) throws {
    let meta = try asked.meta()
    let (text, choices) = try question(try #require(meta["prompts"]?.array?[0].string))
    let asking = try Asking(folder: asked.set.file("checkpoints/" + asked.model), on: CPUBackend(threadCount: 2))
    let hasAudio = meta["audio_files"]?.array?.isEmpty == false
    let answer = try asking.ask(
      text, choices: choices, audio: hasAudio ? asked.folder + "/audio_0.wav" : nil,
      template: PromptTemplate(text: PromptTemplate.paper + ".", system: meta["system"]?.string), maximumTokens: try #require(meta["max_new_tokens"]?.integer))
    #expect(answer.tokens.map { Int($0) } == meta["generated_ids"]?.array?[0].array?.compactMap(\.integer))
    #expect(answer.completion == meta["generated_text"]?.array?[0].string)
    #expect(answer.audioTokenCount == (hasAudio ? meta["audio_tokens"]?.array?[0].integer : 0))
    #expect(answer.matches.isEmpty)
  }

  @Test("what it says is matched with the choices by the scorer")
  func matching() throws {
    let asking = try Asking(folder: Fixtures.small.file("checkpoints/omni"), on: CPUBackend(threadCount: 1))
    // Every letter, digit and mark of ASCII, and what stands for bytes that are no text.
    let choices = (33...126).map { String(UnicodeScalar(UInt8($0))).lowercased() } + ["\u{FFFD}"]
    var counts: Set<Int> = []
    for question in ["Q", "Who?", "What rings?", "Why?", "A dog or a cat?", "Is it rain?"] {
      let answer = try asking.ask(question, choices: choices, scorer: .contains, maximumTokens: 8)
      #expect(answer.matches == choices.indices.filter { answer.completion.lowercased().contains(choices[$0]) })
      counts.insert(answer.matches.count)
    }
    #expect(counts != [0] && !counts.contains(choices.count))
  }

  @Test("too long for the model's positions, and unheard sounds, are named")
  func refusals() throws {
    let asking = try Asking(folder: Fixtures.small.file("checkpoints/omni"), on: CPUBackend(threadCount: 1))
    let long = String(repeating: "sound ", count: 40_000)
    let text = refusal { try asking.ask(long, maximumTokens: 4) } ?? ""
    #expect(text.contains("tokens of prompt and 4 of answer are more than the model's 32768 positions"))
    #expect(refusal { try asking.ask("Q", audio: "/nowhere.wav") }?.contains("/nowhere.wav: error: cannot be read as sound") == true)
  }
}
