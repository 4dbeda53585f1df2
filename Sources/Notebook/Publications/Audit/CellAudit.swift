// Is a printed accuracy possible at all? Which counts can stand behind it?

/// One published cell against arithmetic.
public struct CellAudit: Sendable, Hashable {
  /// Whether a count over the benchmark's questions can print as the value.
  public enum Verdict: Sendable, Hashable {
    /// Some count prints as this value, rounded as one expects.
    case exact
    /// Only under these roundings does a count print as this value.
    case unusualRounding([Rounding])
    /// No count over this many questions prints as this value.
    case impossible
    /// The number of questions is not published; from 1,000 questions on every tenth is possible.
    case sizeUnknown

    public var text: String {
      switch self {
      case .exact: "exact"
      case .unusualRounding(let roundings):
        "unusual rounding (" + roundings.map(\.rawValue).joined(separator: ", ") + ")"
      case .impossible: "impossible"
      case .sizeUnknown: "size not published"
      }
    }
  }

  public var cell: CellName
  public var published: PrintedNumber
  /// Questions behind the cell.
  public var questionCount: Int?
  /// Every count that prints as the value: under the usual roundings if any does, else under the unusual ones.
  public var counts: [Int]
  public var verdict: Verdict

  public init(_ cell: CellName, published: PrintedNumber, of questionCount: Int?) {
    self.cell = cell
    self.published = published
    self.questionCount = questionCount
    guard let n = questionCount else {
      counts = []
      verdict = .sizeUnknown
      return
    }
    let found = Rounding.allCases.map { ($0, $0.counts(printing: published, of: n)) }.filter { !$0.1.isEmpty }
    let usual = found.filter { $0.0.isUsual }
    counts = Set((usual.isEmpty ? found : usual).flatMap(\.1)).sorted()
    verdict = !usual.isEmpty ? .exact : found.isEmpty ? .impossible : .unusualRounding(found.map(\.0))
  }

  /// The count, if only one is possible.
  public var count: Int? { counts.count == 1 ? counts.first : nil }

  /// "236 of 333", "6,426 to 6,434 of 9,000", or nothing.
  public var countText: String? {
    guard let n = questionCount, let low = counts.first, let high = counts.last else { return nil }
    return (low == high ? grouped(low) : "\(grouped(low)) to \(grouped(high))") + " of \(grouped(n))"
  }
}

extension PublishedPaper {
  /// The audit of one cell; nil if the paper reports nothing there.
  public func audit(_ cell: CellName) -> CellAudit? {
    value(cell).map { CellAudit(cell, published: $0, of: questionCount(cell)) }
  }

  /// The cell in words: table, row, column.
  public func name(_ cell: CellName) -> String {
    guard let table = table(cell.table), let row = table.row(cell.row), let column = table.column(cell.column)
    else {
      return cell.description
    }
    return "\(table.place), \(row.name), \(column.name)"
  }
}
