// Two versions of results side by side: scores on the same questions, and what else their files say differently.
internal import Diagnostics
internal import Foundation
public import JSONText
public import Publications
internal import Records

/// One evaluation cell that both versions have.
public struct ScoreComparison: Sendable, Hashable {
  public var name: String
  /// Right answers of questions, first and second.
  public var first: (correct: Int, count: Int) { (firstCorrect, firstCount) }
  public var second: (correct: Int, count: Int) { (secondCorrect, secondCount) }
  private var firstCorrect, firstCount, secondCorrect, secondCount: Int
  /// Questions of each that could not be scored, their answers being withheld.
  public var firstUnscored, secondUnscored: Int
  /// Nil if the two did not answer the same questions.
  public var pairs: PairedCounts?
  /// Ids of questions that only the first, or only the second, answered right; sorted.
  public var onlyFirst: [String] = []
  public var onlySecond: [String] = []

  /// - Parameters: the scores, and outcomes if they are there.
  init(_ first: ScoreCell, _ second: ScoreCell, _ a: [Outcome]?, _ b: [Outcome]?) {
    name = first.name
    (firstCorrect, firstCount) = (first.correctCount, first.questionCount)
    (secondCorrect, secondCount) = (second.correctCount, second.questionCount)
    (firstUnscored, secondUnscored) = (first.unscoredCount, second.unscoredCount)
    guard let a, let b, a.count == b.count else { return }
    let other = Dictionary(b.map { (ExactText($0.id), $0.isCorrect) }) { old, _ in old }
    let matched = a.compactMap { outcome in other[ExactText(outcome.id)].map { (outcome.isCorrect, $0) } }
    guard matched.count == a.count else { return }
    pairs = PairedCounts(matched.map(\.0), matched.map(\.1))
    onlyFirst = a.filter { $0.isCorrect && other[ExactText($0.id)] == false }.map(\.id).sorted()
    onlySecond = a.filter { !$0.isCorrect && other[ExactText($0.id)] == true }.map(\.id).sorted()
  }

  /// Accuracy of the second less that of the first, as a fraction.
  public var difference: Double { accuracy(second) - accuracy(first) }

  /// Newcombe's interval of the difference at 95 %: for paired questions where they are the same ones.
  public var interval: Interval {
    guard let pairs else {
      return differenceInterval(secondCorrect, of: secondCount, minus: firstCorrect, of: firstCount)
    }
    let interval = pairedDifferenceInterval(pairs)
    return Interval(low: 0 - interval.high, high: 0 - interval.low)
  }

  /// McNemar's exact test; nil where the questions are not the same.
  public var significance: Double? { pairs?.mcNemar }

  public var isSame: Bool {
    !isUnscored && firstUnscored == secondUnscored && (pairs.map { $0.discordant == 0 } ?? (first == second))
  }

  /// Whether one of the two has no score at all, so that there is nothing to compare.
  public var isUnscored: Bool {
    firstUnscored > 0 && firstCount == 0 || secondUnscored > 0 && secondCount == 0
  }

  private func accuracy(_ counts: (correct: Int, count: Int)) -> Double {
    Double(counts.correct) / Double(max(counts.count, 1))
  }

  public var json: JSONValue {
    func counts(_ counts: (correct: Int, count: Int), _ unscored: Int) -> JSONValue {
      var object = JSONObject([("correct", .integer(counts.correct)), ("n", .integer(counts.count))])
      if unscored > 0 { object["unscored"] = .integer(unscored) }
      return .object(object)
    }
    let sides = (counts(first, firstUnscored), counts(second, secondUnscored))
    guard !isUnscored else { return .object(["name": .string(name), "first": sides.0, "second": sides.1]) }
    return .object([
      "name": .string(name), "first": sides.0, "second": sides.1, "difference": .number(difference),
      "interval": .array([.number(interval.low), .number(interval.high)]),
      "p": significance.map { .number($0) } ?? .null, "paired": .boolean(pairs != nil),
      "only_first": .array(onlyFirst.map { .string($0) }), "only_second": .array(onlySecond.map { .string($0) }),
    ])
  }
}

/// Two versions of results.
public struct ResultComparison: Sendable {
  public var first: RunResults
  public var second: RunResults
  /// Cells of both, in the order of the first.
  public var scores: [ScoreComparison] = []
  /// Names of evaluation cells that only one has.
  public var onlyFirst: [String] = []
  public var onlySecond: [String] = []
  /// Dotted path in `provenance.json`, with the values there; keys of cells left out, for they only repeat it.
  public var provenance: [(path: String, first: String, second: String)] = []
  /// Files whose bytes differ, or that only one has; the manifest left out.
  public var files: [String] = []

  public init(_ first: RunResults, _ second: RunResults) throws {
    (self.first, self.second) = (first, second)
    let (a, b) = (try first.measurements(), try second.measurements())
    for cell in a.cells {
      if let other = b.cells.first(where: { $0.name == cell.name }) {
        scores.append(ScoreComparison(cell, other, a.outcomes[cell.name], b.outcomes[cell.name]))
      } else {
        onlyFirst.append(cell.name)
      }
    }
    onlySecond = b.cells.map(\.name).filter { name in !a.cells.contains { $0.name == name } }
    provenance = Self.provenance(try first.json("provenance.json"), try second.json("provenance.json"))
    let (x, y) = (first.fileData, second.fileData)
    files = Set(x.keys).union(y.keys).filter { x[$0] != y[$0] && $0 != "MANIFEST.sha256" }.sorted()
  }

  public var isSame: Bool { files.isEmpty }

  private static func provenance(_ a: JSONValue?, _ b: JSONValue?) -> [(path: String, first: String, second: String)] {
    func leaves(_ json: JSONValue?, _ path: String) -> [String: String] {
      guard let json else { return [:] }
      guard let object = json.object else { return [path: json.string ?? json.canonicalText] }
      return object.pairs.reduce(into: [:]) { all, pair in
        guard !(path.isEmpty && pair.key == "cells") else { return }
        all.merge(leaves(pair.value, path.isEmpty ? pair.key : path + "." + pair.key)) { $1 }
      }
    }
    let (x, y) = (leaves(a, ""), leaves(b, ""))
    return Set(x.keys).union(y.keys).sorted().filter { x[$0] != y[$0] }.map { ($0, x[$0] ?? "", y[$0] ?? "") }
  }
}

extension RunResults {
  /// A JSON file of the version; nil if it is not there.
  public func json(_ name: String) throws -> JSONValue? {
    let file = path + "/" + name
    return try FileManager.default.contents(atPath: file).map { try JSONValue(parsing: Array($0), file: file) }
  }

  /// Bytes of every file, by relative path.
  var fileData: [String: Data] {
    let names = FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? []
    return names.reduce(into: [:]) { files, name in files[name] = FileManager.default.contents(atPath: path + "/" + name) }
  }
}
