// YAML as a tree of nodes that know where they stand.
public import Diagnostics

/// A node of a YAML document. Scalars are kept as text; what they mean is the reader's matter.
public struct YAMLNode: Sendable, Hashable {
  /// A text, a list or a mapping.
  public enum Content: Sendable, Hashable {
    /// `isPlain` is false for quoted and block texts, which are never numbers, true, false or null.
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    /// In the order written; keys are distinct.
    case mapping([Pair])
  }

  /// A key with its value, and where the key stands.
  public struct Pair: Sendable, Hashable {
    public var key: String
    public var keyMark: SourceMark
    public var value: YAMLNode

    public init(key: String, keyMark: SourceMark, value: YAMLNode) {
      self.key = key
      self.keyMark = keyMark
      self.value = value
    }
  }

  public var content: Content
  public var mark: SourceMark

  public init(_ content: Content, at mark: SourceMark) {
    self.content = content
    self.mark = mark
  }

  /// What this is, in a person's words.
  public var kindName: String {
    switch content {
    case .scalar(let text, let isPlain):
      if isPlain, isNull { "nothing" } else if isPlain { "'\(text.prefix(40))'" } else { "a text" }
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }

  public var isNull: Bool {
    if case .scalar(let text, true) = content { return ["", "~", "null", "Null", "NULL"].contains(text) }
    return false
  }
  public var text: String? { if case .scalar(let text, _) = content { text } else { nil } }
  public var sequence: [YAMLNode]? { if case .sequence(let nodes) = content { nodes } else { nil } }
  public var mapping: [Pair]? { if case .mapping(let pairs) = content { pairs } else { nil } }

  /// `true` or `false` of the YAML 1.2 core schema.
  public var boolean: Bool? {
    guard case .scalar(let text, true) = content else { return nil }
    switch text {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default: return nil
    }
  }

  public var integer: Int? {
    guard case .scalar(let text, true) = content, text.utf8.count <= 20 else { return nil }
    return Int(text)
  }

  public var number: Double? {
    guard case .scalar(let text, true) = content, text.utf8.count <= 40, let first = text.utf8.first,
      first == UInt8(ascii: "-") || first == UInt8(ascii: "+") || first == UInt8(ascii: ".")
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
      text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let value = Double(text), value.isFinite
    else { return nil }
    return value
  }
}
