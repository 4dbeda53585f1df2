// What a chat completions server says: the reply with its tokens, why what came is no reply, or what the error was.
internal import Foundation
internal import JSONText

/// What a model replied, its thoughts left out.
struct ChatReply: Sendable, Hashable {
  /// Bytes of a reply that are kept: more are never looked at.
  private static let byteLimit = 1 << 16

  var text: String
  var thoughtBytes: Int
  var finish: String?
  var promptTokens: Int?
  var replyTokens: Int?

  init(_ parts: ReplyParts) {
    let spoken = SpokenText(parts.text)
    // A character that the limit cuts is no loss: a text this long holds no question.
    text = String(decoding: spoken.text.utf8.prefix(Self.byteLimit), as: UTF8.self)
    thoughtBytes = spoken.thoughtBytes
    finish = parts.finish
    promptTokens = parts.promptTokens
    replyTokens = parts.replyTokens
  }

  var cost: WritingCost { WritingCost(promptTokens: promptTokens ?? 0, replyTokens: replyTokens ?? 0) }
}

/// Why a reply that came is no answer. It cost tokens; another attempt may fare better.
public enum ReplyFault: Sendable, Hashable {
  /// It ends at the limit of tokens.
  case cut
  /// So do its thoughts.
  case cutInThoughts
  /// Its thoughts have no end.
  case unclosedThoughts
  /// Nothing follows its thoughts.
  case onlyThoughts
  case empty
  case toolCall
  /// The server gave up, for a reason of its own or by leaving the stream.
  case brokenOff

  /// What it is, for reports.
  public var text: String {
    switch self {
    case .cut: "the reply was cut at the limit of tokens (finish_reason length)"
    case .cutInThoughts: "the reply was cut at the limit of tokens while the model was thinking (finish_reason length)"
    case .unclosedThoughts: "the reply was cut: its thoughts have no end"
    case .onlyThoughts: "only reasoning came, and no reply after it"
    case .empty: "the reply is empty"
    case .toolCall: "the model called a tool instead of replying"
    case .brokenOff: "the server broke the reply off"
    }
  }

  /// What to change.
  /// - Parameter limit: the most tokens that were asked for.
  public func remedy(limit: Int?) -> String {
    let setting =
      limit.map { "raise --max-tokens, now \($0)" } ?? "set --max-tokens; the server's own limit applies now"
    return switch self {
    case .cut: setting
    case .cutInThoughts, .unclosedThoughts: setting + " (thoughts need thousands), or switch the model's thinking off"
    case .onlyThoughts:
      setting + " (thoughts need thousands), switch the model's thinking off, or mend the server's parser of reasoning"
    case .empty: "look into the server's log, or name another model"
    case .toolCall: "start the server without tools for the model"
    case .brokenOff: "look into the server's log"
    }
  }

  /// Nil for a reply that is one. `legacy` records have no more than a text and how it ended.
  init?(_ text: String, finish: String?, hasThoughts: Bool = false, tool: String? = nil) {
    let spoken = SpokenText(text)
    let isBlank = SpokenText.isBlank(spoken.text)
    let thinks = hasThoughts || spoken.thoughtBytes > 0
    let end = finish?.lowercased() ?? ""
    if Self.limits.contains(end) {
      self = thinks && isBlank || spoken.isUnclosed ? .cutInThoughts : .cut
    } else if spoken.isUnclosed {
      self = .unclosedThoughts
    } else if Self.failures.contains(end) {
      self = .brokenOff
    } else if isBlank {
      self = tool != nil ? .toolCall : thinks ? .onlyThoughts : .empty
    } else {
      return nil
    }
  }

  /// How servers say that the limit of tokens was met, and that they gave up.
  private static let limits: Set<String> = [
    "length", "max_tokens", "max_output_tokens", "max_completion_tokens", "model_length", "max_length", "token_limit",
    "incomplete",
  ]
  private static let failures: Set<String> = [
    "error", "abort", "aborted", "cancelled", "canceled", "timeout", "insufficient_system_resource", "network_error",
  ]
}

/// What the body of a response with status 200 holds.
enum BodyContent: Sendable, Hashable {
  case reply(ChatReply)
  case unfit(ChatReply, ReplyFault, words: String)
  /// The model, or a filter, declined.
  case declined(String)
  /// An error in place of a reply.
  case error(ServerWords)
  /// No chat completion: cut off, or another program's.
  case other(ServerWords)

  init(_ body: [UInt8]) {
    // A byte order mark stands before some.
    let body = body.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(body.dropFirst(3)) : body
    var parts = ReplyParts()
    var isWhole = true
    if let stream = ReplyStream(body) {
      if let error = stream.error {
        self = .error(ServerWords(error))
        return
      }
      (parts, isWhole) = (stream.parts, stream.isWhole)
    } else {
      let limits = JSONValue.Limits(depth: 32, valueCount: 1_000_000, mendsSurrogates: true)
      let json = try? JSONValue(parsing: body, file: "response", limits: limits)
      if let error = json?["choices"]?.array?.first?["error"], error.object != nil {
        self = .error(ServerWords(Array(error.canonicalText.utf8)))
        return
      }
      if let json { parts.add(json) }
    }
    guard parts.hasMessage else {
      let words = ServerWords(body)
      self = words.isError ? .error(words) : .other(words)
      return
    }
    let reply = ChatReply(parts)
    let end = parts.finish?.lowercased() ?? ""
    if Self.filters.contains(end) {
      let kinds = parts.filtered.isEmpty ? "" : ": " + ServerWords.oneLine(parts.filtered.joined(separator: ", "))
      self = .declined("its content filter stopped the reply (finish_reason \(end))" + kinds)
    } else if !SpokenText.isBlank(parts.refusal), SpokenText.isBlank(reply.text) {
      self = .declined("the model refused: " + ServerWords.oneLine(parts.refusal))
    } else if let fault = ReplyFault(
      parts.text, finish: parts.finish, hasThoughts: parts.hasThoughts, tool: parts.tool)
    {
      self = .unfit(reply, fault, words: Self.words(fault, parts))
    } else {
      self = isWhole ? .reply(reply) : .unfit(reply, .brokenOff, words: "its stream has no end")
    }
  }

  private static func words(_ fault: ReplyFault, _ parts: ReplyParts) -> String {
    switch fault {
    case .toolCall: "the tool is \(ServerWords.oneLine(parts.tool ?? ""))"
    case .brokenOff: "finish_reason \(ServerWords.oneLine(parts.finish ?? ""))"
    default: ""
    }
  }

  private static let filters: Set<String> = [
    "content_filter", "content-filter", "safety", "recitation", "blocklist", "prohibited_content", "sensitive",
    "refusal",
  ]
}
