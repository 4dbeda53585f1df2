// A model's thoughts told apart from its reply, where a server leaves both in one text.
//
// Thoughts stand between marks: tags such as <think> and </think>, <thinking>, <reasoning>; [THINK] and [/THINK];
// ◁think▷ and ◁/think▷; <|START_THINKING|> and <|END_THINKING|>; <|begin_of_thought|> and <|end_of_thought|>; or, as
// channels, <|channel|>analysis<|message|>…<|end|>, after which <|channel|>final<|message|> begins the reply. A chat
// template may have written the first mark itself, so that everything before a closing mark is thought.

/// The part of a text that is no thought.
struct SpokenText: Sendable, Hashable {
  /// All text outside of thoughts, without the marks.
  private(set) var text: String
  /// Bytes of thoughts.
  private(set) var thoughtBytes: Int
  /// Whether the text ends within a thought.
  private(set) var isUnclosed: Bool

  init(_ whole: String) {
    let bytes = Array(whole.utf8)
    if let bare = Self.withoutMarks(bytes) {
      self = bare
      return
    }
    var spoken: [UInt8] = []
    var isThinking = false
    // The head of a channel, up to <|message|>, is neither thought nor reply.
    var isHead = false
    var place = 0
    while place < bytes.count {
      guard let mark = Mark(bytes, at: place) else {
        if !isThinking, !isHead { spoken.append(bytes[place]) }
        place += 1
        continue
      }
      switch mark.kind {
      case .opening: isThinking = true
      case .closing:
        if !isThinking { spoken = [] }
        isThinking = false
      case .channel(let isReply): (isThinking, isHead) = (!isReply, true)
      case .head: isHead = true
      case .message: isHead = false
      case .end: (isThinking, isHead) = (false, false)
      }
      place = mark.end
    }
    text = String(decoding: spoken, as: UTF8.self)
    thoughtBytes = bytes.count - spoken.count
    isUnclosed = isThinking
  }

  private init(spoken: ArraySlice<UInt8>, of count: Int, isUnclosed: Bool) {
    text = String(decoding: spoken, as: UTF8.self)
    thoughtBytes = count - spoken.count
    self.isUnclosed = isUnclosed
  }

  /// Whether there is nothing to read in a text: white space, byte order marks, spaces without width.
  static func isBlank(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.properties.isWhitespace || $0.properties.generalCategory == .format }
  }

  /// Channels whose marks were taken off on the way: `analysisThe clip … assistantfinal{…}`.
  private static func withoutMarks(_ bytes: [UInt8]) -> SpokenText? {
    let (head, turn) = (Array("analysis".utf8), Array("assistantfinal".utf8))
    let start = bytes.firstIndex { $0 > 0x20 } ?? bytes.endIndex
    guard bytes[start...].starts(with: head) else { return nil }
    if let final = bytes.ranges(of: turn).last {
      return SpokenText(spoken: bytes[final.upperBound...], of: bytes.count, isUnclosed: false)
    }
    // The word itself is followed by a space, the mark's name by the first thought.
    guard let next = bytes[(start + head.count)...].first, (0x41...0x5A).contains(next) else { return nil }
    return SpokenText(spoken: [], of: bytes.count, isUnclosed: true)
  }
}

/// A mark between thoughts and reply.
private struct Mark {
  enum Kind {
    case opening, closing
    /// `<|channel|>` and its name.
    case channel(isReply: Bool)
    /// `<|start|>`: the name of who speaks follows.
    case head
    case message, end
  }

  let kind: Kind
  /// The place after it.
  let end: Int

  private static let thoughts: Set<String> = [
    "think", "thinking", "thought", "thoughts", "reasoning", "reason", "reflection", "scratchpad", "scratch_pad",
    "analysis", "inner_monologue", "internal_thoughts", "chain_of_thought", "cot",
  ]
  private static let lengthLimit = 32
  private static let attributeLimit = 200

  /// How marks begin and end.
  private static let forms: [(open: [UInt8], close: [UInt8], isBarred: Bool)] = [
    ("<|", "|>", true), ("<|", ">", false), ("<", "|>", false), ("<", ">", false), ("[", "]", false), ("◁", "▷", false),
    ("&lt;", "&gt;", false),
  ].map { (Array($0.utf8), Array($1.utf8), $2) }

  init?(_ bytes: [UInt8], at start: Int) {
    guard [0x3C, 0x5B, 0xE2, 0x26].contains(bytes[start]) else { return nil }
    for (open, close, isBarred) in Self.forms where bytes[start...].starts(with: open) {
      var place = start + open.count
      let isClosing = bytes[place...].first == 0x2F
      if isClosing { place += 1 }
      let letters = bytes[place...].prefix(Self.lengthLimit).prefix { Self.isOfName($0) }
      guard !letters.isEmpty else { continue }
      place += letters.count
      // A tag may carry attributes.
      var attributes: ArraySlice<UInt8> = []
      if open == [0x3C], close == [0x3E], bytes[place...].first == 0x20, !isClosing {
        attributes = bytes[place...].prefix(Self.attributeLimit).prefix { $0 != 0x3E && $0 != 0x3C }
        place += attributes.count
      }
      guard bytes[place...].starts(with: close) else { continue }
      place += close.count
      let name = String(decoding: letters, as: UTF8.self).lowercased()
      // <|channel>thought … <channel|>
      let isHalf = open.count + close.count == 3 && open.first == 0x3C
      let half: Kind? = isHalf && name == "channel" ? (open.count == 2 ? .opening : .closing) : nil
      let said = String(decoding: attributes, as: UTF8.self)
      guard let kind = half ?? Self.kind(name, isBarred: isBarred, isClosing: isClosing, said) else { continue }
      if case .channel = kind {
        let channel = bytes[place...].drop { $0 == 0x20 }.prefix(Self.lengthLimit).prefix { Self.isOfName($0) }
        self.kind = .channel(isReply: channel.elementsEqual("final".utf8))
      } else {
        self.kind = kind
      }
      end = place
      return
    }
    return nil
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x3A: true
    default: false
    }
  }

  private static func kind(_ name: String, isBarred: Bool, isClosing: Bool, _ attributes: String) -> Kind? {
    if isBarred {
      switch name {
      case "channel": return .channel(isReply: false)
      case "start": return .head
      case "message": return .message
      case "end", "return", "call": return .end
      default: break
      }
      if name.contains("think") || name.contains("thought") {
        if name.hasPrefix("begin") || name.hasPrefix("start") { return .opening }
        if name.hasPrefix("end") { return .closing }
      }
    } else if name == "details" {
      if isClosing { return .end }
      return attributes.contains("reasoning") ? .opening : nil
    }
    guard thoughts.contains(name) || name.hasSuffix(":think") || name.hasSuffix("_think") else { return nil }
    return isClosing ? .closing : .opening
  }
}
