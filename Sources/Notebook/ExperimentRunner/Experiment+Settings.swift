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

extension Experiment {
  /// In the order of the table, which is that of the resolved file.
  public var settings: [Setting] {
    SettingTable.entries.map { entry in
      Setting(
        path: entry.path, value: entry.words(values), origin: origin(of: entry), allowed: entry.allowed,
        isStated: entry.origin.isStated, hasEffect: hasEffect(entry))
    }
  }

  func origin(of entry: SettingEntry) -> String {
    entry.isDerived(values) ?? (origins[entry.path] ?? entry.origin).text
  }
}
