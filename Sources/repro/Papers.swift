// The papers there are: in `paper/` here, the user's own, and in the project's.
import Diagnostics
import Experiments
import Locations
import Publications
import Runner

enum Papers {
  static func shelf() throws(Diagnostics) -> PaperShelf {
    let folders = ProjectFolder.folders("paper")
    return try PaperShelf(folders: folders.isEmpty ? ["paper"] : folders)
  }

  /// A paper by its id; without one the default one.
  static func paper(_ id: String? = nil) throws(Diagnostics) -> PublishedPaper { try shelf().paper(id) }

  /// Papers and tables that experiments name and that are not there, each with its place.
  static func mistakes(_ experiments: [Experiment]) -> [Diagnostic] {
    var known: [String?: PublishedPaper] = [:]
    var mistakes: [Diagnostic] = []
    for experiment in experiments where !experiment.tableUses.isEmpty || experiment.paper != nil {
      do throws(Diagnostics) {
        if known[experiment.paper] == nil {
          let shelf = try shelf()
          if let id = experiment.paper, !shelf.ids.contains(id) {
            mistakes.append(experiment.unknownPaper(id, among: shelf.ids))
            continue
          }
          known[experiment.paper] = try shelf.paper(experiment.paper)
        }
        if let paper = known[experiment.paper] { mistakes += experiment.mistakes(in: paper) }
      } catch { mistakes += error.list.filter { !mistakes.contains($0) } }
    }
    return mistakes
  }
}

/// Papers that results are of, each read once.
struct PapersInUse {
  private let shelf: PaperShelf
  private var known: [String: PublishedPaper] = [:]

  init(_ shelf: PaperShelf) { self.shelf = shelf }

  /// What makes results of the paper's first table; of the default paper where none is named.
  mutating func runHint(_ id: String?) -> String? {
    guard let paper = try? paper(id) else { return nil }
    let first = paper.report.tables.compactMap { paper.table($0) } + paper.tables
    return first.lazy.compactMap(\.experiment).first.map { "repro run " + $0 }
  }

  /// A paper by its id; without one the default one.
  mutating func paper(_ id: String?) throws(Diagnostics) -> PublishedPaper {
    if let paper = (id ?? shelf.standard).flatMap({ known[$0] }) { return paper }
    let paper = try shelf.paper(id)
    known[paper.id] = paper
    return paper
  }
}
