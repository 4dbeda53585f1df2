// Writes parquet files for tests: plain or by dictionary, as it is or as snappy, in both versions of pages.
public import Parquet

/// What a column holds. Every column, group and element may be null.
public indirect enum ParquetShape: Sendable {
  case text, integer, number, boolean, bytes
  case list(ParquetShape)
  case group([(name: String, shape: ParquetShape)])
}

/// A parquet file of rows, as bytes.
public struct ParquetWriter: Sendable {
  public var columns: [(name: String, shape: ParquetShape)]
  /// Rows of a row group.
  public var groupSize = 1000
  public var isSnappy = false
  /// Whether texts and numbers stand in a dictionary.
  public var usesDictionary = false
  /// 1 or 2.
  public var pageVersion = 1
  /// Whether the levels of lists are written as older writers do: a repeated column without a group of its own.
  public var hasBareLists = false

  public init(_ columns: [(name: String, shape: ParquetShape)]) { self.columns = columns }

  /// - Parameter rows: groups, one member a column; a member that is missing is null.
  public func bytes(_ rows: [ParquetValue]) -> [UInt8] {
    var file = Array("PAR1".utf8)
    var groups: [[UInt8]] = []
    for start in stride(from: 0, to: rows.count, by: groupSize) {
      let part = rows[start..<min(rows.count, start + groupSize)]
      var leaves: [WrittenLeaf] = []
      for column in columns { collect(column.shape, [column.name], 1, 0, &leaves) }
      for row in part {
        var index = 0
        for column in columns { shred(row[column.name] ?? .null, column.shape, 0, 0, 0, &index, &leaves) }
      }
      let chunks = leaves.map { chunk($0, &file) }
      groups.append(
        Thrift.structure { fields in
          fields.list(1, chunks)
          fields.long(2, 0)
          fields.long(3, part.count)
        })
    }
    let schema = [Thrift.structure { $0.text(4, "schema"); $0.int(5, columns.count) }]
      + columns.flatMap { elements($0.name, $0.shape) }
    let footer = Thrift.structure { fields in
      fields.int(1, 2)
      fields.list(2, schema)
      fields.long(3, rows.count)
      fields.list(4, groups)
      fields.text(6, "a test's own writer")
    }
    return file + footer + little(footer.count) + Array("PAR1".utf8)
  }

  // MARK: - Schema

  private func elements(_ name: String, _ shape: ParquetShape, repetition: Int = 1) -> [[UInt8]] {
    func element(_ body: (inout Thrift) -> Void) -> [UInt8] { Thrift.structure(body) }
    func column(_ type: Int, converted: Int? = nil) -> [[UInt8]] {
      [
        element { fields in
          fields.int(1, type)
          fields.int(3, repetition)
          fields.text(4, name)
          if let converted { fields.int(6, converted) }
        }
      ]
    }
    func group(_ name: String, _ children: Int, repetition: Int, converted: Int? = nil) -> [UInt8] {
      element { fields in
        fields.int(3, repetition)
        fields.text(4, name)
        fields.int(5, children)
        if let converted { fields.int(6, converted) }
      }
    }
    switch shape {
    case .text: return column(6, converted: 0)
    case .bytes: return column(6)
    case .integer: return column(2)
    case .number: return column(5)
    case .boolean: return column(0)
    case .list(let inner):
      let head = group(name, 1, repetition: repetition, converted: 3)
      if hasBareLists { return [head] + elements("array", inner, repetition: 2) }
      return [head, group("list", 1, repetition: 2)] + elements("element", inner)
    case .group(let members):
      return [group(name, members.count, repetition: repetition)] + members.flatMap { elements($0.name, $0.shape) }
    }
  }

  // MARK: - Levels

  private func collect(
    _ shape: ParquetShape, _ path: [String], _ definition: Int, _ repetition: Int, _ leaves: inout [WrittenLeaf]
  ) {
    switch shape {
    case .list(let inner):
      let name = hasBareLists ? ["array"] : ["list", "element"]
      collect(inner, path + name, definition + (hasBareLists ? 1 : 2), repetition + 1, &leaves)
    case .group(let members):
      for member in members { collect(member.shape, path + [member.name], definition + 1, repetition, &leaves) }
    default: leaves.append(WrittenLeaf(shape, path, definition, repetition))
    }
  }

  private func leafCount(_ shape: ParquetShape) -> Int {
    switch shape {
    case .list(let inner): leafCount(inner)
    case .group(let members): members.reduce(0) { $0 + leafCount($1.shape) }
    default: 1
    }
  }

  /// Hands a value down to its columns. `definition` counts what is there above it.
  private func shred(
    _ value: ParquetValue, _ shape: ParquetShape, _ repetition: Int, _ depth: Int, _ definition: Int,
    _ index: inout Int, _ leaves: inout [WrittenLeaf], isRequired: Bool = false
  ) {
    func nothing(_ definition: Int) {
      for _ in 0..<leafCount(shape) {
        leaves[index].entries.append((repetition, definition, nil))
        index += 1
      }
    }
    if case .null = value { return nothing(definition) }
    let definition = isRequired ? definition : definition + 1
    switch (shape, value) {
    case (.list(let inner), .list(let values)):
      if values.isEmpty { return nothing(definition) }
      let first = index
      for (place, element) in values.enumerated() {
        index = first
        shred(
          element, inner, place == 0 ? repetition : depth + 1, depth + 1, definition + 1, &index, &leaves,
          isRequired: hasBareLists)
      }
    case (.group(let members), _):
      for member in members {
        shred(value[member.name] ?? .null, member.shape, repetition, depth, definition, &index, &leaves)
      }
    default:
      leaves[index].entries.append((repetition, definition, value))
      index += 1
    }
  }

  // MARK: - Pages

  private func chunk(_ leaf: WrittenLeaf, _ file: inout [UInt8]) -> [UInt8] {
    let values = leaf.entries.compactMap(\.value)
    var dictionaryStart: Int?
    var body = plain(values)
    if usesDictionary, leaf.type != 0 {
      let distinct = values.reduce(into: [ParquetValue]()) { if !$0.contains($1) { $0.append($1) } }
      dictionaryStart = file.count
      append(plain(distinct), to: &file, type: 2, field: 7) { fields in
        fields.int(1, distinct.count)
        fields.int(2, 2)
      }
      let width = max(1, Int.bitWidth - distinct.count.leadingZeroBitCount)
      body = [UInt8(width)] + runs(values.map { value in distinct.firstIndex(of: value) ?? 0 }, width: width)
    }
    let encoding = dictionaryStart == nil ? 0 : 8
    let repetitions = leaf.repetition == 0 ? [] : runs(leaf.entries.map(\.repetition), width: width(leaf.repetition))
    let definitions = runs(leaf.entries.map(\.definition), width: width(leaf.definition))
    let start = file.count
    if pageVersion == 1 {
      let repeated = leaf.repetition == 0 ? [] : little(repetitions.count) + repetitions
      let levels = repeated + little(definitions.count) + definitions
      append(levels + body, to: &file, type: 0, field: 5) { fields in
        fields.int(1, leaf.entries.count)
        fields.int(2, encoding)
        fields.int(3, 3)
        fields.int(4, 3)
      }
    } else {
      append(body, after: repetitions + definitions, to: &file, type: 3, field: 8) { fields in
        fields.int(1, leaf.entries.count)
        fields.int(2, leaf.entries.count - values.count)
        fields.int(3, leaf.entries.count { $0.repetition == 0 })
        fields.int(4, encoding)
        fields.int(5, definitions.count)
        fields.int(6, repetitions.count)
      }
    }
    let size = file.count - (dictionaryStart ?? start)
    let about = Thrift.structure { fields in
      fields.int(1, leaf.type)
      fields.list(2, [], ofKind: 5)
      fields.texts(3, leaf.path)
      fields.int(4, isSnappy ? 1 : 0)
      fields.long(5, leaf.entries.count)
      fields.long(6, size)
      fields.long(7, size)
      fields.long(9, start)
      if let dictionaryStart { fields.long(11, dictionaryStart) }
      fields.structure(12) { $0.long(3, leaf.entries.count - values.count) }
    }
    return Thrift.structure { fields in
      fields.long(2, 0)
      fields.raw(3, about)
    }
  }

  private func append(
    _ body: [UInt8], after levels: [UInt8] = [], to file: inout [UInt8], type: Int, field: Int,
    _ head: (inout Thrift) -> Void
  ) {
    let packed = isSnappy ? Self.snappy(body) : body
    file += Thrift.structure { fields in
      fields.int(1, type)
      fields.int(2, levels.count + body.count)
      fields.int(3, levels.count + packed.count)
      fields.structure(field, head)
    }
    file += levels + packed
  }

  private func width(_ largest: Int) -> Int { Int.bitWidth - largest.leadingZeroBitCount }

  private func runs(_ numbers: [Int], width: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var index = 0
    while index < numbers.count {
      let end = numbers[index...].firstIndex { $0 != numbers[index] } ?? numbers.count
      bytes += Thrift.unsigned((end - index) << 1) + little(numbers[index]).prefix((width + 7) / 8)
      index = end
    }
    return bytes
  }

  private func plain(_ values: [ParquetValue]) -> [UInt8] {
    var bytes: [UInt8] = []
    var bits = 0
    for value in values {
      switch value {
      case .boolean(let isTrue):
        if bits % 8 == 0 { bytes.append(0) }
        if isTrue { bytes[bytes.count - 1] |= 1 << UInt8(bits % 8) }
        bits += 1
      case .integer(let number): bytes += (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      case .number(let number): bytes += (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
      case .text(let text): bytes += little(text.utf8.count) + Array(text.utf8)
      case .bytes(let run): bytes += little(run.count) + run
      default: break
      }
    }
    return bytes
  }

  private func little(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }

  /// Snappy's form: literals, and of eight and more equal bytes a copy of the first.
  static func snappy(_ bytes: [UInt8]) -> [UInt8] {
    var packed = Thrift.unsigned(bytes.count)
    var literal: [UInt8] = []
    func flush() {
      for start in stride(from: 0, to: literal.count, by: 60) {
        let part = literal[start..<min(literal.count, start + 60)]
        packed += [UInt8((part.count - 1) << 2)] + part
      }
      literal = []
    }
    var index = 0
    while index < bytes.count {
      var length = 1
      while length < 65, index + length < bytes.count, bytes[index + length] == bytes[index] { length += 1 }
      literal.append(bytes[index])
      if length >= 8 {
        flush()
        packed += [UInt8((length - 2) << 2) | 2, 1, 0]
        index += length
      } else {
        index += 1
      }
    }
    flush()
    return packed
  }
}

private struct WrittenLeaf {
  var type: Int
  var path: [String]
  var definition: Int
  var repetition: Int
  var entries: [(repetition: Int, definition: Int, value: ParquetValue?)] = []

  init(_ shape: ParquetShape, _ path: [String], _ definition: Int, _ repetition: Int) {
    switch shape {
    case .boolean: type = 0
    case .integer: type = 2
    case .number: type = 5
    default: type = 6
    }
    self.path = path
    self.definition = definition
    self.repetition = repetition
  }
}
