// Lines of predictions, there and back.
import Diagnostics
import JSONText
import Records
import Testing

@Suite("Predictions")
struct PredictionRecordTests {
  private let record = PredictionRecord(
    id: "q1", prediction: "a cat", answer: "cat", category: "mix-sound", difficulty: "hard", isCorrect: true,
    isFinished: false, chance: 0.25, prompt: "")

  @Test("a line of a version says what the run said; the rest comes from the facts of its question")
  func lines() throws {
    let facts = [ExactText("q1"): QuestionFacts(record)]
    let line = record.line.canonicalText + "\n"
    let read = try PredictionRecord.list(parsing: Array(line.utf8), file: "p.jsonl", facts: facts)
    #expect(read.count == 1 && read[0].answer == "cat" && read[0].isCorrect == true && !read[0].isFinished)
    #expect(read.compactMap { Outcome($0) }.map(\.category) == ["mix_sound"])
  }

  @Test("a line that is none, and a question that is there twice, are named")
  func refusals() {
    func mistake(_ text: String) -> String {
      do throws(Diagnostic) {
        _ = try PredictionRecord.list(parsing: Array(text.utf8), file: "p.jsonl")
        return ""
      } catch { return "\(error)" }
    }
    #expect(mistake("{}\n").hasPrefix("p.jsonl:1: error: this line is no prediction of repro run"))
    let twice = record.json.canonicalText + "\n" + record.json.canonicalText + "\n"
    #expect(mistake(twice).hasPrefix("p.jsonl:2: error: the id 'q1' is there twice"))
  }
}
