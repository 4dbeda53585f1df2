// Replies held to the rules, sets made of them, clips read: everything but the server.
import Foundation
import JSONText
import QuestionWriting
import Questions
import TestSupport
import Testing

private func reply(
  _ question: String = "What barks?", _ choices: [String] = ["dog", "cat", "cow", "owl"], _ answer: JSONValue = 0
) -> String {
  JSONValue.object([
    "question_text": .string(question), "multi_choice": .array(choices.map { .string($0) }), "answer": answer,
  ]).canonicalText
}

private let plain = WrittenQuestion(question: "What barks?", choices: ["dog", "cat", "cow", "owl"], answer: 0)

@Suite("Questions as language models write them")
struct QuestionWritingTests {
  private func read(_ text: String) -> Result<WrittenQuestion, Rejection> { QuestionCheck().read(text) }

  @Test(
    "a question is found by itself, fenced, amid prose with braces, nested, after an echo of half a brace",
    arguments: [
      reply(), "```json\n\(reply())\n```", "Sure {as you wish}: \(reply()) — is {that} right?", "{\"output\": \(reply())}",
      "{\"list\": [1, \(reply())]}", "{ \(reply())", "\u{FEFF}  \(reply())\n\n\(reply("Who?"))",
      reply("  What\n  barks? ", ["(A) dog", "(B) cat", "(C)  cow", "(D) owl"]),
      reply("What barks?", ["A. dog", "B. cat", "C. cow", "D. owl"], 0.0),
    ])
  func found(_ text: String) { #expect(read(text) == .success(plain)) }

  @Test("letters come off only where all choices carry them")
  func letters() {
    let some = ["A. dog", "cat", "C. cow", "owl"]
    #expect(read(reply("What barks?", some)) == .success(WrittenQuestion(question: "What barks?", choices: some, answer: 0)))
  }

  private static let broken: [(String, Rejection)] = [
    ("", .empty_reply), (" \n", .empty_reply), ("No.", .no_json), ("{\"a\": 1}", .no_json),
    ("{\"question_text\": \"What?\", }", .broken_json), ("{\"question_text\": \"What?", .broken_json),
    ("{\"question_text\": 3, \"multi_choice\": [], \"answer\": 0}", .missing_field),
    ("{\"question_text\": \"Q?\", \"answer\": 0}", .missing_field),
    ("{\"question_text\": \"Q?\", \"multi_choice\": [\"a\", 1, \"c\", \"d\"], \"answer\": 0}", .missing_field),
    ("{\"question_text\": \"Q\\u0007?\", \"multi_choice\": [\"a\", \"b\", \"c\", \"d\"], \"answer\": 0}", .control_character),
    (reply(" "), .empty_text), (reply("Q?", ["a", "", "c", "d"]), .empty_text),
    (reply("Q?", ["a", "b", "c"]), .not_four_choices), (reply("Q?", []), .not_four_choices),
    (reply("Q?", ["a", "b", "c", "d", "e"]), .not_four_choices),
    (reply("Q?", ["Dog.", "cat", "dog", "owl"]), .repeated_choices), (reply("Q?", ["!", "!", "?", "."]), .repeated_choices),
    (reply("Q?", ["a", "b", "c", "d"], "1"), .answer_no_index), (reply("Q?", ["a", "b", "c", "d"], 1.5), .answer_no_index),
    (reply("Q?", ["a", "b", "c", "d"], .null), .answer_no_index), (reply("Q?", ["a", "b", "c", "d"], 4), .answer_out_of_range),
    (reply("Q?", ["a", "b", "c", "d"], -1), .answer_out_of_range),
    (reply("What does the caption say?"), .speaks_of_text), (reply("According to A2, what barks?"), .speaks_of_text),
    (reply("What is heard in a1?"), .speaks_of_text), (reply("Q?", ["as described", "b", "c", "d"]), .speaks_of_text),
    (reply("What colour is the dog?"), .needs_sight), (reply("What can be seen?"), .needs_sight),
    (reply("How loud is the dog?"), .answer_in_question), (reply("Q?", ["x", "all of the above", "c", "d"]), .refers_to_choices),
  ]

  @Test("every rule has its reason", arguments: broken.indices)
  func rules(_ index: Int) {
    let (text, reason) = Self.broken[index]
    #expect(read(text) == .failure(reason), "\(text)")
  }

  @Test("what may stand: a video, how something could be described, a question that names several choices")
  func allowed() {
    for question in ["What barks in the video?", "How would you describe the dog or the cat?", "Is it a dog, a cat, a cow or an owl?", "How dog is it?"] {
      #expect(read(reply(question)) == .success(WrittenQuestion(question: question, choices: plain.choices, answer: 0)))
    }
    let one = reply("Which one barks?", ["one", "two", "three", "four"])
    #expect((try? read(one).get()) != nil)
  }

  @Test("the instruction's example is refused, the question after it is not")
  func example() throws {
    let settings = WritingSettings(model: "m")
    let check = QuestionCheck(settings)
    let place = try #require(settings.instruction.range(of: "{\"question_text\": \"How"))
    let echo = String(settings.instruction[place.lowerBound...])
    #expect(check.read(echo) == .failure(.worked_example))
    #expect(check.read(echo + "\n" + reply()) == .success(plain))
    #expect((try? QuestionCheck().read(echo).get()) != nil)
    let other = QuestionCheck(WritingSettings(model: "m", instruction: "Do it like this: " + reply()))
    #expect(other.read(reply("what BARKS?", ["cat", "Dog", "owl", "cow"], 1)) == .failure(.worked_example))
  }

  @Test("20,000 damaged replies: a question or a reason, quickly")
  func fuzz() {
    let seeds = [Array("Here: ```json\n{\"output\": \(reply())}\n```".utf8)]
    var (fine, refused) = (0, 0)
    for round in UInt64(0)..<20_000 {
      let bytes = Fuzzing.damaged(seeds, ["\"answer\"", "{", "}", "\\u0000", "multi_choice"], round)
      switch read(String(decoding: bytes, as: UTF8.self)) {
      case .success(let question):
        fine += 1
        #expect(question.choices.count == 4 && (0..<4).contains(question.answer))
      case .failure: refused += 1
      }
    }
    #expect(fine > 1000 && refused > 5000)
    for hostile in [String(repeating: "{", count: 1 << 20), String(repeating: "{\"a\":", count: 1 << 18), "\"" + String(repeating: "{\"", count: 1 << 18)] {
      #expect((try? read(hostile).get()) == nil)
    }
  }

  // MARK: - Sets

  private func sieve(_ replies: [String?], _ settings: SieveSettings = SieveSettings()) -> QuestionSieve {
    let rows = replies.enumerated().map { (number: $0, clip: "clip \($0)", reply: $1) }
    return QuestionSieve(rows, check: QuestionCheck(), settings)
  }

  @Test("choices are shuffled by seed and clip alone; every place is right about equally often, and the right one stays right")
  func shuffled() throws {
    let replies = (0..<4000).map { Optional(reply("What barks at \($0)?")) }
    let all = sieve(replies)
    #expect(all.kept.count == 4000)
    #expect(all.kept.allSatisfy { $0.question.choices[$0.question.answer] == "dog" })
    #expect(all.kept.allSatisfy { Set($0.question.choices) == Set(plain.choices) })
    // Four standard deviations around 1000.
    for count in all.places { #expect(abs(count - 1000) < 110, "\(all.places)") }
    let alone = QuestionSieve([(number: 17, clip: "clip 17", reply: replies[17])], check: QuestionCheck(), SieveSettings())
    #expect(alone.kept == [all.kept[17]])
    let other = sieve(replies, SieveSettings(seed: 43))
    #expect(other.kept != all.kept)
  }

  @Test("repeats: the same words with the same choices and the same right one, in whatever order")
  func repeats() {
    let replies = [
      reply(), reply("what barks", ["owl", "Cow", "dog!", "cat"], 2), reply("What barks?", plain.choices, 1),
      reply("What barks now?"), nil,
    ]
    let once = sieve(replies)
    #expect(once.kept.map(\.number) == [0, 2, 3])
    #expect(once.rejected.map(\.clip) == ["clip 1", "clip 4"])
    #expect(once.counts.map(\.reason) == [.refused_by_server, .repeated_question])
    #expect(sieve(replies, SieveSettings(keepsRepeats: true)).kept.map(\.number) == [0, 1, 2, 3])
  }

  @Test("by length: a bound, or the shortest so many, the earlier of equals")
  func lengths() {
    let replies = [30, 14, 20, 14, 20, 40].enumerated().map {
      Optional(reply("\($0)" + String(repeating: "q", count: $1 - 13), plain.choices))
    }
    let all = sieve(replies)
    #expect(all.kept.map(\.question.length) == [30, 14, 20, 14, 20, 40])
    #expect(sieve(replies, SieveSettings(maximumLength: 20)).kept.map(\.number) == [1, 2, 3, 4])
    let four = sieve(replies, SieveSettings(keepingShortest: 3))
    #expect(four.kept.map(\.number) == [1, 2, 3])
    #expect(four.acceptedCount == 6)
    #expect(four.longest == 20)
    #expect(four.counts.map(\.count) == [3])
    #expect(sieve(replies, SieveSettings(maximumLength: 20, keepingShortest: 5)).kept.map(\.number) == [1, 2, 3, 4])
    #expect(sieve(replies, SieveSettings(keepingShortest: 99)).kept.count == 6)
  }

  @Test("the set is a file in AVQA's form")
  func document() throws {
    let folder = try TemporaryFolder()
    let rows = [(number: 5, clip: "-HG3Omg_89c_000030", reply: Optional(reply()))]
    try folder.write(QuestionSieve(rows, check: QuestionCheck(), SieveSettings()).document, to: "q.json")
    let set = try TrainingSet(avqa: "q.json", in: DataFolder(folder.path), name: "written")
    #expect(set.questions.map(\.id) == ["5"])
    #expect(set.questions.first?.audioPath == "audio/-HG3Omg_89c_000030.wav")
    #expect(set.questions.first?.answer == "dog")
  }

  // MARK: - Requests

  @Test("a request: the instruction, the four answers a line each, nothing that was not asked for")
  func request() {
    let clip = ClipAnswers(id: "x", overall: "Rain\nfalls.", sounds: "Rain.", music: "None.")
    let settings = WritingSettings(model: "m", instruction: "Do.")
    #expect(settings.text(about: clip) == "A1: Rain falls.\nA2: Rain.\nA3: (nothing was said)\nA4: None.")
    let body = settings.body(about: clip)
    #expect(body.object?.keys == ["model", "messages"])
    #expect(body["messages"]?.array?.first == .object(["role": "system", "content": "Do."]))
    var more = settings
    more.temperature = 0.5
    more.maximumTokens = 99
    #expect(more.body(about: clip)["temperature"] == 0.5)
    #expect(more.body(about: clip)["max_tokens"] == 99)
    let cost = WritingCost(estimating: [clip, clip], settings)
    #expect(cost == WritingCost(promptTokens: 2 * ((3 + 58 + 3) / 4 + 8), replyTokens: 160))
    #expect(cost.price(prompt: 1, reply: 10) == (Double(cost.promptTokens) + 1600) / 1e6)
  }

  // MARK: - Clips

  @Test("captions and answers are joined by clip, whatever the columns are called")
  func reading() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "id,caption\n---g-f_I2yQ_000001,A crowd.\n--0PQM4-hqg_000030,\"Rain, loud.\"\n--0PQM4-hqg_000030,Twice.\n"
        + "Y---1_cCGK4M,A car.\n", to: "c.csv")
    try folder.write(
      "id,question_1,answer_1,question_2,answer_2,question_3,answer_3\n"
        + "--0PQM4-hqg_000030,q,Question: what? Answer: Rain.,q,,q,No music.\n", to: "qa.csv")
    let files = [folder.file("c.csv"), folder.file("qa.csv")]
    let all = try ClipReading(files)
    #expect(
      all.clips == [
        ClipAnswers(id: "---g-f_I2yQ_000001", overall: "A crowd."),
        ClipAnswers(id: "--0PQM4-hqg_000030", overall: "Rain, loud.", sounds: "Rain.", music: "No music."),
        ClipAnswers(id: "Y---1_cCGK4M", overall: "A car."),
      ])
    #expect(all.rowCount == 5)
    #expect(all.repeatedCount == 1)
    try folder.write("--0PQM4-hqg,30,rain,train\n---g-f_I2yQ,1,people,test\n", to: "v.csv")
    let names = try readClipNames(folder.file("v.csv"))
    #expect(names == ["--0PQM4-hqg_000030"])
    let some = try ClipReading(files, wanted: names)
    #expect(some.clips.map(\.id) == ["--0PQM4-hqg_000030"])
    #expect(some.otherCount == 2)
    try folder.write(
      "[{\"id\": 1, \"video_name\": \"---g-f_I2yQ_1\", \"question_text\": \"Q\", \"multi_choice\": [\"a\"], \"answer\": 0}]",
      to: "a.json")
    #expect(try readClipNames(folder.file("a.json")) == ["---g-f_I2yQ_000001"])
    try folder.write("id,music,overall_scene,speech,sounds\nY---1_cCGK4M,m,o,s,n\n", to: "named.csv")
    #expect(
      try ClipReading([folder.file("named.csv")]).clips
        == [ClipAnswers(id: "Y---1_cCGK4M", overall: "o", sounds: "n", speech: "s", music: "m")])
    try folder.write("id,a,b\nY---1_cCGK4M,m,o\n", to: "odd.csv")
    #expect(
      refusal { try ClipReading([folder.file("odd.csv")]) }?.replacingOccurrences(of: folder.path + "/", with: "")
        == "odd.csv:1: error: its columns a, b are not known\n  hint: call them overall, sounds, speech and music")
  }
}
