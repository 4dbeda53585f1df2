// Reading mappings key by key: every mistake is remembered with its place, and what nobody asked for is named.
public import Diagnostics

/// The mistakes of one reading.
public final class MistakeCollector {
  public private(set) var found = Diagnostics()
  /// A text that was typed for a path on the command line, to be taken as it stands.
  let typed: (path: String, text: String)?

  public init() { typed = nil }

  /// For a text of the command line.
  public init(typed text: String, at path: String) { typed = (path, text) }

  /// Keeps a mistake, given by its parts; nothing is thrown yet.
  public func report(
    _ fact: String, at mark: SourceMark?, path: String, hint: String? = nil, kind: Diagnostic.Kind = .faulty
  ) {
    found.report(Diagnostic(fact, at: mark, path: path, hint: hint, kind: kind))
  }

  /// Keeps a mistake; nothing is thrown yet.
  public func report(_ mistake: Diagnostic) { found.report(mistake) }
}

/// A mapping whose keys must all be known: `finish()` names the rest.
public struct MappingReader {
  public let path: String
  public let mark: SourceMark
  private let pairs: [YAMLNode.Pair]
  private var known: [String] = []
  private let mistakes: MistakeCollector

  /// Nil, with a mistake reported, if the node is no mapping.
  public init?(_ node: YAMLNode, path: String, _ mistakes: MistakeCollector) {
    guard let pairs = node.mapping else {
      mistakes.report("\(node.kindName) where a mapping is expected", at: node.mark, path: path)
      return nil
    }
    self.pairs = pairs
    self.mistakes = mistakes
    self.path = path
    mark = node.mark
  }

  /// The path of a key.
  public func full(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

  /// Where a key stands; nil where it is absent.
  public func mark(of key: String) -> SourceMark? { pairs.first { $0.key == key }?.keyMark }

  /// - Parameter place: where the mistake is; the key's value if it is not given, or the mapping where the key is absent.
  public func report(
    _ fact: String, _ key: String, at place: SourceMark? = nil, hint: String? = nil, kind: Diagnostic.Kind = .faulty
  ) {
    mistakes.report(
      fact, at: place ?? pairs.first { $0.key == key }?.value.mark ?? mark, path: full(key), hint: hint, kind: kind)
  }

  /// Whether a key is there, which is known from now on.
  public mutating func has(_ key: String) -> Bool { node(key) != nil }

  /// The node of a key, which is known from now on; nil where it is absent.
  public mutating func node(_ key: String) -> YAMLNode? {
    known.append(key)
    return pairs.first { $0.key == key }?.value
  }

  /// The node of a key that has to be there.
  public mutating func required(_ key: String) -> YAMLNode? {
    let node = node(key)
    if node == nil { mistakes.report("'\(key)' is missing", at: mark, path: path) }
    return node
  }

  /// The mapping under a key.
  public mutating func part(_ key: String) -> MappingReader? {
    node(key).flatMap { MappingReader($0, path: full(key), mistakes) }
  }

  /// A mapping in the list under a key.
  public func element(_ node: YAMLNode, of key: String, _ index: Int) -> MappingReader? {
    MappingReader(node, path: full(key) + "[\(index + 1)]", mistakes)
  }

  /// A node's value; nil, and a mistake that says what was expected, where it is of another kind.
  public func read<Value>(_ node: YAMLNode?, _ key: String, _ expected: String, _ value: (YAMLNode) -> Value?) -> Value? {
    guard let node else { return nil }
    if let value = value(node) { return value }
    mistakes.report("\(node.kindName) where \(expected) is expected", at: node.mark, path: full(key))
    return nil
  }

  /// Reports every key nobody asked for.
  public func finish() {
    for pair in pairs where !known.contains(pair.key) {
      mistakes.report(
        "unknown field '\(pair.key)'", at: pair.keyMark, path: path,
        hint: suggestion(for: pair.key, among: Set(known).sorted()))
    }
  }
}

// MARK: - Values

extension MappingReader {
  /// A text, which may not be empty unless that is said.
  public mutating func text(_ key: String, orEmpty: Bool = false) -> String? {
    guard let node = node(key) else { return nil }
    if let typed = mistakes.typed, typed.path == full(key) { return typed.text }
    return read(node, key, "a text") { orEmpty && !$0.isNull ? $0.text : Self.text($0) }
  }

  /// The text of a key that has to be there; empty, with a mistake reported, if it is not.
  public mutating func requiredText(_ key: String) -> String { read(required(key), key, "a text", Self.text) ?? "" }

  private static func text(_ node: YAMLNode) -> String? {
    guard !node.isNull, let text = node.text, !text.isEmpty else { return nil }
    return text
  }

  /// nil where the key is absent, or a mistake was kept.
  public mutating func boolean(_ key: String) -> Bool? { read(node(key), key, "true or false", \.boolean) }

  /// nil where the key is absent, or a mistake was kept.
  public mutating func number(_ key: String) -> Double? { read(node(key), key, "a number", \.number) }

  /// A number within `range`.
  public mutating func number(_ key: String, in range: ClosedRange<Double>, excludesLower: Bool = false) -> Double? {
    guard let value = number(key) else { return nil }
    guard range.contains(value), !(excludesLower && value == range.lowerBound) else {
      let low = excludesLower ? "above \(range.lowerBound), up to " : "\(range.lowerBound)..."
      report("\(value) is outside \(low)\(range.upperBound)", key)
      return nil
    }
    return value
  }

  /// A whole number within `range`.
  public mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let value = read(node(key), key, "a whole number", \.integer) else { return nil }
    guard range.contains(value) else {
      report("\(value) is outside \(range.lowerBound)...\(range.upperBound)", key)
      return nil
    }
    return value
  }

  /// One of the words of a type.
  public mutating func choice<T: RawRepresentable & CaseIterable>(_ key: String, _ type: T.Type, _ what: String) -> T?
  where T.RawValue == String { node(key).flatMap { choice($0, key, type, what) } }

  /// The same of a node in the list under a key.
  public func choice<T: RawRepresentable & CaseIterable>(
    _ node: YAMLNode, _ key: String, _ type: T.Type, _ what: String
  ) -> T? where T.RawValue == String {
    guard let text = read(node, key, what, \.text) else { return nil }
    if let value = T(rawValue: text) { return value }
    report(
      "'\(text)' is not \(what)", key, at: node.mark, hint: suggestion(for: text, among: T.allCases.map(\.rawValue)))
    return nil
  }

  /// A row of a table by its name.
  public mutating func row<Row>(
    _ key: String, among rows: [Row], named name: KeyPath<Row, String>, _ what: String
  ) -> Row? {
    guard let node = node(key), let text = read(node, key, what, \.text) else { return nil }
    if let row = rows.first(where: { $0[keyPath: name] == text }) { return row }
    report(
      "'\(text)' is not \(what)", key, at: node.mark,
      hint: suggestion(for: text, among: rows.map { $0[keyPath: name] }))
    return nil
  }

  /// The elements of a list; empty where the key is absent.
  public mutating func list(_ key: String) -> [YAMLNode] { read(node(key), key, "a list", \.sequence) ?? [] }

  /// The elements of a list that has some, or one value standing for a list of it; nil where the key is absent.
  public mutating func oneOrMore(_ key: String) -> [YAMLNode]? {
    guard let node = node(key) else { return nil }
    guard let nodes = node.sequence else { return [node] }
    if nodes.isEmpty { report("an empty list", key) }
    return nodes
  }

  /// Names and their nodes, in the order written; empty where the key is absent.
  public mutating func entries(_ key: String) -> [YAMLNode.Pair] { read(node(key), key, "a mapping", \.mapping) ?? [] }

  /// A list of texts, each with its place.
  public mutating func texts(_ key: String) -> [(text: String, mark: SourceMark)] {
    list(key).compactMap { node in read(node, key, "a text", Self.text).map { ($0, node.mark) } }
  }
}
