// From a reply to a checked question.
internal import JSONText

/// Holds replies to the rules.
public struct QuestionCheck: Sendable {
  private let examples: Set<[String]>

  /// - Parameter settings: whose instruction's examples are refused.
  public init(_ settings: WritingSettings? = nil) { examples = Set((settings?.examples ?? []).map(\.identity)) }

  /// The question in a reply, or the first reason against it. Of several questions the first that is no example counts.
  /// Nothing is taken from a model's thoughts.
  public func read(_ reply: String) -> Result<WrittenQuestion, Rejection> {
    let spoken = SpokenText(reply)
    guard !spoken.isUnclosed, !SpokenText.isBlank(spoken.text) else { return .failure(.empty_reply) }
    let reply = spoken.text
    let found = ReplyText.objects(in: reply).compactMap { ReplyText.question(in: $0) }
    guard !found.isEmpty else {
      let isBroken = ReplyText.hasBrace(reply) && reply.contains("question_text")
      return .failure(isBroken ? .broken_json : .no_json)
    }
    var outcome: Result<WrittenQuestion, Rejection> = .failure(.worked_example)
    for json in found {
      outcome = WrittenQuestion.reading(json)
      guard case .success(let question) = outcome, examples.contains(question.identity) else { break }
      outcome = .failure(.worked_example)
    }
    if case .success(let question) = outcome, let broken = ListeningRules.broken(by: question) {
      return .failure(broken)
    }
    return outcome
  }
}
