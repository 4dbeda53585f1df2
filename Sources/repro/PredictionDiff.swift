// `repro diff` of two files of predictions: who is right where, by every scorer and category.
import Diagnostics
import Foundation
import JSONText
import Publications
import Questions

/// Two files of predictions on the questions that both have.
struct PredictionDiff {
  /// One comparison: all questions by a scorer, or a category by the official one.
  private struct Line {
    var name: String
    var pairs: PairedCounts
  }

  private let names: (String, String)
  private let benchmark: ScoredBenchmark
  private let pairs: [(id: String, first: ScoredItem, second: ScoredItem)]
  /// Questions that only one file has.
  private let onlyFirst: [String]
  private let onlySecond: [String]

  init(_ first: String, _ second: String, benchmark: ScoredBenchmark, questions: String?) throws {
    names = (first, second)
    self.benchmark = benchmark
    let asked = try questions.map { file throws(Diagnostics) in try readScoringQuestions(file, of: benchmark) }
    func items(_ file: String) throws -> [ScoredItem] {
      let rows = try readPredictions(file, of: benchmark)
      return try ScoreSheet(benchmark, rows: rows, questions: asked, file: file).items
    }
    let (a, b) = (try items(first), try items(second))
    let known = Dictionary(b.map { (ExactText($0.question.id), $0) }, uniquingKeysWith: { first, _ in first })
    pairs = a.compactMap { item in known[ExactText(item.question.id)].map { (item.question.id, item, $0) } }
    let common = Set(pairs.map { ExactText($0.id) })
    onlyFirst = a.map(\.question.id).filter { !common.contains(ExactText($0)) }
    onlySecond = b.map(\.question.id).filter { !common.contains(ExactText($0)) }
    guard !pairs.isEmpty else {
      throw Diagnostic("has no question in common with \(first)", at: SourceMark(file: second))
    }
    let other = pairs.filter {
      $0.first.question.choices != $0.second.question.choices || $0.first.question.answer != $0.second.question.answer
    }
    if let first = other.first {
      throw Diagnostic(
        "\(counted(other.count, "question")) with other choices or another answer than in \(names.0), such as \(first.id)",
        at: SourceMark(file: second), hint: "two revisions of the benchmark are not compared")
    }
  }

  /// Whether a question counts otherwise in one than in the other, by the official scorer.
  var isDifferent: Bool {
    lines.first.map { $0.pairs.discordant > 0 } ?? false || !onlyFirst.isEmpty || !onlySecond.isEmpty
  }

  private func line(_ name: String, by scorer: AnswerScorer, _ fits: (ScoredItem) -> Bool = { _ in true }) -> Line {
    let own = pairs.filter { fits($0.first) }
    let (first, second) = (own.map { $0.first.isRight(by: scorer) }, own.map { $0.second.isRight(by: scorer) })
    return Line(name: name, pairs: PairedCounts(first, second))
  }

  private var lines: [Line] { AnswerScorer.allCases.map { line($0.rawValue, by: $0) } }

  /// The first group of the benchmark: MMAU's task, MMAR's modality.
  private var categories: [Line] {
    let values = Set(pairs.compactMap { $0.first.question.groups.first }).filter { !$0.isEmpty }.sorted()
    return values.map { value in line(value, by: .string_match) { $0.question.groups.first == value } }
  }

  private func flips(_ isFirst: Bool) -> [String] {
    pairs.filter { $0.first.isRight(by: .string_match) != $0.second.isRight(by: .string_match) }
      .filter { $0.first.isRight(by: .string_match) == isFirst }.map(\.id)
  }

  func text(flips isTold: Bool) -> String {
    func percent(_ right: Int, _ count: Int) -> String {
      "\(right) of \(count), \(fixed(100 * Double(right) / Double(max(count, 1)), decimals: 1)) %"
    }
    func points(_ value: Double) -> String { (value > 0 ? "+" : "") + fixed(100 * value, decimals: 1) }
    func cells(_ line: Line) -> [String] {
      let pairs = line.pairs
      // The second less the first.
      let interval = pairedDifferenceInterval(pairs)
      return [
        line.name, percent(pairs.both + pairs.onlyFirst, pairs.count),
        percent(pairs.both + pairs.onlySecond, pairs.count),
        points(-pairs.difference), points(-interval.high) + " to " + points(-interval.low),
        pairs.mcNemar < 0.001 ? "<0.001" : fixed(pairs.mcNemar, decimals: 3),
        "+\(pairs.onlySecond) -\(pairs.onlyFirst)",
      ]
    }
    let head = ["first", "second", "points", "95 % interval", "p", "flips"]
    var text = ["first   \(names.0)", "second  \(names.1)", ""]
    text += aligned([["\(benchmark.title), \(counted(pairs.count, "question"))"] + head] + lines.map(cells))
    if !categories.isEmpty { text += [""] + aligned([["by string_match"] + head] + categories.map(cells)) }
    text += ["", "p: McNemar's exact test; interval: Newcombe's; flips: right in the second only, in the first only"]
    for (which, ids) in [("first", onlyFirst), ("second", onlySecond)] where !ids.isEmpty {
      text.append("only the \(which) has \(counted(ids.count, "question")): " + ids.prefix(5).joined(separator: ", "))
    }
    if isTold {
      for (sign, isFirst) in [("+", false), ("-", true)] { text += flips(isFirst).map { sign + " " + $0 } }
    }
    return text.joined(separator: "\n") + "\n"
  }

  var json: JSONValue {
    func object(_ line: Line) -> JSONValue {
      let interval = pairedDifferenceInterval(line.pairs)
      return .object([
        "name": .string(line.name), "n": .integer(line.pairs.count),
        "first": .integer(line.pairs.both + line.pairs.onlyFirst),
        "second": .integer(line.pairs.both + line.pairs.onlySecond), "only_first": .integer(line.pairs.onlyFirst),
        "only_second": .integer(line.pairs.onlySecond), "difference": .number(-line.pairs.difference),
        "interval": .array([.number(-interval.high), .number(-interval.low)]), "p": .number(line.pairs.mcNemar),
      ])
    }
    func texts(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
    return .object([
      "benchmark": .string(benchmark.rawValue), "scorers": .array(lines.map(object)),
      "categories": .array(categories.map(object)), "right_in_first_only": texts(flips(true)),
      "right_in_second_only": texts(flips(false)), "only_first": texts(onlyFirst), "only_second": texts(onlySecond),
    ])
  }
}
