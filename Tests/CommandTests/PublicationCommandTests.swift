// `repro audit`, `tables`, `verify` and `paper` as people run them, on the results that are committed.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("The paper from the command line", .enabled(if: Program.isThere, "no program"))
struct PublicationCommandTests {
  private static let results = CommittedResults.shared.path

  @Test("audit: findings are exit code 1, and JSON says the same")
  func audit() throws {
    let text = try Program.run(["audit"], environment: ["COLUMNS": "100"])
    #expect(text.status == 1 && text.errors.isEmpty)
    #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    let json = try Program.run(["audit", "--json"])
    let value = try JSONValue(parsing: json.output, file: "audit")
    #expect(json.status == 1 && value["cells"]?.array?.count == 208)
    let failed = value["claims"]?.array?.count { $0["verdict"]?.string == "fails" } ?? 0
    #expect(text.output.split { $0.isWhitespace }.joined(separator: " ").hasSuffix(" \(failed) fail"))
  }

  @Test("tables: what is committed is what the results give, byte for byte")
  func tables() throws {
    let outcome = try Program.run(["tables", "--check", "--results", Self.results])
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(outcome.output.contains("Table IV: "))
  }

  @Test("tables: a file that somebody touched is named, and made right again")
  func touched() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: Self.results + "/table4", toPath: folder.file("table4"))
    // The newest version is the one whose table stands in the paper.
    let newest = try #require(CommittedResults.shared.newest("table4", "smoke"))
    let table = "table4/smoke/\(newest)/tables/table4.csv"
    let path = folder.file(table)
    let bytes = try #require(FileManager.default.contents(atPath: path))
    try Data("spoilt".utf8).write(to: URL(fileURLWithPath: path))
    let arguments = ["tables", "--profile", "smoke", "--results", folder.file("")]
    let check = try Program.run(arguments + ["--check"])
    #expect(check.status == 1 && check.errors == "differs: \(table)\n")
    let mended = try Program.run(arguments)
    #expect(mended.status == 0 && mended.errors == "written: \(table)\n")
    #expect(FileManager.default.contents(atPath: path) == bytes)
  }

  @Test("tables --scores: a server's percentages stand in the table, and nothing is written")
  func scores() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: Self.results + "/table4", toPath: folder.file("table4"))
    try folder.write(
      #"{"cells": [{"name": "server", "model": "qwen2.5-omni", "benchmark": "mmau-mini", "audio": false, "reported": {"average": "49.3"}}]}"#,
      to: "scores.json")
    let outcome = try Program.run([
      "tables", "--profile", "smoke", "--results", folder.file(""), "--scores", folder.file("scores.json"), "--format",
      "csv",
    ])
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    #expect(outcome.output.contains("without_audio,mmau-mini,,no,,,49.3,,,,,,49.3,"))
    #expect(try Program.run(["tables", "--check", "--profile", "smoke", "--results", folder.file("")]).status == 0)
    let missing = try Program.run(["tables", "--results", folder.file(""), "--scores", folder.file("none.json")])
    #expect(missing.status == 3 && missing.errors.contains("none.json: error: no such file"))
  }

  @Test("verify: cells of another scale are not comparable; the last line counts the claims")
  func verify() throws {
    let outcome = try Program.run(["verify", "table4.yaml", "--profile", "smoke", "--results", Self.results])
    #expect(outcome.output.contains("16 cells: 16 not comparable"))
    let last = outcome.output.split(separator: "\n").suffix(2).joined(separator: " ")
    #expect(last.contains(" claims: ") && last.contains(" undecided"))
    let json = try Program.run(["verify", "table4.yaml", "--profile", "smoke", "--results", Self.results, "--json"])
    let first = try JSONValue(parsing: json.output, file: "verify").array?.first
    let unasked = try Program.run(["verify", "table4.yaml", "--results", Self.results, "--json"])
    let scales = try JSONValue(parsing: unasked.output, file: "verify").array?.map { $0["verification"]?["scale"]?.string }
    #expect(scales == ["micro"])
    #expect(first?["verification"]?["scale"]?.string == "smoke" && json.status == outcome.status)
    #expect((first?["verification"]?["tests"]?["4"]?.integer ?? 0) > 0)
  }

  @Test("paper: without TeX the page is there, and what is missing is named")
  func paper() throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(
      ["paper", "--results", Self.results, "--output", folder.file("paper")], environment: ["PATH": "/nowhere"])
    #expect(outcome.status == 3 && outcome.errors.contains("neither latexmk nor pdflatex is there"))
    #expect(FileManager.default.fileExists(atPath: folder.file("paper/report.html")))
    #expect(FileManager.default.fileExists(atPath: folder.file("paper/table4.tex")))
  }
}
