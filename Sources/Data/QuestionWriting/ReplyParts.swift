// The parts of a chat completion, whole or as a stream of pieces.
internal import JSONText

/// What stands in a reply, gathered from one message or from the pieces of a stream.
struct ReplyParts: Sendable, Hashable {
  private(set) var text = ""
  /// Whether there were thoughts in a field of their own.
  private(set) var hasThoughts = false
  private(set) var refusal = ""
  /// The tool the model called.
  private(set) var tool: String?
  private(set) var finish: String?
  /// Kinds of content that a filter found.
  private(set) var filtered: [String] = []
  private(set) var promptTokens: Int?
  private(set) var replyTokens: Int?
  /// Whether there was a message at all.
  private(set) var hasMessage = false

  /// Takes what a chat completion, or a piece of one, says in its first choice.
  mutating func add(_ body: JSONValue) {
    if let usage = body["usage"] {
      promptTokens = usage["prompt_tokens"]?.integer.flatMap { $0 < 0 ? nil : $0 } ?? promptTokens
      replyTokens = usage["completion_tokens"]?.integer.flatMap { $0 < 0 ? nil : $0 } ?? replyTokens
    }
    guard let choice = body["choices"]?.array?.first else { return }
    finish = choice["finish_reason"]?.string ?? finish
    for (kind, found) in choice["content_filter_results"]?.object?.pairs ?? [] where found["filtered"] == true {
      filtered.append(kind)
    }
    let messages = [choice["delta"], choice["message"]].compactMap { $0?.object == nil ? nil : $0 }
    guard let message = messages.first(where: { $0.object?.pairs.isEmpty == false }) ?? messages.first else { return }
    hasMessage = true
    add(content: message["content"])
    for name in ["reasoning_content", "reasoning", "reasoning_text", "reasoning_details", "thinking", "thoughts"] {
      if let value = message[name] { hasThoughts = hasThoughts || Self.saysSomething(value) }
    }
    refusal += message["refusal"]?.string ?? ""
    let call = message["tool_calls"]?.array?.first?["function"] ?? message["function_call"]
    if let call, call.object != nil { tool = tool ?? call["name"]?.string ?? "without a name" }
  }

  /// A text, parts with texts, an object where the server read the JSON itself, or null where nothing is said.
  private mutating func add(content: JSONValue?) {
    switch content {
    case .string(let more): text += more
    case .array(let parts): for part in parts { add(part: part) }
    case .object: text += content?.canonicalText ?? ""
    default: break
    }
  }

  private mutating func add(part: JSONValue) {
    let type = part["type"]?.string?.lowercased() ?? ""
    if type.contains("think") || type.contains("reason") || type.contains("thought") || part["thought"] == true {
      hasThoughts = true
    } else if type.contains("refus") {
      refusal += part["refusal"]?.string ?? part["text"]?.string ?? ""
    } else if type.contains("tool") {
      tool = tool ?? part["name"]?.string ?? "without a name"
    } else {
      text += part.string ?? part["text"]?.string ?? part["text"]?["value"]?.string ?? ""
    }
  }

  private static func saysSomething(_ value: JSONValue) -> Bool {
    switch value {
    case .string(let text): !SpokenText.isBlank(text)
    case .array(let list): !list.isEmpty
    case .object(let object): !object.pairs.isEmpty
    default: false
    }
  }
}

/// A stream of server-sent events, which some servers send though none is asked for.
struct ReplyStream {
  private(set) var parts = ReplyParts()
  /// Whether its end came.
  private(set) var isWhole = false
  /// An event with an error.
  private(set) var error: [UInt8]?

  /// Nil if a body is no stream.
  init?(_ body: [UInt8]) {
    let start = body.drop { $0 <= 0x20 }
    guard ["data:", "event:", "id:", "retry:", ":"].contains(where: { start.starts(with: $0.utf8) }) else { return nil }
    let limits = JSONValue.Limits(depth: 32, valueCount: 100_000, mendsSurrogates: true)
    for line in body.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) where line.starts(with: "data:".utf8) {
      let data = Array(line.dropFirst(5).drop { $0 == 0x20 })
      if data.starts(with: "[DONE]".utf8) { isWhole = true }
      guard let event = try? JSONValue(parsing: data, file: "event", limits: limits), event.object != nil else {
        continue
      }
      if let found = event["error"], !found.isNull { error = data }
      parts.add(event)
    }
    isWhole = isWhole || parts.finish != nil
  }
}
