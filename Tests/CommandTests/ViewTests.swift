// `repro view` as people run it; what it looks like is seen by `.ci/browser`.
import Foundation
import TestSupport
import Testing

@Suite("The site from the command line", .enabled(if: Program.isThere, "no program"))
struct ViewTests {
  @Test("a site of one version; its page is what is printed")
  func site() throws {
    let committed = CommittedResults.shared
    let newest = try #require(committed.newest("table4", "smoke"))
    let folder = try TemporaryFolder()
    let site = folder.file("site")
    let told = try Program.run(
      ["view", "table4/smoke/\(newest)", "--results", committed.path, "--output", site, "--clips", "none"])
    #expect(told.status == 0 && told.output == site + "/index.html\n")
    #expect(told.errors.hasPrefix("repro: table4/smoke/\(newest): 12 questions, "))
    let questions = try String(contentsOfFile: site + "/data/set-0.js", encoding: .utf8)
    // What was asked, how it was put to the models, and why nothing is heard.
    for words in ["Please choose the answer from the following options", "im_start", "(--clips none)"] {
      #expect(questions.contains(words))
    }
    let index = try String(contentsOfFile: site + "/data/index.js", encoding: .utf8)
    #expect(index.contains("[\"grpo.temperature\",\"1.2\",\"paper, section IV-A\"]"))
  }

  @Test("results that are not there are missing input")
  func missing() throws {
    let folder = try TemporaryFolder()
    let told = try Program.run(["view", "--results", folder.path, "--output", folder.file("site")])
    #expect(told.status == 3)
    #expect(told.errors == "error: no results in \(folder.path)\n  hint: repro run table4.yaml\n")
  }

  @Test("predictions made elsewhere are shown too, and the score is printed as ever")
  func score() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      #"[{"id": "a", "choices": ["dog", "cat"], "answer": "dog", "task": "sound", "model_prediction": "A dog."}]"#,
      to: "rows.json")
    let plain = ["score", "--benchmark", "mmau", "--json", folder.file("rows.json")]
    let told = try Program.run(plain + ["--view", folder.file("site")])
    #expect(told.status == 0)
    #expect(try told.output == Program.run(plain).output)
    let questions = try folder.read("site/data/set-0.js")
    #expect(questions.contains("A dog.") && questions.contains("\"verdicts\":\"1\""))
  }
}
