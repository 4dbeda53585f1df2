// The rows of papers' tables by the names that people give them.
public import Diagnostics

/// A row of a table of a paper.
public struct PaperRow: Sendable {
  public var paper: PublishedPaper
  public var table: PublishedTable
  public var row: PublishedTable.Row

  /// `Omni-R1 (AVQA), Table I`.
  public var text: String { "\(row.name), \(table.place)" }

  /// Averages over all questions of a benchmark that the paper prints for the row.
  public var averages: [PublishedTable.Column] {
    zip(table.columns, row.values).filter { $0.category == nil && $1 != nil }.map(\.0)
  }

  /// The rows of this name: its id, its name, or a label as the table prints it; letter case aside.
  /// - Parameter table: a table's number; nil looks in all.
  /// - Throws: where there is none, with the rows near it.
  public static func named(
    _ name: String, in papers: [PublishedPaper], table: Int? = nil
  ) throws(Diagnostics) -> [PaperRow] {
    let all = papers.flatMap { paper in
      paper.tables.filter { table == nil || $0.number == table }.flatMap { table in
        table.rows.map { PaperRow(paper: paper, table: table, row: $0) }
      }
    }
    let places = papers.map(\.id).joined(separator: ", ") + (table.map { ", table \($0)" } ?? "")
    guard !all.isEmpty else {
      throw Diagnostics([
        Diagnostic(
          "there is no such table: \(places)", path: "--table",
          hint: "allowed: " + papers.flatMap { paper in paper.tables.map { "\($0.number) of \(paper.id)" } }.joined(separator: ", "))
      ])
    }
    let wanted = name.lowercased()
    let found = all.filter { entry in entry.names.contains { $0.lowercased() == wanted } }
    guard found.isEmpty else { return found }
    throw Diagnostics([
      Diagnostic("no row of \(places) is called '\(name)'", path: "--row", hint: "near it: " + near(wanted, all))
    ])
  }

  private var names: [String] { [row.id, row.name] + row.labels.filter { $0 != "-" } }

  /// The five rows whose names are nearest, each with its tables: those with the most words of it first.
  private static func near(_ name: String, _ rows: [PaperRow]) -> String {
    func words(_ text: String) -> Set<Substring> {
      Set(text.lowercased().split { !$0.isLetter && !$0.isNumber })
    }
    let wanted = words(name)
    var best: [(name: String, shared: Int, distance: Int, tables: [String])] = []
    for entry in rows {
      let place = entry.table.place
      if let known = best.firstIndex(where: { $0.name == entry.row.name }) {
        if !best[known].tables.contains(place) { best[known].tables.append(place) }
        continue
      }
      let shared = entry.names.map { words($0).intersection(wanted).count }.max() ?? 0
      let distance = entry.names.map { editDistance(name, $0.lowercased()) }.min() ?? 0
      best.append((entry.row.name, shared, distance, [place]))
    }
    return best.sorted { (-$0.shared, $0.distance, $0.name) < (-$1.shared, $1.distance, $1.name) }.prefix(5)
      .map { "\($0.name) (\($0.tables.joined(separator: ", ")))" }.joined(separator: "; ")
  }
}
