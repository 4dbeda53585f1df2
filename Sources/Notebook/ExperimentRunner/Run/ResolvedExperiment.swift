// The experiment as it ran: every value written out, each with where it comes from. It can be run again as it stands.
internal import Diagnostics
internal import Evaluation
internal import Foundation
internal import JSONText
internal import Questions
internal import TensorCore

extension Experiment {
  /// `experiment.yaml` of a results folder.
  public var resolved: String { resolvedText }

  var resolvedText: String {
    var lines = ["# As run under the \(profile.rawValue) profile; every value with its origin."]
    lines.append("title: " + quoted(title))
    // A file that names no profile runs under micro.
    if profile != .micro { lines.append("profile: \(profile.rawValue)") }
    if paper != nil || table != nil {
      let parts = [paper.map { "paper: " + $0 }, table.map { "table: \($0)" }].compactMap(\.self)
      lines.append("reproduces: {" + parts.joined(separator: ", ") + "}")
    }
    lines.append("seeds: [" + seeds.map(String.init).joined(separator: ", ") + "]" + remark("seeds", .assumed("the public trainer's seed")))
    lines.append("grpo:")
    for (key, origin) in TrainingSettings.origins {
      lines.append("  \(key): " + value(training.json[key]) + remark("grpo." + key, origin))
      guard key == "steps", !statedStepsOn.isEmpty else { continue }
      let parts = TrainingSetName.allCases.compactMap { set in statedStepsOn[set].map { "\(set.rawValue): \($0)" } }
      lines.append("  steps_on: {" + parts.joined(separator: ", ") + "}" + remark("grpo.steps_on", origin))
    }
    if training.moments != .float32 {
      lines.append("  moments: \(training.moments.rawValue)" + remark("grpo.moments", .file))
    }
    lines.append("evaluation:")
    lines.append("  max_new_tokens: \(evaluation.maxNewTokens)" + remark("evaluation.max_new_tokens", .assumed("answers are short")))
    lines.append("  scorer: \(evaluation.scorer.rawValue)" + remark("evaluation.scorer", .paper("section IV-B, string match")))
    lines.append("prompt:")
    lines.append("  template: " + quoted(prompt.template) + remark("prompt.template", .paper("section III-A")))
    lines.append("  choices: \(prompt.choices.rawValue)" + remark("prompt.choices", .assumed("the public trainer's form")))
    lines.append("  audio_for_video: \(prompt.audioForVideo)" + remark("prompt.audio_for_video", audioForVideoOrigin))
    if let system = prompt.system { lines.append("  system: " + quoted(system) + remark("prompt.system", .file)) }
    if data != DataSettings() { lines.append("data:") }
    if data.subset != .all { lines.append("  subset: \(data.subset.rawValue)" + remark("data.subset", .file)) }
    if let subset = data.trainingSubset {
      lines.append("  training_subset: \(subset.rawValue)" + remark("data.training_subset", .file))
    }
    lines.append("cells:")
    for cell in cells { lines += cell.lines }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Steps by training set, of those sets that a cell trains on: what has no effect makes no new version. The micro
  /// profile states all, as its committed results do.
  var statedStepsOn: [TrainingSetName: Int] {
    if profile == .micro { return training.stepsOn }
    let trained = cells.compactMap { if case .train(let train, _) = $0 { train.on } else { nil } }
    return training.stepsOn.filter { trained.contains($0.key) }
  }

  private func remark(_ path: String, _ standard: Origin) -> String { "  # " + (origins[path] ?? standard).text }

  private func value(_ json: JSONValue?) -> String {
    switch json {
    case .string(let text): text
    case .object(let object): "{" + object.pairs.map { "\($0.key): \($0.value.canonicalText)" }.joined(separator: ", ") + "}"
    case .some(let value): value.canonicalText
    case nil: "null"
    }
  }
}

/// A text in double quotes. JSON's escapes are YAML's; what YAML does not take as it is, or takes for a line's end, is
/// escaped as well.
private func quoted(_ text: String) -> String {
  let forms = JSONValue.string(text).canonicalText.unicodeScalars.map { scalar in
    switch scalar.value {
    case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: String(format: "\\u%04X", scalar.value)
    default: String(scalar)
    }
  }
  return forms.joined()
}

extension Cell {
  fileprivate var lines: [String] {
    switch self {
    case .note(let text):
      ["  - note: |"]
        + text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "      " + $0 }
    case .model(let model, let name): ["  - model: \(model.rawValue)", "    as: \(quoted(name))"]
    case .weights(let weights, let name):
      ["  - model: \(weights.model.rawValue)", "    weights: \(quoted(weights.place))"]
        + (weights.training.map { ["    training: \($0.rawValue)", "    training_audio: \(weights.trainingAudio)"] } ?? [])
        + ["    as: \(quoted(name))"]
    case .train(let train, let name):
      [
        "  - train: {from: \(quoted(train.from)), on: \(train.on.rawValue), audio: \(train.audio)" + Self.text(train.subset)
          + "}", "    as: \(quoted(name))",
      ]
    case .evaluate(let e):
      [
        "  - evaluate: {models: [" + e.models.map(quoted).joined(separator: ", ") + "], on: \(e.on.rawValue), audio: ["
          + e.audio.map { "\($0)" }.joined(separator: ", ") + "], decoding: \(e.decoding.rawValue)" + Self.text(e.subset)
          + "}"
      ]
    case .table(let number): ["  - table: \(number)"]
    case .verify(let number): ["  - verify: \(number)"]
    }
  }

  private static func text(_ subset: QuestionSubset?) -> String { subset.map { ", subset: \($0.rawValue)" } ?? "" }

  /// The cell as it stands in the file, for reports.
  public var source: String { lines.map { $0.dropFirst(2) }.joined(separator: "\n") }
}
