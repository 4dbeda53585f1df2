// What a change reruns: the cells that depend on it, no others.
import ContentHash
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("What a change reruns")
struct ChangeTests {
  private let smoke: SmokeRun
  private static let base = "qwen2.5-omni"
  private static let trained = ["tuned-s1", "tuned-s1-mmau-mini-audio-greedy", "tuned-s1-mmau-mini-text-greedy"]
  private static let asked = [
    "qwen2.5-omni-mmau-mini-audio-greedy", "qwen2.5-omni-mmau-mini-text-greedy", "qwen2.5-omni-mmau-mini-text-likelihood",
  ]

  init() throws { smoke = try SmokeRun.shared.get() }

  /// Jobs of a plan that would run.
  private func rerun(_ arguments: [String]) throws -> Set<String> {
    Set(try smoke.plan(["--profile", "smoke"] + arguments).filter { !$0.value.isKnown }.keys)
  }

  @Test("nothing changed, nothing runs; prompt, training, evaluation and seed rerun what hangs on them")
  func settings() throws {
    #expect(try rerun([]) == [])
    #expect(try rerun(["--set", "prompt.choices=comma_list"]) == Set(Self.asked + Self.trained))
    #expect(try rerun(["--set", "grpo.temperature=1.3"]) == Set(Self.trained))
    #expect(try rerun(["--set", "evaluation.max_new_tokens=5"]) == Set(Self.asked + Self.trained.dropFirst()))
    #expect(
      try rerun(["--seed", "2"]) == ["tuned-s2", "tuned-s2-mmau-mini-audio-greedy", "tuned-s2-mmau-mini-text-greedy"])
  }

  /// A world at the paper's layout, made of the smoke base and the micro world's files.
  private func world() throws -> (place: TemporaryFolder, environment: [String: String]) {
    let place = try TemporaryFolder()
    let files = FileManager.default
    let key = try #require(try smoke.plan(["--profile", "smoke"])[Self.base]?.key)
    try files.createDirectory(atPath: place.file("models"), withIntermediateDirectories: true)
    try files.copyItem(
      atPath: smoke.cache + "/cells/\(key.prefix(2))/\(key)/model", toPath: place.file("models/Qwen2.5-Omni-7B"))
    try files.copyItem(atPath: smoke.cache + "/micro-world/smoke-1", toPath: place.file("data"))
    return (
      place,
      [
        "REPRO_MODELS": place.file("models"), "REPRO_DATA": place.file("data"), "REPRO_CACHE": place.file("cache"),
        "HF_HUB_CACHE": place.file("none"),
      ]
    )
  }

  @Test("weights, question files and clips enter by content: a byte changes the cells that hear or read it")
  func content() throws {
    let (place, environment) = try world()
    let before = try smoke.plan(["--profile", "paper"], environment: environment)
    #expect(Set(before.keys) == Set([Self.base] + Self.asked + Self.trained))
    func changed() throws -> Set<String> {
      let now = try smoke.plan(["--profile", "paper"], environment: environment)
      return Set(now.filter { $0.value.key != before[$0.key]?.key }.keys)
    }
    /// Changes a byte, runs `body`, and puts the old bytes back.
    func altering(_ path: String, at offset: Int, _ body: () throws -> Void) throws {
      var bytes = try place.bytes(path)
      let index = offset < 0 ? bytes.count + offset : offset
      bytes[index] ^= 1
      try place.write(bytes, to: path)
      try body()
      bytes[index] ^= 1
      try place.write(bytes, to: path)
      #expect(try changed() == [])
    }
    let heard = Set(["qwen2.5-omni-mmau-mini-audio-greedy", "tuned-s1-mmau-mini-audio-greedy"])
    let clips = try FileManager.default.contentsOfDirectory(atPath: place.file("data/mmau/test-mini-audios")).sorted()
    let clip = try #require(clips.first { $0.hasSuffix(".wav") })
    // The last byte of a sample's high end: another sound.
    try altering("data/mmau/test-mini-audios/" + clip, at: -1) {
      let now = try changed()
      #expect(now == heard)
    }
    try altering("models/Qwen2.5-Omni-7B/model.safetensors", at: -1) {
      let now = try changed()
      #expect(now == Set(before.keys))
    }
    // A space in the file's indentation becomes another character: still the same questions, another file.
    let text = try place.read("data/avqa/train_qa.json")
    try place.write(text + " ", to: "data/avqa/train_qa.json")
    #expect(try changed() == Set(Self.trained))
    try place.write(text, to: "data/avqa/train_qa.json")
    let benchmark = try place.read("data/mmau/mmau-test-mini.json")
    try place.write(benchmark + " ", to: "data/mmau/mmau-test-mini.json")
    #expect(try changed() == Set(Self.asked + Self.trained.dropFirst()))
  }

  @Test("a fine-tuning hangs on the clips its steps come to, and on no others")
  func usedClips() throws {
    let (place, environment) = try world()
    // One step of two questions hears two clips of twelve.
    let before = try smoke.plan(["--profile", "paper"], environment: environment)
    let clips = try FileManager.default.contentsOfDirectory(atPath: place.file("data/avqa/audio")).sorted()
      .filter { $0.hasSuffix(".wav") || $0.hasSuffix(".flac") }
    #expect(clips.count == 12)
    var changing = 0
    for clip in clips {
      let old = try place.bytes("data/avqa/audio/" + clip)
      // Another clip in its place.
      let other = try place.bytes("data/avqa/audio/" + (clip == clips[0] ? clips[1] : clips[0]))
      try place.write(other, to: "data/avqa/audio/" + clip)
      let now = try smoke.plan(["--profile", "paper"], environment: environment)
      let changed = Set(now.filter { $0.value.key != before[$0.key]?.key }.keys)
      #expect(changed.isEmpty || changed == Set(Self.trained))
      changing += changed.isEmpty ? 0 : 1
      try place.write(old, to: "data/avqa/audio/" + clip)
    }
    #expect(changing == 2)
  }

  @Test("at the paper's scale a run goes through, names its inputs, and is reproduced")
  func paperWorld() throws {
    let (place, environment) = try world()
    let arguments = ["run", smoke.file, "--profile", "paper", "--results", place.file("results")]
    let run = try smoke.run(arguments, environment: environment)
    #expect(run.status == 0, "\(run.errors)")
    let provenance = try JSONValue(
      parsing: try place.read("results/tiny/paper/v0001/provenance.json"), file: "provenance.json")
    #expect(
      provenance["inputs"]?.object?.keys.sorted() == [
        "avqa", "clips of avqa, seed 1", "clips of mmau-mini", "mmau-mini", "weights of qwen2.5-omni",
      ])
    let again = try smoke.run(arguments, environment: environment)
    #expect(again.errors.contains("reproduced byte for byte"))
  }

  @Test("what is missing at the paper's scale is listed behind what would run, and exits with 3")
  func missing() throws {
    let nowhere = try TemporaryFolder()
    let environment = ["REPRO_MODELS": nowhere.path, "REPRO_DATA": nowhere.path, "HF_HUB_CACHE": nowhere.path]
    let plan = try smoke.run(["plan", smoke.file, "--profile", "paper"], environment: environment)
    #expect(plan.status == 3)
    #expect(plan.output.contains("  grpo.learning_rate               1.0e-06") || plan.output.contains("grpo.learning_rate"))
    #expect(plan.output.contains("would run, if nothing were missing:\n  model: qwen2.5-omni"))
    #expect(plan.errors.contains("error: the weights of Qwen/Qwen2.5-Omni-7B are not on this machine; looked in \(nowhere.path)/Qwen2.5-Omni-7B"))
    #expect(plan.errors.contains("error: the data set 'avqa' is not on this machine; looked for \(nowhere.path)/avqa/train_qa.json"))
    #expect(plan.errors.contains("error: the data set 'mmau-mini' is not on this machine"))
  }
}
