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
  /// Requests that were under way when an earlier run ended, and were asked again.
  public var reaskedCount = 0
  /// Clips whose every attempt failed; the next run asks them again.
  public var unanswered: [String] = []
  public var cost = WritingCost()
  /// Whether it was asked to stop before it was through.
  public var isStopped = false

  public init() {}
}

public struct WritingRun {
  private struct Request {
    var clip: ClipAnswers
    var digest: String
    var attempt = 1
    var due = Date.distantPast
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
    var underWay: [Int: (request: Request, sent: Date, stop: @Sendable () -> Void)] = [:]
    var pausedUntil = Date.distantPast
    var end: Diagnostic?
    var token = 0
    let mailbox = Mailbox()
    while true {
      if isStopped() { tally.isStopped = true }
      let now = Date()
      let isEnding = tally.isStopped || end != nil
      if underWay.isEmpty, isEnding || fresh.isEmpty && later.isEmpty { break }
      var starting: [Request] = []
      if !isEnding, now >= pausedUntil {
        while underWay.count + starting.count < pace.concurrency {
          if let index = later.firstIndex(where: { $0.due <= now }) { starting.append(later.remove(at: index)) } else {
            guard let next = fresh.popFirst() else { break }
            starting.append(next)
          }
        }
      }
      try noteAsked(starting)
      for request in starting {
        token += 1
        tally.requestCount += 1
        let own = token
        let body = Array(settings.body(about: request.clip).canonicalText.utf8)
        underWay[own] = (request, Date(), server.send(body) { mailbox.put(own, $0) })
      }
      for (own, answer) in mailbox.take(waiting: 0.1) {
        guard let (request, _, _) = underWay.removeValue(forKey: own) else { continue }
        let outcome = AttemptOutcome(answer)
        if case .retry(_, let wait) = outcome, wait > 0 {
          pausedUntil = max(pausedUntil, Date().addingTimeInterval(wait))
        }
        if let next = try settle(request, outcome, &tally, &end) { later.append(next) }
        progress(tally)
      }
      // What comes after its time is not listened to.
      for (own, one) in underWay.sorted(by: { $0.key < $1.key })
      where Date().timeIntervalSince(one.sent) > pace.timeout {
        one.stop()
        underWay[own] = nil
        let outcome = AttemptOutcome.retry(reason: "no answer in time", wait: 0)
        if let next = try settle(one.request, outcome, &tally, &end) { later.append(next) }
      }
    }
    if let end { throw end }
    return tally
  }

  private func noteAsked(_ requests: [Request]) throws(Diagnostic) {
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
          if let tokens = settings.maximumTokens { object["max_tokens"] = .integer(tokens) }
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
      object["finish"] = reply.finish.map { .string($0) }
      object["prompt_tokens"] = reply.promptTokens.map { .integer($0) }
      object["reply_tokens"] = reply.replyTokens.map { .integer($0) }
      try journal.append([.object(object)])
      tally.answeredCount += 1
      tally.cost.add(WritingCost(promptTokens: reply.promptTokens ?? 0, replyTokens: reply.replyTokens ?? 0))
      return nil
    case .refused(let status, let text) where journal.hasAnswers:
      var object = record("refused", request)
      object["status"] = .integer(status)
      object["reply"] = .string(text)
      try journal.append([.object(object)])
      tally.failures["status \(status)", default: 0] += 1
      return nil
    case .refused(let status, let text), .hopeless(let status, let text):
      try fail(request, "status \(status)", &tally)
      end = end ?? Self.refusal(status, text)
      return nil
    case .retry(let reason, let wait):
      try fail(request, reason, &tally)
      var next = request
      next.attempt += 1
      guard next.attempt <= pace.attempts else {
        tally.unanswered.append(request.clip.videoName)
        if tally.answeredCount == 0 {
          end = end ?? Diagnostic(
            "the server answered none of \(tally.requestCount) requests; the last time: \(reason)",
            hint: "run the same command again when it does; what was answered is kept", kind: .missing)
        }
        return nil
      }
      next.due = Date().addingTimeInterval(max(wait, pace.delay(after: request.attempt, clip: request.clip.id)))
      return next
    }
  }

  private func fail(_ request: Request, _ reason: String, _ tally: inout WritingTally) throws(Diagnostic) {
    var object = record("failed", request)
    object["reason"] = .string(reason)
    try journal.append([.object(object)])
    tally.failures[reason, default: 0] += 1
  }

  private static func refusal(_ status: Int, _ text: String) -> Diagnostic {
    let hint =
      switch status {
      case 401, 403: "is the key right? it is read from the environment; --key-variable names the variable"
      case 404: "does the address end before /chat/completions, and does the server have this model?"
      case 300..<400: "redirects are not followed; name the address the server is at"
      default: "what was answered is kept; mend it and run the same command again"
      }
    return Diagnostic("the server refused with status \(status): \(text)", hint: hint)
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
