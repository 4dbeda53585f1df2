// What servers send instead of a reply, and what becomes of it: a server that answers from a list.
import ContentHash
import Diagnostics
import Foundation
import JSONText
import QuestionWriting
import Synchronization
import TestSupport
import Testing

/// Answers in turn, the last one again and again; rules go before.
private final class ListServer: ChatServer {
  private let answers: [ServerAnswer]
  private let rule: @Sendable (JSONValue, Int) -> ServerAnswer?
  private let log = Mutex<[(body: JSONValue, address: Int)]>([])
  let addressCount: Int

  init(
    _ answers: [ServerAnswer], addressCount: Int = 1,
    unless rule: @escaping @Sendable (JSONValue, Int) -> ServerAnswer? = { _, _ in nil }
  ) {
    self.answers = answers
    self.addressCount = addressCount
    self.rule = rule
  }

  var requests: [(body: JSONValue, address: Int)] { log.withLock { $0 } }

  func send(
    _ body: [UInt8], toAddress address: Int, deliver: @escaping @Sendable (ServerAnswer) -> Void
  ) -> @Sendable () -> Void {
    let json = (try? JSONValue(parsing: body, file: "request")) ?? .null
    let special = rule(json, address)
    let place = log.withLock { log in
      log.append((json, address))
      return log.count { rule($0.body, $0.address) == nil }
    }
    deliver(special ?? answers[min(place, answers.count) - 1])
    return {}
  }
}

private func question(_ text: String) -> String {
  JSONValue.object([
    "question_text": .string(text), "multi_choice": .array(["dog", "cat", "cow", "owl"]), "answer": 0,
  ]).canonicalText
}

private let final: String = question("What barks?")
private let draft: String = question("What whistles?")

private func said(_ text: String, _ finish: JSONValue = "stop") -> ServerAnswer { chat(.string(text), finish) }
/// A page as a gateway sends it.
private let page: String = {
  let head = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title><style>p { color: red }</style></head>"
  let breaks = String(repeating: "<br>", count: 5000)
  return head + "<body><h1>502 Bad Gateway</h1><p>the &lt;model&gt; is away</p>" + breaks + "</body></html>"
}()
private let long: String = String(repeating: "a", count: 400)
private let short: String = String(repeating: "a", count: 293)

private func body(_ text: String, status: Int = 200, wait: String? = nil) -> ServerAnswer {
  .response(status: status, retryAfter: wait, body: Array(text.utf8))
}

private func chat(_ content: JSONValue, _ finish: JSONValue = "stop", _ more: JSONObject = JSONObject()) -> ServerAnswer {
  var message = more
  message["content"] = content
  return body(
    JSONValue.object([
      "choices": .array([.object(["message": .object(message), "finish_reason": finish])]),
      "usage": .object(["prompt_tokens": 9, "completion_tokens": 7]),
    ]).canonicalText)
}

private func object(_ pairs: (String, JSONValue)...) -> JSONObject { JSONObject(pairs) }

@Suite("What chat servers send")
struct ChatServerTests {
  private struct Outcome {
    var tally: WritingTally?
    var kept: [String]
    var error: String?
    var report: WritingReport
  }

  private func ask(
    _ server: ListServer, in folder: TemporaryFolder, attempts: Int = 2, clips: Int = 1, limit: Int? = nil
  ) throws -> Outcome {
    let list = (0..<clips).map { ClipAnswers(id: "clip\($0)aaaaaa_000010", overall: "A dog barks.") }
    let settings = WritingSettings(model: "m", instruction: "Do.", maximumTokens: limit)
    let journal = try WritingJournal(folder: folder.file("journal"))
    var pace = WritingPace()
    (pace.attempts, pace.concurrency, pace.firstDelay) = (attempts, 1, 0)
    var tally: WritingTally?
    let error = refusal {
      tally = try WritingRun(settings, pace: pace, server: server, journal: journal)
        .run(list, isStopped: { false }) { _ in }
    }
    let report = WritingReport(list, settings, journal, SieveSettings())
    return Outcome(tally: tally, kept: report.sieve.kept.map(\.question.question), error: error, report: report)
  }

  static let thoughts: [String] = [
    "<think>\n\(draft)\n</think>\n\(final)", "<think>a</think>b<think>\(draft)</think>\(final)",
    "\(draft) no.</think>\(final)", "<think><think>\(draft)</think> \(draft)</think>\(final)",
    "<thinking>\(draft)</thinking>\(final)", "<THINK>\(draft)</THINK>\(final)", "<think type=\"x\">\(draft)</think>\(final)",
    "<reasoning>\(draft)</reasoning>\(final)", "<seed:think>\(draft)</seed:think>\(final)", "[THINK]\(draft)[/THINK]\(final)",
    "◁think▷\(draft)◁/think▷\(final)", "&lt;think&gt;\(draft)&lt;/think&gt;\(final)",
    "<|START_THINKING|>\(draft)<|END_THINKING|><|START_RESPONSE|>\(final)<|END_RESPONSE|>",
    "<|begin_of_thought|>\(draft)<|end_of_thought|>\n<|begin_of_solution|>\(final)<|end_of_solution|>",
    "<|channel|>analysis<|message|>\(draft)<|end|><|start|>assistant<|channel|>final<|message|>\(final)<|return|>",
    "<|channel>thought\n\(draft)<channel|>\(final)", "analysisThe dog. \(draft)assistantfinal\(final)",
    "<details type=\"reasoning\" done=\"true\">\(draft)</details>\(final)", "<scratchpad>\(draft)</scratchpad>\n```json\n\(final)\n```",
  ]

  @Test("a question is taken from what follows the thoughts, never from a draft within", arguments: thoughts.indices)
  func drafts(_ index: Int) throws {
    let outcome = try ask(ListServer([chat(.string(Self.thoughts[index]))]), in: TemporaryFolder())
    #expect(outcome.kept == ["What barks?"], "\(Self.thoughts[index])")
  }

  static let unfit: [(ServerAnswer, ReplyFault)] = [
    (chat(.string(final), "length"), .cut), (chat(.string(final), "max_tokens"), .cut),
    (chat(.string(final), "model_length"), .cut),
    (chat(.null, "length", object(("reasoning_content", .string(final)))), .cutInThoughts),
    (said("<think>\(final)", "length"), .cutInThoughts),
    (said("<think>\(final)"), .unclosedThoughts), (said("<thinking>\(draft)</thinking><think>\(final)"), .unclosedThoughts),
    (said("<|channel|>analysis<|message|>\(final)"), .unclosedThoughts),
    (said("analysisThe dog. \(final)"), .unclosedThoughts),
    (chat(.null, "stop", object(("reasoning", .string(final)))), .onlyThoughts),
    (chat("", "stop", object(("reasoning_details", .array([.object(["text": .string(final)])])))), .onlyThoughts),
    (chat(.string("<think>\(final)</think>\n")), .onlyThoughts),
    (chat(.array([.object(["type": "thinking", "thinking": .string(final)])])), .onlyThoughts),
    (chat(.array([.object(["type": "reasoning", "text": .string(final)])])), .onlyThoughts),
    (chat(.null), .empty), (chat(""), .empty), (chat(" \n\u{FEFF}"), .empty), (chat(.array([])), .empty),
    (chat(.null, "tool_calls", object(("tool_calls", .array([.object(["function": .object(["name": "ask"])])])))), .toolCall),
    (chat(.null, "function_call", object(("function_call", .object(["name": "ask"])))), .toolCall),
    (chat(.string(final), "abort"), .brokenOff), (chat("", "error"), .brokenOff),
    (body("data: {\"choices\": [{\"delta\": {\"content\": \"{\"}}]}\n\n"), .brokenOff),
  ]

  @Test("a reply that is cut, empty or only thought is no answer; the same command asks again", arguments: unfit.indices)
  func noAnswers(_ index: Int) throws {
    let (answer, fault) = Self.unfit[index]
    let folder = try TemporaryFolder()
    let first = try ask(ListServer([answer]), in: folder, limit: 50)
    #expect(first.kept.isEmpty)
    let hint = fault.remedy(limit: 50) + "; what was answered is kept"
    #expect(first.error?.contains("the server answered none of 2 requests; the last time: " + fault.text) == true)
    #expect(first.error?.hasSuffix("\n  hint: " + hint) == true, "\(first.error ?? "")")
    let second = try ask(ListServer([chat(.string(final))]), in: folder, limit: 50)
    #expect(second.kept == ["What barks?"])
    // Two replies that were none cost their tokens too, where the server counted them.
    #expect([9, 27].contains(second.report.cost.promptTokens))
    #expect(try ask(ListServer([answer, chat(.string(final))]), in: TemporaryFolder()).kept == ["What barks?"])
    // However many attempts are allowed, no more than three such replies are paid for.
    let server = ListServer([answer])
    _ = try ask(server, in: TemporaryFolder(), attempts: 9)
    #expect(server.requests.count == 3)
  }

  @Test("what to change, in words")
  func remedies() {
    #expect(ReplyFault.cut.remedy(limit: 50) == "raise --max-tokens, now 50")
    #expect(ReplyFault.cut.remedy(limit: nil) == "set --max-tokens; the server's own limit applies now")
    #expect(
      ReplyFault.cutInThoughts.remedy(limit: 50)
        == "raise --max-tokens, now 50 (thoughts need thousands), or switch the model's thinking off")
  }

  @Test("journals of older versions: answers stay answers, replies that are none are asked about again")
  func older() throws {
    let clips = (0..<6).map { ClipAnswers(id: "clip\($0)aaaaaa_000010", overall: "A dog barks.") }
    let settings = WritingSettings(model: "m", instruction: "Do.")
    let folder = try TemporaryFolder()
    let server = ListServer([chat(.string(final))])
    _ = try ask(server, in: folder)
    let kept: [(String, JSONValue)] = [
      (final, "stop"), ("<think>\(draft)</think>\(final)", .null), (final, "length"), ("", "stop"), ("<think>\(final)", .null),
      ("No.", "stop"),
    ]
    let text = try folder.read("journal/exchanges.journal")
    let line = try #require(text.split(separator: "\n").first { $0.contains("\"answered\"") })
    let answered = try JSONValue(parsing: Array(line.utf8.dropFirst(17)), file: "journal")
    #expect(answered["request"]?.string == Digest(of: settings.body(about: clips[0]).canonicalText).hexadecimal)
    var older = ""
    for (clip, (reply, finish)) in zip(clips, kept) {
      var record = try #require(answered.object)
      record["clip"] = .string(clip.videoName)
      record["request"] = .string(Digest(of: settings.body(about: clip).canonicalText).hexadecimal)
      record["reply"] = .string(reply)
      record["finish"] = finish
      let text = JSONValue.object(record).canonicalText
      older += "\(Digest(of: text).hexadecimal.prefix(16)) \(text)\n"
    }
    let other = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: other.file("journal"), withIntermediateDirectories: true)
    try other.write(older, to: "journal/exchanges.journal")
    let journal = try WritingJournal(folder: other.file("journal"))
    let open = WritingRun.open(clips, settings, journal).map(\.id)
    #expect(open == [2, 3, 4].map { clips[$0].id })
    let report = WritingReport(clips, settings, journal, SieveSettings(keepsRepeats: true))
    #expect(report.sieve.kept.map(\.question.question) == ["What barks?", "What barks?"])
    #expect(report.answeredCount == 3)
  }

  static let words: [(ServerAnswer, String)] = [
    (
      body("{\"error\": {\"message\": \"your quota is used up\", \"code\": \"insufficient_quota\"}}", status: 429),
      "the server refused with status 429: your quota is used up (insufficient_quota)\n  hint: the account has nothing left"
    ),
    (
      body("{\"error\": {\"message\": \"slower\", \"type\": \"rate_limit\"}}", status: 429, wait: "86400"),
      "the server asks to wait 86400 s (status 429: slower (rate_limit))\n  hint: run the same command again then"
    ),
    (body("{\"message\": \"slower\"}", status: 429), "the last time: status 429: slower\n"),
    (body("[{\"error\": {\"code\": 503, \"message\": \"overloaded\"}}]", status: 503), "the last time: status 503: overloaded\n"),
    (body("{\"error\": {\"message\": \"no\", \"code\": 402}}"), "the server refused with status 402: no\n"),
    (body("{\"error\": \"out of memory\"}"), "the last time: an error in place of a reply: out of memory\n"),
    (body("{\"object\": \"error\", \"message\": \"busy\"}"), "the last time: an error in place of a reply: busy\n"),
    (body("{\"choices\": [{\"error\": {\"message\": \"lost\", \"code\": 502}}]}"), "the last time: status 502: lost\n"),
    (body("data: {\"error\": {\"message\": \"lost\"}}\n\n"), "an error in place of a reply: lost\n"),
    (body("{\"detail\": [{\"loc\": [\"body\", \"n\"], \"msg\": \"field required\"}]}", status: 422), "status 422: n: field required\n"),
    (
      body(page, status: 502), "the last time: status 502: 502 Bad Gateway the <model> is away\n"
    ),
    (body("<html><title>Sign in</title></html>"), "the last time: no chat completion: Sign in\n"),
    (body("{\"choices\": []}"), "the last time: no chat completion: {\"choices\":[]}\n"),
    (body("", status: 500), "the last time: status 500\n"),
    (body("no\u{1B}[31m\(long)", status: 500), "status 500: no [31m\(short)…\n"),
    (chat(.null, "content_filter"), "the server gave no reply: its content filter stopped the reply (finish_reason content_filter)\n"),
    (
      chat(.null, "stop", object(("refusal", "I cannot help with that."))),
      "the server gave no reply: the model refused: I cannot help with that.\n"
    ),
    (body("{\"error\": {\"message\": \"temperature does not support 0\"}}", status: 400), "hint: leave --temperature out"),
    (.failure("no connection to the server"), "the last time: no connection to the server\n"),
  ]

  @Test("the server's own words reach the user, in one line", arguments: words.indices)
  func wordsOfServers(_ index: Int) throws {
    let (answer, text) = Self.words[index]
    let folder = try TemporaryFolder()
    let outcome = try ask(ListServer([answer]), in: folder)
    #expect(outcome.error?.contains(text) == true, "\(outcome.error ?? "nothing")")
    #expect(try ask(ListServer([chat(.string(final))]), in: folder).kept == ["What barks?"])
  }

  @Test("a reply in parts, as an object, as a stream, after a byte order mark")
  func forms() throws {
    let pieces = stride(from: 0, to: final.utf8.count, by: 7).map { start in
      String(decoding: final.utf8.dropFirst(start).prefix(7), as: UTF8.self)
    }
    func event(_ delta: JSONValue, _ finish: JSONValue = .null) -> String {
      let choice = JSONValue.object(["delta": delta, "finish_reason": finish])
      return "data: \(JSONValue.object(["choices": .array([choice])]).canonicalText)\r\n\r\n"
    }
    var stream: String = ": keep-alive\r\n\r\n"
    stream += event(.object(["role": "assistant", "reasoning_content": .string(draft)]))
    for piece in pieces { stream += event(.object(["content": .string(piece)])) }
    stream += event(.object([:]), "stop")
    stream += "data: [DONE]\r\n\r\n"
    let whole = chat(.string(final))
    guard case .response(_, _, let bytes) = whole else { return }
    let answers: [ServerAnswer] = [
      body(stream), .response(status: 200, retryAfter: nil, body: [0xEF, 0xBB, 0xBF] + bytes),
      .response(status: 200, retryAfter: nil, body: Array("\n\n \n".utf8) + bytes),
      chat(.array([.object(["type": "thinking", "thinking": .string(draft)]), .object(["type": "text", "text": .string(final)])])),
      chat(.array([.string(final)])), chat(try JSONValue(parsing: Array(final.utf8), file: "final")), chat(.string(final), .null),
    ]
    for answer in answers { #expect(try ask(ListServer([answer]), in: TemporaryFolder()).kept == ["What barks?"], "\(answer)") }
    let cut = stream.components(separatedBy: "data: [DONE]")[0].replacingOccurrences(of: "\"stop\"", with: "\"length\"")
    #expect(try ask(ListServer([body(cut)]), in: TemporaryFolder()).kept.isEmpty)
  }

  @Test("a server that wants max_completion_tokens, has no system role, or answers at /v1 is sent what it takes")
  func wishes() throws {
    let limits: [String] = [
      "{\"error\": {\"message\": \"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.\", \"param\": \"max_tokens\", \"code\": \"unsupported_parameter\"}}",
      "{\"detail\": [{\"type\": \"extra_forbidden\", \"loc\": [\"body\", \"max_tokens\"], \"msg\": \"Extra inputs are not permitted\"}]}",
    ]
    let roles: [String] = [
      "{\"error\": {\"message\": \"Unsupported value: 'messages[0].role' does not support 'system' with this model.\"}}",
      "{\"message\": \"System role not supported\"}", "{\"error\": {\"message\": \"Developer instruction is not enabled for this model\"}}",
      "{\"object\": \"error\", \"message\": \"Conversation roles must alternate user/assistant/user/assistant/...\"}",
      "{\"detail\": \"Only user and assistant roles are supported!\"}",
    ]
    for (limit, role) in zip(limits + limits + limits.prefix(1), roles) {
      let server = ListServer([chat(.string(final))], addressCount: 2) { request, address in
        if address == 0 { return body("404 page not found", status: 404) }
        if request["max_tokens"] != nil { return body(limit, status: 400) }
        let first = request["messages"]?.array?.first?["role"]?.string
        return first == "system" ? body(role, status: role.contains("alternate") ? 500 : 400) : nil
      }
      let folder = try TemporaryFolder()
      let outcome = try ask(server, in: folder, attempts: 1, clips: 3, limit: 50)
      #expect(outcome.kept.count == 1 && outcome.report.answeredCount == 3, "\(limit) \(role) \(outcome.error ?? "")")
      #expect(server.requests.count == 6)
      #expect(
        outcome.tally?.adaptations == [
          "the server answers at /v1", "the server takes max_completion_tokens, not max_tokens",
          "the server takes no system role: the instruction stood in the user's message",
        ])
      let last = try #require(server.requests.last)
      #expect(last.body["max_completion_tokens"] == 50 && last.body["max_tokens"] == nil)
      #expect(last.body["messages"]?.array?.count == 1)
      #expect(last.body["messages"]?.array?.first?["content"]?.string?.hasPrefix("Do.\n\nA1: A dog barks.") == true)
      // What was answered counts for the request in its common form: nothing is asked again.
      let silent = ListServer([body("", status: 500)])
      #expect(try ask(silent, in: folder, clips: 3, limit: 50).report.answeredCount == 3)
      #expect(silent.requests.isEmpty)
    }
  }

  @Test("a limit that is too large, a missing model and a server that refuses both forms: its words, and an end")
  func noWish() throws {
    let refusals: [(String, Int, Int)] = [
      ("'max_tokens' or 'max_completion_tokens' is too large: 99. This is not supported: the context length is 9.", 400, 1),
      ("The model `m` does not exist", 404, 1), ("max_tokens and max_completion_tokens are not supported", 400, 2),
      ("the system is not supported today", 500, 2),
    ]
    for (words, status, count) in refusals {
      let server = ListServer([body("{\"error\": {\"message\": \"\(words)\"}}", status: status)], addressCount: 2)
      let outcome = try ask(server, in: TemporaryFolder(), limit: 99)
      #expect(outcome.error?.contains(words) == true, "\(outcome.error ?? "")")
      #expect(server.requests.count == count, "\(words)")
      #expect(server.requests.allSatisfy { $0.address == 0 })
    }
  }

  @Test("hostile marks are read in no time")
  func hostileMarks() throws {
    for text in ["<think>", "</think>", "<|channel|>", "&lt;think&gt;"] {
      let long = String(repeating: text, count: 1 << 16)
      #expect((try? QuestionCheck().read(long).get()) == nil)
    }
  }
}
