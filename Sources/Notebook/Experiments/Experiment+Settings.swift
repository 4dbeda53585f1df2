// Every setting of an experiment with where its value comes from: what `repro plan` shows and `repro diff` compares.

/// One value of an experiment.
public struct Setting: Sendable, Hashable {
  /// Dotted path, as in the file.
  public var path: String
  public var value: String
  public var origin: String
  /// What is allowed, in words.
  public var allowed: String
  /// Whether the paper states what it should be.
  public var isStated = false
  /// Whether something in the experiment depends on it.
  public var hasEffect = true
}

/// Values with where they come from, as a file and the command line gave them.
struct GivenSettings: Sendable, Hashable {
  var values: SettingValues
  var origins: [String: Origin]
}

extension Experiment {
  /// In the order of the table, which is that of the resolved file. One without effect is shown as it was given.
  public var settings: [Setting] {
    SettingTable.entries.map { entry in
      let hasEffect = hasEffect(entry)
      var shown = self
      if !hasEffect, let given { (shown.values, shown.origins) = (given.values, given.origins) }
      return Setting(
        path: entry.path, value: entry.words(shown.values), origin: shown.origin(of: entry), allowed: entry.allowed,
        isStated: standardOrigin(of: entry).isStated, hasEffect: hasEffect)
    }
  }

  func origin(of entry: SettingEntry) -> String {
    entry.isDerived(values) ?? (origins[entry.path] ?? standardOrigin(of: entry)).text
  }

  /// Where a setting's default comes from. What the program knows in one form only is no choice of a paper's.
  func standardOrigin(of entry: SettingEntry) -> Origin {
    if case .program = entry.origin { return entry.origin }
    return standard.origins[entry.path] ?? entry.origin
  }

  /// Whether a setting has its default: the paper's value, or the program's where the paper says nothing.
  func isStandard(_ entry: SettingEntry, _ values: SettingValues) -> Bool { entry.isSame(values, standard.values) }
}
