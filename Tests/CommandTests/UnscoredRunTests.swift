// A run over a benchmark that withholds its answers, with tiny checkpoints: from the run to the submission and back.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite(
  "Withheld answers", .enabled(if: Program.isThere, "SKIPPED: no program"))
struct UnscoredRunTests {
  private func item(_ id: String, answer: String, clips: String) -> String {
    "{\"id\": \"\(id)\", \"audio_id\": \"./\(clips)/\(id).wav\", \"question\": \"What rings?\", "
      + "\"choices\": [\"bell\", \"dog\"], \"answer\": \"\(answer)\", \"task\": \"sound\"}"
  }

  /// Test-mini with answers, test-full without all or some of them, and a run asked without audio.
  private func made(fullAnswers: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let files = FileManager.default
    try files.createDirectory(atPath: folder.file("data/mmau"), withIntermediateDirectories: true)
    try files.createDirectory(atPath: folder.file("models"), withIntermediateDirectories: true)
    let mini = ["a", "b"].map { item($0, answer: "bell", clips: "test-mini-audios") }
    try folder.write("[" + mini.joined(separator: ",") + "]", to: "data/mmau/mmau-test-mini.json")
    let full = fullAnswers.enumerated().map { item("f\($0)", answer: $1, clips: "test-audios") }
    for name in ["mmau-test.json", "mmau-test-full.json"] {
      try folder.write("[" + full.joined(separator: ",") + "]", to: "data/mmau/" + name)
    }
    try files.createSymbolicLink(
      atPath: folder.file("models/Qwen2-Audio-7B-Instruct"),
      withDestinationPath: Fixtures.small.file("checkpoints/qwen2_audio"))
    try folder.write(
      """
      title: T
      reproduces: {table: 1}
      evaluation: {max_new_tokens: 4}
      cells:
        - model: qwen2-audio
        - evaluate: {models: [qwen2-audio], on: mmau-mini, audio: false}
        - evaluate: {models: [qwen2-audio], on: mmau-full, audio: false}
        - table: 1
        - verify: 1
      """, to: "t.yaml")
    return folder
  }

  private func run(_ folder: TemporaryFolder, _ arguments: [String]) throws -> Program.Outcome {
    try Program.run(
      arguments,
      environment: [
        "REPRO_DATA": folder.file("data"), "REPRO_MODELS": folder.file("models"), "REPRO_CACHE": folder.file("cache"),
      ], in: folder.path)
  }

  private static let base = "results/t/paper/v0001/"
  private static let cell = "qwen2-audio-mmau-full-text-greedy"

  @Test("submitted, not scored: in the run's lines, records, scores and report; the submission is there and checked")
  func withheld() throws {
    let folder = try made(fullAnswers: ["", "", ""])
    let outcome = try run(folder, ["run", "t.yaml", "--profile", "paper"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("\(Self.cell): 3 not scored: their answers are withheld ("))
    let record = try JSONValue(
      parsing: String(try folder.read(Self.base + "predictions/\(Self.cell).jsonl").split(separator: "\n")[0]), file: "p")
    #expect(record["correct"] == .null && record["answer"] == nil)
    let question = try folder.read(Self.base + "questions/mmau-full.jsonl").split(separator: "\n")[0]
    #expect(question.hasPrefix(#"{"answer":"","#))
    let scores = try JSONValue(parsing: try folder.read(Self.base + "scores.json"), file: "scores.json")
    let cell = try #require(scores["cells"]?.array?.last)
    #expect(cell["n"] == 0 && cell["correct"] == 0 && cell["unscored"] == 3 && cell["chance"] == nil)
    #expect(cell["categories"]?["sound"] == .object(["correct": 0, "n": 0, "unscored": 3]))
    #expect(scores["cells"]?.array?.first?["unscored"] == nil)
    let report = try folder.read(Self.base + "report.md")
    #expect(report.contains("   3 submitted, not scored  3 cut at the limit of tokens ("))
    #expect(!report.contains("0 of 3") && !report.contains("table1-full"))

    let submission = Self.base + "submissions/\(Self.cell).json"
    let list = try JSONValue(parsing: try folder.read(submission), file: "submission").array
    #expect(list?.map { $0["id"]?.string } == ["f0", "f1", "f2"])
    #expect(list?.allSatisfy { $0.object?.keys.count == 2 && $0["model_prediction"]?.string != nil } == true)
    #expect(!FileManager.default.fileExists(atPath: folder.file(Self.base + "submissions/qwen2-audio-mmau-mini-text-greedy.json")))
    #expect(try folder.read(Self.base + "MANIFEST.sha256").contains("submissions/\(Self.cell).json"))
    for source in [submission, Self.base + "predictions/\(Self.cell).jsonl"] {
      let exported = try run(
        folder,
        ["export", "--benchmark", "mmau", "--predictions", source, "--questions", "data/mmau/mmau-test.json", "--out", "o.json"])
      #expect(exported.status == 0, "\(exported.errors)")
      #expect(exported.errors.hasSuffix("; the published test-full has 9000\n"))
      #expect(try folder.read("o.json") == folder.read(submission))
      let short = try run(folder, ["export", "--benchmark", "mmau", "--predictions", source, "--out", "o.json"])
      #expect(short.status == 2 && short.errors.hasSuffix("error: 3 predictions where test-full has 9000\n"))
    }
    let mini = Self.base + "predictions/qwen2-audio-mmau-mini-text-greedy.jsonl"
    let scored = try run(
      folder, ["score", "--benchmark", "mmau", mini, "--questions", "data/mmau/mmau-test-mini.json", "--json"])
    #expect(scored.status == 0, "\(scored.errors)")
    #expect(try JSONValue(parsing: scored.output, file: "s")["n"] == 2)
    let kept = try run(folder, ["score", "--benchmark", "mmau", Self.base + "predictions/\(Self.cell).jsonl"])
    #expect(kept.status == 2 && kept.errors.contains("error: "))
    let shown = try run(folder, ["show", "results", "t/paper"])
    #expect(shown.output.contains("\(Self.cell)  3 submitted, not scored "))
  }

  @Test("every form of the table says so, until the scores come back")
  func tables() throws {
    let folder = try made(fullAnswers: ["", ""])
    #expect(try run(folder, ["run", "t.yaml", "--profile", "paper"]).status == 0)
    // Table I has no column without audio: the scores are told as if they had been asked with it.
    let scores = try folder.read(Self.base + "scores.json").replacingOccurrences(of: "\"audio\": false", with: "\"audio\": true")
    try folder.write(scores, to: Self.base + "scores.json")
    for form in ["text", "markdown", "csv", "json", "latex"] {
      let outcome = try run(folder, ["tables", "--format", form])
      #expect(outcome.status == 0 && outcome.output.contains("submitted, not scored"), "\(form): \(outcome.errors)")
    }
    #expect(try run(folder, ["verify"]).status == 0)
    try folder.write(
      #"{"cells": [{"name": "server", "model": "qwen2-audio", "benchmark": "mmau-full", "audio": true, "#
        + #""reported": {"average": "52.5"}}]}"#, to: "s.json")
    let filled = try run(folder, ["tables", "--format", "csv", "--scores", "s.json"])
    let rows = filled.output.split(separator: "\n").filter { $0.hasPrefix("qwen2-audio-reproduced,") && $0.contains(",mmau-full,") }
    #expect(rows.count { $0.contains(",52.5,") } == 1, "\(rows)")
    #expect(rows.count { $0.hasSuffix("\"submitted, not scored\"") } == rows.count { $0.contains(",sound,") }, "\(rows)")
    try folder.write(
      #"{"cells": [{"name": "server", "model": "qwen-audio", "benchmark": "mmau-full", "audio": true, "reported": {}}]}"#,
      to: "s.json")
    for command in ["tables", "verify"] {
      let refused = try run(folder, [command, "--scores", "s.json"])
      #expect(refused.status == 2 && refused.errors.contains("s.json: error: cells[0].model: 'qwen-audio' is the model of no row\n"))
    }
  }

  @Test("partly answered: what has an answer is scored, and of how many is said")
  func partly() throws {
    let folder = try made(fullAnswers: ["bell", "", "bell"])
    let outcome = try run(folder, ["run", "t.yaml", "--profile", "paper"])
    #expect(outcome.errors.contains("of 2 right, "), "\(outcome.errors)")
    #expect(outcome.errors.contains("; 1 not scored: their answers are withheld ("))
    let cell = try JSONValue(parsing: try folder.read(Self.base + "scores.json"), file: "s")["cells"]?.array?.last
    #expect(cell?["n"] == 2 && cell?["unscored"] == 1 && cell?["chance"] == 0.5)
    #expect(try folder.read(Self.base + "report.md").contains("  1 more submitted, not scored  "))
    #expect(try folder.read(Self.base + "submissions/\(Self.cell).json").contains("\"f1\""))
  }

  @Test("a run under the paper profile with other weights, questions and settings says so, and is judged on nothing")
  func departures() throws {
    let folder = try made(fullAnswers: [""])
    let arguments = ["run", "t.yaml", "--profile", "paper", "--set", "prompt.template='{question} {choices}'"]
    let outcome = try run(folder, arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let scores = try JSONValue(parsing: try folder.read(Self.base + "scores.json"), file: "s")
    let departures = (scores["departures"]?.array ?? []).map { "\($0["what"]?.string ?? ""): \($0["stated"]?.boolean == true)" }
    #expect(
      departures == [
        "evaluation.max_new_tokens: false", "prompt.template: true", "weights of qwen2-audio: true",
        "questions of mmau-mini: true",
      ])
    for page in ["report.md", "tables/table1.md"] {
      let text = try folder.read(Self.base + page)
      #expect(text.contains("These are not the paper's settings: prompt.template \"{question} {choices}\" instead of "), "\(page)")
      #expect(text.contains("What the paper leaves open was set otherwise than assumed: evaluation.max_new_tokens 4 instead of 64."))
    }
    let verified = try run(folder, ["verify", "--json"])
    #expect(verified.status == 0)
    let cells = try JSONValue(parsing: verified.output, file: "v").array?.first?["verification"]?["cells"]?.array ?? []
    #expect(!cells.contains { ["differs", "reproduced", "within interval"].contains($0["verdict"]?.string) })
    let paper = try run(folder, ["paper", "--output", "p", "--no-pdf"])
    #expect(paper.status == 0, "\(paper.errors)")
    let page = try folder.read("p/report.html")
    #expect(page.contains("The measurements are of a run under the paper profile, not of the paper"))
    #expect(!page.contains("are at the paper's scale") && !page.contains("are at the paper’s scale"))
  }
}
