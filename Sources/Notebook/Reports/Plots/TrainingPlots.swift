// A training's curve in a line, and as a plot.
internal import Foundation
internal import Publications
public import Records

extension TrainingCurve {
  /// `qwen2-audio-avqa-s3` is seed 3 of `qwen2-audio-avqa`.
  public var recipe: (name: String, seed: Int?) {
    guard let mark = cell.ranges(of: "-s").last, let seed = Int(cell[mark.upperBound...]), seed >= 0 else {
      return (cell, nil)
    }
    return (String(cell[..<mark.lowerBound]), seed)
  }

  /// A line about the whole: what was earned at first and at the end, how far the policy went.
  ///
  /// `reward 0.12 at first, 0.31 at the end (means of 40 steps); KL 0.021; 5.2 tokens; 38 % of groups all alike`, and how
  /// many completions were cut, where any was. Of supervised steps the loss of a token at first and at the end.
  public var summary: String {
    let tenth = max(steps.count / 10, 1)
    func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }
    func last(_ key: String) -> Double { mean(values(key).suffix(tenth)) }
    let span = tenth == 1 ? "" : " (means of \(tenth) steps)"
    // Supervised steps have no rewards.
    guard steps.contains(where: { $0["reward"] != nil }) else {
      return "loss \(fixed(mean(values("loss").prefix(tenth)), decimals: 3)) at first, "
        + "\(fixed(last("loss"), decimals: 3)) at the end\(span)"
    }
    return "reward \(fixed(mean(values("reward").prefix(tenth)), decimals: 2)) at first, "
      + "\(fixed(last("reward"), decimals: 2)) at the end\(span); KL \(fixed(last("kl"), decimals: 3)); "
      + "\(fixed(last("completion_length"), decimals: 1)) tokens; "
      + "\(fixed(100 * last("zero_advantage_share"), decimals: 0)) % of groups all alike" + truncated(tenth)
  }

  /// Completions cut at the limit of tokens, at first and at the end.
  private func truncated(_ tenth: Int) -> String {
    let shares = values("truncated_share")
    guard shares.contains(where: { $0 > 0 }) else { return "" }
    func mean(_ part: some Collection<Double>) -> String {
      fixed(100 * part.reduce(0, +) / Double(max(part.count, 1)), decimals: 1)
    }
    return "; \(mean(shares.prefix(tenth))) % of completions cut at the limit of tokens at first, "
      + "\(mean(shares.suffix(tenth))) % at the end"
  }
}

extension RunResults {
  /// The curves of every fine-tuning of the version, by name.
  /// - Throws: the place of a line that is no step of a training.
  public func trainingCurves() throws -> [TrainingCurve] {
    let folder = path + "/training/"
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    return try names.filter { $0.hasSuffix(".jsonl") }.compactMap { name in
      try FileManager.default.contents(atPath: folder + name).map {
        try TrainingCurve(cell: String(name.dropLast(6)), parsing: Array($0), file: folder + name)
      }
    }
  }
}

extension LinePlot {
  /// One curve a training cell; nil if none has the key.
  /// - Parameter key: such as `reward_mean` or `kl`.
  public init?(_ curves: [TrainingCurve], key: String, title: String, label: String) {
    let series = curves.compactMap { curve in
      let values = curve.values(key)
      return values.isEmpty ? nil : Series(name: curve.cell, values: values)
    }
    guard !series.isEmpty else { return nil }
    let longest = series.map(\.points.count).max() ?? 0
    self = LinePlot(title: title, xLabel: "step", yLabel: label, series: series).smoothed(
      window: max(1, longest / 40))
  }
}
