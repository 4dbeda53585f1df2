// What the paper says about its own numbers, as data that can be evaluated.

/// A base cell and the cell that is compared with it.
public struct CellPair: Sendable, Hashable {
  public var base: CellName
  public var cell: CellName

  public init(base: CellName, cell: CellName) {
    self.base = base
    self.cell = cell
  }
}

/// Rows and columns of one table, taken together.
public struct CellBlock: Sendable, Hashable {
  public var paper: String
  public var table: Int
  public var rows: [String]
  public var columns: [String]

  /// A cell of the claim's own table.
  public func cell(_ row: String, _ column: String) -> CellName {
    CellName(paper: paper, table: table, row: row, column: column)
  }
}

/// A statement over table cells.
public indirect enum ClaimExpression: Sendable, Hashable {
  /// The text quotes a cell.
  case value(CellName, PrintedNumber)
  /// A cell above (or below) its base; the text may quote both values and their difference.
  case change(CellPair, isUp: Bool, values: [PrintedNumber], by: PrintedNumber?)
  /// One cell above another.
  case order(higher: CellName, lower: CellName)
  /// In every column, the best of `rows` is not below any row of `against`.
  case best(CellBlock, against: [String])
  /// In every column but the excepted ones, every row is above the row `over`.
  case improves(CellBlock, over: String, except: [String])
  /// One gain larger than another.
  case gains(larger: CellPair, smaller: CellPair)
  /// One gain at least a given part of another.
  case share(part: CellPair, whole: CellPair, atLeast: Double)
  /// Two cells within a margin, in points.
  case close(CellName, CellName, margin: Double)
  /// A cell near a level (its interval holds it) or above it (its interval lies above), in percent.
  case chance(CellName, level: Double, isNear: Bool)
  /// A cell stands for this many right answers.
  case count(CellName, correct: Int)
  /// Two tables print one number.
  case same(CellName, CellName)
  case all([ClaimExpression])
}

/// One claim of the paper, in our own words.
public struct Claim: Sendable, Hashable {
  public var id: String
  /// Where the paper makes it.
  public var place: String
  public var statement: String
  /// How a vague word was made exact; nil if nothing was vague.
  public var reading: String?
  /// True for claims about the text itself, which no measurement can support or contradict.
  public var isAboutText: Bool
  public var expression: ClaimExpression
}

/// Claims that answer one question, so that their tests are corrected together.
public struct ClaimFamily: Sendable, Hashable {
  public var id: String
  public var question: String
  /// Ids of claims, each in one family.
  public var claims: [String]
}

/// Something the paper says that its tables cannot decide.
public struct ClaimNote: Sendable, Hashable {
  public var place: String
  public var statement: String
  public var note: String
}

extension ClaimExpression {
  /// Every cell it speaks of, in order, each once.
  public var cells: [CellName] {
    var seen: Set<CellName> = []
    return allCells.filter { seen.insert($0).inserted }
  }

  private var allCells: [CellName] {
    switch self {
    case .value(let cell, _), .chance(let cell, _, _), .count(let cell, _): [cell]
    case .change(let pair, _, _, _): [pair.base, pair.cell]
    case .order(let a, let b), .close(let a, let b, _), .same(let a, let b): [a, b]
    case .best(let block, let against):
      block.columns.flatMap { column in (block.rows + against).map { block.cell($0, column) } }
    case .improves(let block, let over, let except):
      block.columns.filter { !except.contains($0) }.flatMap { column in
        ([over] + block.rows).map { block.cell($0, column) }
      }
    case .gains(let larger, let smaller): [larger.base, larger.cell, smaller.base, smaller.cell]
    case .share(let part, let whole, _): [part.base, part.cell, whole.base, whole.cell]
    case .all(let parts): parts.flatMap(\.allCells)
    }
  }
}
