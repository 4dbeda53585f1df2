// The tables of a paper that an experiment names.
public import Diagnostics
public import Publications

/// Where an experiment names a table of its paper.
public struct TableUse: Sendable, Hashable {
  public var number: Int
  public var path: String
  public var mark: SourceMark
}

extension Experiment {
  /// Tables that the paper does not have, at their places.
  public func mistakes(in paper: PublishedPaper) -> [Diagnostic] {
    tableUses.filter { paper.table($0.number) == nil }.map { use in
      Diagnostic(
        "\(paper.id) has no table \(use.number)", at: use.mark, path: use.path,
        hint: "allowed: " + paper.tables.map { "\($0.number)" }.joined(separator: ", "))
    }
  }

  /// That no paper has the id the experiment names.
  public func unknownPaper(_ id: String, among ids: [String]) -> Diagnostic {
    Diagnostic("there is no paper '\(id)'", at: paperMark, path: "reproduces.paper", hint: suggestion(for: id, among: ids))
  }
}
