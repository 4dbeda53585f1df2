// Where papers stand: folders of papers, the user's own before the project's. Read when asked for, so that adding a
// paper needs no build, and a mistake in one harms no other.
public import Diagnostics
internal import Foundation
internal import YAMLNodes

/// The papers that are at hand.
public struct PaperShelf: Sendable {
  /// The paper of experiments, results and commands that name none; nil where no folder names one.
  public let standard: String?
  /// Every paper's id and folder: the standard one first, the others by name.
  public let entries: [(id: String, folder: String)]
  private let benchmarks: [Benchmark]
  private let folders: [String]

  /// Looks through `folders`, each holding a folder for each paper and, where they share anything, `papers.yaml`. Of two
  /// papers of one name the first found counts.
  /// - Throws: every mistake of every papers.yaml.
  public init(folders: [String]) throws(Diagnostics) {
    let mistakes = MistakeCollector()
    var standard: String?
    var benchmarks: [Benchmark] = []
    var entries: [(id: String, folder: String)] = []
    for folder in folders {
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
      for name in names where FileManager.default.fileExists(atPath: "\(folder)/\(name)/paper.yaml") {
        if !entries.contains(where: { $0.id == name }) { entries.append((name, "\(folder)/\(name)")) }
      }
      let reader = PaperReader(folder: folder, id: "", mistakes)
      guard let root = reader.document("papers.yaml", isRequired: false),
        var top = MappingReader(root, path: "", mistakes)
      else { continue }
      let named = top.text("default")
      if let named, !entries.contains(where: { $0.id == named }) {
        top.report("there is no paper '\(named)'", "default", hint: suggestion(for: named, among: entries.map(\.id)))
      }
      standard = standard ?? named
      let own = Benchmark.list(top.entries("benchmarks"), path: "benchmarks", mistakes)
      benchmarks += own.filter { new in !benchmarks.contains { $0.id == new.id } }
      top.finish()
    }
    try mistakes.found.throwIfAnyError()
    let first = standard ?? (entries.count == 1 ? entries.first?.id : nil)
    self.standard = first
    self.entries = entries.filter { $0.id == first } + entries.filter { $0.id != first }.sorted { $0.id < $1.id }
    self.benchmarks = benchmarks
    self.folders = folders
  }

  public var ids: [String] { entries.map(\.id) }

  /// A paper by its id; without one the standard one.
  /// - Throws: what is wrong with it; of kind `missing` if it is not there.
  public func paper(_ id: String? = nil) throws(Diagnostics) -> PublishedPaper {
    guard let wanted = id ?? standard else {
      throw Diagnostics([
        Diagnostic(
          entries.isEmpty ? "there is no paper: looked in " + folders.joined(separator: ", ") : "no paper is the default one",
          path: "paper", hint: entries.isEmpty ? "start repro from the project's folder" : "name one: " + ids.joined(separator: ", "),
          kind: .missing)
      ])
    }
    guard let entry = entries.first(where: { $0.id == wanted }) else {
      throw Diagnostics([
        Diagnostic(
          "there is no paper '\(wanted)' in " + folders.joined(separator: ", "), path: "paper",
          hint: suggestion(for: wanted, among: ids), kind: .missing)
      ])
    }
    return try PublishedPaper.load(folder: entry.folder, shared: benchmarks)
  }

  /// What a paper sets, for all of its runs and for one alone, by its name; without an id the standard one. Nothing
  /// else of it is read.
  /// - Throws: what is wrong with them. A paper that is not there sets nothing.
  public func settings(
    _ id: String? = nil
  ) throws(Diagnostics) -> (all: [PaperSetting], ofRuns: [String: [String: String]]) {
    guard let entry = entries.first(where: { $0.id == id ?? standard }) else { return ([], [:]) }
    let mistakes = MistakeCollector()
    var reader = PaperReader(folder: entry.folder, id: entry.id, mistakes)
    if let root = reader.document("paper.yaml"), var top = MappingReader(root, path: "", mistakes) {
      reader.readRuns(&top)
      for (index, node) in top.list("settings").enumerated() { reader.readSetting(node, path: "settings[\(index + 1)]") }
    }
    try mistakes.found.throwIfAnyError()
    return (reader.paper.settings, reader.paper.runSettings)
  }
}
