// `repro verify --row`, `diff` and `score` on files of predictions, as people run them.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("Predictions from the command line", .enabled(if: Program.isThere, "no program"))
struct VerifyRowTests {
  private static let harnesses = Fixtures.packageRoot.path + "/Tests/Golden/Questions/harnesses/"

  private func verify(_ arguments: String...) throws -> Program.Outcome {
    try Program.run(["verify"] + arguments, environment: ["COLUMNS": "100"], in: Fixtures.packageRoot.path)
  }

  @Test("six predictions are held against 1,000 questions, and the other 994 count both ways")
  func few() throws {
    let outcome = try verify(
      "--row", "Omni-R1 (AVQA)", "--table", "1", "--predictions", Self.harnesses + "kimi-audio-evalkit.jsonl")
    #expect(outcome.status == 0 && outcome.errors == "")
    #expect(outcome.output.hasPrefix("within interval: The file does not print as 68.6 % (Omni-R1 (AVQA), Table I,"))
    #expect(outcome.output.contains("string_match  as given  2      5   0.2"))
    let json = try verify(
      "--row", "omni-r1-avqa", "--table", "1", "--json", "--predictions", Self.harnesses + "lmms-eval-letters.jsonl")
    let value = try JSONValue(parsing: json.output, file: "verify")
    #expect(value["unscored"] == 994 && value["outside"] == false && value["keys"] == .array(["model_prediction"]))
    let readings = value["readings"]?.array ?? []
    #expect(readings.count == 8 && readings[4]["text"] == "in the whole reply")
    #expect(readings.first { $0["scorer"] == "first_letter" && $0["text"] == "in the whole reply" }?["correct"] == 4)
  }

  @Test("what cannot be held against a row is said, each with the way out")
  func mistakes() throws {
    func errors(_ row: String, _ file: String, _ more: String...) throws -> String {
      let outcome = try Program.run(
        ["verify", "--row", row, "--predictions", Self.harnesses + file] + more, in: Fixtures.packageRoot.path)
      #expect(outcome.status == 2)
      return outcome.errors.replacingOccurrences(of: Self.harnesses, with: "")
    }
    #expect(
      try errors("Omni-R1 (AVQA)", "mmar-official.jsonl", "--table", "1")
        == "mmar-official.jsonl: error: holds MMAR; 'Omni-R1 (AVQA)' is of Table I (MMAU Test-mini, original revision), "
        + "Table I (MMAU Test-full, original revision)\n  hint: leave out --table, or name a table of that benchmark\n")
    #expect(
      try errors("Omni-R1 (AVQA)", "west.json")
        == "error: --row: 'Omni-R1 (AVQA)' stands in more than one place that this file could be of: omni-r1-avqa of "
        + "Table I (MMAU Test-mini, original revision) in omni-r1, omni-r1-avqa of Table II (MMAU Test-mini, revision "
        + "v05.15.25) in omni-r1\n  hint: say which: --table 1, or --table 2\n")
    #expect(try errors("Omni-R2", "west.json").contains("is called 'Omni-R2'\n  hint: near it: "))
    #expect(
      try errors("Omni-R1 (AVQA)", "west.json", "--column", "mini_age").contains("'mini_age' is no column with an average"))
    let alone = try Program.run(["verify", "--row", "x"])
    #expect(alone.status == 2 && alone.errors.contains("--row needs --predictions"))
  }

  @Test("the only table of the benchmark that has the row needs no naming")
  func recognised() throws {
    let outcome = try verify("--row", "Omni-R1 (AVQA)", "--json", "--predictions", Self.harnesses + "mmar-official.jsonl")
    let value = try JSONValue(parsing: outcome.output, file: "verify")
    #expect(value["table"] == 3 && value["benchmark"] == "mmar" && value["published"] == "61.2")
    #expect(value["categories"]?.array?.map { $0["category"]?.string } == ["sound", "music", "mix_sound_speech"])
  }

  @Test(
    "the real questions of a revision choose the table",
    .enabled(if: Fixtures.sharedIsThere, "SKIPPED: the real benchmark files are not beside the package"),
    arguments: [("mmau-test-mini-original.json", 1), ("mmau-test-mini-v05.15.25.json", 2)])
  func revisions(_ file: String, table: Int) throws {
    let folder = try TemporaryFolder()
    let path = Fixtures.shared.path + "/benchmarks/" + file
    let bytes = Array(FileManager.default.contents(atPath: path) ?? Data())
    let items = try JSONValue(parsing: bytes, file: file).array ?? []
    // The first 700 right, the others not.
    let rows = items.enumerated().map { index, item in
      let choices = item["choices"]?.array?.compactMap(\.string) ?? []
      let wrong = choices.first { $0 != item["answer"]?.string } ?? ""
      return JSONValue.object(["id": item["id"] ?? .null, "model_output": index < 700 ? item["answer"] ?? .null : .string(wrong)])
    }
    try folder.write(JSONValue.array(rows).canonicalText, to: "p.json")
    let outcome = try verify(
      "--row", "Omni-R1 (AVQA)", "--paper", "omni-r1", "--json", "--predictions", folder.file("p.json"), "--questions", path)
    let value = try JSONValue(parsing: outcome.output, file: "verify")
    #expect(value["table"]?.integer == table && value["unscored"] == 0, "\(outcome.errors)")
    let wrong = try verify(
      "--row", "Omni-R1 (AVQA)", "--table", "\(3 - table)", "--predictions", folder.file("p.json"), "--questions", path)
    #expect(wrong.status == 2 && wrong.errors.contains("holds MMAU, revision "))
  }

  @Test("score and diff know the benchmark by the rows")
  func scoreAndDiff() throws {
    let score = try Program.run(["score", "--json", Self.harnesses + "lmms-eval.jsonl"])
    #expect(try JSONValue(parsing: score.output, file: "score")["correct"] == 2)
    let unknown = try Program.run(["score", Self.harnesses + "ms-swift-without-clips.jsonl"])
    #expect(unknown.status == 2 && unknown.errors.contains("does not say which benchmark it is of\n  hint: name it with --benchmark"))
    let (first, second) = (Self.harnesses + "mmau-official.json", Self.harnesses + "lmms-eval-letters.jsonl")
    let diff = try Program.run(["diff", "--flips", first, second])
    #expect(diff.status == 1 && diff.errors == "")
    #expect(diff.output.contains("string_match") && diff.output.contains("2 of 6, 33.3 %  4 of 6, 66.7 %   +33.3"))
    #expect(diff.output.contains("+ 00000002-5eed-4000-8000-000000003dde\n+ 00000005-5eed-4000-8000-000000009aab\n"))
    let json = try JSONValue(parsing: try Program.run(["diff", "--json", first, second]).output, file: "diff")
    #expect(json["scorers"]?.array?.first?["only_second"] == 2 && json["categories"]?.array?.count == 3)
    #expect(try Program.run(["diff", first, Self.harnesses + "west.json"]).status == 0)
    let other = try Program.run(["diff", first, Self.harnesses + "mmar-official.jsonl"])
    #expect(other.status == 2 && other.errors.contains("has no question in common with"))
  }
}
