// `repro write` against a server on this machine that is slow, fails, drops connections and talks nonsense.
import Foundation
import JSONText
import Questions
import TestSupport
import Testing

/// A server of `chat_server.py` with its log of requests.
private final class ChatStub {
  let folder: TemporaryFolder
  let port: Int
  private let process = Process()
  private let input = Pipe()

  static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  static let openssl = "/usr/bin/openssl"
  static let hasOpenSSL = FileManager.default.isExecutableFile(atPath: openssl)
  private let isSecure: Bool

  init(pause: Double = 0, isSecure: Bool = false) throws {
    self.isSecure = isSecure
    folder = try TemporaryFolder()
    let output = Pipe()
    if isSecure { try Self.makeCertificate(folder.file("pem")) }
    process.executableURL = URL(fileURLWithPath: try #require(Self.python))
    let script = Fixtures.packageRoot.appendingPathComponent("Tests/Golden/QuestionWriting/chat_server.py").path
    process.arguments = [script, folder.file("log"), "\(pause)"] + (isSecure ? [folder.file("pem")] : [])
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    port = try #require(Int(said.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  deinit { stop() }

  /// A certificate that no one vouches for, and its key.
  private static func makeCertificate(_ path: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: openssl)
    process.arguments = [
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path, "-out", path + ".certificate", "-days", "1",
      "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let both = try ["", ".certificate"].map { try Data(contentsOf: URL(fileURLWithPath: path + $0)) }
    try (both[0] + both[1]).write(to: URL(fileURLWithPath: path))
  }

  func stop() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// What was sent to each clip, in order.
  var log: [String: [String]] {
    var log: [String: [String]] = [:]
    for line in ((try? folder.read("log")) ?? "").split(separator: "\n") {
      let words = line.split(separator: "\t").map(String.init)
      if words.count == 3 { log[words[0], default: []].append(words[2] == "end" ? words[1] : words[2]) }
    }
    return log
  }

  var base: String { "\(isSecure ? "https" : "http")://127.0.0.1:\(port)/v1" }
  var environment: [String: String] { ["OPENAI_API_KEY": "secret", "http_proxy": "", "HTTP_PROXY": "", "no_proxy": "*"] }
}

/// Clips whose captions say what the server is to do.
private func captions(_ kinds: [(what: String, count: Int)]) -> (text: String, names: [String: [String]]) {
  var text = "id,caption\n"
  var names: [String: [String]] = [:]
  var number = 0
  for (what, count) in kinds {
    for _ in 0..<count {
      number += 1
      let digits = String(number)
      let name = String(repeating: "x", count: 11 - digits.utf8.count) + digits + "_000010"
      text += "\(name),\(what) \(name)\n"
      names[what, default: []].append(name)
    }
  }
  return (text, names)
}

@Suite(
  "Writing questions with a server",
  .enabled(if: Program.isThere && ChatStub.python != nil, "SKIPPED: no program, or no python3 for the server"),
  .timeLimit(.minutes(5)))
struct WriteTests {
  private func arguments(_ stub: ChatStub, _ more: String...) -> [String] {
    [
      "write", "--captions", stub.folder.file("c.csv"), "--out", stub.folder.file("q.json"), "--base-url", stub.base,
      "--model", "m", "--delay", "0.05",
    ] + more
  }

  @Test("failures are tried again, nonsense is counted by its reason, nothing that was answered is asked twice")
  func misbehaving() throws {
    let stub = try ChatStub()
    let nonsense = [
      "prose": "no_json", "broken": "broken_json", "wrong-index": "answer_out_of_range", "negative": "answer_out_of_range",
      "letter": "answer_no_index", "three": "not_four_choices", "same": "repeated_choices", "blank": "empty_text",
      "no-list": "missing_field", "control": "control_character", "caption": "speaks_of_text", "sight": "needs_sight",
      "told": "answer_in_question", "above": "refers_to_choices", "example": "worked_example",
      "refused": "refused_by_server",
    ]
    let fine = ["good", "slow", "busy", "error", "dropped", "cut", "page", "hangs", "fenced", "nested", "lettered", "huge", "empty", "thoughts"]
    let kinds = [("good", 5)] + nonsense.keys.sorted().map { ($0, 2) } + fine.map { ($0, 2) } + [("repeat", 4), ("long", 3)]
    let (text, names) = captions(kinds)
    try stub.folder.write(text, to: "c.csv")
    let outcome = try Program.run(
      arguments(stub, "--max-length", "200", "--timeout", "2", "--json"), environment: stub.environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let json = try JSONValue(parsing: outcome.output, file: "output")
    var rejected: [String: Int] = ["repeated_question": 3, "too_long": 3]
    for reason in nonsense.values { rejected[reason, default: 0] += 2 }
    let found = (json["rejected"]?.object?.pairs ?? []).map { ($0.key, $0.value.integer ?? 0) }
    #expect(Dictionary(found, uniquingKeysWith: { $1 }) == rejected)
    let clipCount = kinds.reduce(0) { $0 + $1.1 }
    let kept = 5 + 2 * fine.count + 1
    #expect(json["clips"]?.integer == clipCount)
    #expect(json["answered"]?.integer == clipCount)
    #expect(json["accepted"]?.integer == kept + 3)
    #expect(json["kept"]?.integer == kept)
    #expect(clipCount == kept + rejected.values.reduce(0, +))
    let failures = (json["this_run"]?["failures"]?.object?.pairs ?? []).map { ($0.key, $0.value.integer ?? 0) }
    let counts = Dictionary(failures, uniquingKeysWith: { $1 })
    #expect(counts["status 429"] == 2)
    #expect(counts["status 500"] == 4)
    #expect(counts["status 400"] == 2)
    // A dropped connection may be told as one that gave no answer.
    #expect(counts["no answer in time"] ?? 0 >= 2)
    #expect(counts["a body of more than 4 MiB"] == 2)
    #expect(counts["the reply is empty"] == 2)
    #expect(counts.values.reduce(0, +) == 22)
    let answers = clipCount - 2
    // Replies that were no answers are paid for too.
    #expect(json["tokens"]?["prompt"]?.integer == 100 * (answers + 4))
    #expect(json["this_run"]?["requests"]?.integer == clipCount + 20)
    #expect(json["answer_places"]?.array?.compactMap(\.integer).reduce(0, +) == kept)

    stub.stop()
    let log = stub.log
    for (what, clips) in names {
      for clip in clips {
        let sent = try #require(log[clip])
        let twice = what == "empty" || what == "thoughts"
        #expect(sent.count { $0 == "200" } == (what == "refused" ? 0 : twice ? 2 : 1), "\(what) \(clip): \(sent)")
        #expect(sent.count == (["error": 3, "busy": 2, "dropped": 2, "cut": 2, "page": 2, "hangs": 2, "huge": 2, "empty": 2, "thoughts": 2][what] ?? 1), "\(what): \(sent)")
      }
    }
    #expect(try #require(log["busiest"]?.first.flatMap { Int($0) }) <= 8)

    // The adapter of the training sets reads it, with the right choice where it was moved to.
    let set = try TrainingSet(avqa: "q.json", in: DataFolder(stub.folder.path), name: "written")
    #expect(set.questions.count == kept)
    for question in set.questions where question.answer != "dog" {
      #expect(question.answer?.hasPrefix("a bell of ") == true || question.answer?.hasPrefix("bell ") == true)
    }
    let lettered = try #require(set.questions.first { $0.audioPath?.contains(names["lettered"]?[0] ?? "-") == true })
    #expect(Set(lettered.choices) == ["bell " + (names["lettered"]?[0] ?? ""), "dog", "rain", "car"])
    #expect(Set(set.questions.compactMap(\.audioPath)).count == kept)

    // Everything is in the journal now: the same command asks nothing, though no server is there, and writes the same.
    let before = try stub.folder.bytes("q.json")
    try stub.folder.remove("q.json")
    let again = try Program.run(arguments(stub, "--max-length", "200", "--json"), environment: stub.environment)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try stub.folder.bytes("q.json") == before)
    #expect(try JSONValue(parsing: again.output, file: "again")["this_run"]?["requests"]?.integer == 0)
    #expect(!(try stub.folder.read("q.json.journal/exchanges.journal")).contains("secret"))
  }

  @Test("killed in the middle and run again: what was answered is not asked again, nothing is missing, the bytes are the same")
  func killed() throws {
    let stub = try ChatStub(pause: 0.1)
    let (text, names) = captions([("good", 120), ("wrong-index", 10)])
    try stub.folder.write(text, to: "c.csv")
    let journal = stub.folder.file("q.json.journal/exchanges.journal")
    func answered() -> Set<String> {
      let text = FileManager.default.contents(atPath: journal).map { String(decoding: $0, as: UTF8.self) } ?? ""
      return Set(
        text.split(separator: "\n").compactMap { line -> String? in
          let json = try? JSONValue(parsing: String(line.dropFirst(17)), file: "journal")
          return json?["kind"] == "answered" ? json?["clip"]?.string : nil
        })
    }
    var known: [Set<String>] = []
    for goal in [20, 60] {
      let process = try Program.start(arguments(stub, "--concurrency", "4"), environment: stub.environment)
      let start = Date()
      while answered().count < goal, Date().timeIntervalSince(start) < 60 { usleep(20_000) }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(!FileManager.default.fileExists(atPath: stub.folder.file("q.json")))
      known.append(answered())
      #expect(known.last?.count ?? 0 >= goal)
    }
    let asked = stub.log
    let last = try Program.run(arguments(stub, "--concurrency", "4", "--json"), environment: stub.environment)
    #expect(last.status == 0, "\(last.errors)")
    let json = try JSONValue(parsing: last.output, file: "output")
    #expect(json["answered"]?.integer == 130)
    #expect(json["kept"]?.integer == 120)
    #expect(json["rejected"]?["answer_out_of_range"]?.integer == 10)
    let log = stub.log
    // A clip whose answer was on disk at a kill was never asked again; one more request stands only for those that were
    // under way at one of the two kills, four at most each.
    for clip in known[1] { #expect(log[clip]?.count == asked[clip]?.count, "\(clip) was asked again") }
    let requests = names.values.joined().reduce(0) { $0 + (log[$1]?.count ?? 0) }
    #expect(requests >= 130 && requests <= 130 + 8, "\(requests) requests")
    #expect(json["this_run"]?["asked_again_after_a_stop"]?.integer ?? 99 <= 4)
    let bytes = try stub.folder.bytes("q.json")

    let other = try ChatStub()
    try other.folder.write(text, to: "c.csv")
    #expect(try Program.run(arguments(other), environment: other.environment).status == 0)
    #expect(try other.folder.bytes("q.json") == bytes)
  }

  @Test("a stop that was asked for waits for what is under way; then nothing at all is asked twice")
  func stopped() throws {
    let stub = try ChatStub(pause: 0.1)
    let (text, names) = captions([("good", 60)])
    try stub.folder.write(text, to: "c.csv")
    let process = try Program.start(arguments(stub, "--concurrency", "4"), environment: stub.environment)
    let start = Date()
    while stub.log.count < 12, Date().timeIntervalSince(start) < 60 { usleep(20_000) }
    kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    #expect(process.terminationStatus == 3)
    #expect(stub.log.count < 60)
    #expect(try Program.run(arguments(stub), environment: stub.environment).status == 0)
    for clip in names["good"] ?? [] { #expect(stub.log[clip] == ["200"]) }
  }

  @Test("a server that stays away, a wrong key, a redirect, a refusal of everything: each ends the run with its words")
  func hopeless() throws {
    let stub = try ChatStub()
    try stub.folder.write(captions([("good", 3), ("gone", 1)]).text, to: "c.csv")
    let gone = try Program.run(arguments(stub, "--attempts", "2"), environment: stub.environment)
    #expect(gone.status == 3)
    #expect(gone.errors.contains("error: 1 clip without an answer, such as xxxxxxxxxx4_000010; the last time: status 503\n"))
    #expect(!FileManager.default.fileExists(atPath: stub.folder.file("q.json")))
    let key = try Program.run(
      arguments(stub, "--journal", stub.folder.file("j")), environment: stub.environment.merging(["OPENAI_API_KEY": "x"]) { $1 })
    #expect(key.status == 2)
    #expect(key.errors.contains("error: the server refused with status 401: who are you?\n  hint: is the key right?"))
    for (what, words) in [("refused", "status 400: against our policy"), ("moved", "status 302")] {
      try stub.folder.write(captions([(what, 3)]).text, to: "c.csv")
      let outcome = try Program.run(
        arguments(stub, "--concurrency", "1", "--journal", stub.folder.file(what)), environment: stub.environment)
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("error: the server refused with \(words)"))
    }
    try stub.folder.write(captions([("good", 2)]).text, to: "c.csv")
    var nowhere = arguments(stub, "--attempts", "2", "--journal", stub.folder.file("k"))
    nowhere[nowhere.firstIndex(of: stub.base) ?? 0] = "http://127.0.0.1:9/v1"
    let none = try Program.run(nowhere, environment: stub.environment)
    #expect(none.status == 3)
    #expect(none.errors.contains("the server answered none of"))
  }

  @Test("an address as people write it: odd slashes, a query, the whole path, no /v1; the key with its line's end")
  func addresses() throws {
    let stub = try ChatStub()
    try stub.folder.write(captions([("good", 1)]).text, to: "c.csv")
    let ends = ["", "/", "//", "/v1/", "//v1//", "/v1/chat/completions", "/v1/chat/completions/", "/v1?api-version=1", "/v1/?a=b&c=d"]
    for (index, end) in ends.enumerated() {
      var list = arguments(stub, "--journal", stub.folder.file("j\(index)"))
      list[list.firstIndex(of: stub.base) ?? 0] = "http://127.0.0.1:\(stub.port)" + end
      let outcome = try Program.run(list, environment: stub.environment.merging(["OPENAI_API_KEY": "secret\n"]) { $1 })
      #expect(outcome.status == 0, "\(end): \(outcome.errors)")
    }
    for wrong in ["127.0.0.1:1/v1", "ftp://127.0.0.1/v1", "http:///v1", "http://me:secret@127.0.0.1/v1", ""] {
      var list = arguments(stub, "--journal", stub.folder.file("wrong"))
      list[list.firstIndex(of: stub.base) ?? 0] = wrong
      let outcome = try Program.run(list, environment: stub.environment)
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("is no address of a server"), "\(wrong): \(outcome.errors)")
    }
  }

  @Test("a server that repeats the key has it in no message and no journal")
  func keyRepeated() throws {
    let stub = try ChatStub()
    try stub.folder.write(captions([("tells", 1)]).text, to: "c.csv")
    let outcome = try Program.run(arguments(stub, "--attempts", "1"), environment: stub.environment)
    #expect(outcome.errors.contains("status 500: your key is Bearer …"), "\(outcome.errors)")
    #expect(!(try stub.folder.read("q.json.journal/exchanges.journal")).contains("secret"))
  }

  @Test(
    "https: a certificate nobody vouches for is refused before anything is said",
    .enabled(if: ChatStub.hasOpenSSL, "SKIPPED: no openssl to make a certificate with"))
  func secure() throws {
    let stub = try ChatStub(isSecure: true)
    try stub.folder.write(captions([("good", 3)]).text, to: "c.csv")
    let refused = try Program.run(arguments(stub, "--attempts", "1"), environment: stub.environment)
    #expect(refused.status == 3)
    #expect(refused.errors.contains("the server answered none of 3 requests; the last time: SSL certificate problem"))
    #expect(stub.log.isEmpty)
  }

  @Test("a dry run sends nothing and says what it would cost")
  func dryRun() throws {
    let stub = try ChatStub()
    try stub.folder.write(captions([("good", 3)]).text, to: "c.csv")
    let outcome = try Program.run(
      arguments(stub, "--dry-run", "--json", "--prompt-price", "2", "--reply-price", "8"), environment: stub.environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let json = try JSONValue(parsing: outcome.output, file: "output")
    #expect(json["requests"] == 3)
    let (prompt, reply) = (json["estimate"]?["prompt_tokens"]?.integer ?? 0, json["estimate"]?["reply_tokens"]?.integer ?? 0)
    #expect(prompt > 900 && reply == 240)
    #expect(json["estimate"]?["cost"]?.double == (Double(prompt) * 2 + Double(reply) * 8) / 1e6)
    #expect(json["request"]?["messages"]?.array?.count == 2)
    #expect(stub.log.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: stub.folder.file("q.json.journal")))
    let usage = try Program.run(arguments(stub, "--concurrency", "0"), environment: stub.environment)
    #expect(usage.status == 2)
    #expect(usage.errors.contains("--concurrency 0 is outside 1...256"))
  }
}
