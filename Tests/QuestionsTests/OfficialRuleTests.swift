// Scores and lists held to Python itself, on what it makes up: not on stored cases.
import Foundation
import JSONText
import Questions
import TestSupport
import Testing

@Suite("The official rule, by Python", .enabled(if: Python.isThere, "SKIPPED: there is no python3 to compare with"))
struct OfficialRuleTests {
  /// `REPRO_LISTS=100000` compares so many.
  private static let listCount = ProcessInfo.processInfo.environment["REPRO_LISTS"].flatMap { Int($0) } ?? 5000

  @Test("random lists of odd texts print as Python prints them")
  func lists() throws {
    let bytes = try Python.run("Questions/official.py", ["lists", "\(Self.listCount)", "1"])
    var count = 0
    for line in bytes.split(separator: 0x0A) {
      let one = try JSONValue(parsing: Array(line), file: "lists")
      let list = try #require(one["list"]?.array).compactMap(\.string)
      let printed = try #require(one["repr"]?.string)
      if !pythonList(list).utf8.elementsEqual(printed.utf8) { Issue.record("\(pythonList(list)) for \(printed)") }
      count += 1
    }
    #expect(count == Self.listCount)
  }

  @Test(
    "3,000 random predictions for each real file: every item is judged as the official script judges it",
    .enabled(if: Fixtures.sharedIsThere, "SKIPPED: the real benchmark files are not beside the package"),
    arguments: [
      ("mmau", "mmau-test-mini-original.json"), ("mmau", "mmau-test-mini-v05.15.25.json"), ("mmar", "MMAR-meta.jsonl"),
    ])
  func predictions(_ name: String, _ file: String) throws {
    let folder = try TemporaryFolder()
    let questions = Fixtures.shared.path + "/benchmarks/" + file
    let bytes = try Python.run(
      "Questions/official.py", ["predictions", name, questions, "3000", "3", folder.file("p.json")])
    let official = try JSONValue(parsing: bytes, file: "official")
    let benchmark = try #require(ScoredBenchmark(rawValue: name))
    let rows = try readPredictions(folder.file("p.json"), of: benchmark, isOfficial: true)
    let sheet = try ScoreSheet(benchmark, rows: rows, isOfficial: true, file: "p.json")
    #expect(rows.count == 3000)
    #expect(official["n"]?.integer == sheet.items.count)
    #expect(official["correct"]?.integer == sheet.total().right)
    let wanted = try #require(official["items"]?.array)
    try #require(wanted.count == sheet.items.count)
    for (item, other) in zip(sheet.items, wanted) {
      #expect(item.question.id == other["id"]?.string)
      #expect(item.isRight(by: .string_match) == other["match"]?.boolean, "\(item.prediction ?? "") for \(item.question.id)")
    }
  }
}
