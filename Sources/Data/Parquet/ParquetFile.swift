// A parquet file: what it holds, and its rows one after the other.
public import Diagnostics

/// A column of values.
public struct ParquetColumn: Sendable, Hashable {
  /// Its name with those of its groups, outermost first.
  public var path: [String]
  /// Whether its values are bytes without further meaning.
  public var isBytes: Bool
  /// How many values are there, nulls left out; nil where the writer did not count them.
  public var valueCount: Int?
}

/// A file in Apache Parquet's form, mapped into memory. Read are data pages of both versions, dictionaries, all
/// encodings but BIT_PACKED levels, and pages as they are or packed with snappy, gzip or zstd.
public struct ParquetFile: Sendable {
  public let path: String
  public let rowCount: Int
  /// In the order of the file.
  public let columns: [ParquetColumn]
  let bytes: ByteRun
  let schema: Schema
  let groups: [RowGroup]

  /// Reads what the file says of itself; no values yet.
  /// - Throws: `.missing` for a file that is not there; what is damaged or not read, by name.
  public init(_ path: String) throws(Diagnostic) {
    let whole = ByteRun(try Memory(mapping: path))
    do throws(Damage) {
      let footer = try Footer(whole)
      let schema = try Schema(footer.schema)
      for (index, group) in footer.groups.enumerated() where group.columns.count != schema.leaves.count {
        throw Damage(
          "has \(group.columns.count) columns in its row group \(index + 1) and \(schema.leaves.count) in its schema")
      }
      bytes = try whole.slice(0, footer.start)
      self.schema = schema
      groups = footer.groups
      rowCount = footer.rowCount
      columns = schema.leaves.enumerated().map { index, leaf in
        var count: Int? = 0
        for group in footer.groups {
          let chunk = group.columns[index]
          count = chunk.nullCount.flatMap { nulls in count.map { $0 &+ chunk.valueCount &- nulls } }
        }
        var isBytes = false
        if case .plain = leaf.meaning { isBytes = leaf.type == .byteArray || leaf.type == .fixed }
        return ParquetColumn(path: leaf.path, isBytes: isBytes, valueCount: count)
      }
    } catch { throw Diagnostic(error.fact, at: SourceMark(file: path), hint: error.hint) }
    self.path = path
  }

  /// Whether a file begins as parquet does.
  public static func isParquet(start: some Sequence<UInt8>) -> Bool { start.starts(with: Array("PAR1".utf8)) }

  /// All rows, with those columns for which `isWanted` holds; nothing is read of the others.
  public func rows(where isWanted: (ParquetColumn) -> Bool = { _ in true }) -> ParquetRows {
    ParquetRows(self, columns.map(isWanted))
  }
}

/// The rows of a file in order; of each column one page is held at a time.
public struct ParquetRows {
  /// Values of one row, all lists in it together.
  static let mostValues = 1 << 20
  private let file: ParquetFile
  private let isWanted: [Bool]
  private let budget: UnpackingBudget
  private var group = 0
  private var leftInGroup = 0
  private var cursors: [ColumnCursor?] = []
  private var leftInRow = 0
  /// The row last returned, from 1.
  public private(set) var number = 0
  /// The column being read, for messages.
  private var current: Int?

  init(_ file: ParquetFile, _ isWanted: [Bool]) {
    self.file = file
    self.isWanted = isWanted
    budget = UnpackingBudget(fileSize: file.bytes.count)
  }

  /// The next row, a group of its columns; nil after the last.
  /// - Throws: what is damaged or not read, with its column, the row and the byte its page begins at.
  public mutating func next() throws(Diagnostic) -> ParquetValue? {
    current = nil
    do throws(Damage) {
      while leftInGroup == 0 {
        try finishGroup()
        guard group < file.groups.count else { return nil }
        try openGroup()
      }
      leftInGroup -= 1
      number += 1
      leftInRow = Self.mostValues
      return .group(try fields(file.schema.top, 0))
    } catch {
      var fact = error.fact
      var path = ""
      if let current {
        path = file.schema.leaves[current].path.joined(separator: ".")
        if let page = cursors.indices.contains(current) ? cursors[current]?.pageStart : nil {
          fact = "the page at byte \(page) (row \(max(number, 1))) " + fact
        }
      }
      // What is damaged stays so.
      group = file.groups.count
      leftInGroup = 0
      cursors = []
      throw Diagnostic(fact, at: SourceMark(file: file.path), path: path, hint: error.hint)
    }
  }

  private mutating func openGroup() throws(Damage) {
    cursors = []
    for (index, chunk) in file.groups[group].columns.enumerated() {
      current = index
      cursors.append(
        isWanted[index] ? try ColumnCursor(file.bytes, chunk, file.schema.leaves[index], budget) : nil)
    }
    leftInGroup = file.groups[group].rowCount
    group += 1
  }

  private mutating func finishGroup() throws(Damage) {
    for (index, cursor) in cursors.enumerated() {
      current = index
      if let cursor, try cursor.peek() != nil { throw Damage("has more values than rows") }
    }
    cursors = []
  }

  private func isWanted(_ node: Node) -> Bool { node.leaves.contains { isWanted[$0] } }

  private mutating func fields(_ nodes: [Node], _ repetition: Int) throws(Damage) -> [ParquetField] {
    var fields: [ParquetField] = []
    for node in nodes where isWanted(node) { fields.append(ParquetField(node.name, try value(node, repetition))) }
    return fields
  }

  /// A node's value; its first value in each column is to have this repetition level.
  private mutating func value(_ node: Node, _ repetition: Int) throws(Damage) -> ParquetValue {
    if node.isRepeated { return .list(try elements(node, repetition)) }
    if node.isOptional, try first(node).definition < node.definition {
      try passOver(node, repetition)
      return .null
    }
    return try body(node, repetition)
  }

  private mutating func elements(_ node: Node, _ repetition: Int) throws(Damage) -> [ParquetValue] {
    if try first(node).definition < node.definition {
      try passOver(node, repetition)
      return []
    }
    var values: [ParquetValue] = []
    var repetition = repetition
    repeat {
      values.append(
        node.isWrapping ? try value(node.children[0], repetition) : try body(node, repetition))
      repetition = node.repetition
    } while try firstCursor(node).peek()?.repetition == node.repetition
    return values
  }

  private mutating func body(_ node: Node, _ repetition: Int) throws(Damage) -> ParquetValue {
    if node.children.isEmpty { return try take(node.leaves.lowerBound, repetition, below: nil) }
    if node.isList { return .list(try elements(node.children[0], repetition)) }
    return .group(try fields(node.children, repetition))
  }

  /// Takes the one entry each column has for a group, list or value that is not there.
  private mutating func passOver(_ node: Node, _ repetition: Int) throws(Damage) {
    for leaf in node.leaves where isWanted[leaf] { _ = try take(leaf, repetition, below: node.definition) }
  }

  private mutating func take(_ leaf: Int, _ repetition: Int, below: Int?) throws(Damage) -> ParquetValue {
    current = leaf
    guard let cursor = cursors[leaf], let levels = try cursor.peek() else { throw Damage("has fewer values than rows") }
    guard levels.repetition == repetition,
      below.map({ levels.definition < $0 }) ?? (levels.definition == cursor.leaf.maxDefinition)
    else { throw Damage("has levels that do not go with its row, or with the other columns of its group") }
    leftInRow -= 1
    guard leftInRow >= 0 else { throw Damage("has more than \(Self.mostValues) values in one row") }
    return try cursor.take()
  }

  /// The cursor of the first wanted column of a node.
  private mutating func firstCursor(_ node: Node) throws(Damage) -> ColumnCursor {
    for leaf in node.leaves where isWanted[leaf] {
      current = leaf
      if let cursor = cursors[leaf] { return cursor }
    }
    throw .cutShort
  }

  private mutating func first(_ node: Node) throws(Damage) -> (repetition: Int, definition: Int) {
    guard let levels = try firstCursor(node).peek() else { throw Damage("has fewer values than rows") }
    return levels
  }
}
