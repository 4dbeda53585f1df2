// The models and data sets that experiments may name: `Experiments/catalogue/*.yaml`, the user's own files before the
// project's, read at run time, so that a row needs no build.
public import Diagnostics
internal import Foundation
internal import Locations
internal import Synchronization
internal import YAMLNodes

/// Rows of all catalogue files that were found; of two rows of one name the first counts.
public struct Catalogue: Sendable {
  public private(set) var models: [CatalogueModel] = []
  public private(set) var sets: [DataSet] = []
  /// Folders that were looked through.
  public let folders: [String]

  /// One with nothing in it.
  public static let none = Catalogue()
  private init() { folders = [] }

  /// nil if no row has this name.
  public func model(_ name: String) -> CatalogueModel? { models.first { $0.name == name } }
  /// nil if no row has this name.
  public func set(_ name: String) -> DataSet? { sets.first { $0.name == name } }
  public var trainingSets: [DataSet] { sets.filter { $0.role == .training } }
  public var benchmarks: [DataSet] { sets.filter { $0.role == .benchmark } }

  /// The catalogue of this place and of the project, read once.
  /// - Throws: every mistake in its files; of kind `missing` if there is none.
  public static func standard() throws(Diagnostics) -> Catalogue {
    let folders = ProjectFolder.folders("Experiments").map { $0 + "/catalogue" }.filter {
      FileManager.default.fileExists(atPath: $0)
    }
    if let known = known.withLock({ $0[folders] }) { return known }
    guard !folders.isEmpty else {
      throw Diagnostics([
        Diagnostic(
          "there is no catalogue of models and data sets: looked for Experiments/catalogue", path: "catalogue",
          hint: "start repro from the project's folder", kind: .missing)
      ])
    }
    let catalogue = try Catalogue(folders: folders)
    known.withLock { $0[folders] = catalogue }
    return catalogue
  }

  private static let known = Mutex<[[String]: Catalogue]>([:])

  /// Reads every YAML file of some folders. Of two rows of one name in two folders the first counts; twice in one folder
  /// is a mistake.
  public init(folders: [String]) throws(Diagnostics) {
    self.folders = folders
    let mistakes = MistakeCollector()
    for folder in folders {
      var (newModels, newSets): ([CatalogueModel], [DataSet]) = ([], [])
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".yaml") }
      for name in names.sorted() {
        CatalogueReader(file: folder + "/" + name, mistakes).read(into: &newModels, &newSets)
      }
      models += newModels.filter { new in !models.contains { $0.name == new.name } }
      sets += newSets.filter { new in !sets.contains { $0.name == new.name } }
    }
    try mistakes.found.throwIfAnyError()
  }
}
