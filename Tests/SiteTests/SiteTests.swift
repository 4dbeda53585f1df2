import AudioFeatures
import Diagnostics
import Evaluation
import Foundation
import JSONText
import Publications
import Questions
import Records
import Reports
import Site
import TestSupport
import Testing

private let markup = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
private let turned = "left \u{202E}thgir\u{2028}next"

private func record(_ id: String, _ said: String, answer: String = "dog", right: Bool = false) -> PredictionRecord {
  PredictionRecord(
    id: id, prediction: said, answer: answer, category: "sound", difficulty: "easy", isCorrect: right,
    isFinished: true, chance: 0.25, prompt: "")
}

private func result(_ name: String, _ records: [PredictionRecord]) -> ShownResult {
  let cell = ScoreCell(
    name: "cell", run: PublishedTable.Run(model: "a model", training: nil, trainingAudio: nil), benchmark: "mmau-mini",
    audio: true, questionCount: records.count, correctCount: records.count { $0.isCorrect == true })
  return ShownResult(name: name, title: name, cell: cell, predictions: records)
}

/// Every file of a folder by its name; links by where they lead.
private func files(_ folder: String) -> [String: Data] {
  let names = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
  return names.reduce(into: [:]) { all, name in all[name] = FileManager.default.contents(atPath: folder + "/" + name) }
}

/// What a data script hands over.
private func handed(_ text: String) throws -> JSONValue {
  let start = try #require(text.firstIndex(of: "{"))
  let end = try #require(text.range(of: ");\n", options: .backwards))
  return try JSONValue(parsing: Array(text[start..<end.lowerBound].utf8), file: "script")
}

@Suite("The site")
struct SiteTests {
  @Test("the same results give the same bytes, and the versions are named")
  func sameBytes() throws {
    let committed = CommittedResults.shared
    let newest = try #require(committed.newest("table4", "smoke"))
    let folder = try TemporaryFolder()
    for name in ["one", "two"] {
      let run = try ResultsFolder(path: committed.path).version("table4/smoke/\(newest)")
      let review = ShownReview(paper: try ProjectPapers.paper(), results: [0])
      _ = try Site([try ShownResult(reading: run)], reviews: [review]).write(to: folder.file(name))
    }
    let (one, two) = (files(folder.file("one")), files(folder.file("two")))
    #expect(one.count > 12 && one == two)
    let index = try handed(try folder.read("one/data/index.js"))
    #expect(index["results"]?.array?.first?["name"]?.string == "table4/smoke/\(newest)")
    #expect(index["tables"]?.array?.count == 1)
    #expect(index["reviews"]?.array?.first?["claims"]?.array?.isEmpty == false)
    #expect(!one.values.contains { String(decoding: $0, as: UTF8.self).contains(NSHomeDirectory() + "/") })
  }

  @Test("the report is a page of the site: every plot says what it shows, numbers lead to their questions, nothing runs")
  func report() throws {
    let committed = CommittedResults.shared
    let newest = try #require(committed.newest("table4", "smoke"))
    let folder = try TemporaryFolder()
    let run = try ResultsFolder(path: committed.path).version("table4/smoke/\(newest)")
    let review = ShownReview(paper: try ProjectPapers.paper(), results: [0])
    _ = try Site([try ShownResult(reading: run)], reviews: [review]).write(to: folder.file("site"))
    let page = try folder.read("site/report.html")
    let plots = page.components(separatedBy: "<svg ").dropFirst()
    #expect(plots.count == 4)
    for plot in plots { #expect(plot.contains(#/^viewBox="[^"]*" width="[0-9]*" role="img" aria-label="(Interval plot|Curves)\. /#)) }
    #expect(page.contains("href=\"index.html#/questions?set=mmau-mini&amp;runs=") && !page.contains("<script"))
    #expect(page.contains("<link rel=\"stylesheet\" href=\"site.css\">") && page.contains("index.html#/runs"))
    let index = try handed(try folder.read("site/data/index.js"))
    let told = try #require(index["reviews"]?.array?.first)
    #expect(told["report"]?.string == "report.html")
    // A claim about a difference names its two cells, measured, and the pair.
    let claims = told["claims"]?.array ?? []
    let paired = try #require(claims.first { $0["pairs"]?.array?.isEmpty == false })
    #expect(paired["cells"]?.array?.first?.array?.first?.integer == 4)
    #expect(told["controls"]?.array?.first?["cells"]?.array?.first?["cells"]?.array?.isEmpty == false)
  }

  @Test("the report on its own has every include and its style, links nowhere, and leaves no LaTeX behind")
  func reportAlone() throws {
    let page = ReportPage(PaperPieces(try ProjectPapers.paper(), runs: [:])).html
    #expect(!page.contains("\\fittable") && !page.contains("\\includelist") && !page.contains("{}"))
    let start = try #require(page.firstRange(of: "<body>"))
    #expect(!page[start.upperBound...].contains("\\") && !page.contains("href=\"index.html"))
    #expect(page.contains("Of the 208 published accuracies, 160 are what some count"))
    #expect(page.contains("<h2>The paper's claims against its tables</h2>") && page.contains("--paper: #ffffff"))
    for tag in ["table", "tr", "td", "ul", "li", "p", "h2", "div", "main"] {
      let opened = page.components(separatedBy: "<\(tag)>").count + page.components(separatedBy: "<\(tag) ").count - 2
      #expect(opened == page.components(separatedBy: "</\(tag)>").count - 1, "\(tag)")
    }
  }

  @Test("log-probabilities of choices are handed over where they were recorded; runs that differ in them alone are two")
  func weights() throws {
    let folder = try TemporaryFolder()
    var weighed = record("1", "dog", right: true)
    weighed.optionLogProbabilities = [-0.25, -3]
    let (a, b) = (result("a", [weighed]), result("b", [record("1", "dog", right: true)]))
    #expect(try Site([a, b]).write(to: folder.file("site")).runs == 2)
    let set = try handed(try folder.read("site/data/set-0.js"))
    #expect(set["runs"]?.array?.first?["weights"]?["0"]?.array?.compactMap(\.double) == [-0.25, -3])
    #expect(set["runs"]?.array?.last?["weights"]?.isNull == true)
  }

  @Test("a cell of two results is one run; another answer makes two")
  func sharedCells() throws {
    let folder = try TemporaryFolder()
    let (a, b) = (result("a", [record("1", "dog", right: true)]), result("b", [record("1", "cat")]))
    let summary = try Site([a, result("a2", a.predictions["cell"] ?? []), b]).write(to: folder.file("site"))
    #expect(summary.questions == 1 && summary.runs == 2)
    let set = try handed(try folder.read("site/data/set-0.js"))
    #expect(set["runs"]?.array?.compactMap { $0["verdicts"]?.string } == ["1", "0"])
  }

  @Test("questions that say something else of an id are another set")
  func otherQuestions() throws {
    let folder = try TemporaryFolder()
    let (a, b) = (result("a", [record("1", "dog")]), result("b", [record("1", "dog", answer: "cat")]))
    #expect(try Site([a, b]).write(to: folder.file("site")).questions == 2)
  }

  @Test("hostile texts stay texts: no script ends, no line breaks it, nothing is lost")
  func hostile() throws {
    let folder = try TemporaryFolder()
    let long = String(repeating: "x<", count: 50_000)
    let said = [markup, turned, long, "\u{0}\u{1}"]
    let records = said.enumerated().map { record("\(markup)\($0)", $1, answer: markup) }
    let questions = records.map { record in
      AudioQuestion(id: record.id, audioPath: "../../etc/passwd", question: markup, choices: [turned], answer: markup)
    }
    let site = Site([result(markup, records)], clips: .copy) { _, _ in
      QuestionsAtHand(folder: folder.path, questions: questions)
    }
    #expect(try site.write(to: folder.file("site")).clips == 0)
    for name in ["index", "set-0"] {
      let text = try folder.read("site/data/\(name).js")
      #expect(!text.contains("<") && !text.unicodeScalars.contains("\u{2028}"))
      #expect(text.split(separator: "\n").count == 1)
    }
    let set = try handed(try folder.read("site/data/set-0.js"))
    let words = set["words"]?.array?.compactMap(\.string) ?? []
    for text in said { #expect(words.contains { ExactText($0) == ExactText(text) }) }
  }

  @Test("a clip is copied or linked, with its log-mel; one that cannot be heard says so; without clips nothing is read")
  func clips() throws {
    let folder = try TemporaryFolder()
    let tone = (0..<8000).map { Float(sin(Double($0) / 10)) }
    try SoundFileWriter.write(tone, channelCount: 1, sampleRate: 16_000, format: .wav16, to: folder.file("tone.wav"))
    try folder.write("no sound", to: "bad.wav")
    let questions = ["tone", "bad", "gone"].map {
      AudioQuestion(id: $0, audioPath: $0 + ".wav", question: "What?", choices: ["dog"], answer: "dog")
    }
    for mode in ClipMode.allCases {
      let site = Site([result("r", questions.map { record($0.id, "dog") })], clips: mode) { _, _ in
        QuestionsAtHand(folder: folder.path, questions: questions)
      }
      let summary = try site.write(to: folder.file("site"))
      let set = try handed(try folder.read("site/data/set-0.js"))
      #expect(summary.faultyClips == (mode == .none ? 0 : 1))
      guard mode != .none else {
        #expect(set["silence"]?.string == "this site was written without clips (--clips none)")
        continue
      }
      #expect(try folder.bytes("site/clips/0/0.wav") == folder.bytes("tone.wav"))
      let isLink = try? FileManager.default.destinationOfSymbolicLink(atPath: folder.file("site/clips/0/0.wav"))
      #expect((isLink != nil) == (mode == .link))
      let mel = try handed(try folder.read("site/clips/0/0.js"))
      #expect(mel["frames"]?.integer == 50 && mel["bands"]?.integer == 128)
      #expect(mel["values"]?.string?.utf8.count == 50 * 128)
      #expect(set["clips"]?.array?[1]["fault"]?.string?.isEmpty == false)
      #expect(set["clips"]?.array?[2].isNull == true)
    }
  }

  @Test("a folder that holds something else is not replaced; a site is")
  func foreignFolder() throws {
    let folder = try TemporaryFolder()
    let site = Site([result("r", [record("1", "dog")])])
    try folder.write("mine", to: "notes.txt")
    #expect(
      refusal { try site.write(to: folder.path) }
        == "\(folder.path): error: is no site of repro view, and would be replaced\n"
        + "  hint: name an empty or new folder with --output")
    #expect(try folder.read("notes.txt") == "mine")
    _ = try site.write(to: folder.file("site"))
    _ = try site.write(to: folder.file("site"))
    #expect(FileManager.default.fileExists(atPath: folder.file("site/index.html")))
  }

  @Test("a line that is no prediction, and a question asked twice, are named")
  func faultyLines() throws {
    let folder = try TemporaryFolder()
    let version = folder.file("r/micro/v0001")
    try FileManager.default.createDirectory(atPath: version + "/predictions", withIntermediateDirectories: true)
    try folder.write(
      #"""
      {"reproduces": [], "cells": [{"name": "c", "model": "m", "training": null, "training_audio": null,
       "benchmark": "mmau-mini", "audio": true, "decoding": "greedy", "seed": null, "n": 2, "correct": 0,
       "categories": {}, "chance": null, "key": ""}]}
      """#, to: "r/micro/v0001/scores.json")
    let file = "r/micro/v0001/predictions/c.jsonl"
    let run = try ResultsFolder(path: folder.path).version("r/micro")
    try folder.write("{\"id\": \"1\"}\n", to: file)
    #expect(
      refusal { try ShownResult(reading: run) }
        == "\(folder.file(file)):1: error: this line is no prediction of repro run\n"
        + "  hint: predictions made elsewhere are shown by repro score --view")
    let line = record("1", "dog").json.canonicalText + "\n"
    try folder.write(line + line, to: file)
    #expect(refusal { try ShownResult(reading: run) } == "\(folder.file(file)):2: error: the id '1' is there twice")
  }
}
