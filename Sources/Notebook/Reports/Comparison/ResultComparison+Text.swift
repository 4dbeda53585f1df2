// A comparison as lines for a terminal.
internal import Publications

extension ResultComparison {
  /// - Parameters:
  ///   - settings: what the two experiment files say differently.
  ///   - flips: whether to name the questions that only one answered right.
  public func text(settings: [(path: String, first: String, second: String)], flips: Bool) -> String {
    var lines = ["first   \(first.name)  (\(first.path))", "second  \(second.name)  (\(second.path))", ""]
    if isSame { return lines.joined(separator: "\n") + "\nThe same, byte for byte.\n" }
    lines += section("Settings", settings)
    lines += section("Provenance", provenance.map { ($0.path, short($0.first), short($0.second)) })
    lines += scoreLines(flips: flips)
    for (names, which) in [(onlyFirst, "first"), (onlySecond, "second")] where !names.isEmpty {
      lines += ["Only the \(which) has"] + names.map { "  " + $0 } + [""]
    }
    lines.append("Files: \(files.count) differ" + (files.count > 12 ? ", such as" : ""))
    lines += files.prefix(12).map { "  " + $0 }
    return lines.joined(separator: "\n") + "\n"
  }

  private func section(_ title: String, _ rows: [(String, String, String)]) -> [String] {
    guard !rows.isEmpty else { return [] }
    let width = rows.map(\.0.count).max() ?? 0
    let middle = min(rows.map(\.1.count).max() ?? 0, 40)
    let body = rows.map { path, a, b in
      "  " + padded(path, width) + "  " + padded(a.isEmpty ? "-" : a, middle) + "  " + (b.isEmpty ? "-" : b)
    }
    return [title] + body + [""]
  }

  private func scoreLines(flips: Bool) -> [String] {
    let unscored = scores.filter(\.isUnscored).map { score in
      func side(_ counts: (correct: Int, count: Int), _ unscored: Int) -> String {
        counts.count == 0 && unscored > 0 ? "\(unscored) submitted, not scored" : self.counts(counts)
      }
      return "  \(score.name)  first: \(side(score.first, score.firstUnscored)); second: "
        + side(score.second, score.secondUnscored)
    }
    let rest = unscored.isEmpty ? [] : ["Not compared, as answers are withheld"] + unscored + [""]
    return rest + comparedLines(scores.filter { !$0.isUnscored }, flips: flips)
  }

  private func comparedLines(_ scores: [ScoreComparison], flips: Bool) -> [String] {
    let different = scores.filter { !$0.isSame }
    guard !scores.isEmpty else { return [] }
    guard !different.isEmpty else {
      return ["Scores: all \(scores.count) the same, question by question", ""]
    }
    let width = different.map(\.name.count).max() ?? 0
    var lines = [
      "Scores" + padded("", width - 4) + " first          second         difference, 95 % interval     p      flips"
    ]
    for score in different {
      let interval = "\(signed(score.difference)) (\(signed(score.interval.low)) to \(signed(score.interval.high)))"
      let p = score.significance.map { $0 < 0.001 ? "<0.001" : fixed($0, decimals: 3) } ?? "-"
      let flip = score.pairs.map { "+\($0.onlySecond) -\($0.onlyFirst)" } ?? "other questions"
      lines.append(
        "  " + padded(score.name, width) + "  " + padded(counts(score.first), 15) + padded(counts(score.second), 15)
          + padded(interval, 29) + padded(p, 7) + flip)
      guard flips else { continue }
      for (sign, ids) in [("+", score.onlySecond), ("-", score.onlyFirst)] where !ids.isEmpty {
        lines.append("    \(sign) " + ids.joined(separator: " "))
      }
    }
    let same = scores.count - different.count
    if same > 0 { lines.append("  \(same) of \(scores.count) the same, question by question") }
    lines.append("  p: McNemar's exact test; interval: Newcombe's; flips: right in the second only, in the first only")
    return lines + [""]
  }

  private func counts(_ counts: (correct: Int, count: Int)) -> String {
    let share = 100 * Double(counts.correct) / Double(max(counts.count, 1))
    return "\(fixed(share, decimals: 1)) \(counts.correct)/\(counts.count)"
  }

  private func signed(_ fraction: Double) -> String {
    let text = fixed(100 * fraction, decimals: 1)
    return text.hasPrefix("-") || text == "0.0" ? text : "+" + text
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// The first digits of a digest; other values whole.
  private func short(_ value: String) -> String {
    value.count == 64 && value.allSatisfy(\.isHexDigit) ? value.prefix(12) + "…" : value
  }
}
