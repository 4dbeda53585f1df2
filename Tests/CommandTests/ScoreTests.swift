// `repro score` as people run it.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("Scoring from the command line", .enabled(if: Program.isThere, "no program"))
struct ScoreCommandTests {
  private static let rows = """
    [{"id": "a", "choices": ["dog", "cat"], "answer": "dog", "task": "sound", "model_prediction": "A dog."},
     {"id": "b", "choices": ["dog", "cat"], "answer": "cat", "task": "music", "model_prediction": "the dog"},
     {"id": "c", "choices": ["one", "two"], "answer": "two", "task": "music"}]
    """

  private func score(_ arguments: String...) throws -> Program.Outcome {
    let folder = try TemporaryFolder()
    try folder.write(Self.rows, to: "rows.json")
    return try Program.run(["score", "--benchmark", "mmau"] + arguments + [folder.file("rows.json")])
  }

  @Test("every item's verdict, as one JSON object")
  func items() throws {
    let all = try score("--json", "--items")
    #expect(all.status == 0)
    #expect(
      all.output == """
        {"benchmark":"mmau","correct":1,"items":[{"id":"a","match":true},{"id":"b","match":false},\
        {"id":"c","match":false}],"n":3}

        """)
    #expect(all.errors == "repro: 1 question without a prediction, counted as wrong: c\n")
    let official = try score("--json", "--items", "--official")
    #expect(
      official.output
        == "{\"benchmark\":\"mmau\",\"correct\":1,\"items\":[{\"id\":\"a\",\"match\":true},"
        + "{\"id\":\"b\",\"match\":false}],\"n\":2}\n")
    #expect(
      official.errors == """
        repro: 1 question without a prediction, left out, as the official script does: c
        repro: the official script reads only 'model_output'; here the predictions of model_prediction were read

        """)
  }

  @Test("a page: counts, intervals, scorers, baselines")
  func page() throws {
    let outcome = try score()
    #expect(
      outcome.output == """
        mmau: 1 of 3 right by the official string match
        revision: unknown

                 right  of      %  95 % interval
        overall      1   3   33.3    6.1 to 79.2
        task
          music      0   2    0.0    0.0 to 65.8
          sound      1   1  100.0  20.7 to 100.0

        scorer        right  of     %  95 % interval
        string_match      1   3  33.3    6.1 to 79.2
        contains          1   3  33.3    6.1 to 79.2
        exact             0   3   0.0    0.0 to 56.1
        first_letter      1   3  33.3    6.1 to 79.2
        spread 33.3 points; they disagree on 1 question

        without hearing, under the official match: uniform choice 50.0 %, always the first choice 33.3 %

        """)
  }

  @Test("one JSON object with every count")
  func json() throws {
    let json = try JSONValue(parsing: try score("--json").output, file: "output")
    #expect(json["n"] == 3)
    #expect(json["correct"] == 1)
    #expect(json["missing"] == .array(["c"]))
    #expect(json["keys"] == .array(["model_prediction"]))
    #expect(json["groups"]?["task"]?["music"]?["n"] == 2)
    #expect(json["scorers"]?["exact"]?["correct"] == 0)
    #expect(json["baselines"]?["uniform"] == 0.5)
    #expect(json["revision"] == .null)
  }

  @Test("wrong usage and absent files have their exit codes")
  func codes() throws {
    #expect(try Program.run(["score", "--benchmark", "mmua", "x"]).status == 2)
    let absent = try Program.run(["score", "--benchmark", "mmar", "/nowhere.json"])
    #expect(absent.status == 3)
    #expect(absent.errors == "/nowhere.json: error: is not there\n")
  }
}
