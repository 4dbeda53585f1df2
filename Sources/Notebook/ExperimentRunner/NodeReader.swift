// Reading a mapping of the experiment file: typed values, every mistake remembered, unknown keys named at the end.
internal import Diagnostics
internal import YAMLNodes

/// Collects the mistakes of one file.
final class MistakeList {
  var list = Diagnostics()
  /// The value that is being read from the command line, as it was typed, and the path it was given for.
  let typed: TypedValue?

  init(typed: TypedValue? = nil) { self.typed = typed }

  func report(_ fact: String, at mark: SourceMark?, path: String, hint: String? = nil) {
    list.report(Diagnostic(fact, at: mark, path: path, hint: hint))
  }
}

struct NodeReader {
  let path: String
  let mark: SourceMark
  private let pairs: [YAMLNode.Pair]
  private var known: [String] = []
  private let mistakes: MistakeList

  /// Nil, with a mistake reported, if the node is no mapping.
  init?(_ node: YAMLNode, path: String, _ mistakes: MistakeList) {
    self.mistakes = mistakes
    self.path = path
    mark = node.mark
    guard let pairs = node.mapping else {
      mistakes.report("\(node.kindName) where a mapping is expected", at: node.mark, path: path)
      return nil
    }
    self.pairs = pairs
  }

  private func full(_ key: String) -> String { path.isEmpty ? key : path + "." + key }

  func mark(of key: String) -> SourceMark? { pairs.first { $0.key == key }?.keyMark }

  func report(_ fact: String, _ key: String, at place: SourceMark? = nil, hint: String? = nil) {
    mistakes.report(fact, at: place ?? pairs.first { $0.key == key }?.value.mark, path: full(key), hint: hint)
  }

  /// A mapping in the list under a key.
  func element(_ node: YAMLNode, of key: String, _ index: Int) -> NodeReader? {
    NodeReader(node, path: full(key) + "[\(index + 1)]", mistakes)
  }

  /// The mapping under a key.
  mutating func part(_ key: String) -> NodeReader? {
    node(key).flatMap { NodeReader($0, path: full(key), mistakes) }
  }

  /// The node of a key, now known.
  mutating func node(_ key: String) -> YAMLNode? {
    known.append(key)
    return pairs.first { $0.key == key }?.value
  }

  mutating func has(_ key: String) -> Bool { node(key) != nil }

  private func wrong(_ node: YAMLNode, _ key: String, _ expected: String) {
    mistakes.report("\(node.kindName) where \(expected) is expected", at: node.mark, path: full(key))
  }

  mutating func text(_ key: String) -> String? {
    guard let node = node(key) else { return nil }
    if let typed = mistakes.typed, typed.path == full(key) { return typed.text }
    guard let text = node.text, !node.isNull else {
      wrong(node, key, "a text")
      return nil
    }
    return text
  }

  mutating func boolean(_ key: String) -> Bool? {
    guard let node = node(key) else { return nil }
    if node.boolean == nil { wrong(node, key, "true or false") }
    return node.boolean
  }

  mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let node = node(key) else { return nil }
    guard let value = node.integer else {
      wrong(node, key, "a whole number")
      return nil
    }
    guard range.contains(value) else {
      mistakes.report("\(value) is outside \(range.lowerBound)...\(range.upperBound)", at: node.mark, path: full(key))
      return nil
    }
    return value
  }

  mutating func number(_ key: String, in range: ClosedRange<Double>, excludesLower: Bool = false) -> Double? {
    guard let node = node(key) else { return nil }
    guard let value = node.number else {
      wrong(node, key, "a number")
      return nil
    }
    guard range.contains(value), !(excludesLower && value == range.lowerBound) else {
      let low = excludesLower ? "above \(range.lowerBound), up to" : "\(range.lowerBound)..."
      mistakes.report(
        "\(value) is outside \(excludesLower ? low + " " : low)\(range.upperBound)", at: node.mark, path: full(key))
      return nil
    }
    return value
  }

  mutating func choice<T: RawRepresentable & CaseIterable>(_ key: String, _ type: T.Type, _ what: String) -> T?
  where T.RawValue == String {
    guard let node = node(key) else { return nil }
    return choice(node, key, type, what)
  }

  func choice<T: RawRepresentable & CaseIterable>(
    _ node: YAMLNode, _ key: String, _ type: T.Type, _ what: String
  ) -> T? where T.RawValue == String {
    guard let text = node.text else {
      wrong(node, key, what)
      return nil
    }
    guard let value = T(rawValue: text) else {
      let allowed = T.allCases.map(\.rawValue)
      mistakes.report(
        "'\(text)' is not \(what)", at: node.mark, path: full(key), hint: suggestion(for: text, among: allowed))
      return nil
    }
    return value
  }

  /// A row of a table by its name.
  mutating func row<Row>(_ key: String, among rows: [Row], named name: KeyPath<Row, String>, _ what: String) -> Row? {
    guard let node = node(key) else { return nil }
    guard let text = node.text else {
      wrong(node, key, what)
      return nil
    }
    if let row = rows.first(where: { $0[keyPath: name] == text }) { return row }
    mistakes.report(
      "'\(text)' is not \(what)", at: node.mark, path: full(key),
      hint: suggestion(for: text, among: rows.map { $0[keyPath: name] }))
    return nil
  }

  /// A list, or one value standing for a list of it.
  mutating func list(_ key: String) -> [YAMLNode]? {
    guard let node = node(key) else { return nil }
    guard let nodes = node.sequence else { return [node] }
    if nodes.isEmpty { mistakes.report("an empty list", at: node.mark, path: full(key)) }
    return nodes
  }

  /// A key that has to be there.
  mutating func require(_ key: String) {
    if !pairs.contains(where: { $0.key == key }) {
      mistakes.report("'\(key)' is missing", at: mark, path: path)
    }
  }

  /// Reports every key nobody asked for.
  func finish() {
    for pair in pairs where !known.contains(pair.key) {
      mistakes.report(
        "unknown field '\(pair.key)'", at: pair.keyMark, path: path,
        hint: suggestion(for: pair.key, among: Set(known).sorted()))
    }
  }
}
