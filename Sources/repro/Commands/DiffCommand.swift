// `repro diff`: two versions of results, what was set differently and what came of it.
import ArgumentParser
import Diagnostics
import Experiments
import Foundation
import JSONText
import Questions
import Reports
import Runner
import SystemCalls

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two versions of results, or two files of predictions: settings, scores with a paired test, flips.",
    discussion: """
      A version is its folder, or experiment/profile/v0001; experiment/profile stands for the newest, experiment alone \
      for its micro profile. Scores on the same questions are compared by McNemar's exact test and Newcombe's interval \
      for paired data. Exits with 1 if a byte differs.

      Two files of predictions, in any of the forms of repro score, are compared question by question, by every scorer \
      and category; exits with 1 if a question counts otherwise by the official one.
      """)

  @Argument(help: "The first version, or file of predictions.") var first: String
  @Argument(help: "The second.") var second: String
  @Option(help: "The folder of results.") var results = "results"
  @Option(help: "Of predictions: mmau or mmar (default: by what the rows say).") var benchmark: ScoredBenchmark?
  @Option(help: "Of predictions: the benchmark's question file, where they do not hold the questions.")
  var questions: String?
  @Flag(help: "Name the questions that only one answered right.") var flips = false
  @Flag(help: "Print one JSON object, flips included.") var json = false

  func run() throws {
    if Self.isFile(first), Self.isFile(second) { return try comparePredictions() }
    if benchmark != nil || questions != nil {
      throw ValidationError("--benchmark and --questions go with two files of predictions")
    }
    let folder = ResultsFolder(path: results)
    let comparison = try ResultComparison(try folder.version(first), try folder.version(second))
    let settings = try Self.settings(comparison.first, comparison.second)
    if json {
      print(object(comparison, settings).indentedText, terminator: "")
    } else {
      print(comparison.text(settings: settings, flips: flips), terminator: "")
    }
    if !comparison.isSame { throw ExitCode(1) }
  }

  private static func isFile(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path) && !SystemCalls.isFolder(path)
  }

  private func comparePredictions() throws {
    let benchmark = try ScoredBenchmark.of(first, questions: questions, named: benchmark)
    let diff = try PredictionDiff(first, second, benchmark: benchmark, questions: questions)
    print(json ? diff.json.indentedText : diff.text(flips: flips), terminator: "")
    if diff.isDifferent { throw ExitCode(1) }
  }

  /// Settings whose values differ, and cells that only one file has.
  private static func settings(
    _ first: RunResults, _ second: RunResults
  ) throws -> [(path: String, first: String, second: String)] {
    let (a, b) = (try experiment(first), try experiment(second))
    let (x, y) = (a.settings, b.settings)
    var paths = x.map(\.path)
    paths += y.map(\.path).filter { !paths.contains($0) }
    func value(_ list: [Setting], _ path: String) -> String { list.first { $0.path == path }?.value ?? "" }
    var rows = paths.map { (path: $0, first: value(x, $0), second: value(y, $0)) }.filter { $0.first != $0.second }
    func cells(_ experiment: Experiment) -> [String] {
      experiment.cells.compactMap { cell in
        if case .note = cell { return nil }
        return cell.source.replacingOccurrences(of: "\n", with: " ")
      }
    }
    let (p, q) = (cells(a), cells(b))
    rows += p.filter { !q.contains($0) }.map { (path: "cells", first: $0, second: "") }
    rows += q.filter { !p.contains($0) }.map { (path: "cells", first: "", second: $0) }
    return rows
  }

  private static func experiment(_ run: RunResults) throws -> Experiment {
    let profile = Profile(rawValue: run.profile) ?? .micro
    return try Experiment.read(path: run.path + "/experiment.yaml", profile: profile)
  }

  private func object(
    _ comparison: ResultComparison, _ settings: [(path: String, first: String, second: String)]
  ) -> JSONValue {
    func rows(_ list: [(path: String, first: String, second: String)]) -> JSONValue {
      .array(list.map { .object(["path": .string($0.path), "first": .string($0.first), "second": .string($0.second)]) })
    }
    func texts(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
    return .object([
      "first": .string(comparison.first.name), "second": .string(comparison.second.name),
      "same": .boolean(comparison.isSame), "settings": rows(settings), "provenance": rows(comparison.provenance),
      "scores": .array(comparison.scores.map(\.json)), "only_first": texts(comparison.onlyFirst),
      "only_second": texts(comparison.onlySecond), "files": texts(comparison.files),
    ])
  }
}
