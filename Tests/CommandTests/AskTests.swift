// `repro ask` and `repro features` on the fixtures, as people run them.
import ContentHash
import Foundation
import JSONText
import TestSupport
import Testing

private let fixtures = Fixtures.small.path

@Suite("Asking from the command line", .enabled(if: Program.isThere, "no program"))
struct AskTests {
  @Test("an answer with sound is the reference's, with the log-probability of each token")
  func asks() throws {
    let place = fixtures + "/qwen2_audio/plain"
    let meta = try JSONValue(
      parsing: String(decoding: Data(contentsOf: URL(fileURLWithPath: place + "/meta_fp32.json")), as: UTF8.self),
      file: "meta")
    let prompt = try #require(meta["prompts"]?.array?.first?.string?.components(separatedBy: "<|audio_eos|>\n").last)
    let question = try #require(prompt.components(separatedBy: "<|im_end|>").first)
    let length = try #require(meta["max_new_tokens"]?.integer)
    let outcome = try Program.run([
      "ask", "--model", fixtures + "/checkpoints/qwen2_audio", "--audio", place + "/audio_0.wav", "--question", question,
      "--max-new-tokens", "\(length)", "--json", "--log-probabilities",
    ])
    #expect(outcome.status == 0)
    let json = try JSONValue(parsing: outcome.output, file: "output")
    #expect(json["tokens"] == meta["generated_ids"]?.array?.first)
    #expect(json["audio_tokens"] == meta["audio_tokens"]?.array?.first)
    #expect(json["choice"] == .null)
    let ends = meta["eos_token_ids"]?.array ?? []
    #expect(json["finished"]?.boolean == json["tokens"]?.array?.last.map { ends.contains($0) })
    let list = try #require(json["log_probabilities"]?.array).compactMap { $0.double }
    #expect(list.count == length && list.allSatisfy { $0 < 0 && $0 > -20 })
  }

  @Test("no choice is matched, which is a negative verdict")
  func unmatched() throws {
    let outcome = try Program.run([
      "ask", "--model", fixtures + "/checkpoints/omni", "--question", "How often?", "--choice", "once", "--choice", "twice",
      "--max-new-tokens", "4", "--json",
    ])
    #expect(outcome.status == 1)
    let json = try JSONValue(parsing: outcome.output, file: "output")
    #expect(json["choice"] == .null && json["log_probabilities"] == nil)
  }

  @Test("one choice, no model, no sound: each is said, with its exit code")
  func refusals() throws {
    let model = fixtures + "/checkpoints/omni"
    let one = try Program.run(["ask", "--model", model, "--question", "Q?", "--choice", "a"])
    #expect(one.status == 2)
    #expect(one.errors.contains("--choice stands once; a question has two choices or more, or none"))
    let none = try Program.run(["ask", "--model", "/nowhere", "--question", "Q?"])
    #expect(none.status == 3)
    #expect(none.errors.hasPrefix("/nowhere: error: there is no such folder"))
    let mute = try Program.run(["ask", "--model", model, "--question", "Q?", "--audio", "/nowhere.wav"])
    #expect(mute.errors.contains("/nowhere.wav: error: cannot be read as sound"))
    #expect(mute.status == 2)
  }

  @Test("features: the shape, and a digest that is the written file's")
  func features() throws {
    let folder = try TemporaryFolder()
    for (model, frames, padded) in [("qwen2.5-omni", 20, 30_000), ("qwen2-audio", 22, 3000)] {
      let outcome = try Program.run([
        "features", fixtures + "/mel/sweep.wav", "--model", model, "--json", "--out", folder.file("mel.npy"),
      ])
      #expect(outcome.status == 0)
      let json = try JSONValue(parsing: outcome.output, file: "output")
      #expect(json["shape"] == .array([.integer(128), .integer(frames)]))
      #expect(json["padded_frames"] == .integer(padded))
      #expect(json["audio_tokens"] == .integer(5))
      let file = try folder.bytes("mel.npy")
      #expect(Array(file[..<8]) == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0])
      let data = Array(file[(10 + Int(file[8]) + Int(file[9]) << 8)...])
      #expect(data.count == 128 * frames * 4)
      #expect(json["sha256"]?.string == Digest(of: data).hexadecimal)
    }
  }
}
