// What to do after an attempt, by the server's status and words.
internal import Foundation

/// Why an attempt gave no reply.
struct ServerTrouble: Sendable, Hashable {
  /// One of a few texts, for counts.
  var reason: String
  var status: Int?
  /// What the server said, one line; empty if nothing.
  var words = ""
  /// Seconds the server asks to wait, where they are more than a run waits.
  var longWait: Double?
  /// What the server would rather be sent.
  var wish: ServerDialect.Wish?

  var text: String { words.isEmpty ? reason : "\(reason): \(words)" }
}

enum AttemptOutcome: Sendable, Hashable {
  case answered(ChatReply)
  /// A reply came and is no answer.
  case unfit(ChatReply, ReplyFault, words: String)
  /// Try again, after at least so many seconds.
  case retry(ServerTrouble, wait: Double)
  /// This request will never be answered.
  case refused(ServerTrouble)
  /// No request will be.
  case hopeless(ServerTrouble)

  /// The longest time that a server is waited for, in seconds; if it asks for more, the run ends.
  static let longestWait = 600.0

  init(_ answer: ServerAnswer) {
    switch answer {
    case .failure(let reason): self = .retry(ServerTrouble(reason: reason), wait: 0)
    case .response(200..<300, let header, let body):
      switch BodyContent(body) {
      case .reply(let reply): self = .answered(reply)
      case .unfit(let reply, let fault, let words): self = .unfit(reply, fault, words: words)
      case .declined(let words): self = .refused(ServerTrouble(reason: "declined", status: 200, words: words))
      case .error(let words) where words.status != nil: self.init(words.status ?? 500, header, words)
      case .error(let words): self.init(nil, header, words)
      case .other(let words):
        self = .retry(ServerTrouble(reason: "no chat completion", words: words.text), wait: 0)
      }
    case .response(let status, let header, let body): self.init(status, header, ServerWords(body))
    }
  }

  /// An error, by a status or, in a response with status 200, without one.
  private init(_ status: Int?, _ header: String?, _ words: ServerWords) {
    let reason = status.map { "status \($0)" } ?? "an error in place of a reply"
    var trouble = ServerTrouble(reason: reason, status: status, words: words.text)
    trouble.wish = ServerDialect.Wish(status, words)
    // Money that is spent comes like a rate that is too high, and waiting does not mend it.
    if words.codes.contains("insufficient_quota") || words.codes.contains("billing_hard_limit_reached") {
      self = .hopeless(trouble)
      return
    }
    switch status {
    case nil, 408, 409, 425, 429, .some(500...599):
      let wait = Self.seconds(header)
      if wait > Self.longestWait {
        trouble.longWait = wait
        self = .hopeless(trouble)
      } else {
        self = .retry(trouble, wait: wait)
      }
    case .some(let status) where (400..<500).contains(status) && ![401, 402, 403, 404, 405, 407].contains(status):
      self = .refused(trouble)
    default: self = .hopeless(trouble)
    }
  }

  /// What the server would rather be sent, if it said so.
  var trouble: ServerTrouble? {
    switch self {
    case .retry(let trouble, _), .refused(let trouble), .hopeless(let trouble): trouble
    case .answered, .unfit: nil
    }
  }

  /// Retry-After: seconds, or a date.
  static func seconds(_ header: String?, now: Date = Date()) -> Double {
    guard let header else { return 0 }
    if let seconds = Double(header.trimmingCharacters(in: .whitespaces)) {
      return seconds.isFinite ? min(max(seconds, 0), 1e9) : 0
    }
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(secondsFromGMT: 0)
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    return format.date(from: header).map { min(max($0.timeIntervalSince(now), 0), 1e9) } ?? 0
  }
}
