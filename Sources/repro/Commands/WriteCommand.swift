// `repro write`: questions written from captions by a language model.
import ArgumentParser
import Diagnostics
import Foundation
import JSONText
import QuestionWriting
import Questions
import Runner

struct WriteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "write",
    abstract: "Write training questions from captions, with a language model.",
    discussion: """
      Reads AudioSetCaps' captions and the answers they were written from, asks any server with the chat completions \
      interface for one question a clip, checks every reply, and writes a file in AVQA's form: train_qa_gpt.json for \
      avqa-gpt and vggs-gpt. Every request and reply is kept in a journal, so that the same command goes on where it \
      was stopped and asks nothing twice that was answered; --limit 0 makes the file from the journal without asking.

      Refused are replies without four different choices or without the place of the right one, questions that speak of \
      the caption, ask for what is seen or hold their answer, choices that refer to others, and questions that an \
      earlier clip has word for word. The order of choices is drawn from the seed and the clip's name.

      A reply that was cut at the limit of tokens, is empty, or holds nothing but a model's thoughts is no answer: it is \
      asked for up to three times, and again by the next run. A question is taken only from what follows the thoughts.

      The key comes from the environment, by default from OPENAI_API_KEY, and is written nowhere. Exits with 3 if \
      clips are left without an answer: no file is written then, and the same command goes on.
      """)

  @Option(
    parsing: .upToNextOption,
    help: "CSV files: id,caption; id and the answers about sounds, speech and music. Several are joined by clip.")
  var captions: [String]
  @Option(help: "Only these clips: VGGSound's CSV (its rows for training) or a question file in AVQA's form.")
  var clips: String?
  @Option(help: "The file to write, such as train_qa_gpt.json.") var out: String
  @Option(help: "The folder of the journal (default: the file's name with .journal).") var journal: String?
  @Option(help: "The server's address up to /chat/completions; a query such as ?api-version=… is kept.")
  var baseUrl = "https://api.openai.com/v1"
  @Option(help: "The model's name on the server.") var model: String
  @Option(help: "The environment variable with the key; empty for a server that needs none.")
  var keyVariable = "OPENAI_API_KEY"
  @Option(help: "A text file in place of the built-in instruction and its example.") var instruction: String?
  @Option(help: "The sampling temperature (default: the server's own).") var temperature: Double?
  @Option(help: "The most tokens of a reply (default: the server's own).") var maxTokens: Int?
  @Option(help: "Requests under way at once.") var concurrency = 8
  @Option(help: "How often a request is tried.") var attempts = 8
  @Option(help: "Seconds an answer may take.") var timeout = 120.0
  @Option(help: "Seconds before the second attempt, twice as many before each further one.") var delay = 1.0
  @Option(help: "Ask about so many clips at most in this run.") var limit: Int?
  @Option(help: "Leave out questions that have more characters, choices included.") var maxLength: Int?
  @Option(help: "Keep so many questions, the shortest ones.") var keep: Int?
  @Flag(help: "Keep questions that an earlier clip has word for word.") var keepRepeats = false
  @Option(help: "The seed of the order of choices.") var seed: UInt64 = 42
  @Option(help: "What a million tokens of requests cost, for estimates.") var promptPrice: Double?
  @Option(help: "What a million tokens of replies cost.") var replyPrice: Double?
  @Flag(help: "Ask nothing: say what would be asked, with one request and the expected tokens.") var dryRun = false
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    func require(_ isRight: Bool, _ text: String) throws { if !isRight { throw ValidationError(text) } }
    try require(!captions.isEmpty, "--captions names no file")
    try require((1...256).contains(concurrency), "--concurrency \(concurrency) is outside 1...256")
    try require((1...100).contains(attempts), "--attempts \(attempts) is outside 1...100")
    try require(timeout > 0 && timeout <= 3600, "--timeout \(timeout) is outside 0...3600")
    try require(delay >= 0 && delay <= 600, "--delay \(delay) is outside 0...600")
    try require(limit ?? 0 >= 0, "--limit \(limit ?? 0) is negative")
    try require(maxLength ?? 1 > 0, "--max-length \(maxLength ?? 0) is not above 0")
    try require(keep ?? 1 > 0, "--keep \(keep ?? 0) is not above 0")
    try require((0...2).contains(temperature ?? 0), "--temperature \(temperature ?? 0) is outside 0...2")
    try require((1...100_000).contains(maxTokens ?? 1), "--max-tokens \(maxTokens ?? 0) is outside 1...100000")
    for (name, price) in [("--prompt-price", promptPrice), ("--reply-price", replyPrice)] {
      try require((price ?? 0).isFinite && price ?? 0 >= 0, "\(name) is no price")
    }
    try require((promptPrice == nil) == (replyPrice == nil), "--prompt-price and --reply-price go together")
  }

  func run() throws {
    let settings = WritingSettings(
      model: model, instruction: try instructionText(), temperature: temperature, maximumTokens: maxTokens)
    let wanted = try clips.map { try readClipNames($0) }
    let reading = try ClipReading(captions, wanted: wanted)
    guard !reading.clips.isEmpty else {
      throw Diagnostic(
        "no clip to ask about", at: SourceMark(file: captions[0]), hint: "does --clips name other clips?")
    }
    let store = dryRun ? nil : try WritingJournal(folder: journal ?? out + ".journal")
    let open = store.map { WritingRun.open(reading.clips, settings, $0) } ?? reading.clips
    let asked = Array(open.prefix(limit ?? .max))
    let page = WritePage(reading: reading, wanted: wanted?.count, prices: promptPrice.map { ($0, replyPrice ?? 0) })
    let estimate = WritingCost(estimating: asked, settings)
    if dryRun {
      print(page.plan(asked, estimate, settings, json: json), terminator: "")
      return
    }
    guard let store else { return }
    say(page.before(asked.count, estimate))
    var tally = WritingTally()
    if !asked.isEmpty { tally = try ask(asked, settings, store) }
    let report = WritingReport(
      reading.clips, settings, store,
      SieveSettings(seed: seed, maximumLength: maxLength, keepingShortest: keep, keepsRepeats: keepRepeats))
    // A bounded run has its file; a run that wanted every answer and lacks some has none.
    let isWhole = !tally.isStopped && tally.unanswered.isEmpty
    if isWhole { try report.write(to: out) }
    print(page.after(report, tally, out: isWhole ? out : nil, json: json), terminator: "")
    if tally.isStopped {
      throw Diagnostic("stopped before every clip was asked about", hint: "the same command goes on", kind: .missing)
    }
    if !isWhole {
      throw Diagnostic(
        "\(counted(tally.unanswered.count, "clip")) without an answer, such as \(tally.unanswered[0]);"
          + " the last time: \(tally.lastReason)",
        hint: (WritePage.remedy(tally, limit: maxTokens).map { $0 + "; " } ?? "")
          + "the same command asks them again; \(out) is not written", kind: .missing)
    }
  }

  private func ask(
    _ clips: [ClipAnswers], _ settings: WritingSettings, _ store: WritingJournal
  ) throws -> WritingTally {
    let found = keyVariable.isEmpty ? nil : ProcessInfo.processInfo.environment[keyVariable]
    let key = found.flatMap { $0.isEmpty ? nil : $0 }
    let server = try HTTPChatServer(base: baseUrl, key: key, connections: concurrency)
    if key == nil, !keyVariable.isEmpty { say("\(keyVariable) is not set: the requests carry no key") }
    if server.sendsKeyInClear { say("the key crosses the network in the clear: the address is http") }
    var pace = WritingPace()
    pace.concurrency = concurrency
    pace.attempts = attempts
    pace.timeout = timeout
    pace.firstDelay = delay
    Interruption.listen()
    var last = Date.distantPast
    return try WritingRun(settings, pace: pace, server: server, journal: store).run(
      clips, isStopped: { Interruption.isAsked }
    ) { tally in
      if let wait = tally.wait, wait > 5, Date().timeIntervalSince(last) > 1 {
        last = Date()
        let words = tally.words["status 429"].map { ": " + $0 } ?? ""
        say("the server asks to wait \(Int(wait)) s\(words)")
      }
      guard Date().timeIntervalSince(last) > 10 else { return }
      last = Date()
      let failed = tally.failures.values.reduce(0, +)
      say("\(tally.answeredCount) of \(clips.count) answered, \(counted(failed, "attempt")) failed")
    }
  }

  private func instructionText() throws -> String {
    guard let instruction else { return WritingSettings.ownInstruction }
    let mark = SourceMark(file: instruction)
    guard let data = FileManager.default.contents(atPath: instruction) else {
      throw Diagnostic("there is no such file", at: mark, kind: .missing)
    }
    guard data.count <= 1 << 16 else { throw Diagnostic("\(data.count) bytes; the limit is 64 KiB", at: mark) }
    guard let text = String(validating: data, as: UTF8.self), !text.utf8.contains(0) else {
      throw Diagnostic("is no UTF-8 text", at: mark)
    }
    guard !text.isEmpty else { throw Diagnostic("is empty", at: mark) }
    return text
  }

  private func say(_ text: String) { FileHandle.standardError.write(Data("repro: \(text)\n".utf8)) }
}
