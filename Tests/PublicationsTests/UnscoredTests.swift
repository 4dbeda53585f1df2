// Answers that are withheld, scores that come back, and runs that are not the paper's experiment.
import Diagnostics
import JSONText
import Publications
import Records
import TestSupport
import Testing

@Suite("Submitted, not scored; and runs that are not the paper's")
struct UnscoredTests {
  let paper: PublishedPaper
  init() throws { paper = try ProjectPapers.paper() }

  private func scores(_ cells: String..., more: String = "") throws -> ScoreFile {
    try ScoreFile(parsing: Array("{\"cells\": [\(cells.joined(separator: ","))]\(more)}".utf8), file: "s.json")
  }

  /// A cell of Qwen2.5-Omni on test-full.
  private static func cell(_ rest: String, training: String = "null", audio: String = "null", seed: String = "null") -> String {
    "{\"name\": \"x\((training + seed).filter(\.isLetter))\", \"model\": \"qwen2.5-omni\", \"training\": \(training), \"training_audio\": \(audio), "
      + "\"benchmark\": \"mmau-full\", \"audio\": true, \"seed\": \(seed), \(rest)}"
  }

  private static let withheld =
    "\"n\": 0, \"correct\": 0, \"unscored\": 9000, \"categories\": {\"sound\": {\"n\": 0, \"correct\": 0, \"unscored\": 3000}}"

  @Test("there is no measurement, no verdict, and no claim is judged on it")
  func withheld() throws {
    let file = try scores(Self.cell(Self.withheld), Self.cell(Self.withheld, training: "\"avqa\"", audio: "true", seed: "42"))
    #expect(file.cells[0].unscoredCount == 9000 && file.cells[0].json["unscored"] == 9000)
    #expect(try ScoreFile(parsing: Array(file.json.canonicalText.utf8), file: "s.json") == file)
    let measured = Measurements(scale: .paper, cells: file.cells)
    let verification = Verification(paper, measured, tables: [1])
    let own = verification.cells.filter { ["full_average", "full_avg"].contains($0.cell.column) && $0.cell.row.contains("omni") }
    let unscored = verification.cells.filter { $0.verdict == .notScored }
    #expect(unscored.count == 4, "two rows, average and sound")
    #expect(unscored.allSatisfy { $0.measurement == nil })
    #expect(unscored.map(\.reason).contains("9,000 answers; the server's scores come in with --scores"), "\(own)")
    #expect(!verification.isNegative)
    #expect(!verification.claims.contains { $0.verdict == .contradicted })
    let waiting = verification.claims.first { $0.claim.id == "avqa-gain-full" }
    #expect(waiting?.verdict == .undecided)
    #expect(waiting?.evidence.contains { $0.hasPrefix("submitted, not scored: ") } == true, "\(waiting?.evidence ?? [])")
    #expect(verification.text().contains("? need a cell that was submitted, not scored"))
  }

  @Test("a server's scores fill the cells they name, and no other")
  func filled() throws {
    let own = try scores(Self.cell(Self.withheld), Self.cell(Self.withheld, training: "\"avqa\"", audio: "true", seed: "42"))
    func verdicts(_ text: String) throws -> [CellVerdict] {
      let server = try scores(text)
      #expect(server.mistakes(for: paper, file: "s.json").isEmpty)
      return paper.cellVerdicts([1: Measurements(scale: .paper, cells: server.cells + own.cells)])
    }
    let printed = try verdicts(Self.cell("\"reported\": {\"average\": \"70.8\"}", training: "\"avqa\"", audio: "true"))
    #expect(printed.count { $0.verdict == .notScored } == 3)
    #expect(printed.filter { $0.measurement != nil }.map(\.verdict) == [.reproduced])
    // Counts, for any seed: with the run's own, without, or with another.
    for seed in ["null", "42", "7"] {
      let counted = try verdicts(Self.cell("\"n\": 9000, \"correct\": 6372", training: "\"avqa\"", audio: "true", seed: seed))
      #expect(counted.filter { $0.measurement != nil }.map(\.verdict) == [.reproduced], "\(seed)")
    }
  }

  @Test("of a partly answered benchmark what has answers is scored")
  func partly() throws {
    let file = try scores(Self.cell("\"n\": 10, \"correct\": 6, \"unscored\": 5"))
    let measured = Measurements(scale: .paper, cells: file.cells)
    let row = try #require(paper.table(1)?.rows.first { $0.run?.model == "qwen2.5-omni" && $0.run?.training == nil })
    let column = try #require(paper.table(1)?.columns.first { $0.benchmark == "mmau-full" && $0.category == nil })
    #expect(measured.measurement(row, column)?.printed.text == "60.0")
    #expect(measured.unscoredCount(row, column) == 5)
    // Weights made elsewhere, of which it is not said what they were trained on, are no row's.
    let foreign = try scores(Self.cell(Self.withheld + ", \"weights\": \"someone/else\""))
    #expect(Measurements(scale: .paper, cells: foreign.cells).unscoredCount(row, column) == 0)
  }

  @Test("predictions without an answer are no outcomes, in whichever form they were kept")
  func outcomes() throws {
    let lines = """
      {"id": "a", "correct": null, "answer": ""}
      {"id": "b", "correct": false, "answer": ""}
      {"id": "c", "correct": true, "answer": "dog"}
      {"id": "caf\u{E9}", "correct": false}
      {"id": "cafe\u{301}", "correct": true}
      """
    let list = try Outcome.list(parsing: Array(lines.utf8), file: "p.jsonl")
    #expect(list.map(\.isCorrect) == [true, false, true])
  }

  @Test("numbers that cannot be are refused by name", arguments: [
    ("\"n\": 10, \"correct\": 3, \"chance\": 25.4",
     "cells[0].chance: 25.4 is no chance: expected a share from 0 to 1\n  hint: as a share, 25.4 % is 0.254"),
    ("\"n\": 10, \"correct\": 3, \"chance\": -0.1", "cells[0].chance: -0.1 is no chance: expected a share from 0 to 1"),
    ("\"n\": 10, \"correct\": 3, \"chance\": 1e300", "cells[0].chance: 1e+300 is no chance: expected a share from 0 to 1"),
    ("\"n\": 3, \"correct\": 10", "cells[0]: 10 right of 3 questions cannot be"),
    ("\"n\": -1, \"correct\": -2", "cells[0]: -2 right of -1 questions cannot be"),
    ("\"n\": 9223372036854775807, \"correct\": 3", "cells[0]: 3 right of 9223372036854775807 questions cannot be"),
    ("\"n\": 1, \"correct\": 1, \"unscored\": -5", "cells[0].unscored: -5 questions cannot be"),
    ("\"n\": 4, \"correct\": 2, \"categories\": {\"sound\": {\"n\": 5, \"correct\": 2}}",
     "cells[0].categories.sound: 2 right of 5 are more than those of all questions"),
    ("\"n\": 4, \"correct\": 2, \"subsets\": [{\"set\": \"s\", \"n\": -9223372036854775808, \"of\": 3}]",
     "cells[0].subsets[0]: -9223372036854775808 of 3 questions cannot be"),
    ("\"reported\": {\"average\": \"254\"}",
     "cells[0].reported.average: expected a printed percentage such as \"70.8\""),
    ("\"reported\": {\"average\": \"-3.0\"}",
     "cells[0].reported.average: expected a printed percentage such as \"70.8\""),
  ])
  func numbers(rest: String, said: String) {
    #expect(refusal { try scores(Self.cell(rest)) } == "s.json: error: " + said)
  }

  @Test("NaN is no JSON")
  func notANumber() {
    #expect(refusal { try scores(Self.cell("\"n\": NaN, \"correct\": 1")) }?.hasPrefix("s.json:1:") == true)
  }

  @Test("entries that fill no row, or one that is filled, are named")
  func rows() throws {
    let reported = "\"reported\": {\"average\": \"70.8\"}"
    func mistakes(_ cells: String...) throws -> [String] {
      try scores(cells.joined(separator: ",")).mistakes(for: paper, file: "s.json").map(\.description)
    }
    #expect(try mistakes(Self.cell(reported)) == [])
    #expect(
      try mistakes(Self.cell(reported).replacing("qwen2.5-omni", with: "qwen2.5-omi"))
        == ["s.json: error: cells[0].model: 'qwen2.5-omi' is the model of no row\n  hint: did you mean 'qwen2.5-omni'?"]
        .map { $0 + "  (qwen2-audio, qwen2.5-omni)" })
    #expect(
      try mistakes(Self.cell(reported).replacing("mmau-full", with: "mmau")).first?
        .hasPrefix("s.json: error: cells[0].benchmark: 'mmau' is the benchmark of no table") == true)
    #expect(
      try mistakes(Self.cell(reported, training: "\"avqa\""))
        == ["s.json: error: cells[0].training: no row of a table is fine-tuned so: qwen2.5-omni on avqa"])
    #expect(
      try mistakes(Self.cell(reported).replacing("\"audio\": true", with: "\"audio\": false"))
        == ["s.json: error: cells[0].audio: no table asks mmau-full without audio"])
    #expect(
      try mistakes(Self.cell(reported.replacing("average", with: "avg"))).first?
        .hasPrefix("s.json: error: cells[0].reported.avg: is no column of mmau-full") == true)
    #expect(
      try mistakes(Self.cell(reported), Self.cell(reported))
        == ["s.json: error: cells[1]: fills the same row as cells[0]\n  hint: leave one of them"])
  }

  private func departing(_ stated: Bool) -> Measurements {
    var measured = Synthetic.asPublished.measurements(.paper)
    measured.departures = [Departure(what: "grpo.steps on avqa", value: "3", papers: "1000", isStated: stated)]
    return measured
  }

  @Test("a run that is not the paper's experiment gets no verdict on values or claims, and says why")
  func departure() {
    let words = "not the paper's settings: grpo.steps on avqa 3 instead of 1000"
    let verification = Verification(paper, departing(true), tables: [4])
    #expect(verification.cells.allSatisfy { $0.verdict == .notComparable && $0.reason == words })
    #expect(verification.claims.allSatisfy { $0.verdict == .undecided && $0.evidence == [words] })
    #expect(!verification.isPaperScale && !verification.isNegative && verification.scaleName == "paper")
    #expect(verification.json["departures"]?.array?.first?["what"] == "grpo.steps on avqa")
    let text = verification.text(width: 200)
    #expect(text.contains("These are \(words). Nothing the paper says is judged on these numbers."))
    #expect(text.contains("? need a run at the paper's settings"))
  }

  @Test("what the paper leaves open is named and stands in no verdict's way")
  func open() {
    let verification = Verification(paper, departing(false), tables: [4])
    #expect(verification.cells.allSatisfy { $0.verdict == .reproduced } && verification.isPaperScale)
    #expect(
      verification.text(width: 200).contains(
        "What the paper leaves open was set otherwise than assumed: grpo.steps on avqa 3 instead of 1000."))
  }

  @Test("departures are kept in a score file")
  func kept() throws {
    let more = ", \"departures\": [{\"what\": \"w\", \"value\": \"v\", \"paper\": \"p\", \"stated\": true}]"
    let file = try scores(Self.cell("\"n\": 2, \"correct\": 1"), more: more)
    #expect(file.departures == [Departure(what: "w", value: "v", papers: "p", isStated: true)])
    #expect(try ScoreFile(parsing: Array(file.json.canonicalText.utf8), file: "s.json") == file)
  }
}
