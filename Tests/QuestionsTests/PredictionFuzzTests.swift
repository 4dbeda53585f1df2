// Damaged predictions of other programs, as JSON, JSON lines and CSV: read and scored, or refused; never a trap.
import Diagnostics
import Foundation
import Questions
import TestSupport
import Testing

@Suite("Fuzzing predictions", .enabled(if: Fuzzing.isOn, "REPRO_FUZZ_SECONDS is not set"))
struct PredictionFuzzTests {
  private static let questions = """
    [{"id": "a", "question": "Who barks?", "choices": ["dog", "cat"], "answer": "dog"},
     {"id": "b", "question": "Who purrs?", "choices": ["dog", "cat"], "answer": "cat"}]
    """
  private static let seeds: [[UInt8]] = [
    #"{"id":"a","prediction":"A dog.","answer":"dog","correct":true}"# + "\n"
      + #"{"id":"b","prediction":"the dog","answer":"cat","correct":false}"#,
    #"[{"id":"a","choices":"['dog', \"cat\"]","answer":"dog","model_output":"dog"},{"id":1,"answer":"cat","model_output":NaN}]"#,
    #"{"args":{"m":1},"logs":[{"id":"a","model_output":"dog"},{"id":"b","model_output":["dog"]}]}"#,
    #"{"a":{"model_output":"dog"},"b":{"model_output":"dog"}}"#,
    "\u{FEFF}id,question,choices,answer,model_output\r\na,\"Who, barks?\",\"['dog', 'cat']\",dog,\"A \"\"dog\"\"\"\r\nb,Who?,x,cat,dog\r\n",
    "index\tid\tmodel_output\n0\ta\tdog\n1\tb\tcat\n",
  ].map { Array($0.utf8) } + harnesses

  /// The files of `HarnessTests`.
  private static var harnesses: [[UInt8]] {
    let folder = Fixtures.packageRoot.path + "/Tests/Golden/Questions/harnesses/"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().compactMap { FileManager.default.contents(atPath: folder + $0).map(Array.init) }
  }

  @Test("damaged prediction files are read or refused", arguments: ["p.jsonl", "p.json", "p.csv"])
  func fuzzPredictions(_ name: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.questions, to: "q.json")
    let asked = try readScoringQuestions(folder.file("q.json"), of: .mmau)
    let words = ["\"id\":", "null", "NaN", "-Infinity", "[", "{", "\\ud83d", "\r\n", "\"\"", "\u{FEFF}", ",", "'", "99999999999999999999"]
    var scored = 0
    let rounds = try Fuzzing.run(seeds: Self.seeds, dictionary: words) { round, bytes in
      try folder.write(bytes, to: name)
      let isOfficial = round % 2 == 0
      do {
        let rows = try readPredictions(folder.file(name), of: .mmau, isOfficial: isOfficial)
        let asked = round % 3 == 0 ? nil : asked
        _ = try recognisedBenchmark(folder.file(name))
        _ = try ScoreSheet(.mmau, rows: rows, questions: asked, isOfficial: isOfficial, file: name)
        scored += 1
      } catch { #expect("\(error)".contains("error: "), "round \(round): \(error)") }
    }
    print("fuzz: predictions as \(name): \(rounds) rounds, \(scored) scored")
    #expect(rounds > 100)
  }
}
