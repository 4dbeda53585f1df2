// A fine-tuning of 30 steps whose process is killed at ten random moments ends with the bytes of one left alone.
import Foundation
import TestSupport
import Testing

@Suite("A killed run", .enabled(if: Program.isThere, "the program was not built"))
struct KilledRunTests {
  static let base = """
    title: Killed
    profiles:
      smoke:
        seeds: [1]
        grpo:
          {learning_rate: 2.0e-4, steps: 30, questions_per_step: 4, max_completion_length: 6, gradient_accumulation: 1}
        evaluation: {max_new_tokens: 6}
    cells:
      - model: qwen2.5-omni

    """
  static let whole = base + """
      - train: {from: qwen2.5-omni, on: avqa, audio: true}
        as: tuned
      - evaluate: {models: [tuned], on: mmau-mini, audio: [true]}

    """

  /// Files of a folder by name, as bytes; what may differ between two runs is left out.
  private func files(_ folder: String) -> [String: Data] {
    var files: [String: Data] = [:]
    for name in (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []).sorted()
    where !name.split(separator: "/").contains("machine") {
      if let data = try? Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)) { files[name] = data }
    }
    return files
  }

  /// The only file of that name in the cache's cells.
  private func find(_ name: String, in cache: String) -> String? {
    let names = FileManager.default.enumerator(atPath: cache + "/cells")?.allObjects as? [String] ?? []
    return names.first { $0.hasSuffix("/" + name) }.map { cache + "/cells/" + $0 }
  }

  @Test("killed ten times at random moments, on one thread, and resumed: the same results and the same weights",
    .timeLimit(.minutes(10)), arguments: [UInt64(1)])
  func killed(_ seed: UInt64) throws {
    let folder = try TemporaryFolder()
    func arguments(_ results: String, threads: Int) -> [String] {
      [
        "run", folder.file("killed.yaml"), "--profile", "smoke", "--results", folder.file(results), "--threads",
        "\(threads)",
      ]
    }
    func environment(_ cache: String) -> [String: String] { ["REPRO_CACHE": folder.file(cache)] }
    // The base model and its world, made once for both.
    try folder.write(Self.base, to: "killed.yaml")
    let made = try Program.run(arguments("base", threads: 2), environment: environment("cache-alone"))
    try #require(made.status == 0, "\(made.errors)")
    try FileManager.default.copyItem(atPath: folder.file("cache-alone"), toPath: folder.file("cache-killed"))

    try folder.write(Self.whole, to: "killed.yaml")
    let alone = try Program.run(arguments("alone", threads: 2), environment: environment("cache-alone"))
    try #require(alone.status == 0, "\(alone.errors)")

    // Ten moments: behind a random step each, and a random part of a step later.
    var numbers = RandomNumbers(state: seed)
    var found: [Int] = []
    for step in (0..<10).map({ _ in numbers.next(below: 29) }).sorted() {
      let isKilled = try Program.kill(
        arguments("killed", threads: 1), environment: environment("cache-killed")
      ) {
        guard let path = find("steps.journal", in: folder.file("cache-killed")),
          let data = FileManager.default.contents(atPath: path)
        else { return false }
        let count = data.count { $0 == 0x0A }
        guard count >= step else { return false }
        found.append(count)
        Thread.sleep(forTimeInterval: Double(numbers.next(below: 100)) / 1000)
        return true
      }
      #expect(isKilled, "the run ended before it was to be killed behind step \(step)")
    }
    #expect(found.count == 10)
    let killed = try Program.run(arguments("killed", threads: 1), environment: environment("cache-killed"))
    try #require(killed.status == 0, "\(killed.errors)")

    let (a, b) = (files(folder.file("alone")), files(folder.file("killed")))
    #expect(a.keys.contains("killed/smoke/v0001/training/tuned-s1.jsonl"))
    #expect(Set(a.keys) == Set(b.keys) && a.keys.allSatisfy { a[$0] == b[$0] })
    let weights = try ["cache-alone", "cache-killed"].map { cache in
      let records = try #require(find("training.jsonl", in: folder.file(cache)))
      let cell = URL(fileURLWithPath: records).deletingLastPathComponent()
      return try Data(contentsOf: cell.appendingPathComponent("model/model.safetensors"))
    }
    #expect(weights[0] == weights[1])
    #expect(find("state.safetensors", in: folder.file("cache-killed")) == nil)
  }
}

/// SplitMix64.
private struct RandomNumbers {
  var state: UInt64
  mutating func next(below bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(bound))
  }
}
