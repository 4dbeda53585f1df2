// Predictions as other programs and our own runs write them: which are read, which are refused, and in what words.
import Diagnostics
import Foundation
import JSONText
import Questions
import TestSupport
import Testing

@Suite("Predictions of other programs")
struct ForeignPredictionsTests {
  private static let questions = """
    [{"id": "a", "question": "Who barks?", "choices": ["dog", "cat"], "answer": "dog"},
     {"id": "b", "question": "Who purrs?", "choices": ["dog", "cat"], "answer": "cat"}]
    """

  private func sheet(
    _ text: String, questions: String? = Self.questions, official: Bool = false
  ) throws -> ScoreSheet { try sheet(Array(text.utf8), questions: questions, official: official) }

  private func sheet(_ bytes: [UInt8], questions: String?, official: Bool) throws -> ScoreSheet {
    let folder = try TemporaryFolder()
    try Data(bytes).write(to: URL(fileURLWithPath: folder.file("p.jsonl")))
    let rows = try readPredictions(folder.file("p.jsonl"), of: .mmau, isOfficial: official)
    let asked = try questions.map { text in
      try folder.write(text, to: "q.json")
      return try readScoringQuestions(folder.file("q.json"), of: .mmau)
    }
    return try ScoreSheet(.mmau, rows: rows, questions: asked, isOfficial: official, file: "p.jsonl")
  }

  private func complaint(_ text: String, questions: String? = Self.questions, official: Bool = false) -> String? {
    refusal { try sheet(text, questions: questions, official: official) }
      .map { $0.replacingOccurrences(of: "/[^ \n]*/", with: "", options: .regularExpression) }
  }

  @Test(
    "forms in which both rows are about their questions: 1 of 2 right",
    arguments: [
      // Our own.
      #"{"id":"a","prediction":"A dog.","answer":"dog","correct":true}"# + "\n"
        + #"{"id":"b","prediction":"the dog","answer":"cat","correct":false}"#,
      // Answers without choices, choices as JSON and as Python print them.
      #"[{"id":"a","answer":"dog","model_output":"dog"},{"id":"b","answer":"cat","model_output":"dog"}]"#,
      #"[{"id":"a","choices":"[\"dog\",\"cat\"]","answer":"dog","model_output":"dog"},"#
        + #"{"id":"b","choices":"['dog', \"cat\"]","answer":"cat","model_output":"dog"}]"#,
      // Under a key, under their ids, printed over lines, one after the other.
      #"{"args":{"m":1},"logs":[{"id":"a","model_output":"dog"},{"id":"b","model_output":"dog"}]}"#,
      #"{"a":{"model_output":"dog"},"b":{"model_output":"dog"}}"#,
      "{\n  \"id\": \"a\",\n  \"model_output\": \"dog\"\n}\n{\n  \"id\": \"b\",\n  \"model_output\": \"dog\"\n}\n",
      // A byte order mark and CRLF.
      "\u{FEFF}{\"id\":\"a\",\"model_output\":\"dog\"}\r\n\r\n{\"id\":\"b\",\"model_output\":\"dog\"}\r\n",
      // NaN is no prediction, which is wrong.
      #"[{"id":"a","model_output":"dog"},{"id":"b","model_output":NaN}]"#,
      // lmms-eval, in any order; ms-swift; others with the question's words.
      #"{"doc_id":1,"doc":{"question":"Who purrs?","choices":["dog","cat"]},"target":"cat","resps":[["dog"]],"filtered_resps":["dog"]}"#
        + "\n"
        + #"{"doc_id":0,"doc":{"question":"Who barks?","choices":["dog","cat"]},"target":"dog","resps":[["dog "]],"filtered_resps":["dog"]}"#,
      #"{"response":"dog","labels":"dog","messages":[{"role":"user","content":"x"}]}"# + "\n"
        + #"{"response":"dog","labels":"(B) cat","messages":[{"role":"user","content":"y"}]}"#,
      #"{"index":0,"question":"Who barks?","predict":"dog"}"# + "\n" + #"{"index":1,"question":"Who purrs?","predict":"dog"}"#,
    ])
  func forms(text: String) throws {
    let sheet = try sheet(text)
    #expect(sheet.items.map { $0.isRight(by: .string_match) } == [true, false])
    #expect(sheet.items.map(\.question.id) == ["a", "b"])
  }

  @Test("some of a question's choices in their order are about it; other words, another order, another answer are not")
  func someChoices() throws {
    let questions = #"[{"id":"a","choices":["dog","cat","owl","fox"],"answer":"owl"}]"#
    func row(_ choices: String, answer: String = "owl") -> String {
      #"{"id":"a","choices":\#(choices),"answer":"\#(answer)","model_output":"owl"}"#
    }
    for choices in [#"["dog","owl"]"#, #""[\"owl\"]""#, #"["cat","owl","fox"]"#] {
      #expect(try sheet(row(choices), questions: questions).total() == RightCount(right: 1, count: 1), "\(choices)")
    }
    for other in [row(#"["owl","dog"]"#), row(#"["dog","owl","hen"]"#), row(#"["dog","cat"]"#, answer: "cat")] {
      #expect(complaint(other, questions: questions)?.contains("its choices or answer differ") == true, "\(other)")
    }
  }

  @Test("rows without ids that hold their questions are scored by themselves, officially and not")
  func withoutIDs() throws {
    let rows = #"[{"choices":["dog","cat"],"answer":"dog","model_output":"dog"},{"choices":["dog"],"answer":"dog"}]"#
    #expect(try sheet(rows, questions: nil).total() == RightCount(right: 1, count: 2))
    #expect(try sheet(rows, questions: nil, official: true).total() == RightCount(right: 1, count: 1))
  }

  @Test("rows without ids are not taken on trust")
  func order() {
    func fact(_ text: String) -> String {
      "p.jsonl: error: \(text)\n  hint: give each row the id of its question"
    }
    #expect(complaint(#"{"response":"dog"}"#) == fact("its 1 rows have no id, and there are 2 questions"))
    #expect(
      complaint(#"[{"response":"dog"},{"response":"dog"}]"#)
        == fact("its rows have no id, nor a question or answer that would tell which question each is about"))
    #expect(
      complaint(#"[{"response":"x","labels":"cat"},{"response":"x","labels":"cat"}]"#)
        == fact("its rows have no id, and row 1 is not about question 1, a"))
  }

  @Test("ids are told apart by their bytes, and numbers are ids")
  func ids() throws {
    func question(_ id: String) -> String { #"{"id":\#(id),"choices":["dog","cat"],"answer":"dog"}"# }
    let ids = ["7", "\"7a\"", "\"Ab\"", "\"aB\"", "\"caf\u{E9}\"", "\"cafe\u{301}\"", "8.0"]
    let questions = "[" + ids.map(question).joined(separator: ",") + "]"
    let rows = ids.enumerated().map { #"{"id":\#($1),"model_output":"\#($0 == 4 ? "cat" : "dog")"}"# }.joined(separator: "\n")
    let sheet = try sheet(rows, questions: questions)
    #expect(sheet.items.map { $0.isRight(by: .string_match) } == [true, true, true, true, false, true, true])
    #expect(sheet.items.first?.question.id == "7" && sheet.items.last?.question.id == "8")
    let twice = complaint("{\"id\":\"caf\u{E9}\"}\n{\"id\":7}\n{\"id\":\"7\"}", questions: questions)
    #expect(twice == "p.jsonl:3: error: 7: this id stands twice")
  }

  @Test("a file that is wrong in one way is told so once")
  func once() {
    let many = (0..<1200).map { "{\"id\":\"x\($0)\",\"model_output\":3}" }.joined(separator: "\n")
    #expect(
      complaint(many) == "p.jsonl: error: model_output is a whole number, not a text, in all 1,200 rows, such as x0, x1, x2\n"
        + "  hint: a text, or no such key")
    let strange = (0..<30).map { "{\"id\":\"x\($0)\",\"model_output\":\"a\"}" }.joined(separator: "\n")
    #expect(
      complaint(strange) == "p.jsonl: error: is no id of the questions, in all 30 rows, such as x0, x1, x2\n"
        + "  hint: another revision or split of the benchmark?")
    #expect(
      complaint(#"[{"id":"a","answer":"dog","model_output":"x"},{"id":"b","answer":"cat","model_output":"x"}]"#, questions: nil)
        == "p.jsonl: error: has an answer and no choices, in all 2 rows, such as a, b\n"
        + "  hint: name the benchmark's question file with --questions")
    #expect(
      complaint(#"[{"id":"a","answer":"cat","model_output":"x"}]"#)
        == "p.jsonl: error: a: its choices or answer differ from the questions'\n  hint: another revision of the benchmark?")
    #expect(
      complaint(#"{"x":[{"id":"a"}],"y":[{"id":"b"}]}"#)
        == "p.jsonl: error: is one object with several lists: x, y\n  hint: write the list of rows to a file of its own")
    let python = (0..<30).map { "{'id': 'x\($0)'}" }.joined(separator: "\n")
    #expect(complaint(python)?.contains("; 19 or more further lines are no JSON either\n") == true)
    #expect(complaint(python)?.split(separator: "\n").count == 2)
  }

  @Test("UTF-16 is named", arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf16])
  func utf16(encoding: String.Encoding) throws {
    let bytes = try #require(Self.questions.data(using: encoding))
    let said = refusal { try sheet([UInt8](bytes), questions: nil, official: false) }
    #expect(said?.contains("p.jsonl: error: is UTF-16") == true && said?.contains(", not UTF-8\n  hint: iconv") == true)
  }

  @Test("a question without an answer is not scored; where none has one, nothing is")
  func withheld() throws {
    let questions = Self.questions.replacingOccurrences(of: "\"answer\": \"cat\"", with: "\"answer\": \"\"")
    let rows = #"[{"id":"a","prediction":"dog","answer":"dog"},{"id":"b","prediction":"cat","answer":""}]"#
    let sheet = try sheet(rows, questions: questions)
    #expect(sheet.total() == RightCount(right: 1, count: 1))
    #expect(sheet.withheld == ["b"] && sheet.missing == [])
    #expect(
      complaint(#"{"id":"a","prediction":"dog","answer":""}"#, questions: nil)
        == "p.jsonl: error: the benchmark keeps its answers back\n  hint: repro export writes a submission")
  }

  @Test("lists of texts as Python prints them are read back", arguments: [
    ["dog", "dog's", "a \"b\" 'c'"], ["\n\t\\", "é", "\u{200B}"], [], ["one"],
  ])
  func pythonLists(texts: [String]) {
    #expect(Questions.texts(ofPythonList: pythonList(texts)) == texts)
  }

  @Test("what is no such list is none", arguments: ["", "[", "dog", "['dog'", "['dog' 'cat']", "[dog]", "['\\x4']", "['a',,]"])
  func noLists(text: String) { #expect(Questions.texts(ofPythonList: text) == nil) }

  @Test("a submission takes our own predictions and names what is empty, strange or there twice")
  func submission() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      #"{"id":"a","prediction":"dog","answer":""}"# + "\n" + #"{"id":"b","prediction":" . ","answer":""}"#, to: "p.jsonl")
    let rows = try readPredictions(folder.file("p.jsonl"), of: .mmau)
    let made = try Submission(rows, questions: ["b", "a"], file: "p.jsonl")
    #expect(made.json.array?.map { $0["id"]?.string } == ["b", "a"])
    #expect(made.empty == ["b"])
    try folder.write(#"[{"model_prediction":"dog"}]"#, to: "n.json")
    let unnamed = try readPredictions(folder.file("n.json"), of: .mmau)
    #expect(
      refusal { try Submission(unnamed, questions: ["row 1"], file: "n.json") } == "n.json: error: 1 without an id: row 1")
    let twice = try readPredictions(folder.file("p.jsonl"), of: .mmau, isOfficial: true) + rows
    #expect(
      refusal { try Submission(twice, questions: ["a", "b"], file: "p.jsonl") } == "p.jsonl: error: 2 ids stand twice: a, b")
  }
}
