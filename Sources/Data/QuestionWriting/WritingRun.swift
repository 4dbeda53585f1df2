// Asking about every clip: some requests at once, failures again after a while, nothing that is answered twice.
//
// One thread decides and writes the journal; the server's threads only leave their answers in a mailbox.
public import Diagnostics
internal import Foundation
internal import JSONText
internal import Synchronization
internal import TensorCore

/// How a server is asked.
public struct WritingPace: Sendable, Hashable {
  /// Requests under way at once.
  public var concurrency = 8
  /// How often a request is tried.
  public var attempts = 8
  /// Seconds an answer may take.
  public var timeout = 120.0
  /// Seconds before the second attempt; twice as many before each further one, up to a minute.
  public var firstDelay = 1.0

  public init() {}

  /// Seconds before the next attempt: exponential, of which half at random, so that clips do not come back together.
  func delay(after attempt: Int, clip: String) -> Double {
    let full = min(firstDelay * Double(1 << min(attempt - 1, 20)), 60)
    let stream = RandomStream(seed: 0, purpose: "delay of a request", question: clip)
    return full * (0.5 + 0.5 * stream.uniform(at: attempt))
  }
}

/// What one run did.
public struct WritingTally: Sendable, Hashable {
  /// Requests sent, second attempts too.
  public var requestCount = 0
  public var answeredCount = 0
  /// Attempts that failed, by reason.
  public var failures: [String: Int] = [:]
  /// What the server said the last time, by reason; those it said nothing with are missing.
  public var words: [String: String] = [:]
  /// How often a reply was no answer, by what was wrong with it.
  public var faults: [ReplyFault: Int] = [:]
  /// How requests were rewritten for this server.
  public var adaptations: [String] = []
  /// Why the last clip without an answer has none.
  public var lastReason = ""
  /// Seconds that the server asked to wait, told once.
  public var wait: Double?
  /// Requests that were under way when an earlier run ended, and were asked again.
  public var reaskedCount = 0
  /// Clips whose every attempt failed; the next run asks them again.
  public var unanswered: [String] = []
  public var cost = WritingCost()
  /// Whether it was asked to stop before it was through.
  public var isStopped = false

  public init() {}
}

/// Asks a server about clips until each has an answer or is refused for good.
public struct WritingRun {
  private struct Request {
    var clip: ClipAnswers
    var digest: String
    var attempt = 1
    /// Replies that were no answers.
    var unfitCount = 0
    var due = Date.distantPast
  }

  /// How often a clip is asked about in a run whose replies are no answers: each costs its tokens.
  private static let unfitLimit = 3

  private struct Sent {
    var request: Request
    var dialect: ServerDialect
    var date = Date()
    var stop: @Sendable () -> Void
  }

  private let settings: WritingSettings
  private let pace: WritingPace
  private let server: any ChatServer
  private let journal: WritingJournal

  public init(_ settings: WritingSettings, pace: WritingPace, server: any ChatServer, journal: WritingJournal) {
    self.settings = settings
    self.pace = pace
    self.server = server
    self.journal = journal
  }

  /// Clips without an answer in a journal.
  public static func open(
    _ clips: [ClipAnswers], _ settings: WritingSettings, _ journal: WritingJournal
  ) -> [ClipAnswers] {
    clips.filter { journal.exchange($0.videoName, settings.digest(about: $0)) == nil }
  }

  /// Asks about every clip that has no answer yet.
  /// - Parameters:
  ///   - isStopped: asked now and then; once true, nothing new is sent and what is under way is waited for.
  ///   - progress: told the tally after each answer.
  /// - Throws: if no request can be answered: a wrong key, model or address, or a server that is not there.
  public func run(
    _ clips: [ClipAnswers], isStopped: () -> Bool, progress: (WritingTally) -> Void
  ) throws(Diagnostic) -> WritingTally {
    var tally = WritingTally()
    var fresh = Self.open(clips, settings, journal).map { Request(clip: $0, digest: settings.digest(about: $0)) }[...]
    tally.reaskedCount = fresh.count { journal.isOpen($0.clip.videoName, $0.digest) }
    var later: [Request] = []
    var underWay: [Int: Sent] = [:]
    var dialect = ServerDialect()
    var pausedUntil = Date.distantPast
    var end: Diagnostic?
    let mailbox = Mailbox()
    while true {
      if isStopped() { tally.isStopped = true }
      let now = Date()
      let isEnding = tally.isStopped || end != nil
      if underWay.isEmpty, isEnding || fresh.isEmpty && later.isEmpty { break }
      let room = isEnding || now < pausedUntil ? 0 : pace.concurrency - underWay.count
      let starting = Self.next(room, &later, &fresh, now)
      try noteAsked(starting, dialect)
      for request in starting {
        tally.requestCount += 1
        let own = tally.requestCount
        let body = Array(settings.body(about: request.clip, for: dialect).canonicalText.utf8)
        let stop = server.send(body, toAddress: dialect.address) { mailbox.put(own, $0) }
        underWay[own] = Sent(request: request, dialect: dialect, stop: stop)
      }
      for (own, answer) in mailbox.take(waiting: 0.1) {
        guard let sent = underWay.removeValue(forKey: own) else { continue }
        let outcome = AttemptOutcome(answer)
        if let trouble = outcome.trouble, let wish = trouble.wish,
          sent.dialect.lacks(wish, addresses: server.addressCount)
        {
          dialect.meet(wish, sent: sent.dialect)
          if !tally.adaptations.contains(wish.text) { tally.adaptations.append(wish.text) }
          try journal.append([.object(failure(sent.request, trouble.reason, trouble.words))])
          later.append(sent.request)
          continue
        }
        if case .retry(_, let wait) = outcome, wait > 0 {
          pausedUntil = max(pausedUntil, Date().addingTimeInterval(wait))
          tally.wait = wait
        }
        if let next = try settle(sent.request, outcome, &tally, &end) { later.append(next) }
        progress(tally)
        tally.wait = nil
      }
      // What comes after its time is not listened to.
      for (own, one) in underWay.sorted(by: { $0.key < $1.key })
      where Date().timeIntervalSince(one.date) > pace.timeout {
        one.stop()
        underWay[own] = nil
        let outcome = AttemptOutcome.retry(ServerTrouble(reason: "no answer in time"), wait: 0)
        if let next = try settle(one.request, outcome, &tally, &end) { later.append(next) }
      }
    }
    if let end { throw end }
    return tally
  }

  /// At most so many requests to be sent: those whose time has come before new ones.
  private static func next(
    _ room: Int, _ later: inout [Request], _ fresh: inout ArraySlice<Request>, _ now: Date
  ) -> [Request] {
    var list: [Request] = []
    while list.count < room {
      if let index = later.firstIndex(where: { $0.due <= now }) { list.append(later.remove(at: index)) } else {
        guard let next = fresh.popFirst() else { break }
        list.append(next)
      }
    }
    return list
  }

  private func noteAsked(_ requests: [Request], _ dialect: ServerDialect) throws(Diagnostic) {
    guard !requests.isEmpty else { return }
    let (instruction, first) = journal.instruction(settings.instruction)
    try journal.append(
      first
        + requests.map { request in
          var object = record("asked", request)
          object["instruction"] = .string(instruction)
          object["model"] = .string(settings.model)
          object["text"] = .string(settings.text(about: request.clip))
          if let temperature = settings.temperature { object["temperature"] = .number(temperature) }
          if let tokens = settings.maximumTokens {
            object[dialect.namesCompletionTokens ? "max_completion_tokens" : "max_tokens"] = .integer(tokens)
          }
          if dialect.joinsInstruction { object["joins_instruction"] = true }
          return .object(object)
        })
  }

  private func record(_ kind: String, _ request: Request) -> JSONObject {
    JSONObject([
      ("kind", .string(kind)), ("clip", .string(request.clip.videoName)), ("request", .string(request.digest)),
      ("attempt", .integer(request.attempt)),
    ])
  }

  /// Writes down what came of an attempt; returns the request if it is to be tried again.
  private func settle(
    _ request: Request, _ outcome: AttemptOutcome, _ tally: inout WritingTally, _ end: inout Diagnostic?
  ) throws(Diagnostic) -> Request? {
    switch outcome {
    case .answered(let reply):
      var object = record("answered", request)
      object["reply"] = .string(reply.text)
      if reply.thoughtBytes > 0 { object["thought_bytes"] = .integer(reply.thoughtBytes) }
      Self.add(reply, to: &object)
      try journal.append([.object(object)])
      tally.answeredCount += 1
      tally.cost.add(reply.cost)
      return nil
    case .unfit(let reply, let fault, let words):
      var object = failure(request, fault.text, words)
      Self.add(reply, to: &object)
      try fail(object, fault.text, words, &tally)
      tally.faults[fault, default: 0] += 1
      tally.cost.add(reply.cost)
      var next = request
      next.unfitCount += 1
      let reason = words.isEmpty ? fault.text : fault.text + ": " + words
      let remedy = fault.remedy(limit: settings.maximumTokens)
      return again(
        next, reason, hint: remedy + "; what was answered is kept", isLast: next.unfitCount >= Self.unfitLimit, &tally,
        &end)
    case .refused(let trouble) where journal.hasAnswers:
      var object = record("refused", request)
      object["status"] = trouble.status.map { .integer($0) }
      object["reply"] = .string(trouble.words)
      try journal.append([.object(object)])
      Self.count(trouble.reason, trouble.words, &tally)
      return nil
    case .refused(let trouble), .hopeless(let trouble):
      try fail(failure(request, trouble.reason, trouble.words), trouble.reason, trouble.words, &tally)
      end = end ?? Self.refusal(trouble)
      return nil
    case .retry(let trouble, let wait):
      try fail(failure(request, trouble.reason, trouble.words), trouble.reason, trouble.words, &tally)
      let hint = "run the same command again when it does; what was answered is kept"
      return again(request, trouble.text, hint: hint, wait: wait, &tally, &end)
    }
  }

  private static func add(_ reply: ChatReply, to object: inout JSONObject) {
    object["finish"] = reply.finish.map { .string($0) }
    object["prompt_tokens"] = reply.promptTokens.map { .integer($0) }
    object["reply_tokens"] = reply.replyTokens.map { .integer($0) }
  }

  /// The request for its next attempt; nil if there is none, and the run's end if no request was answered at all.
  private func again(
    _ request: Request, _ reason: String, hint: String, wait: Double = 0, isLast: Bool = false,
    _ tally: inout WritingTally, _ end: inout Diagnostic?
  ) -> Request? {
    var next = request
    next.attempt += 1
    guard next.attempt <= pace.attempts, !isLast else {
      tally.unanswered.append(request.clip.videoName)
      tally.lastReason = reason
      if tally.answeredCount == 0 {
        end = end ?? Diagnostic(
          "the server answered none of \(tally.requestCount) requests; the last time: \(reason)", hint: hint,
          kind: .missing)
      }
      return nil
    }
    next.due = Date().addingTimeInterval(max(wait, pace.delay(after: request.attempt, clip: request.clip.id)))
    return next
  }

  private func failure(_ request: Request, _ reason: String, _ words: String) -> JSONObject {
    var object = record("failed", request)
    object["reason"] = .string(reason)
    if !words.isEmpty { object["words"] = .string(words) }
    return object
  }

  private func fail(
    _ object: JSONObject, _ reason: String, _ words: String, _ tally: inout WritingTally
  ) throws(Diagnostic) {
    try journal.append([.object(object)])
    Self.count(reason, words, &tally)
  }

  private static func count(_ reason: String, _ words: String, _ tally: inout WritingTally) {
    tally.failures[reason, default: 0] += 1
    if !words.isEmpty { tally.words[reason] = words }
  }

  private static func refusal(_ trouble: ServerTrouble) -> Diagnostic {
    if let wait = trouble.longWait {
      return Diagnostic(
        "the server asks to wait \(Int(wait)) s (\(trouble.text))",
        hint: "run the same command again then; what was answered is kept", kind: .missing)
    }
    let words = trouble.words.isEmpty ? "" : ": " + trouble.words
    let hint =
      switch trouble.status {
      case 401, 403: "is the key right? it is read from the environment; --key-variable names the variable"
      case 404, 405: "does the address end before /chat/completions, and does the server have this model?"
      case 402, 429: "the account has nothing left to spend; what was answered is kept, run the same command again then"
      case .some(300..<400): "redirects are not followed; name the address the server is at"
      default:
        trouble.words.lowercased().contains("temperature")
          ? "leave --temperature out, or give one that the model takes; what was answered is kept"
          : "what was answered is kept; mend it and run the same command again"
      }
    guard let status = trouble.status, status != 200 else {
      let gave = trouble.reason == "declined" ? "no reply" : trouble.reason
      return Diagnostic("the server gave \(gave)\(words)", hint: hint)
    }
    return Diagnostic("the server refused with status \(status)\(words)", hint: hint)
  }
}

/// Answers that wait for the deciding thread.
private final class Mailbox: Sendable {
  private let answers = Mutex<[(Int, ServerAnswer)]>([])
  private let bell = DispatchSemaphore(value: 0)

  func put(_ token: Int, _ answer: ServerAnswer) {
    answers.withLock { $0.append((token, answer)) }
    bell.signal()
  }

  /// What has come, waiting for the first up to so many seconds.
  func take(waiting seconds: Double) -> [(Int, ServerAnswer)] {
    _ = bell.wait(timeout: .now() + seconds)
    return answers.withLock { answers in
      defer { answers = [] }
      return answers
    }
  }
}
