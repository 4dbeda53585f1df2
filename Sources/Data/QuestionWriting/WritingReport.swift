// What a journal and a sieve come to: the set, and every count.
public import Diagnostics
public import JSONText
internal import ResultStore

/// The outcome for all clips that have an answer, from the journal alone.
public struct WritingReport: Sendable {
  public let clipCount: Int
  /// Clips with an answer; the server's refusals are answers too.
  public let answeredCount: Int
  public let sieve: QuestionSieve
  public let settings: SieveSettings
  /// Tokens of all replies, also of those that were no answers, as far as the server counted them.
  public let cost: WritingCost
  /// Answers whose tokens the server did not count.
  public let uncountedCount: Int

  public init(
    _ clips: [ClipAnswers], _ writing: WritingSettings, _ journal: WritingJournal, _ settings: SieveSettings
  ) {
    var cost = WritingCost()
    var uncounted = 0
    var replies: [(number: Int, clip: String, reply: String?)] = []
    for (number, clip) in clips.enumerated() {
      let digest = writing.digest(about: clip)
      cost.add(journal.spent(clip.videoName, digest))
      guard let exchange = journal.exchange(clip.videoName, digest) else { continue }
      cost.add(exchange.cost)
      if !exchange.isCounted { uncounted += 1 }
      replies.append((number, clip.videoName, exchange.reply))
    }
    clipCount = clips.count
    answeredCount = replies.count
    sieve = QuestionSieve(replies, check: QuestionCheck(writing), settings)
    self.settings = settings
    self.cost = cost
    uncountedCount = uncounted
  }

  /// Writes the set, whole or not at all.
  public func write(to path: String) throws(Diagnostic) { try AtomicFile.write(sieve.document, to: path) }

  public var json: JSONValue {
    func number(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
    return .object([
      "clips": .integer(clipCount), "answered": .integer(answeredCount), "accepted": .integer(sieve.acceptedCount),
      "rejected": .object(JSONObject(sieve.counts.map { ($0.reason.rawValue, .integer($0.count)) })),
      "kept": .integer(sieve.kept.count),
      "length": .object([
        "maximum": number(settings.maximumLength), "keep": number(settings.keepingShortest),
        "longest_kept": .integer(sieve.longest),
      ]),
      "answer_places": .array(sieve.places.map { .integer($0) }),
      "tokens": .object([
        "prompt": .integer(cost.promptTokens), "reply": .integer(cost.replyTokens),
        "uncounted_replies": .integer(uncountedCount),
      ]),
    ])
  }
}
