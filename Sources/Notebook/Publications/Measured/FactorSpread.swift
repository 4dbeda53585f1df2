// What a grid of factors moves: prompt, scorer, decoding, revision. The rules are those of Documentation/factors.md.
public import JSONText
public import Records

/// One model, heard or not, asked over a grid of factors.
public struct FactorSpread: Sendable {
  /// A level of a factor, over all cells of the grid that have it.
  public struct Level: Sendable, Hashable {
    public var name: String
    /// The mean accuracy of its cells, as a fraction.
    public var accuracy: Double
    /// Of that mean, by questions: 95 %.
    public var interval: Interval
    public var questionCount: Int
  }

  /// What lies between two levels of a factor, or between two cells.
  public struct Gap: Sendable, Hashable {
    public var high: String
    public var low: String
    /// The difference of accuracies on the questions that both have, as a fraction.
    public var difference: Double
    /// Of the exact paired test, corrected by Holm over all pairs of its kind.
    public var pValue: Double
    /// Questions that both have.
    public var questionCount: Int
  }

  /// A factor of the grid: its levels, and how far the results of two of them lie apart.
  public struct Factor: Sendable, Hashable {
    public var name: String
    public var levels: [Level]
    /// Between its highest and its lowest level; nil where they have no question in common.
    public var gap: Gap?
  }

  /// The run's name.
  public let model: String
  /// Whether it heard the sound; nil where that is a factor.
  public let audio: Bool?
  public let factors: [Factor]
  public let cellCount: Int
  /// Between the cells with the highest and the lowest accuracy.
  public let gap: Gap?

  /// Every grid of a run's scores, in their order.
  /// - Parameter outcomes: by cell.
  public static func all(_ cells: [ScoreCell], outcomes: [String: [Outcome]]) -> [FactorSpread] {
    var groups: [(key: [String], cells: [ScoreCell])] = []
    for cell in cells where !cell.levels.isEmpty && cell.questionCount > 0 {
      let names = cell.levels.map(\.factor)
      let heard = names.contains("audio") ? "" : "\(cell.audio)"
      let key = [cell.run.name ?? cell.run.model, cell.seed.map(String.init) ?? "", heard] + names
      if let index = groups.firstIndex(where: { $0.key == key }) { groups[index].cells.append(cell) } else {
        groups.append((key, [cell]))
      }
    }
    return groups.compactMap { $0.cells.count > 1 ? FactorSpread($0.cells, outcomes) : nil }
  }

  /// The files of a run's grids, by their names in its folder.
  public static func files(_ spreads: [FactorSpread]) -> [(path: String, text: String)] {
    spreads.enumerated().flatMap { index, spread in
      let path = "tables/factors-\(index + 1)"
      return [(path: path + ".md", text: spread.markdown + "\n"), (path: path + ".csv", text: spread.csv)]
    }
  }

  private init(_ cells: [ScoreCell], _ outcomes: [String: [Outcome]]) {
    let run = cells[0].run
    model = (run.name ?? run.model) + (cells[0].seed.map { ", seed \($0)" } ?? "")
    audio = cells[0].levels.contains { $0.factor == "audio" } ? nil : cells[0].audio
    cellCount = cells.count
    let asked = cells.map { Self.right(outcomes[$0.name] ?? []) }
    let pools = cells[0].levels.indices.map { index -> [Pool] in
      let names = cells.map { $0.levels[index].level }
      return names.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.map { name in
        Pool(name, zip(names, asked).filter { $0.0 == name }.map(\.1))
      }
    }
    let gaps = Self.gaps(pools)
    factors = zip(cells[0].levels.map(\.factor), zip(pools, gaps)).map { factor, found in
      Factor(name: factor, levels: found.0.map(\.level), gap: found.1)
    }
    let whole = zip(cells, asked).map { cell, right in
      Pool(cell.levels.map(\.level).joined(separator: ", "), [right])
    }
    gap = Self.gaps([whole]).first ?? nil
  }

  private static func right(_ outcomes: [Outcome]) -> [String: Int] {
    Dictionary(outcomes.map { ($0.id, $0.isCorrect ? 1 : 0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The cells of one level, question by question.
  private struct Pool {
    var name: String
    /// In how many of its cells a question is right, and how many asked it.
    var counts: [String: (right: Int, asked: Int)] = [:]

    init(_ name: String, _ cells: [[String: Int]]) {
      self.name = name
      for cell in cells {
        for (id, right) in cell {
          let known = counts[id] ?? (0, 0)
          counts[id] = (known.right + right, known.asked + 1)
        }
      }
    }

    var level: Level {
      // In a fixed order, so that the bits are the same everywhere.
      let shares = counts.sorted { $0.key < $1.key }.map { Double($0.value.right) / Double($0.value.asked) }
      let (sum, n) = (shares.reduce(0, +), Double(shares.count))
      return Level(
        name: name, accuracy: n == 0 ? 0 : sum / n, interval: wilsonInterval(sum, of: n), questionCount: shares.count)
    }

    /// The difference on the questions that both have, each asked equally often; nil where there are none.
    func minus(_ other: Pool) -> (difference: Double, pValue: Double, count: Int)? {
      var differences: [Int] = []
      var sum = 0.0
      for (id, own) in counts.sorted(by: { $0.key < $1.key }) {
        guard let its = other.counts[id], its.asked == own.asked else { continue }
        differences.append(own.right - its.right)
        sum += Double(own.right - its.right) / Double(own.asked)
      }
      guard !differences.isEmpty else { return nil }
      return (sum / Double(differences.count), signFlipTest(differences), differences.count)
    }
  }

  /// The gap of each family of pools, its p corrected over all pairs of all of them.
  private static func gaps(_ families: [[Pool]]) -> [Gap?] {
    var pairs: [(family: Int, high: Pool, low: Pool, found: (difference: Double, pValue: Double, count: Int))] = []
    for (family, pools) in families.enumerated() {
      for a in pools.indices {
        for b in pools.indices where b > a {
          guard let found = pools[a].minus(pools[b]) else { continue }
          if found.difference >= 0 { pairs.append((family, pools[a], pools[b], found)) } else {
            pairs.append((family, pools[b], pools[a], (-found.difference, found.pValue, found.count)))
          }
        }
      }
    }
    let adjusted = holmAdjusted(pairs.map(\.found.pValue))
    return families.indices.map { family in
      let own = zip(pairs, adjusted).filter { $0.0.family == family }
      return own.max { $0.0.found.difference < $1.0.found.difference }.map { pair, p in
        Gap(
          high: pair.high.name, low: pair.low.name, difference: pair.found.difference, pValue: p,
          questionCount: pair.found.count)
      }
    }
  }
}

extension FactorSpread {
  private func percent(_ share: Double) -> String { fixed(100 * share, decimals: 1) }
  private func p(_ value: Double) -> String { value < 0.001 ? "<0.001" : fixed(value, decimals: 3) }

  public var title: String {
    model + (audio.map { ", asked \($0 ? "with" : "without") audio" } ?? "") + ": \(cellCount) cells"
  }

  private static let head = ["factor", "level", "accuracy", "95 % interval", "questions", "spread", "p (Holm)"]

  private var rows: [[String]] {
    factors.flatMap { factor in
      factor.levels.enumerated().map { index, level in
        let gap = index == 0 ? factor.gap : nil
        return [
          index == 0 ? factor.name : "", level.name, percent(level.accuracy),
          percent(level.interval.low) + " to " + percent(level.interval.high), "\(level.questionCount)",
          gap.map { percent($0.difference) } ?? "", gap.map { p($0.pValue) } ?? "",
        ]
      }
    }
  }

  /// The spread over all cells in a sentence.
  public var sentence: String {
    guard let gap else { return "No two cells have a question in common." }
    return "The cells lie up to \(percent(gap.difference)) points apart: \(gap.high) above \(gap.low), on "
      + "\(grouped(gap.questionCount)) questions, p \(gap.pValue < 0.001 ? "" : "= ")\(p(gap.pValue))."
  }

  public var markdown: String {
    let lines = [Self.head, Self.head.map { _ in "---" }] + rows
    return (["**\(title)**", ""] + lines.map { "| " + $0.joined(separator: " | ") + " |" } + ["", sentence, "", Self.note])
      .joined(separator: "\n")
  }

  /// What the columns are.
  public static let note =
    "Accuracy: mean over the cells of a level; interval: Wilson's, by questions; spread: the largest difference of two "
    + "levels, paired on the questions that both have; p: exact sign-flip test, corrected by Holm over all pairs."

  public var text: String {
    let all = [Self.head] + rows
    let widths = Self.head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let lines = all.map { row in
      var line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return "  " + line
    }
    return ([title] + lines + [sentence]).joined(separator: "\n") + "\n"
  }

  /// The same for programs: shares as fractions, without rounding.
  public var json: JSONValue {
    func object(_ gap: Gap?) -> JSONValue {
      gap.map {
        .object([
          "high": .string($0.high), "low": .string($0.low), "difference": .number($0.difference), "p": .number($0.pValue),
          "questions": .integer($0.questionCount),
        ])
      } ?? .null
    }
    let factors = factors.map { factor in
      let levels = factor.levels.map { level in
        JSONValue.object([
          "name": .string(level.name), "accuracy": .number(level.accuracy), "low": .number(level.interval.low),
          "high": .number(level.interval.high), "questions": .integer(level.questionCount),
        ])
      }
      return JSONValue.object(["name": .string(factor.name), "levels": .array(levels), "spread": object(factor.gap)])
    }
    return .object([
      "model": .string(model), "audio": audio.map { .boolean($0) } ?? .null, "cells": .integer(cellCount),
      "factors": .array(factors), "spread": object(gap),
    ])
  }

  /// Shares as fractions, without rounding.
  public var csv: String {
    let lines = factors.flatMap { factor in
      factor.levels.map { level in
        [
          factor.name, level.name, "\(level.accuracy)", "\(level.interval.low)", "\(level.interval.high)",
          "\(level.questionCount)", factor.gap.map { "\($0.difference)" } ?? "", factor.gap.map { "\($0.pValue)" } ?? "",
        ].joined(separator: ",")
      }
    }
    return (["factor,level,accuracy,low,high,questions,spread,p"] + lines).joined(separator: "\n") + "\n"
  }
}
