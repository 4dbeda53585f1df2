// Flaws of files that can be read, clips that are not there, submissions.
import Diagnostics
import Foundation
import JSONText
import Questions
import TestSupport
import Testing

@Suite("Checking question files")
struct QuestionLintTests {
  private func item(_ id: String, _ choices: String, _ answer: String, category: String = "\"R\"") -> String {
    "{\"id\": \"\(id)\", \"audio_id\": \"audio/\(id).wav\", \"question\": \"Q?\", \"choices\": [\(choices)], "
      + "\"answer\": \"\(answer)\", \"category\": \(category)}"
  }

  @Test("each flaw is found, and only that")
  func flaws() throws {
    let set = try DataCase(
      "["
        + [
          item("fine", "\"dog\", \"cat\"", "dog"),
          item("outside", "\"dog\", \"cat\"", "Dog"),
          item("twice", "\"dog\", \"dog\", \"cat\"", "dog"),
          item("list", "\"dog\", \"cat\"", "dog", category: "[\"R\"]"),
          item("letters", "\"(A) dog\", \"(B) cat\"", "(A) dog"),
          item("space", "\"dog \", \"cat\"", "cat"),
          item("one", "\"dog\"", "dog"),
          item("several", "\"one two\", \"two one\", \"three\"", "one two"),
          item("never", "\"+\", \"-\"", "+"),
          item("sentence", "\"dog\", \"the cat\"", "dog"),
          item("empty", "\"dog\", \"\"", "dog"),
          item("withheld", "\"dog\", \"cat\"", ""),
        ].joined(separator: ",") + "]")
    let file = try QuestionFile(set.folder.file("set.json"))
    #expect(file.form == .mmau)
    #expect(
      file.findings == [
        LintFinding(.answer_outside_choices, ["outside"]), LintFinding(.duplicate_choices, ["twice"]),
        LintFinding(.empty_choice, ["empty"]), LintFinding(.single_choice, ["one"]),
        LintFinding(.several_right, ["several"]), LintFinding(.never_right, ["never"]),
        LintFinding(.sentence_rejected, ["sentence"]), LintFinding(.list_category, ["list"]),
        LintFinding(.letter_prefixes, ["letters"]), LintFinding(.outer_space, ["space"]),
      ])
    #expect(file.withheldCount == 1)
    #expect(file.choiceCounts.map { [$0.choices, $0.questions] } == [[1, 1], [2, 9], [3, 2]])
  }

  @Test(
    "the known flaws of the real files are found",
    .enabled(if: Fixtures.sharedIsThere, "SKIPPED: the real benchmark files are not beside the package"),
    arguments: [
      ("mmau-test-mini-original.json", [20, 13, 72], [2: 10, 4: 990]),
      ("mmau-test-mini-v05.15.25.json", [27, 13, 93], [2: 27, 4: 948, 5: 24, 8: 1]),
      ("MMAR-meta.jsonl", [0, 0, 90], [2: 171, 3: 10, 4: 815, 5: 3, 6: 1]),
    ])
  func real(name: String, counts: [Int], choices: [Int: Int]) throws {
    let file = try QuestionFile(Fixtures.shared.appendingPathComponent("benchmarks/" + name).path)
    let found = Dictionary(uniqueKeysWithValues: file.findings.map { ($0.kind, $0.ids.count) })
    #expect([.duplicate_choices, .list_category, .sentence_rejected].map { found[$0] ?? 0 } == counts)
    #expect(found[.answer_outside_choices] == nil)
    #expect(found[.letter_prefixes] == nil)
    #expect(Dictionary(uniqueKeysWithValues: file.choiceCounts) == choices)
  }

  @Test("clips that are not there are counted by clip and by question")
  func clips() throws {
    let rows = ["-HG3Omg_89c_000030", "-HG3Omg_89c_000030", "AHG3Omg_89c_000001"].enumerated().map {
      "{\"id\": \($0), \"video_name\": \"\($1)\", \"question_text\": \"Q\", \"multi_choice\": [\"a\", \"b\"], \"answer\": 0}"
    }
    let set = try DataCase(rows.joined(separator: "\n"))
    let path = set.folder.file("set.json")
    var census = ClipCensus(try QuestionFile(path))
    #expect(census.missing == ["audio/-HG3Omg_89c_000030.wav", "audio/AHG3Omg_89c_000001.wav"])
    #expect(census.questionsWithout == 3)
    try FileManager.default.createDirectory(atPath: set.folder.file("audio"), withIntermediateDirectories: true)
    try set.folder.write("x", to: "audio/-HG3Omg_89c_30.wav")
    census = ClipCensus(try QuestionFile(path))
    #expect(census.present == [set.folder.file("audio/-HG3Omg_89c_30.wav")])
    #expect(census.missing == ["audio/AHG3Omg_89c_000001.wav"])
    #expect(census.questionsWithout == 1)
  }

  @Test("a form is recognised by its first row, or refused")
  func forms() throws {
    let unknown = try DataCase("[{\"id\": \"a\"}]")
    #expect(
      unknown.complaint { try QuestionFile(unknown.folder.file("set.json")) }
        == "set.json: error: its first row is of no known form\n  hint: known: mmau, mmar, avqa, arc")
    let table = try DataCase("---g-f_I2yQ,1,dog,test\n", as: "v.csv")
    #expect(
      table.complaint { try QuestionFile(table.folder.file("v.csv")) }
        == "v.csv: error: is a table of clips (vggsound), not of questions\n  hint: repro data check counts its clips")
    let none = try DataCase("[]")
    #expect(none.complaint { try QuestionFile(none.folder.file("set.json")) }?.contains("holds no questions") == true)
  }

  @Test("the revision an experiment names is the one it gets")
  func revisions() throws {
    // An id says nothing of what is asked under it.
    let mark = MMAURevision.revised.marks[0]
    let marked = try DataCase("[" + item(mark, "\"a\", \"b\"", "a") + "]").mmau()
    try marked.require(.original)
    #expect(marked.revision == .unknown)
    try DataCase("[" + item("x", "\"a\", \"b\"", "a") + "]").mmau().require(.original)
  }

  @Test("a submission has every id of test-full once")
  func submission() throws {
    let ids = (0..<Submission.questionCount).map { "q\($0)" }
    func rows(_ ids: [String], key: String = "model_prediction") throws -> [PredictionRow] {
      let set = try DataCase(ids.map { "{\"id\": \"\($0)\", \"\(key)\": \"said \($0)\"}" }.joined(separator: "\n"))
      return try readPredictions(set.folder.file("set.json"), of: .mmau)
    }
    let whole = try Submission(try rows(ids.reversed()), questions: ids, file: "p.json").json.array
    #expect(whole?.count == 9000)
    #expect(whole?.first == .object(["id": "q0", "model_prediction": "said q0"]))
    #expect(try Submission(try rows(ids.reversed()), questions: nil, file: "p.json").json.array?.first?["id"] == "q8999")
    let few = try rows(["q0", "x"])
    #expect(refusal { try Submission(few, questions: nil, file: "p.json") } == "p.json: error: 2 predictions where test-full has 9000")
    #expect(
      refusal { try Submission(few, questions: ids, file: "p.json") } == """
        p.json: error: 1 of no question: x
          hint: another split or revision?
        p.json: error: 8999 questions have no row: q1, q2, q3, q4, q5, …
        """)
    let silent = try rows(ids, key: "said")
    #expect(
      refusal { try Submission(silent, questions: ids, file: "p.json") }
        == "p.json: error: 9000 without a prediction: q0, q1, q2, q3, q4, …")
  }
}
