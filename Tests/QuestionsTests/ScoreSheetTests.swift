// Predictions made elsewhere: which rows are read, what counts, what is refused.
import Diagnostics
import Foundation
import Questions
import TestSupport
import Testing

@Suite("Scoring predictions made elsewhere")
struct ScoreSheetTests {
  private static let rows = """
    [{"id": "a", "choices": ["dog", "cat"], "answer": "dog", "task": "sound", "difficulty": "easy",
      "category": ["Reasoning"], "model_prediction": "A dog."},
     {"id": "b", "choices": ["dog", "cat"], "answer": "cat", "task": "sound", "difficulty": "hard",
      "category": "Reasoning", "model_output": "the dog"},
     {"id": "c", "choices": ["one", "two", "two"], "answer": "two", "task": "music", "difficulty": "easy"},
     {"id": "d", "choices": ["Yes", "No"], "answer": "Yes", "task": "music", "answer_prediction": "(A) Yes"}]
    """

  private func sheet(
    _ text: String, questions: String? = nil, official: Bool = false, of benchmark: ScoredBenchmark = .mmau
  ) throws -> ScoreSheet {
    let folder = try TemporaryFolder()
    try folder.write(text, to: "rows.json")
    let rows = try readPredictions(folder.file("rows.json"), of: benchmark, isOfficial: official)
    let asked = try questions.map { text in
      try folder.write(text, to: "questions.json")
      return try readScoringQuestions(folder.file("questions.json"), of: benchmark)
    }
    return try ScoreSheet(benchmark, rows: rows, questions: asked, isOfficial: official, file: "rows.json")
  }

  /// The complaint, without the place of the file on this machine.
  private func complaint(_ text: String, questions: String? = nil, official: Bool = false) -> String? {
    refusal { try sheet(text, questions: questions, official: official) }
      .map { $0.split(separator: "/").last.map(String.init) ?? $0 }
  }

  @Test("every key in use is read, and a missing prediction is wrong")
  func keys() throws {
    let sheet = try sheet(Self.rows)
    #expect(sheet.items.map { $0.isRight(by: .string_match) } == [true, false, false, true])
    #expect(sheet.missing == ["c"])
    #expect(sheet.keys == ["answer_prediction", "model_output", "model_prediction"])
    #expect(sheet.total() == RightCount(right: 2, count: 4))
    #expect(sheet.total(by: .first_letter) == RightCount(right: 2, count: 4))
    #expect(sheet.total(by: .exact) == RightCount(right: 0, count: 4))
    #expect(sheet.disputed == ["a", "d"])
  }

  @Test("the official count leaves questions without a prediction out")
  func official() throws {
    let sheet = try sheet(Self.rows, official: true)
    #expect(sheet.items.map(\.question.id) == ["a", "b", "d"])
    #expect(sheet.missing == ["c"])
  }

  @Test("accuracies are broken down by each of the benchmark's fields, lists included")
  func groups() throws {
    let groups = try sheet(Self.rows).groups
    #expect(groups.map(\.key) == ["task", "difficulty", "category"])
    #expect(groups[0].counts.map(\.value) == ["music", "sound"])
    #expect(groups[0].counts.map(\.count) == [RightCount(right: 1, count: 2), RightCount(right: 1, count: 2)])
    #expect(groups[1].counts.map(\.count) == [RightCount(right: 1, count: 2), RightCount(right: 0, count: 1)])
    #expect(groups[2].counts.map(\.value) == ["Reasoning"])
  }

  @Test("a uniform choice and the first choice are the baselines")
  func baselines() throws {
    let baselines = try sheet(Self.rows).baselines
    #expect(baselines.uniform == (0.5 + 0.5 + 2.0 / 3 + 0.5) / 4)
    #expect(baselines.first == RightCount(right: 2, count: 4))
  }

  @Test("ids and predictions alone are scored by the benchmark's own questions, all of them")
  func byID() throws {
    let rows = "{\"id\": \"c\", \"model_prediction\": \"two\"}\n\n{\"id\": \"a\", \"model_prediction\": null}\n"
    let sheet = try sheet(rows, questions: Self.rows)
    #expect(sheet.items.map(\.question.id) == ["a", "b", "c", "d"])
    #expect(sheet.total() == RightCount(right: 1, count: 4))
    #expect(sheet.missing == ["a", "b", "d"])
  }

  @Test("what cannot be scored is refused by its id")
  func refusals() {
    #expect(
      complaint("[{\"id\": \"x\", \"model_output\": \"two\"}]")
        == """
        rows.json: error: x: has no choices and answer
          hint: name the benchmark's question file with --questions
        """)
    #expect(
      complaint("[{\"id\": \"x\", \"model_output\": \"two\"}]", questions: Self.rows)
        == """
        rows.json: error: x: is no id of the questions
          hint: another revision or split of the benchmark?
        """)
    #expect(
      complaint("[{\"id\": \"a\", \"choices\": [\"dog\", \"Cat\"], \"answer\": \"dog\"}]", questions: Self.rows)
        == """
        rows.json: error: a: its choices or answer differ from the questions'
          hint: another revision of the benchmark?
        """)
    #expect(
      complaint("{\"id\": \"a\"}\n{\"id\": \"a\"}") == "rows.json:2: error: a: this id stands twice")
    #expect(
      complaint("{\"id\": 3}")
        == "rows.json: error: 3: has no choices and answer\n  hint: name the benchmark's question file with --questions")
    #expect(complaint("{\"id\": [3]}") == "rows.json:1: error: id is a list, not a text")
    #expect(complaint("{\"id\": \"a\", \"model_output\": \"x\"}\n{\"model_output\": \"x\"}")
      == "rows.json:2: error: id is missing, or no text")
    #expect(
      complaint("[{\"id\": \"a\", \"model_output\": \"x\", \"model_prediction\": \"y\"}]")
        == "rows.json: error: a: model_output and model_prediction differ\n  hint: leave one of them")
    #expect(
      complaint("[{\"id\": \"a\", \"model_output\": 3}]")
        == "rows.json: error: a: model_output is a whole number, not a text\n  hint: a text, or no such key")
    #expect(
      complaint("[{\"id\": \"a\", \"model_output\": null}]", official: true)
        == "rows.json: error: a: model_output is null, not a text\n  hint: the official script stops at such a row")
    #expect(complaint("[{\"id\": \"a\", \"choices\": [1], \"answer\": \"b\"}]") == "rows.json: error: a: choices is no list of texts")
    #expect(
      complaint("[{\"id\": \"a\", \"choices\": [\"x\"], \"answer\": \"\", \"model_output\": \"x\"}]")
        == "rows.json: error: the benchmark keeps its answers back\n  hint: repro export writes a submission")
    #expect(complaint("") == "rows.json: error: is empty")
    #expect(complaint("id,answer\n") == "rows.json: error: is neither a JSON list nor JSON lines")
  }

  @Test("half a surrogate pair is scored as Python scores it: as no word character")
  func surrogates() throws {
    func match(_ said: String) throws -> Bool {
      let row = "{\"id\": \"a\", \"choices\": [\"dog\", \"cat\"], \"answer\": \"dog\", \"model_output\": \"\(said)\"}"
      return try sheet(row).items[0].isRight(by: .string_match)
    }
    #expect(try match("a\\ud800dog\\udc00\\ud83d"))
    #expect(try match("\\ud800\\u0044og"))
    #expect(try !match("do\\ud800g"))
  }

  @Test("items of two revisions are refused")
  func mixing() {
    let ids = [MMAURevision.original.marks[0], MMAURevision.revised.marks[1]]
    let rows = ids.map { "{\"id\": \"\($0)\", \"choices\": [\"a\", \"b\"], \"answer\": \"a\"}" }.joined(separator: "\n")
    #expect(
      complaint(rows)
        == "rows.json: error: holds items of both original and v05.15.25\n  hint: score each revision with its own --questions")
  }

  @Test(
    "the trivial baselines of the real files are those published",
    .enabled(if: Fixtures.sharedIsThere, "SKIPPED: the real benchmark files are not beside the package"),
    arguments: [
      ("mmau-test-mini-original.json", ScoredBenchmark.mmau, 25.4, 378),
      ("mmau-test-mini-v05.15.25.json", .mmau, 26.1, 398), ("MMAR-meta.jsonl", .mmar, 30.0, 280),
    ])
  func realBaselines(file: String, benchmark: ScoredBenchmark, uniform: Double, first: Int) throws {
    let path = Fixtures.shared.appendingPathComponent("benchmarks/" + file).path
    let rows = try readPredictions(path, of: benchmark)
    let sheet = try ScoreSheet(benchmark, rows: rows, file: path)
    #expect(sheet.items.count == 1000)
    #expect(sheet.missing.count == 1000)
    let baselines = sheet.baselines
    #expect(abs(100 * baselines.uniform - uniform) < 0.05)
    // As the official rule run by Python counts; the first choice's text is the answer's in 377 and 395 rows, and in
    // the others it has the answer's words.
    #expect(baselines.first == RightCount(right: first, count: 1000))
  }
}
