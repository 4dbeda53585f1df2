// Reading mappings key by key: every mistake is remembered with its place, and what nobody asked for is named.
public import Diagnostics

/// The mistakes of one reading.
public final class MistakeCollector {
  public private(set) var found = Diagnostics()

  public init() {}

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

  /// The key with the path before it, as mistakes name it.
  public func full(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

  /// Keeps a mistake about a key, at its value where it has one.
  public func report(_ fact: String, key: String, hint: String? = nil, kind: Diagnostic.Kind = .faulty) {
    mistakes.report(fact, at: pairs.first { $0.key == key }?.value.mark ?? mark, path: full(key), hint: hint, kind: kind)
  }

  /// Whether the key is there, whatever its value.
  public func has(_ key: String) -> Bool { pairs.contains { $0.key == key } }

  /// The node of a key; nil where the key is absent.
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

  /// A node's value; nil, and a mistake that says what was expected, where it is of another kind.
  public func read<Value>(_ node: YAMLNode?, _ key: String, _ expected: String, _ value: (YAMLNode) -> Value?) -> Value? {
    guard let node else { return nil }
    if let value = value(node) { return value }
    mistakes.report("\(node.kindName) where \(expected) is expected", at: node.mark, path: full(key))
    return nil
  }

  /// A text, which may not be empty.
  public mutating func text(_ key: String) -> String? { read(node(key), key, "a text", Self.text) }
  /// The same of a key that has to be there; empty, with a mistake reported, if it is not.
  public mutating func requiredText(_ key: String) -> String { read(required(key), key, "a text", Self.text) ?? "" }

  private static func text(_ node: YAMLNode) -> String? {
    guard !node.isNull, let text = node.text, !text.isEmpty else { return nil }
    return text
  }

  /// nil where the key is absent, or a mistake was kept.
  public mutating func boolean(_ key: String) -> Bool? { read(node(key), key, "true or false", \.boolean) }

  /// nil where the key is absent, or a mistake was kept.
  public mutating func number(_ key: String) -> Double? { read(node(key), key, "a number", \.number) }

  /// A whole number within `range`.
  public mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let value = read(node(key), key, "a whole number", \.integer) else { return nil }
    guard range.contains(value) else {
      report("\(value) is outside \(range.lowerBound)...\(range.upperBound)", key: key)
      return nil
    }
    return value
  }

  /// One of the words of a type.
  public mutating func choice<T: RawRepresentable & CaseIterable>(_ key: String, _ type: T.Type, _ what: String) -> T?
  where T.RawValue == String {
    guard let text = text(key) else { return nil }
    if let value = T(rawValue: text) { return value }
    report("'\(text)' is not \(what)", key: key, hint: suggestion(for: text, among: T.allCases.map(\.rawValue)))
    return nil
  }

  /// The elements of a list; empty where the key is absent.
  public mutating func list(_ key: String) -> [YAMLNode] { read(node(key), key, "a list", \.sequence) ?? [] }

  /// Names and their nodes, in the order written; empty where the key is absent.
  public mutating func entries(_ key: String) -> [YAMLNode.Pair] { read(node(key), key, "a mapping", \.mapping) ?? [] }

  /// A list of texts, each with its place.
  public mutating func texts(_ key: String) -> [(text: String, mark: SourceMark)] {
    list(key).compactMap { node in read(node, key, "a text", Self.text).map { ($0, node.mark) } }
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
