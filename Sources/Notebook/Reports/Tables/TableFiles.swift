internal import JSONText
// Every table file of a run, as name and text: what `repro run` writes and `repro tables` regenerates.
public import Publications

extension RunResults {
  /// The tables this experiment reproduces, measured.
  public func resultTables(_ paper: PublishedPaper, _ measured: Measurements) -> [ResultTable] {
    tables.compactMap { paper.table($0) }.map { ResultTable($0, of: paper, measured) }
  }
}

extension ResultTable {
  /// `tables/table4.md` and its kin, relative to the version's folder.
  public var files: [(path: String, text: String)] {
    [
      ("tables/\(name).csv", csv), ("tables/\(name).json", json.indentedText), ("tables/\(name).md", markdown),
      ("tables/\(name).tex", latex),
    ]
  }
}
