// What a chat completions server says: the reply with its tokens, or what the error was.
internal import Foundation
internal import JSONText

/// The reply in the body of a response with status 200.
struct ChatReply: Sendable, Hashable {
  var text: String
  var finish: String?
  var promptTokens: Int?
  var replyTokens: Int?

  /// Nil if the body is no chat completion: cut off, or another program's.
  init?(_ body: [UInt8]) {
    let limits = JSONValue.Limits(depth: 32, valueCount: 1_000_000, mendsSurrogates: true)
    guard let json = try? JSONValue(parsing: body, file: "response", limits: limits),
      let choice = json["choices"]?.array?.first, let message = choice["message"], message.object != nil
    else { return nil }
    // A text, parts with texts, or null where the model says nothing.
    let parts = message["content"]?.array?.compactMap { $0["text"]?.string }
    text = message["content"]?.string ?? parts?.joined() ?? ""
    finish = choice["finish_reason"]?.string
    promptTokens = json["usage"]?["prompt_tokens"]?.integer.flatMap { $0 < 0 ? nil : $0 }
    replyTokens = json["usage"]?["completion_tokens"]?.integer.flatMap { $0 < 0 ? nil : $0 }
  }

  /// The message of an error's body, one line of at most 300 characters.
  static func errorText(_ body: [UInt8]) -> String {
    let json = try? JSONValue(parsing: Array(body.prefix(1 << 16)), file: "response")
    let error = json?["error"]
    let said = error?["message"]?.string ?? error?.string ?? json?["message"]?.string
    let text = said ?? String(decoding: body.prefix(1200), as: UTF8.self)
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let scalars = line.unicodeScalars.prefix(300)
    return String(scalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
  }
}

/// What to do after an attempt.
enum AttemptOutcome: Sendable, Hashable {
  case answered(ChatReply)
  /// Try again, after at least so many seconds.
  case retry(reason: String, wait: Double)
  /// This request will never be answered.
  case refused(status: Int, String)
  /// No request will be.
  case hopeless(status: Int, String)

  init(_ answer: ServerAnswer) {
    switch answer {
    case .failure(let reason): self = .retry(reason: reason, wait: 0)
    case .response(let status, let header, let body):
      switch status {
      case 200..<300:
        let reply = ChatReply(body)
        self = reply.map { .answered($0) } ?? .retry(reason: "no chat completion", wait: 0)
      case 408, 409, 425, 429, 500...599: self = .retry(reason: "status \(status)", wait: Self.seconds(header))
      case 400..<500 where ![401, 402, 403, 404, 405, 407].contains(status):
        self = .refused(status: status, ChatReply.errorText(body))
      default: self = .hopeless(status: status, ChatReply.errorText(body))
      }
    }
  }

  /// Retry-After: seconds, or a date; at most ten minutes are waited.
  static func seconds(_ header: String?, now: Date = Date()) -> Double {
    guard let header else { return 0 }
    if let seconds = Double(header.trimmingCharacters(in: .whitespaces)) {
      return seconds.isFinite ? min(max(seconds, 0), 600) : 0
    }
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(secondsFromGMT: 0)
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return format.date(from: header).map { min(max($0.timeIntervalSince(now), 0), 600) } ?? 0
  }
}
