// Reading YAML by libyaml's events. The only file that talks to it.
//
// Refused: anchors and aliases (a few lines of them can stand for gigabytes), tags, several documents, duplicate keys,
// keys that are no scalars, nesting and sizes beyond the limits.
internal import CYAML
public import Diagnostics

/// What a document may not exceed.
public struct YAMLLimits: Sendable {
  /// Bytes of a document.
  public var byteCount = 1 << 20
  public var depth = 32
  public var nodeCount = 100_000
  public init() {}
}

extension YAMLNode {
  /// The root of the one document in `bytes`; nil for an empty one. `file` is for messages.
  public static func parse(
    _ bytes: [UInt8], file: String, limits: YAMLLimits = YAMLLimits()
  ) throws(Diagnostics) -> YAMLNode? {
    guard bytes.count <= limits.byteCount else {
      throw Diagnostics([
        Diagnostic("\(bytes.count) bytes; the limit is \(limits.byteCount)", at: SourceMark(file: file))
      ])
    }
    if let zero = bytes.firstIndex(of: 0) {
      let line = 1 + bytes[..<zero].count { $0 == 0x0A }
      throw Diagnostics([Diagnostic("a NUL byte", at: SourceMark(file: file, line: line))])
    }
    var parser = EventReader(bytes: bytes, file: file, limits: limits)
    return try parser.document()
  }
}

/// Pulls events, builds nodes, collects mistakes that do not stop it.
private struct EventReader {
  enum Event {
    case scalar(String, isPlain: Bool)
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd, end
  }

  private let events: [(event: Event, mark: SourceMark)]
  private let failure: Diagnostic?
  private let limits: YAMLLimits
  private let file: String
  private var position = 0
  private var mistakes = Diagnostics()

  init(bytes: [UInt8], file: String, limits: YAMLLimits) {
    self.limits = limits
    self.file = file
    (events, failure) = Self.events(bytes, file: file, limits: limits)
  }

  mutating func document() throws(Diagnostics) -> YAMLNode? {
    if let failure { throw Diagnostics([failure]) }
    guard let first = events.first, !first.event.isEnd else { return nil }
    let root = try node(depth: 0)
    try mistakes.throwIfAnyError()
    return root
  }

  private mutating func node(depth: Int) throws(Diagnostics) -> YAMLNode {
    guard position < events.count else {
      throw Diagnostics([Diagnostic("the text ends too early", at: SourceMark(file: file))])
    }
    let (event, mark) = events[position]
    position += 1
    guard depth <= limits.depth else {
      throw Diagnostics([Diagnostic("lists and mappings are nested more than \(limits.depth) deep", at: mark)])
    }
    switch event {
    case .scalar(let text, let isPlain): return YAMLNode(.scalar(text, isPlain: isPlain), at: mark)
    case .sequenceStart:
      var nodes: [YAMLNode] = []
      while position < events.count, !events[position].event.closesSequence { nodes.append(try node(depth: depth + 1)) }
      position += 1
      return YAMLNode(.sequence(nodes), at: mark)
    case .mappingStart:
      var pairs: [YAMLNode.Pair] = []
      var seen: [String: SourceMark] = [:]
      while position < events.count, !events[position].event.closesMapping {
        let key = try node(depth: depth + 1)
        let value = try node(depth: depth + 1)
        guard let text = key.text else {
          mistakes.report(Diagnostic("\(key.kindName) as a key; keys are words", at: key.mark))
          continue
        }
        if let first = seen[text] {
          mistakes.report(Diagnostic("the key '\(text)' stands twice; first in line \(first.line ?? 0)", at: key.mark))
          continue
        }
        seen[text] = key.mark
        pairs.append(YAMLNode.Pair(key: text, keyMark: key.mark, value: value))
      }
      position += 1
      return YAMLNode(.mapping(pairs), at: mark)
    case .sequenceEnd, .mappingEnd, .end:
      throw Diagnostics([Diagnostic("a value is missing", at: mark)])
    }
  }

  /// All events of the text, or the mistake that ends them.
  private static func events(
    _ bytes: [UInt8], file: String, limits: YAMLLimits
  ) -> ([(event: Event, mark: SourceMark)], Diagnostic?) {
    var list: [(event: Event, mark: SourceMark)] = []
    var parser = unsafe yaml_parser_t()
    guard unsafe yaml_parser_initialize(&parser) == 1 else {
      return ([], Diagnostic("libyaml cannot start", kind: .ours))
    }
    defer { unsafe yaml_parser_delete(&parser) }
    return unsafe bytes.withUnsafeBufferPointer { input in
      unsafe yaml_parser_set_input_string(&parser, input.baseAddress, input.count)
      var documents = 0
      while true {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(&parser, &event) == 1 else { return (list, unsafe problem(parser, file)) }
        defer { unsafe yaml_event_delete(&event) }
        let mark = SourceMark(
          file: file, line: Int(clamping: unsafe event.start_mark.line) + 1,
          column: Int(clamping: unsafe event.start_mark.column) + 1)
        func refuse(_ fact: String) -> ([(event: Event, mark: SourceMark)], Diagnostic?) {
          (list, Diagnostic(fact, at: mark))
        }
        switch unsafe event.type {
        case YAML_STREAM_END_EVENT:
          list.append((.end, mark))
          return (list, nil)
        case YAML_DOCUMENT_START_EVENT:
          documents += 1
          if documents > 1 { return refuse("a second document; a file holds one") }
        case YAML_ALIAS_EVENT: return refuse("an alias (*); write the value out")
        case YAML_SCALAR_EVENT:
          let scalar = unsafe event.data.scalar
          if unsafe scalar.anchor != nil { return refuse("an anchor (&); write the value out") }
          if unsafe scalar.tag != nil { return refuse("a tag (!); values are plain") }
          let raw = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
          guard let text = unsafe String(validating: raw, as: UTF8.self) else { return refuse("a text that is no UTF-8") }
          list.append((.scalar(text, isPlain: unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE), mark))
        case YAML_SEQUENCE_START_EVENT:
          if unsafe event.data.sequence_start.anchor != nil { return refuse("an anchor (&); write the value out") }
          if unsafe event.data.sequence_start.tag != nil { return refuse("a tag (!); values are plain") }
          list.append((.sequenceStart, mark))
        case YAML_SEQUENCE_END_EVENT: list.append((.sequenceEnd, mark))
        case YAML_MAPPING_START_EVENT:
          if unsafe event.data.mapping_start.anchor != nil { return refuse("an anchor (&); write the value out") }
          if unsafe event.data.mapping_start.tag != nil { return refuse("a tag (!); values are plain") }
          list.append((.mappingStart, mark))
        case YAML_MAPPING_END_EVENT: list.append((.mappingEnd, mark))
        default: break
        }
        if list.count > limits.nodeCount { return refuse("more than \(limits.nodeCount) values") }
      }
    }
  }

  @unsafe private static func problem(_ parser: yaml_parser_t, _ file: String) -> Diagnostic {
    let text = unsafe parser.problem.map { unsafe String(cString: $0) } ?? "no YAML"
    return unsafe Diagnostic(
      "no YAML: " + text,
      at: SourceMark(
        file: file, line: Int(clamping: parser.problem_mark.line) + 1,
        column: Int(clamping: parser.problem_mark.column) + 1))
  }
}

extension EventReader.Event {
  fileprivate var isEnd: Bool { if case .end = self { true } else { false } }
  fileprivate var closesSequence: Bool { if case .sequenceEnd = self { true } else { isEnd } }
  fileprivate var closesMapping: Bool { if case .mappingEnd = self { true } else { isEnd } }
}
