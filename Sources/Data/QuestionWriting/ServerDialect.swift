// Servers differ in what they take: learned from what they refuse, for the rest of a run.

/// How requests are written for a server.
public struct ServerDialect: Sendable, Hashable {
  /// The limit of tokens is called `max_completion_tokens`.
  public private(set) var namesCompletionTokens = false
  /// There is no system role: the instruction stands before the user's text.
  public private(set) var joinsInstruction = false
  /// Which of the server's addresses answers.
  public private(set) var address = 0

  public init() {}

  /// What a server asks for when it refuses a request.
  enum Wish: Sendable, Hashable {
    case completionTokens, oneMessage, otherAddress

    /// Nil unless the words say so. A limit that is too large is not meant, though it may name both fields.
    init?(_ status: Int?, _ words: ServerWords) {
      let said = words.text.lowercased()
      func says(_ parts: String...) -> Bool { parts.contains { said.contains($0) } }
      let isUnknown = says(
        "unsupported", "not support", "unrecognized", "unknown", "unexpected", "not permitted", "extra input",
        "not allowed", "invalid param", "deprecated", "instead", "not a valid", "not enabled", "isn't support")
      if status == 404 || status == 405 {
        guard !says("model") else { return nil }
        self = .otherAddress
      } else if status == 429 {
        return nil
      } else if said.contains("max_tokens") || words.codes.contains("max_tokens"),
        isUnknown || words.codes.contains("unsupported_parameter"), !says("too large", "context length", "at most")
      {
        self = .completionTokens
      } else if says("role", "system", "developer") {
        let isRole =
          says("system", "developer") && says("role", "instruction", "message", "prompt")
          && (isUnknown || says("no system role"))
          || says("roles must alternate", "only user and assistant roles", "'user' or 'assistant'")
        guard isRole else { return nil }
        self = .oneMessage
      } else {
        return nil
      }
    }

    /// For reports.
    var text: String {
      switch self {
      case .completionTokens: "the server takes max_completion_tokens, not max_tokens"
      case .oneMessage: "the server takes no system role: the instruction stood in the user's message"
      case .otherAddress: "the server answers at /v1"
      }
    }
  }

  /// Whether a wish could still be met.
  func lacks(_ wish: Wish, addresses: Int) -> Bool {
    switch wish {
    case .completionTokens: !namesCompletionTokens
    case .oneMessage: !joinsInstruction
    case .otherAddress: address + 1 < addresses
    }
  }

  /// Meets the wish of a server that was sent a request in the form of `sent`.
  mutating func meet(_ wish: Wish, sent: ServerDialect) {
    switch wish {
    case .completionTokens: namesCompletionTokens = true
    case .oneMessage: joinsInstruction = true
    case .otherAddress: address = max(address, sent.address + 1)
    }
  }
}
