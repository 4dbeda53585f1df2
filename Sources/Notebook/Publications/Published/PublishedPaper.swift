// A paper as data: its tables, the benchmarks behind them, its claims and settings. Read from a folder, `paper/<id>/`.
public import Diagnostics

/// A paper's tables, claims and settings.
public struct PublishedPaper: Sendable {
  /// The name of its folder; the first part of every cell's name.
  public var id: String
  public var title: String
  public var authors: String
  /// Where it was published.
  public var source: String
  /// How its numbers were read.
  public var read: String
  public var tables: [PublishedTable]
  public var benchmarks: [Benchmark]
  public var claims: [Claim]
  /// Claims whose tests are corrected together; empty where each table is one family.
  public var families: [ClaimFamily] = []
  /// The difference, in points, that is large enough to matter where a claim names none; nil where the paper's data
  /// does not say.
  public var margin: Double?
  public var notes: [ClaimNote]
  /// What the paper sets, and what is assumed where it leaves a setting open.
  public var settings: [PaperSetting]
  /// Settings of one run alone, by the run's name: what it has in place of those.
  public var runSettings: [String: [String: String]] = [:]
  public var controls: [PaperControl]
  public var report: PaperReport

  /// nil if the paper has no table of this number.
  public func table(_ number: Int) -> PublishedTable? { tables.first { $0.number == number } }
  /// nil if the paper names no such benchmark.
  public func benchmark(_ id: String) -> Benchmark? { benchmarks.first { $0.id == id } }
  /// The controls that stand in a table.
  public func controls(in table: Int) -> [PaperControl] { controls.filter { $0.table == table } }

  /// As printed; nil where the table has none.
  public func value(_ cell: CellName) -> PrintedNumber? {
    table(cell.table)?.value(row: cell.row, column: cell.column)
  }

  /// Questions behind a cell; nil if that is not published.
  public func questionCount(_ cell: CellName) -> Int? {
    guard let column = table(cell.table)?.column(cell.column) else { return nil }
    return benchmark(column.benchmark)?.questionCount(of: column.category)
  }

  /// Every cell with a printed value, table by table, row by row.
  public var cells: [CellName] {
    tables.flatMap { table in
      table.rows.flatMap { row in
        zip(table.columns, row.values).filter { $0.1 != nil }.map {
          CellName(paper: id, table: table.number, row: row.id, column: $0.0.id)
        }
      }
    }
  }
}

/// One value that a paper sets or leaves open.
public struct PaperSetting: Sendable, Hashable {
  /// The dotted path of an experiment's setting, or words where there is none of that kind.
  public var name: String
  public var value: String
  /// Where the paper, or what its authors published beside it, says so; nil if it is left open.
  public var place: String?
  /// What the public code has instead, and where.
  public var code: String?
  /// Why this value was taken, where the paper leaves it open or can be read in two ways.
  public var assumed: String?
  public var note: String?
  /// Where its value stands.
  public var mark: SourceMark?
}

/// The untrained base, held to the options while it answers, beside the fine-tunings of one column.
public struct PaperControl: Sendable, Hashable {
  /// A model with the rows of its fine-tunings.
  public struct Model: Sendable, Hashable {
    /// The row of the model that was not fine-tuned.
    public var base: String
    /// The model as it is printed.
    public var name: String
    /// Rows of its fine-tunings, each with its words: "on AVQA with audio".
    public var tuned: [Tuning]
  }

  /// The row of one fine-tuning, and what the report calls it.
  public struct Tuning: Sendable, Hashable {
    public var row: String
    public var name: String
  }

  public var table: Int
  public var column: String
  public var models: [Model]
}

/// What the report says of this paper alone.
public struct PaperReport: Sendable, Hashable {
  /// Tables that the report begins with; the others follow.
  public var tables: [Int]
  /// What the paper asks and finds.
  public var question: String
  /// How the paper trains and measures.
  public var method: String
}
