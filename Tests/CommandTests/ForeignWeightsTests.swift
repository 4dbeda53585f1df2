// A fine-tuned model that was made elsewhere, named in an experiment by folder or repository.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("Weights made elsewhere", .enabled(if: Program.isThere, "the program was not built"), .serialized)
struct ForeignWeightsTests {
  private let smoke: SmokeRun
  private let place: TemporaryFolder

  init() throws {
    smoke = try SmokeRun.shared.get()
    place = try TemporaryFolder()
    // What the smoke run trained, as if somebody else had.
    let cells = smoke.cache + "/cells"
    let names = FileManager.default.enumerator(atPath: cells)?.allObjects as? [String] ?? []
    let journal = try #require(names.first { $0.hasSuffix("/steps.journal") })
    try FileManager.default.copyItem(
      atPath: cells + "/" + journal.dropLast("steps.journal".count) + "model", toPath: place.file("released"))
  }

  private func write(_ model: String, training: String = "    training: avqa\n") throws {
    try place.write(
      """
      title: Released
      reproduces: {table: 4}
      profiles: {smoke: {evaluation: {max_new_tokens: 6}}}
      cells:
        - model: \(model)
      \(training)    as: released
        - evaluate: {models: released, on: mmau-mini, audio: [true, false]}
        - table: 4
        - verify: 4

      """, to: "released.yaml")
  }

  private func run(_ command: String = "run", environment: [String: String] = [:], _ more: String...) throws -> Program.Outcome {
    try smoke.run(
      [command, place.file("released.yaml"), "--profile", "smoke", "--results", place.file("results")] + more,
      environment: environment, in: place.path)
  }

  @Test("evaluated like any other, named as what it is, and known again by its content")
  func evaluated() throws {
    try write("qwen2.5-omni\n    weights: \(place.file("released"))")
    let first = try run()
    #expect(first.status == 0, "\(first.errors)")
    let files = SmokeRun.contents(place.file("results/released/smoke/v0001")).mapValues { String(decoding: $0, as: UTF8.self) }
    let own = SmokeRun.contents(smoke.version).mapValues { String(decoding: $0, as: UTF8.self) }
    for audio in ["audio", "text"] {
      let predictions = try #require(files["predictions/released-mmau-mini-\(audio)-greedy.jsonl"])
      #expect(predictions == own["predictions/tuned-s1-mmau-mini-\(audio)-greedy.jsonl"])
    }
    let score = try JSONValue(parsing: files["scores.json"] ?? "", file: "scores.json")["cells"]?.array?.first
    #expect(score?["training"]?.string == "avqa" && score?["weights"]?.string == "folder released")
    #expect(score?["training_audio"]?.boolean == true && score?["seed"]?.isNull == true)
    let sentence = "Measured with weights made elsewhere: folder released."
    #expect(files["report.md"]?.contains(sentence) == true)
    #expect(files["tables/table4.md"]?.contains(sentence) == true, "\(files.keys.sorted())")
    #expect(files["provenance.json"]?.contains("\"weights_made_elsewhere\": {\n    \"released\": \"folder released\"") == true)
    // No path of this machine, but where the experiment itself names it.
    for (name, text) in files where name != "experiment.yaml" && !name.hasPrefix("report.") {
      #expect(!text.contains(place.path), "\(name)")
    }
    let verify = try smoke.run(["verify", "--results", place.file("results"), "--profile", "smoke"])
    #expect(verify.output.contains("weights made elsewhere"))

    // The same content elsewhere, by a repository's name in the hub's cache, through relative links: the same cells.
    let snapshot = place.file("hub/models--someone--released/snapshots/0a1b2c")
    try FileManager.default.createDirectory(atPath: snapshot, withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      atPath: place.file("hub/models--someone--released/refs"), withIntermediateDirectories: true)
    try place.write("0a1b2c\n", to: "hub/models--someone--released/refs/main")
    for name in try FileManager.default.contentsOfDirectory(atPath: place.file("released")) {
      try FileManager.default.copyItem(
        atPath: place.file("released/" + name), toPath: place.file("hub/models--someone--released/" + name))
      try FileManager.default.createSymbolicLink(atPath: snapshot + "/" + name, withDestinationPath: "../../" + name)
    }
    for weights in ["someone/released", "someone/released@0a1b2c"] {
      try write("qwen2.5-omni\n    weights: \(weights)")
      let plan = try run("plan", environment: ["HF_HUB_CACHE": place.file("hub")])
      #expect(plan.status == 0 && plan.output.contains("3 jobs, all known"), "\(plan.errors)\(plan.output)")
    }
  }

  @Test("of another family, or not here: said before anything runs")
  func wrong() throws {
    try write("qwen2-audio\n    weights: \(place.file("released"))")
    let family = try run()
    #expect(family.status == 2)
    #expect(family.errors.contains(
      "released/config.json: error: \(place.file("released")): these are weights of qwen2.5-omni; the cell says qwen2-audio"))
    try write("qwen2.5-omni\n    weights: someone/nothing")
    let missing = try run(environment: ["HF_HUB_CACHE": place.file("hub")])
    #expect(missing.status == 3 && missing.errors.contains("someone/nothing"), "\(missing.errors)")
  }

  @Test("a model of which nobody says what it was trained on stands in no row")
  func unknown() throws {
    try write("qwen2.5-omni\n    weights: \(place.file("released"))", training: "")
    let outcome = try run()
    #expect(outcome.status == 0, "\(outcome.errors)")
    let table = try place.read("results/released/smoke/v0001/tables/table4.json")
    #expect(!table.contains("\"measured\": {"), "\(table)")
  }
}
