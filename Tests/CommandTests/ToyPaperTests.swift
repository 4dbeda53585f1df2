// A paper that no line of the program names, through every command: audit, tables, verify, check and report.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("A paper of one's own", .enabled(if: Program.isThere, "no program"))
struct ToyPaperTests {
  /// A folder with the toy paper and results of three of its runs.
  private static func place() throws -> TemporaryFolder {
    let place = try TemporaryFolder()
    let files = FileManager.default
    try files.createDirectory(atPath: place.file("paper"), withIntermediateDirectories: true)
    try files.copyItem(atPath: Fixtures.packageRoot.path + "/Tests/Golden/papers/toy", toPath: place.file("paper/toy"))
    let version = "results/bells/micro/v0001"
    try files.createDirectory(atPath: place.file(version + "/predictions"), withIntermediateDirectories: true)
    // Right answers on small and large bells, 8 and 4 of them.
    let runs: [(name: String, method: String?, small: Int, large: Int)] = [
      ("deaf", nil, 4, 1), ("deaf-shown", "sft", 5, 2), ("deaf-rewarded", "grpo", 7, 3),
    ]
    var cells: [JSONValue] = []
    for run in runs {
      var lines = ""
      for (category, count, right) in [("small", 8, run.small), ("large", 4, run.large)] {
        for index in 0..<count {
          lines += "{\"category\":\"\(category)\",\"correct\":\(index < right),\"id\":\"\(category)\(index)\"}\n"
        }
      }
      try place.write(lines, to: "\(version)/predictions/\(run.name).jsonl")
      func counts(_ n: Int, _ correct: Int) -> JSONValue { .object(["n": .integer(n), "correct": .integer(correct)]) }
      var cell = JSONObject([
        ("name", .string(run.name)), ("run", .string(run.name)), ("model", "ear"),
        ("training", run.method == nil ? .null : "chimes"), ("training_audio", run.method == nil ? .null : .boolean(true)),
        ("benchmark", "bells"), ("audio", .boolean(true)), ("decoding", "greedy"),
        ("seed", run.method == nil ? .null : .integer(1)), ("n", .integer(12)), ("correct", .integer(run.small + run.large)),
        ("categories", .object(["small": counts(8, run.small), "large": counts(4, run.large)])), ("key", ""),
      ])
      if let method = run.method { cell["method"] = .string(method) }
      cells.append(.object(cell))
    }
    let scores = JSONValue.object(["reproduces": .array([.integer(7)]), "paper": "toy", "cells": .array(cells)])
    try place.write(scores.indentedText, to: version + "/scores.json")
    return place
  }

  @Test("audit: its impossible cell and its failing claim are found; a paper that is not there is named")
  func audit() throws {
    let place = try Self.place()
    let outcome = try Program.run(["audit", "--paper", "toy"], in: place.path)
    #expect(outcome.status == 1 && outcome.errors.isEmpty)
    #expect(outcome.output.hasPrefix("Counting Bells: a paper that nobody wrote\n"))
    #expect(outcome.output.contains("✗ Rewarded ear, Bells Large 76.00 impossible over 4 questions"))
    let words = outcome.output.split { $0.isWhitespace }.joined(separator: " ")
    #expect(words.hasSuffix("2 claims: 1 hold, 0 up to rounding, 1 fail"))
    let other = try Program.run(["audit", "--paper", "toi"], in: place.path)
    #expect(other.status == 3 && other.errors.contains("did you mean 'toy'?"))
    // The project's own default stays what it is.
    #expect(try Program.run(["audit"], in: place.path).output.hasPrefix("Omni-R1"))
  }

  @Test("tables: measured beside published, runs told apart by method and name, and the same bytes again")
  func tables() throws {
    let place = try Self.place()
    let outcome = try Program.run(["tables", "--format", "csv"], in: place.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    func row(_ id: String) -> String {
      outcome.output.split(separator: "\n").map(String.init).first { $0.hasPrefix(id) && $0.contains(",all,") } ?? ""
    }
    #expect(row("shown").contains(",12,7,58.3,") && row("shown").hasSuffix(",58.33,this paper"))
    #expect(row("rewarded").contains(",12,10,83.3,") && !row("twice").contains("83.3"))
    #expect(try place.read("results/bells/micro/v0001/tables/table7.md").contains("Table G: Bells counted"))
    #expect(try Program.run(["tables", "--check"], in: place.path).status == 0)
    let none = try Program.run(["tables", "--paper", "omni-r1"], in: place.path)
    #expect(none.status == 3 && none.errors.contains("no tables in results"))
  }

  @Test("verify: its claims get verdicts, and what has no run that was measured says so")
  func verify() throws {
    let place = try Self.place()
    let outcome = try Program.run(["verify", "--json"], in: place.path)
    let verification = try JSONValue(parsing: outcome.output, file: "verify").array?.first?["verification"]
    #expect(verification?["paper"]?.string == "toy" && verification?["scale"]?.string == "micro")
    let verdicts = (verification?["cells"]?.array ?? []).reduce(into: [String: String]()) { verdicts, cell in
      verdicts["\(cell["row"]?.string ?? "")/\(cell["column"]?.string ?? "")"] = cell["verdict"]?.string
    }
    #expect(verdicts["shown/all"] == "not comparable" && verdicts["rewarded/large"] == "impossible")
    #expect(verdicts["twice/all"] == "not measured" && verdicts["ringer/all"] == "not measured")
    let claims = verification?["claims"]?.array ?? []
    #expect(claims.map { $0["verdict"]?.string } == ["undecided", "undecided"])
    #expect(claims.first?["evidence"]?.array?.first?.string?.contains("Rewarded ear 83.3 against Ear, shown 58.3") == true)
  }

  @Test("paper: the report speaks of this paper and of no other")
  func report() throws {
    let place = try Self.place()
    let outcome = try Program.run(["paper", "toy", "--no-pdf"], in: place.path)
    #expect(outcome.status == 0 && outcome.output == "paper/build/toy/report.html\n", "\(outcome.errors)")
    let page = try place.read("paper/build/toy/report.html")
    for text in [
      "Counting Bells: a paper that nobody wrote", "Can an ear count bells?", "shown bells &amp; rewarded",
      "Table G of the paper: Bells counted. Made from the results in bells/micro/v0001: 12 questions of bells",
      "<strong>grpo.learning rate:</strong> 2.0e-6", "page 1; the public code: 1.0e-6", "./repro audit --paper toy",
      "./repro run bells.yaml", "The control has not been measured.",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    for text in ["Omni", "Table I", "MMAU", "The other tables", "%if", "%end"] { #expect(!page.contains(text), "\(text)") }
  }

  @Test("check: an experiment may name its tables and no others; a paper that is not there is named")
  func check() throws {
    let place = try Self.place()
    func said(_ head: String, _ table: Int) throws -> Program.Outcome {
      try place.write("title: Bells\n\(head)\ncells: [{model: qwen2-audio}, {table: \(table)}]\n", to: "bells.yaml")
      return try Program.run(["check", "bells.yaml"], in: place.path)
    }
    #expect(try said("reproduces: {paper: toy, table: 7}", 7).status == 0)
    let table = try said("reproduces: {paper: toy, table: 7}", 4)
    #expect(table.status == 2)
    #expect(table.errors == "bells.yaml:3:39: error: cells[2].table: toy has no table 4\n  hint: allowed: 7\n")
    let paper = try said("reproduces: {paper: toi, table: 7}", 7)
    #expect(paper.status == 2 && paper.errors.hasPrefix("bells.yaml:2:21: error: reproduces.paper: there is no paper 'toi'\n"))
    #expect(try said("reproduces: {table: 4}", 7).errors.contains("cells[2].table: omni-r1 has no table 7\n  hint: allowed: 1, 2, 3, 4"))
  }
}
