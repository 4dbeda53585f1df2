// What a file says of itself at its end: columns, row groups, where their pages lie.

/// One line of the schema, in the order of the file: a group is followed by its children.
struct SchemaElement {
  var name = ""
  var type: Int?
  var typeLength = 0
  /// 0 required, 1 optional, 2 repeated.
  var repetition = 0
  var childCount = 0
  var converted: Int?
  /// The number of the logical type's field.
  var logical: Int?
  var scale = 0
  var isUnsigned = false
}

/// The pages of one column in one row group.
struct ColumnChunk: Sendable {
  var type = -1
  var codec = 0
  var valueCount = 0
  var dictionaryOffset: Int?
  var dataOffset = -1
  /// How many values are null, where the writer says so.
  var nullCount: Int?
  var isElsewhere = false
  var isEncrypted = false

  /// Where its first page begins.
  var start: Int {
    // Some writers put 0 where there is no dictionary.
    guard let dictionaryOffset, dictionaryOffset > 0, dictionaryOffset < dataOffset else { return dataOffset }
    return dictionaryOffset
  }
}

struct RowGroup: Sendable {
  var columns: [ColumnChunk] = []
  var rowCount = 0
}

struct Footer {
  static let longest = 1 << 26
  var schema: [SchemaElement] = []
  var rowCount = 0
  var groups: [RowGroup] = []
  /// Where the footer begins; no page lies behind it.
  var start = 0

  init(_ file: ByteRun) throws(Damage) {
    let magic = Array("PAR1".utf8)
    guard file.count >= 12, try file.slice(0, 4).array == magic else { throw Damage("is no parquet file") }
    let ending = try file.slice(file.count - 4, 4).array
    guard ending == magic else {
      if ending == Array("PARE".utf8) { throw Damage("is encrypted parquet, which is not read") }
      throw Damage("does not end as a parquet file", hint: "it is cut short; load it again")
    }
    let length = Int(try file.number(file.count - 8, size: 4))
    guard length <= file.count - 12, length <= Self.longest else {
      throw Damage("is said to have a footer of \(length) bytes", hint: "it is damaged; load it again")
    }
    start = file.count - 8 - length
    var reader = ThriftReader(try file.slice(start, length))
    try read(&reader)
    var rows = 0
    for group in groups {
      guard group.rowCount >= 0, group.rowCount <= Int(Int32.max) else { throw Damage("has a row group of \(group.rowCount) rows") }
      rows += group.rowCount
    }
    guard rows == rowCount else { throw Damage("has \(rows) rows in its row groups and is said to have \(rowCount)") }
  }

  private mutating func read(_ reader: inout ThriftReader) throws(Damage) {
    try reader.fields { reader, id, kind throws(Damage) in
      switch id {
      case 2:
        try reader.elements(kind) { reader, kind throws(Damage) in
          schema.append(try Self.element(&reader, kind))
        }
      case 3: rowCount = try reader.integer(kind)
      case 4:
        try reader.elements(kind) { reader, kind throws(Damage) in groups.append(try Self.group(&reader, kind)) }
      case 8: throw Damage("is encrypted parquet, which is not read")
      default: return false
      }
      return true
    }
  }

  private static func element(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws(Damage) -> SchemaElement {
    var element = SchemaElement()
    try reader.fields(kind) { reader, id, kind throws(Damage) in
      switch id {
      case 1: element.type = try reader.integer(kind)
      case 2: element.typeLength = try reader.integer(kind)
      case 3: element.repetition = try reader.integer(kind)
      case 4: element.name = try reader.text(kind)
      case 5: element.childCount = try reader.integer(kind)
      case 6: element.converted = try reader.integer(kind)
      case 7: element.scale = try reader.integer(kind)
      case 10: try logical(&reader, kind, &element)
      default: return false
      }
      return true
    }
    return element
  }

  private static func logical(
    _ reader: inout ThriftReader, _ kind: ThriftReader.Kind, _ element: inout SchemaElement
  ) throws(Damage) {
    try reader.fields(kind) { reader, id, kind throws(Damage) in
      element.logical = id
      guard kind == .structure, id == 5 || id == 10 else { return false }
      try reader.fields(kind) { reader, field, kind throws(Damage) in
        switch (id, field) {
        case (5, 1): element.scale = try reader.integer(kind)
        case (10, 2): element.isUnsigned = !(try reader.boolean(kind))
        default: return false
        }
        return true
      }
      return true
    }
  }

  private static func group(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws(Damage) -> RowGroup {
    var group = RowGroup()
    try reader.fields(kind) { reader, id, kind throws(Damage) in
      switch id {
      case 1:
        try reader.elements(kind) { reader, kind throws(Damage) in
          group.columns.append(try chunk(&reader, kind))
        }
      case 3: group.rowCount = try reader.integer(kind)
      default: return false
      }
      return true
    }
    return group
  }

  private static func chunk(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws(Damage) -> ColumnChunk {
    var chunk = ColumnChunk()
    try reader.fields(kind) { reader, id, kind throws(Damage) in
      switch id {
      case 1: chunk.isElsewhere = try reader.binary(kind).count > 0
      case 3:
        try reader.fields(kind) { reader, id, kind throws(Damage) in
          switch id {
          case 1: chunk.type = try reader.integer(kind)
          case 4: chunk.codec = try reader.integer(kind)
          case 5: chunk.valueCount = try reader.integer(kind)
          case 9: chunk.dataOffset = try reader.integer(kind)
          case 11: chunk.dictionaryOffset = try reader.integer(kind)
          case 12:
            try reader.fields(kind) { reader, id, kind throws(Damage) in
              guard id == 3 else { return false }
              chunk.nullCount = try reader.integer(kind)
              return true
            }
          default: return false
          }
          return true
        }
      case 8: chunk.isEncrypted = true; return false
      default: return false
      }
      return true
    }
    return chunk
  }
}
