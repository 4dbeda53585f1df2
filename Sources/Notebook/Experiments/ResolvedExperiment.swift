// The experiment as it ran: every value written out, each with where it comes from. It can be run again as it stands.
internal import Catalogue
internal import Diagnostics
internal import Evaluation
internal import Foundation
internal import JSONText
internal import Records

extension Experiment {
  /// `experiment.yaml` of a results folder.
  public var resolved: String { resolvedText }

  package var resolvedText: String {
    var lines = ["# As run under the \(profile.rawValue) profile; every value with its origin."]
    lines.append("title: " + quoted(title))
    // A file that names no profile runs under micro.
    if profile != .micro { lines.append("profile: \(profile.rawValue)") }
    if paper != nil || table != nil {
      let parts = [paper.map { "paper: " + $0 }, table.map { "table: \($0)" }].compactMap(\.self)
      lines.append("reproduces: {" + parts.joined(separator: ", ") + "}")
    }
    lines += settingLines(SettingTable.entries(in: ""), indent: "")
    for section in SettingTable.sections {
      let own = settingLines(SettingTable.entries(in: section), indent: "  ")
      if !own.isEmpty { lines += [section + ":"] + own }
    }
    if !idle.isEmpty { lines.append("# Nothing here depends on: " + idle.joined(separator: ", ")) }
    lines.append("cells:")
    for cell in cells { lines += cell.lines }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Sections that nothing here depends on, and settings of the others.
  private var idle: [String] {
    let top = SettingTable.entries(in: "").filter { !hasEffect($0) }.map(\.path)
    return top
      + SettingTable.sections.flatMap { section in
        let entries = SettingTable.entries(in: section)
        let idle = entries.filter { !hasEffect($0) }
        return idle.count == entries.count ? [section] : idle.map(\.path)
      }
  }

  /// A line a setting that something here depends on; what is but another way to say one is a remark.
  private func settingLines(_ entries: [SettingEntry], indent: String) -> [String] {
    entries.filter(hasEffect).compactMap { entry in
      guard let value = entry.yaml(values) else { return nil }
      if let why = entry.isDerived(values) { return "\(indent)# \(entry.name): \(value), \(why)" }
      return "\(indent)\(entry.name): \(value)  # \(origin(of: entry))"
    }
  }
}

/// A text in double quotes. JSON's escapes are YAML's; what YAML does not take as it is, or takes for a line's end, is
/// escaped as well.
func quoted(_ text: String) -> String {
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
    case .model(let model, let name): ["  - model: \(model.name)", "    as: \(quoted(name))"]
    case .weights(let weights, let name):
      ["  - model: \(weights.model.name)", "    weights: \(quoted(weights.place))"]
        + (weights.training.map { ["    training: \($0.name)", "    training_audio: \(weights.trainingAudio)"] } ?? [])
        + ["    as: \(quoted(name))"]
    case .train(let train, let name):
      [
        "  - train: {from: \(quoted(train.from)), on: \(train.on.name), audio: \(train.audio)"
          + (train.method == .grpo ? "" : ", with: \(train.method.rawValue)")
          + (train.own.map { Self.text($0, section: train.method.rawValue) } ?? "") + Self.text(train.subset) + "}", "    as: \(quoted(name))",
      ]
    case .evaluate(let e):
      [
        "  - evaluate: {models: [" + e.models.map(quoted).joined(separator: ", ") + "], on: \(e.on.name), audio: ["
          + e.audio.map { "\($0)" }.joined(separator: ", ") + "], decoding: \(e.decoding.rawValue)"
          + (e.own.map { Self.text($0, section: "evaluation") } ?? "") + Self.text(e.subset) + Self.text(e.levels) + "}"
      ]
    case .table(let number): ["  - table: \(number)"]
    case .verify(let number): ["  - verify: \(number)"]
    }
  }

  private static func text(_ own: OwnSettings, section: String) -> String {
    let pairs = SettingTable.entries.filter { own.paths.contains($0.path) }.compactMap { entry in
      entry.yaml(own.values).map { (entry.section == section ? entry.name : entry.path) + ": " + $0 }
    }
    return ", set: {" + pairs.joined(separator: ", ") + "}"
  }

  private static func text(_ levels: [FactorLevel]) -> String {
    levels.isEmpty ? "" : ", levels: {" + levels.map { "\($0.factor): \(quoted($0.level))" }.joined(separator: ", ") + "}"
  }

  private static func text(_ subset: QuestionSubset?) -> String { subset.map { ", subset: \($0.rawValue)" } ?? "" }

  /// The cell as it stands in the file, for reports.
  public var source: String { lines.map { $0.dropFirst(2) }.joined(separator: "\n") }
}
