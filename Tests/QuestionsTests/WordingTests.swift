// The real benchmarks are asked word for word.
import Foundation
import JSONText
import Questions
import TestSupport
import Testing

@Suite("Wording")
struct WordingTests {
  @Test(
    "all 1,000 questions of each real benchmark are asked as they stand",
    .enabled(if: Fixtures.sharedIsThere, "SKIPPED: the real benchmark files are not beside the package"),
    arguments: [
      ("MMAR-meta.jsonl", 75), ("mmau-test-mini-original.json", 0), ("mmau-test-mini-v05.15.25.json", 0),
    ])
  func wordForWord(file: String, saysVideo: Int) throws {
    let path = Fixtures.shared.path + "/benchmarks/" + file
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let rows =
      file.hasSuffix(".jsonl")
      ? try text.split(separator: "\n").map { try JSONValue(parsing: String($0), file: file) }
      : try JSONValue(parsing: text, file: file).array ?? []
    let questions = try QuestionFile(path).questions
    #expect(questions.count == 1000)
    var saying = 0
    for (row, question) in zip(rows, questions) {
      let asked = try #require(row["question"]?.string)
      let choices = try #require(row["choices"]?.array).compactMap(\.string)
      let expected = asked + " Please choose the answer from the following options: " + pythonList(choices)
      #expect(Array(PromptTemplate().userText(question).utf8) == Array(expected.utf8), "\(question.id)")
      if PromptTemplate(saysAudioForVideo: true).userText(question) != expected { saying += 1 }
    }
    #expect(saying == saysVideo)
  }
}
