// A notebook that imitates answers and rewards forms: run, killed, run again, on other threads; the same bytes.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("Supervised cells", .enabled(if: Program.isThere, "the program was not built"))
struct SupervisedRunTests {
  static let experiment = """
    title: Told or rewarded
    profiles:
      smoke:
        seeds: [1]
        grpo: {learning_rate: 2.0e-4, steps: 2, questions_per_step: 4, max_completion_length: 12}
        sft: {learning_rate: 2.0e-4, steps: 12, questions_per_step: 4}
        evaluation: {max_new_tokens: 12}
    cells:
      - model: qwen2-audio
      - train: {from: qwen2-audio, on: avqa, audio: true, with: sft}
        as: told
      - train:
          from: qwen2-audio
          on: avqa
          audio: true
          set: {reward: [{rule: exact, tag: answer}, {form: "<answer>{text}</answer>"}]}
        as: rewarded
      - train: {from: qwen2-audio, on: avqa, audio: true, with: sft, set: {target: "<answer>{answer}</answer>"}}
        as: tagged
      - evaluate: {models: [told, rewarded], on: mmau-mini, audio: true}
      - evaluate: {models: tagged, on: mmau-mini, audio: true, set: {answer_tag: answer}}

    """

  private func files(_ folder: String) -> [String: Data] {
    var files: [String: Data] = [:]
    for name in FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
    where !name.split(separator: "/").contains("machine") {
      if let data = try? Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)) { files[name] = data }
    }
    return files
  }

  @Test("curves, scores and origins of both ways; killed within the supervised steps, the same bytes")
  func both() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.experiment, to: "told.yaml")
    func run(_ name: String, threads: Int) throws -> Program.Outcome {
      try Program.run(arguments(name, threads), environment: ["REPRO_CACHE": folder.file("cache-" + name)], in: folder.path)
    }
    func arguments(_ name: String, _ threads: Int) -> [String] {
      ["run", folder.file("told.yaml"), "--profile", "smoke", "--results", folder.file(name), "--threads", "\(threads)"]
    }
    let alone = try run("alone", threads: 2)
    try #require(alone.status == 0, "\(alone.errors)")
    #expect(alone.errors.contains("told-s1: loss "))
    let version = "alone/told/smoke/v0001/"
    let curve = try folder.read(version + "training/told-s1.jsonl").split(separator: "\n")
    #expect(curve.count == 12)
    let first = try JSONValue(parsing: String(curve[0]), file: "t"), last = try JSONValue(parsing: String(curve[11]), file: "t")
    #expect(Set(first.object?.keys ?? []) == ["step", "learning_rate", "loss", "gradient_norm", "target_tokens"])
    #expect((last["loss"]?.double ?? 9) < (first["loss"]?.double ?? 0))
    let scores = try JSONValue(parsing: try folder.read(version + "scores.json"), file: "s")
    let methods = (scores["cells"]?.array ?? []).map { $0["method"]?.string }
    #expect(methods == ["sft", nil, "sft"])
    let resolved = try folder.read(version + "experiment.yaml")
    #expect(resolved.contains("with: sft, set: {target: \"<answer>{answer}</answer>\"}}"))
    #expect(resolved.contains("sft:\n  target: \"{answer}\"  # assumed: the answer alone, as its choice has it\n"))
    #expect(resolved.contains("set: {reward: [{rule: \"exact\", tag: \"answer\", weight: 1.0}, {form: \"<answer>{text}</answer>\", weight: 1.0}]}"))
    #expect(try folder.read(version + "report.md").contains("loss "))

    try FileManager.default.createDirectory(atPath: folder.file("cache-killed"), withIntermediateDirectories: true)
    for count in [2, 7] {
      let isKilled = try Program.kill(
        arguments("killed", 1) + ["--states-in-place"], environment: ["REPRO_CACHE": folder.file("cache-killed")]
      ) {
        let root = folder.file("cache-killed/cells")
        let names = FileManager.default.enumerator(atPath: root)?.allObjects as? [String] ?? []
        return names.filter { $0.hasSuffix("/steps.journal") }.contains { name in
          (FileManager.default.contents(atPath: root + "/" + name)?.count { $0 == 0x0A } ?? 0) >= count
        }
      }
      #expect(isKilled)
    }
    let resumed = try run("killed", threads: 1)
    try #require(resumed.status == 0, "\(resumed.errors)")
    #expect(files(folder.file("alone")) == files(folder.file("killed")))
  }
}
