// The columns as a tree, and what their values are.

/// A value of a row.
public enum ParquetValue: Sendable, Hashable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case bytes([UInt8])
  case list([ParquetValue])
  case group([ParquetField])

  /// The member of a group; nil if this is none or has no such member.
  public subscript(name: String) -> ParquetValue? {
    guard case .group(let fields) = self else { return nil }
    return fields.first { $0.name == name }?.value
  }
}

/// A member of a group, by name.
public struct ParquetField: Sendable, Hashable {
  public var name: String
  public var value: ParquetValue

  public init(_ name: String, _ value: ParquetValue) {
    self.name = name
    self.value = value
  }
}

enum PhysicalType: Int, Sendable {
  case boolean = 0, int32, int64, int96, float, double, byteArray, fixed
}

/// What the numbers or bytes of a column stand for.
enum Meaning: Sendable {
  case plain, text, unsigned, decimal(scale: Int), half
}

/// A column that holds values.
struct Leaf: Sendable {
  /// Its name with those of its groups, outermost first.
  var path: [String]
  var type: PhysicalType
  /// Bytes of a value of fixed length.
  var size: Int
  var meaning: Meaning
  var maxDefinition: Int
  var maxRepetition: Int
}

/// A group or a column.
struct Node: Sendable {
  var name: String
  /// From this definition level on it is there.
  var definition: Int
  /// The repetition level at which another one follows, if it is repeated.
  var repetition: Int
  var isOptional: Bool
  var isRepeated: Bool
  /// None for a column.
  var children: [Node] = []
  var leaves: Range<Int>
  /// Whether its one repeated child holds its elements.
  var isList = false
  /// Whether a repeated child is but the wrapping of an element.
  var isWrapping = false
}

struct Schema: Sendable {
  static let mostColumns = 10_000
  private(set) var leaves: [Leaf] = []
  private(set) var top: [Node] = []

  init(_ elements: [SchemaElement]) throws(Damage) {
    guard let root = elements.first, root.childCount >= 0 else { throw Damage("has no schema") }
    guard elements.count <= Self.mostColumns else { throw Damage("has more than \(Self.mostColumns) columns") }
    var position = 1
    for _ in 0..<min(root.childCount, elements.count) { top.append(try node(elements, &position, [], 0, 0)) }
    guard position == elements.count else { throw Damage("has a schema whose groups do not add up") }
  }

  private mutating func node(
    _ elements: [SchemaElement], _ position: inout Int, _ path: [String], _ definition: Int, _ repetition: Int
  ) throws(Damage) -> Node {
    guard position < elements.count else { throw Damage("has a schema whose groups do not add up") }
    guard path.count < 32 else { throw Damage("nests its columns more than 32 deep") }
    let element = elements[position]
    position += 1
    guard (0...2).contains(element.repetition) else { throw Damage("has a column of the unknown repetition \(element.repetition)") }
    let isRepeated = element.repetition == 2
    let path = path + [element.name]
    var node = Node(
      name: element.name, definition: definition + (element.repetition == 0 ? 0 : 1),
      repetition: repetition + (isRepeated ? 1 : 0), isOptional: element.repetition == 1, isRepeated: isRepeated,
      leaves: leaves.count..<leaves.count)
    if let type = element.type {
      leaves.append(try Self.leaf(element, type, path, node))
    } else {
      guard element.childCount >= 0, element.childCount <= elements.count else { throw Damage("has a schema whose groups do not add up") }
      for _ in 0..<element.childCount {
        node.children.append(try self.node(elements, &position, path, node.definition, node.repetition))
      }
      if element.converted == 3 || element.logical == 3 || element.converted == 1 || element.logical == 2,
        node.children.count == 1, node.children[0].isRepeated
      {
        node.isList = true
        let child = node.children[0]
        // As the format's rules for older writers have it.
        let isList = element.converted == 3 || element.logical == 3
        node.children[0].isWrapping =
          isList && child.children.count == 1 && !child.children[0].isRepeated && child.name != "array"
          && child.name != element.name + "_tuple"
      }
    }
    node.leaves = node.leaves.lowerBound..<leaves.count
    return node
  }

  private static func leaf(_ element: SchemaElement, _ type: Int, _ path: [String], _ node: Node) throws(Damage) -> Leaf {
    guard let physical = PhysicalType(rawValue: type) else {
      throw Damage("has the column \(path.joined(separator: ".")) of the unknown type \(type)")
    }
    let sizes: [PhysicalType: Int] = [.int32: 4, .int64: 8, .int96: 12, .float: 4, .double: 8]
    guard physical != .fixed || (1...1 << 24).contains(element.typeLength) else {
      throw Damage("has the column \(path.joined(separator: ".")) with values of \(element.typeLength) bytes")
    }
    var meaning = Meaning.plain
    if element.converted == 5 || element.logical == 5 {
      guard (0...64).contains(element.scale) else { throw Damage("has a decimal of scale \(element.scale)") }
      meaning = .decimal(scale: element.scale)
    } else if element.isUnsigned || (11...14).contains(element.converted ?? -1) {
      meaning = .unsigned
    } else if [0, 4, 19].contains(element.converted ?? -1) || [1, 4, 12].contains(element.logical ?? -1) {
      meaning = .text
    } else if element.logical == 15, physical == .fixed, element.typeLength == 2 {
      meaning = .half
    }
    return Leaf(
      path: path, type: physical, size: physical == .fixed ? element.typeLength : sizes[physical] ?? 0, meaning: meaning,
      maxDefinition: node.definition, maxRepetition: node.repetition)
  }
}
