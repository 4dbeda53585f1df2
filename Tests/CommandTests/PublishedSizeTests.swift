// What `repro plan` and `repro run` say of the paper's fine-tunings at the published sizes, and of a machine that is too
// small for them.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("The published sizes", .enabled(if: Program.isThere, "the program is not built"), .serialized)
struct PublishedSizeTests {
  private let place: TemporaryFolder

  init() throws {
    place = try TemporaryFolder()
    for isOmni in [true, false] {
      let checkpoint = SparseCheckpoint(isOmni: isOmni)
      try checkpoint.write(to: place.file("models/" + checkpoint.repository))
    }
    try FileManager.default.createDirectory(atPath: place.file("data/avqa/audio"), withIntermediateDirectories: true)
    try place.write(
      "[{\"id\": 1, \"video_name\": \"one\", \"question_text\": \"Q\", \"multi_choice\": [\"a\", \"b\"], \"answer\": 0}]",
      to: "data/avqa/train_qa.json")
    try place.write(Self.tone, to: "data/avqa/audio/one.wav")
    try place.write(
      """
      title: Sizes
      cells:
        - model: qwen2.5-omni
        - model: qwen2-audio
        - train: {from: qwen2.5-omni, on: avqa, audio: true}
          as: omni-avqa
        - train: {from: qwen2-audio, on: avqa, audio: true}
          as: audio-avqa

      """, to: "sizes.yaml")
  }

  /// A second of 16-bit sound at 16 kHz.
  private static let tone: [UInt8] = {
    func word(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let samples = (0..<16_000).flatMap { word($0 % 100 * 200, 2) }
    return Array("RIFF".utf8) + word(36 + samples.count, 4) + Array("WAVEfmt ".utf8) + word(16, 4) + word(1, 2) + word(1, 2)
      + word(16_000, 4) + word(32_000, 4) + word(2, 2) + word(16, 2) + Array("data".utf8) + word(samples.count, 4) + samples
  }()

  private func repro(_ command: String, _ more: String...) throws -> Program.Outcome {
    try Program.run(
      [command, place.file("sizes.yaml"), "--profile", "paper", "--results", place.file("results")] + more,
      environment: [
        "REPRO_MODELS": place.file("models"), "REPRO_DATA": place.file("data"), "REPRO_CACHE": place.file("cache"),
      ], in: place.path)
  }

  @Test("a fine-tuning's 149 and 151 GB are named by part, its disk too; a machine that cannot hold it is refused")
  func parts() throws {
    let told = try repro("plan", "--json", "--anyway")
    try #require(told.status == 0, "\(told.errors)")
    let plan = try #require(try JSONValue(parsing: told.output, file: "plan").array?.first)
    let jobs = try #require(plan["jobs"]?.array)
    for (name, state, count) in [("omni-avqa-s42", 148.6e9, 8.254e9), ("audio-avqa-s42", 151.1e9, 8.397e9)] {
      let job = try #require(jobs.first { $0["name"]?.string == name })
      func part(_ key: String) -> Double { job["memory_parts"]?[key]?.double ?? 0 }
      #expect(abs(part("weights") + part("gradients") + part("moments") + part("reference") - state) < 0.2e9)
      #expect(abs(part("weights") - 4 * count) < 0.05e9 && abs(part("reference") - 2 * count) < 0.05e9)
      #expect(abs(part("gradients") - 4 * count) < 0.05e9 && abs(part("moments") - 8 * count) < 0.05e9)
      #expect(abs((job["disk"]?["kept"]?.double ?? 0) - 4 * count) < 0.2e9)
      #expect(abs((job["disk"]?["at_most"]?.double ?? 0) - 24 * count) < 0.3e9)
    }
    let words = try repro("plan")
    let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    for text in [
      "149 GB for the model: weights 33 GB, gradients 33 GB, moments 66 GB, reference 17 GB; rows ",
      "151 GB for the model: weights 34 GB, gradients 34 GB, moments 67 GB, reference 17 GB; rows ",
      "a state of 99 GB twice while it is replaced",
    ] { #expect(words.output.contains(text), "\(text)\n\(words.output)") }
    // A machine that is large enough is not refused; its disk may be.
    guard memory < 135_000_000_000 else { return }
    #expect(words.status == 3)
    let sentence = "error: audio-avqa-s42: needs about "
    #expect(words.errors.contains(sentence) && words.errors.contains("; this machine has "), "\(words.errors)")
    #expect(words.errors.contains("--anyway begins all the same"))
    let run = try repro("run")
    #expect(run.status == 3 && run.errors.contains(sentence), "\(run.errors)")
    // Nothing was begun.
    #expect(!FileManager.default.fileExists(atPath: place.file("cache/cells")))
    #expect(try Program.run(["status", "--results", place.file("results")]).output.hasPrefix("nothing has run"))
  }
}
