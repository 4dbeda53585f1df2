// Damaged replies of chat servers: an outcome each, never a trap, and what is kept is a question.
import ContentHash
import Foundation
import JSONText
import QuestionWriting
import TestSupport
import Testing

/// Gives one answer to every request.
private struct OneAnswer: ChatServer {
  var answer: ServerAnswer
  var addressCount: Int { 1 }

  func send(
    _ body: [UInt8], toAddress address: Int, deliver: @escaping @Sendable (ServerAnswer) -> Void
  ) -> @Sendable () -> Void {
    deliver(answer)
    return {}
  }
}

@Suite("Damaged replies")
struct ChatReplyFuzzTests {
  private static let question =
    #"{\"question_text\": \"What barks?\", \"multi_choice\": [\"dog\", \"cat\", \"cow\", \"owl\"], \"answer\": 0}"#
  private static let seeds: [[UInt8]] = [
    #"{"choices": [{"message": {"content": "\#(question)"}, "finish_reason": "stop"}], "usage": {"completion_tokens": 7}}"#,
    #"{"choices": [{"message": {"content": "<think>{}</think>\#(question)"}, "finish_reason": "stop"}]}"#,
    #"{"choices": [{"message": {"content": [{"type": "text", "text": "\#(question)"}], "reasoning_content": "hm"}}]}"#,
    #"{"choices": [{"message": {"content": null, "refusal": "no"}, "finish_reason": "length"}]}"#,
    #"{"error": {"message": "Rate limit", "type": "tokens", "code": 429}}"#,
    "data: {\"choices\": [{\"delta\": {\"content\": \"{}\"}, \"finish_reason\": \"stop\"}]}\r\n\r\ndata: [DONE]\r\n\r\n",
    "<!DOCTYPE html><html><head><title>502</title></head><body>away</body></html>",
  ].map { Array($0.utf8) }
  private static let dictionary = ["<think>", "</think>", "data: ", "\"error\"", "null", "\\u", "\"finish_reason\":", "```json\n"]

  private func ask(_ round: UInt64, _ bytes: [UInt8], _ journal: WritingJournal) {
    let status = round % 3 == 0 ? 500 : 200
    let server = OneAnswer(answer: .response(status: status, retryAfter: nil, body: bytes))
    var pace = WritingPace()
    (pace.attempts, pace.firstDelay) = (1, 0)
    let clip = ClipAnswers(id: "x\(round)", overall: "A dog.")
    _ = try? WritingRun(WritingSettings(model: "m"), pace: pace, server: server, journal: journal)
      .run([clip], isStopped: { false }) { _ in }
  }

  @Test("500 damaged bodies: an outcome each")
  func damagedBodies() throws {
    let folder = try TemporaryFolder()
    let journal = try WritingJournal(folder: folder.file("journal"))
    for round in UInt64(0)..<500 { ask(round, Fuzzing.damaged(Self.seeds, Self.dictionary, round), journal) }
  }

  @Test("any damaged body", .enabled(if: Fuzzing.isOn, "REPRO_FUZZ_SECONDS is not set"))
  func fuzzReplies() throws {
    let folder = try TemporaryFolder()
    var journal = try WritingJournal(folder: folder.file("journal"))
    let rounds = try Fuzzing.run(seeds: Self.seeds, dictionary: Self.dictionary) { round, bytes in
      // A journal is read whole: it does not grow without end.
      if round % 1000 == 999 { journal = try WritingJournal(folder: folder.file("journal \(round)")) }
      ask(round, bytes, journal)
    }
    print("fuzz: chat replies: \(rounds) rounds")
    #expect(rounds > 100)
  }
}
