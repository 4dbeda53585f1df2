// `repro score`: predictions made elsewhere, by the official rule.
public import ArgumentParser
import Diagnostics
import Foundation
import JSONText
public import Questions

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score predictions made elsewhere with the official rule.",
    discussion: """
      Reads a JSON list or JSON lines: the benchmark's items with model_prediction, model_output or answer_prediction, \
      or only {"id", "model_prediction"} with the benchmark's own file as --questions; predictions of repro run, and \
      what other harnesses write (lmms-eval, Kimi-Audio-Evalkit, ms-swift, wenet west), too: see \
      Documentation/predictions.md. Rows without ids are found by their clip, by their question, or in the order of \
      --questions if each says which question it is about. A question without a prediction is wrong; with --official \
      it does not count, as in the official scripts. A question whose answer is withheld is not scored.
      """)

  @Option(name: .customLong("benchmark"), help: "The benchmark: mmau or mmar (default: by what the rows say).")
  var named: ScoredBenchmark?
  @Flag(help: "Count exactly as the benchmark's own script does.") var official = false
  @Option(help: "The benchmark's question file, where the predictions do not hold the questions.")
  var questions: String?
  @Flag(help: "Print one JSON object.") var json = false
  @Flag(help: "Print every question's verdict.") var items = false
  @Option(
    help: ArgumentHelp("Write a site of them too, as repro view does for results; clips need --questions.", valueName: "dir"))
  var view: String?
  @Argument(help: "The file of predictions.") var predictions: String

  func run() throws {
    let benchmark = try ScoredBenchmark.of(predictions, questions: questions, named: named)
    let rows = try readPredictions(predictions, of: benchmark, isOfficial: official)
    let asked = try questions.map { file throws(Diagnostics) in try readScoringQuestions(file, of: benchmark) }
    let sheet = try ScoreSheet(benchmark, rows: rows, questions: asked, isOfficial: official, file: predictions)
    FileHandle.standardError.write(Data(notes(sheet).map { "repro: " + $0 + "\n" }.joined().utf8))
    if let view {
      let page = try SitePage.write(try sheet.site(predictions, questions: questions), to: view)
      FileHandle.standardError.write(Data("repro: the page is \(page)\n".utf8))
    }
    switch (json, items) {
    case (true, true): print(sheet.itemsJSON.canonicalText)
    case (true, false): print(sheet.json.indentedText, terminator: "")
    case (false, true):
      for item in sheet.items { print(item.question.id + "\t" + (item.isRight(by: .string_match) ? "right" : "wrong")) }
    case (false, false): print(sheet.page, terminator: "")
    }
  }

  private func notes(_ sheet: ScoreSheet) -> [String] {
    var notes: [String] = []
    if !sheet.missing.isEmpty {
      let names = sheet.missing.prefix(5).joined(separator: ", ") + (sheet.missing.count > 5 ? ", …" : "")
      let fate = official ? "left out, as the official script does" : "counted as wrong"
      notes.append("\(counted(sheet.missing.count, "question")) without a prediction, \(fate): \(names)")
    }
    if !sheet.withheld.isEmpty {
      let all = sheet.items.count + sheet.withheld.count
      notes.append("\(sheet.withheld.count) of \(counted(all, "question")) have no answer and are not scored")
    }
    let own = sheet.benchmark.predictionKeys[0]
    if official, sheet.keys.contains(where: { $0 != own }) {
      notes.append(
        "the official script reads only '\(own)'; here the predictions of \(sheet.keys.joined(separator: ", ")) were read")
    }
    if sheet.items.isEmpty { notes.append("there is nothing to score") }
    return notes
  }
}

extension ScoredBenchmark: ExpressibleByArgument {
  /// The benchmark that a person named, or that the rows of predictions or questions are of.
  /// - Throws: where nobody says it.
  static func of(_ predictions: String, questions: String?, named: ScoredBenchmark?) throws -> ScoredBenchmark {
    if let found = try named ?? recognisedBenchmark(predictions) { return found }
    if let questions, let found = try recognisedBenchmark(questions) { return found }
    throw Diagnostic(
      "does not say which benchmark it is of", at: SourceMark(file: predictions),
      hint: "name it with --benchmark: " + allCases.map(\.rawValue).joined(separator: " or "))
  }
}

func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
