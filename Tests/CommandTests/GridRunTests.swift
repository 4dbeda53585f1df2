// A grid of factors as people run it: what is asked, what is counted anew, and that both give the same bytes.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("A grid from the command line", .enabled(if: Program.isThere, "no program"))
struct GridRunTests {
  private static let grid = """
    title: Factors
    profiles: {smoke: {evaluation: {max_new_tokens: 6, option_probabilities: true}}}
    cells:
      - model: qwen2.5-omni
      - evaluate:
          models: qwen2.5-omni
          audio: true
          grid:
            scorer: [string_match, contains]
            on: {original: mmau-mini, revised: mmau-v05.15.25-mini}

    """
  private static let plain = """
    title: One by one
    profiles: {smoke: {evaluation: {max_new_tokens: 6, option_probabilities: true}}}
    cells:
      - model: qwen2.5-omni
      - evaluate: {models: qwen2.5-omni, on: mmau-v05.15.25-mini, audio: true, set: {scorer: contains}}

    """

  @Test("answers counted anew, and those to questions of both revisions, are those that a run of its own gives")
  func reused() throws {
    let smoke = try SmokeRun.shared.get()
    let place = try TemporaryFolder()
    try place.write(Self.grid, to: "factors.yaml")
    try place.write(Self.plain, to: "plain.yaml")
    func run(_ name: String, _ cache: String) throws -> Program.Outcome {
      try Program.run(
        ["run", place.file(name), "--profile", "smoke", "--results", place.file("results"), "--threads", "2"],
        environment: ["REPRO_CACHE": cache], in: place.path)
    }
    let (first, second) = (try smoke.cacheOfBases(), try smoke.cacheOfBases())
    let grid = try run("factors.yaml", first.file("cache"))
    #expect(grid.status == 0, "\(grid.errors)")
    #expect(grid.output.contains("qwen2.5-omni, asked with audio: 4 cells"))
    #expect(try run("plain.yaml", second.file("cache")).status == 0)
    let results = place.file("results")
    let one = try String(contentsOfFile: results + "/plain/smoke/v0001/predictions/qwen2.5-omni-mmau-v05.15.25-mini-audio-greedy.jsonl", encoding: .utf8)
    let other = try String(
      contentsOfFile: results + "/factors/smoke/v0001/predictions/qwen2.5-omni-mmau-v05.15.25-mini-audio-greedy-contains.jsonl",
      encoding: .utf8)
    #expect(one.contains("option_log_probabilities") && one == other)
    let version = results + "/factors/smoke/v0001/"
    let csv = try String(contentsOfFile: version + "tables/factors-1.csv", encoding: .utf8)
    #expect(csv.split(separator: "\n").count == 5)
    let report = try String(contentsOfFile: version + "report.md", encoding: .utf8)
    #expect(report.contains("| scorer | string_match |") && report.components(separatedBy: "| factor |").count == 2)
    let scores = try JSONValue(parsing: Array(FileManager.default.contents(atPath: version + "scores.json") ?? Data()), file: "s")
    #expect(scores["cells"]?.array?.count == 4 && scores["cells"]?.array?[1]["levels"]?.array?.count == 2)
    // What is resolved runs again and finds everything.
    try FileManager.default.copyItem(atPath: version + "experiment.yaml", toPath: place.file("again.yaml"))
    let plan = try Program.run(
      ["plan", place.file("again.yaml"), "--json"], environment: ["REPRO_CACHE": first.file("cache")], in: place.path)
    let jobs = try JSONValue(parsing: plan.output, file: "plan").array?.first?["jobs"]?.array ?? []
    #expect(jobs.count == 5 && jobs.allSatisfy { $0["known"]?.boolean == true }, "\(plan.errors)")
    let tables = ["tables", "--check", "--profile", "smoke", "--results", results, "factors.yaml"]
    #expect(try Program.run(tables, in: place.path).status == 0)
    let json = try JSONValue(parsing: try Program.run(tables + ["--json"], in: place.path).output, file: "tables")
    #expect(json["factors"]?.array?.map { $0["name"]?.string } == ["scorer", "on"] && json["cells"] == 4)
  }
}
