// Predictions in the forms of the common harnesses, made small by hand: each scores as the official script scores the
// same answers in its own form.
import Diagnostics
import Foundation
import JSONText
import Questions
import TestSupport
import Testing

@Suite("Predictions in the forms of harnesses")
struct HarnessTests {
  private static let folder = Fixtures.packageRoot.path + "/Tests/Golden/Questions/harnesses/"

  private func sheet(
    _ file: String, of benchmark: ScoredBenchmark = .mmau, questions: String? = "mmau-questions.json"
  ) throws -> ScoreSheet {
    let rows = try readPredictions(Self.folder + file, of: benchmark)
    let asked = try questions.map { try readScoringQuestions(Self.folder + $0, of: benchmark) }
    return try ScoreSheet(benchmark, rows: rows, questions: asked, file: file)
  }

  /// Verdicts by id, as the official rule gives them.
  private func official(_ benchmark: String, _ file: String) throws -> [String: Bool] {
    let bytes = try Python.run("Questions/official.py", ["score", benchmark, Self.folder + file])
    let items = try JSONValue(parsing: bytes, file: "official")["items"]?.array ?? []
    return items.reduce(into: [:]) { $0[$1["id"]?.string ?? ""] = $1["match"]?.boolean }
  }

  @Test(
    "MMAU: every form has the official verdict on every question, and the last, which was not asked, wrong",
    .enabled(if: Python.isThere, "SKIPPED: there is no python3 to compare with"),
    arguments: [
      "mmau-official.json", "mmau-without-ids.json", "mmau-submission.json", "lmms-eval.jsonl",
      "lmms-eval-without-ids.json", "kimi-audio-evalkit.jsonl", "ms-swift.jsonl", "ms-swift-without-clips.jsonl",
      "west.json", "wrapped.json", "by-id.json",
    ])
  func mmau(file: String) throws {
    let wanted = try official("mmau", "mmau-official.json")
    let sheet = try sheet(file)
    #expect(wanted.count == 5 && sheet.items.count == 6)
    for item in sheet.items {
      #expect(item.isRight(by: .string_match) == wanted[item.question.id] ?? false, "\(file): \(item.question.id)")
    }
    #expect(sheet.total().right == wanted.values.count { $0 })
    #expect(sheet.groups.first?.key == "task")
    #expect(sheet.groups.first?.counts.map(\.value) == ["music", "sound", "speech"])
  }

  @Test("MMAU: forms that hold their questions need no other file", arguments: [
    "mmau-official.json", "mmau-without-ids.json", "lmms-eval.jsonl", "lmms-eval-without-ids.json",
    "kimi-audio-evalkit.jsonl", "west.json", "wrapped.json",
  ])
  func alone(file: String) throws {
    let sheet = try sheet(file, questions: nil)
    #expect(sheet.total() == RightCount(right: 2, count: 6), "\(file)")
    #expect(sheet.groups.first?.counts.map(\.count.count) == [2, 2, 2], "\(file)")
  }

  @Test(
    "MMAR: with ids, and found by the clip", .enabled(if: Python.isThere, "SKIPPED: there is no python3 to compare with"),
    arguments: ["mmar-official.jsonl", "mmar-without-ids.json"])
  func mmar(file: String) throws {
    let wanted = try official("mmar", "mmar-official.jsonl")
    let sheet = try sheet(file, of: .mmar, questions: "mmar-questions.jsonl")
    #expect(sheet.items.reduce(into: [:]) { $0[$1.question.id] = $1.isRight(by: .string_match) } == wanted)
  }

  @Test("the benchmark is recognised by what the rows say")
  func recognised() throws {
    for file in try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted() {
      let found = try recognisedBenchmark(Self.folder + file)
      // Nothing in these rows is MMAU's alone.
      let isSilent = file == "ms-swift-without-clips.jsonl"
      #expect(found == (isSilent ? nil : file.hasPrefix("mmar") ? .mmar : .mmau), "\(file)")
    }
  }

  @Test("an answer that a harness took out is scored, and the reply it was taken from is kept")
  func letters() throws {
    let rows = try readPredictions(Self.folder + "lmms-eval-letters.jsonl", of: .mmau)
    #expect(rows.map(\.prediction) == ["Dog", "A small dog", "Piano", "Three", "Calm", "Man"])
    #expect(rows.map(\.whole) == ["A", "B. A small dog", "(A) Piano", "B", "A", "I cannot tell"])
    #expect(try sheet("lmms-eval-letters.jsonl").total() == RightCount(right: 4, count: 6))
    let west = try readPredictions(Self.folder + "west.json", of: .mmau)
    #expect(west[0].whole == "<think>It sounds so.</think><answer>Dog</answer>" && west[0].prediction == "Dog")
  }

  @Test("choices in one text", arguments: [
    ("(A) Man (B) A woman, (C) Child", ["Man", "A woman,", "Child"]), ("A. Man\nB. Woman\n", ["Man", "Woman"]),
    ("A) Man B) Woman", ["Man", "Woman"]), ("A: 1 B: 2 C: 3", ["1", "2", "3"]),
  ])
  func lettered(text: String, wanted: [String]) throws {
    let folder = try TemporaryFolder()
    let row = JSONValue.object(["id": "a", "choices": .string(text), "answer": "B", "model_output": .string(wanted[1])])
    try folder.write(row.canonicalText, to: "p.json")
    let rows = try readPredictions(folder.file("p.json"), of: .mmau)
    #expect(rows[0].question?.choices == wanted && rows[0].question?.answer == wanted[1])
    #expect(try ScoreSheet(.mmau, rows: rows, file: "p.json").total() == RightCount(right: 1, count: 1))
  }

  @Test("a text without letters in their order is no list of choices", arguments: ["Man, Woman", "(A) Man", "(B) Man (C) Woman", "A.", "(A)(B)"])
  func noChoices(text: String) throws {
    let folder = try TemporaryFolder()
    let row = JSONValue.object(["id": "a", "choices": .string(text), "answer": "B", "model_output": "x"])
    try folder.write(row.canonicalText, to: "p.json")
    #expect(
      refusal { try readPredictions(folder.file("p.json"), of: .mmau) }?.hasSuffix("choices is no list of texts") == true)
  }

  @Test("a prompt that words a question otherwise is no evidence against it; a row's own question is")
  func reworded() throws {
    let folder = try TemporaryFolder()
    try folder.write(#"[{"id":"a","question":"What is in the video?","choices":["dog","cat"],"answer":"dog"}]"#, to: "q.json")
    let questions = try readScoringQuestions(folder.file("q.json"), of: .mmau)
    func sheet(_ words: String) throws -> ScoreSheet {
      try folder.write("[{\(words),\"labels\":\"dog\",\"response\":\"dog\"}]", to: "p.json")
      let rows = try readPredictions(folder.file("p.json"), of: .mmau)
      return try ScoreSheet(.mmau, rows: rows, questions: questions, file: "p.json")
    }
    let prompt = #""messages":[{"role":"user","content":"<audio>What is in the audio?"}]"#
    #expect(try sheet(prompt).total() == RightCount(right: 1, count: 1))
    #expect(refusal { try sheet(#""question":"What is in the audio?""#) }?.contains("row 1 is not about question 1") == true)
  }

  @Test("two rows about one question are not taken for two, and rows of another question's clip are refused")
  func doubtful() throws {
    let folder = try TemporaryFolder()
    let questions = try readScoringQuestions(Self.folder + "mmau-questions.json", of: .mmau)
    func complaint(_ text: String) throws -> String? {
      try folder.write(text, to: "p.json")
      let rows = try readPredictions(folder.file("p.json"), of: .mmau)
      return refusal { try ScoreSheet(.mmau, rows: rows, questions: questions, file: "p.json") }
    }
    let row = #"{"question":"Who speaks first?","labels":"Woman","response":"Man"}"#
    #expect(
      try complaint("[\(row),\(row)]")
        == "p.json: error: its 2 rows have no id, and there are 6 questions\n  hint: give each row the id of its question")
    let other = #"[{"audio_path":"x/00000006-5eed-4000-8000-00000000b99a.wav","labels":"Dog","response":"Man"}]"#
    #expect(try complaint(other)?.contains("its choices or answer differ from the questions'") == true)
  }
}
