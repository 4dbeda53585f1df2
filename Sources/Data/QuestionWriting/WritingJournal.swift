// Every request and every reply, on disk before anything depends on it: what is answered is never asked again.
//
// A folder holds the lock and `exchanges.journal`, records one after another:
//     {"kind": "instruction", "sha256", "text"}                               once for each instruction
//     {"kind": "asked", "clip", "request", "attempt", "instruction", "model", "text", …}   before a request is sent
//     {"kind": "answered", "clip", "request", "attempt", "reply", "finish", "prompt_tokens", "reply_tokens",
//      "thought_bytes"}                                                       the reply without its thoughts
//     {"kind": "failed", "clip", "request", "attempt", "reason", "words", …}  will be tried again
//     {"kind": "refused", "clip", "request", "attempt", "status", "reply"}   will not
// `request` is the digest of the request in its common form, whatever the server wanted it rewritten to. The key of the
// server stands nowhere. Older journals hold replies that were cut, empty or nothing but thoughts as answers: they are
// read as failed, and their clips are asked about again.
internal import ContentHash
public import Diagnostics
internal import JSONText
internal import ResultStore

/// What is known of one request.
struct Exchange: Sendable, Hashable {
  /// Nil where the server refused.
  var reply: String?
  var cost: WritingCost
  /// Whether the server said how many tokens there were.
  var isCounted: Bool
}

/// Requests and replies of one folder, each on disk before anything depends on it.
public final class WritingJournal {
  public let folder: String
  private let lock: FolderLock
  private let journal: Journal
  private var exchanges: [String: Exchange] = [:]
  /// What replies cost that were no answers.
  private var spent: [String: WritingCost] = [:]
  private var instructions: Set<String> = []
  /// Requests that were under way when an earlier run ended; what they were answered is lost.
  private var open: Set<String> = []

  /// Opens or begins a journal. Two runs cannot write one.
  public init(folder: String) throws(Diagnostic) {
    self.folder = folder
    lock = try FolderLock(folder: folder)
    journal = try Journal(path: folder + "/exchanges.journal")
    for record in journal.takeRecords() { note(record) }
  }

  private static func key(_ clip: String, _ request: String) -> String { clip + "\u{1F}" + request }

  private func note(_ record: JSONValue) {
    if let digest = record["sha256"]?.string { instructions.insert(digest) }
    guard let clip = record["clip"]?.string, let request = record["request"]?.string else { return }
    let key = Self.key(clip, request)
    switch record["kind"]?.string {
    case "asked": open.insert(key)
    case "answered":
      open.remove(key)
      let (prompt, reply) = (record["prompt_tokens"]?.integer, record["reply_tokens"]?.integer)
      let cost = WritingCost(promptTokens: prompt ?? 0, replyTokens: reply ?? 0)
      let text = record["reply"]?.string ?? ""
      guard ReplyFault(text, finish: record["finish"]?.string) == nil else {
        spent[key, default: WritingCost()].add(cost)
        return
      }
      exchanges[key] = Exchange(
        reply: SpokenText(text).text, cost: cost, isCounted: prompt != nil && reply != nil)
    case "refused":
      open.remove(key)
      exchanges[key] = Exchange(reply: nil, cost: WritingCost(), isCounted: true)
    default:
      open.remove(key)
      let (prompt, reply) = (record["prompt_tokens"]?.integer ?? 0, record["reply_tokens"]?.integer ?? 0)
      guard prompt > 0 || reply > 0 else { return }
      spent[key, default: WritingCost()].add(WritingCost(promptTokens: prompt, replyTokens: reply))
    }
  }

  func exchange(_ clip: String, _ request: String) -> Exchange? { exchanges[Self.key(clip, request)] }
  /// Tokens of a clip's replies that were no answers.
  func spent(_ clip: String, _ request: String) -> WritingCost { spent[Self.key(clip, request)] ?? WritingCost() }
  func isOpen(_ clip: String, _ request: String) -> Bool { open.contains(Self.key(clip, request)) }

  /// Whether any request was ever answered: until then a refusal may be about all of them.
  var hasAnswers: Bool { exchanges.values.contains { $0.reply != nil } }

  func append(_ records: [JSONValue]) throws(Diagnostic) {
    guard !records.isEmpty else { return }
    try journal.append(records)
    for record in journal.takeRecords() { note(record) }
  }

  /// The record of an instruction, unless it stands there already.
  func instruction(_ text: String) -> (digest: String, records: [JSONValue]) {
    let digest = Digest(of: text).hexadecimal
    if instructions.contains(digest) { return (digest, []) }
    return (digest, [.object(["kind": "instruction", "sha256": .string(digest), "text": .string(text)])])
  }
}
