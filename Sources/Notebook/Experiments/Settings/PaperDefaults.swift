// What a paper sets is the default of the experiments that reproduce it, each value with its place in the paper.
public import Diagnostics
internal import Locations
public import Publications
internal import Synchronization
internal import YAMLNodes

/// The values of a paper, over the program's own.
public struct PaperDefaults: Sendable, Hashable {
  public var values = SettingValues()
  /// What one run of the paper has instead, as text: by the run's name and the dotted path.
  var ofRuns: [String: [String: String]] = [:]
  /// By path, of settings that the paper says or that are assumed where it leaves them open.
  var origins: [String: Origin] = [:]

  static let none = PaperDefaults()

  /// Of a paper by its id; without one of the default paper. A paper that is not there sets nothing.
  /// - Throws: settings that are none of an experiment's, or whose values are not allowed, at their places.
  static func of(_ id: String?) throws(Diagnostics) -> PaperDefaults {
    let folders = ProjectFolder.folders("paper")
    guard !folders.isEmpty else { return .none }
    let settings = try PaperShelf(folders: folders).settings(id)
    var defaults = try PaperDefaults(settings.all)
    defaults.ofRuns = settings.ofRuns
    return defaults
  }

  init() {}

  public init(_ settings: [PaperSetting]) throws(Diagnostics) {
    var mistakes = Diagnostics()
    for setting in settings where Self.isPath(setting.name) {
      guard let entry = SettingTable.entries.first(where: { $0.path == setting.name }) else {
        mistakes.report(
          Diagnostic(
            "'\(setting.name)' is no setting of an experiment", at: setting.mark, path: "settings",
            hint: suggestion(for: setting.name, among: SettingTable.entries.map(\.path))))
        continue
      }
      do throws(Diagnostics) {
        try read(entry, setting)
        origins[entry.path] = Origin(setting)
      } catch {
        for mistake in error.list {
          mistakes.report(Diagnostic(mistake.fact, at: setting.mark, path: "settings." + mistake.path, hint: mistake.hint))
        }
      }
    }
    try mistakes.throwIfAnyError()
  }

  /// Whether a name is a dotted path, not words about something else.
  private static func isPath(_ name: String) -> Bool {
    name == "seeds" || name.contains(".") && !name.contains(" ") && !name.contains(":")
  }

  /// Reads a value as an experiment's file would have it.
  private mutating func read(_ entry: SettingEntry, _ setting: PaperSetting) throws(Diagnostics) {
    // As it is without the paper; "none" has no other form.
    if setting.value == entry.words(values) { return }
    let text = entry.name + ": " + (entry.isText ? quoted(setting.value) : setting.value)
    let file = entry.section.isEmpty ? text : entry.section + ":\n  " + text
    let mistakes = MistakeCollector()
    guard let root = try YAMLNode.parse(Array(file.utf8), file: ""), var reader = MappingReader(root, path: "", mistakes)
    else { return }
    if entry.section.isEmpty {
      _ = entry.read(&reader, entry.name, &values)
    } else if var part = reader.part(entry.section) {
      _ = entry.read(&part, entry.name, &values)
    }
    try mistakes.found.throwIfAnyError()
  }
}

extension Origin {
  init(_ setting: PaperSetting) {
    switch (setting.place, setting.assumed) {
    case (_?, let reading?): self = .reading(reading)
    case (let place?, nil): self = .paper(place)
    case (nil, let why): self = .assumed(why ?? "")
    }
  }
}
