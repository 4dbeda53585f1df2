// The questions of the sets, in the words and formats of the real ones.
internal import JSONText
internal import QuestionWriting
internal import TensorCore

extension MicroWorld {
  /// The questions of a set as their file holds them; everything else about the set follows from it.
  public func document(_ set: MicroSet) -> String {
    switch set {
    case .avqa: avqa.indentedText
    case .avqaGPT: writtenFromCaptions(set, hallucinatedShare: 0).indentedText
    case .vggsGPT: writtenFromCaptions(set, hallucinatedShare: 0.1).indentedText
    case .arcEasy: arcEasy.map { $0.canonicalText + "\n" }.joined()
    case .mmauMini, .mmauFull, .mmauMiniRevised, .mmauFullRevised: mmau(set).indentedText
    case .mmar: mmar.map { $0.canonicalText + "\n" }.joined()
    }
  }

  /// A row of AVQA's `train_qa.json`.
  private func row(_ index: Int, _ clip: Clip, _ worded: WordedQuestion) -> JSONValue {
    .object([
      "id": .integer(index), "video_name": .string(clip.id), "video_id": .integer(index),
      "question_text": .string(worded.question), "multi_choice": .array(worded.choices.map { .string($0) }),
      "answer": .integer(worded.choices.firstIndex(of: worded.answer) ?? 0),
      "question_relation": "Sound", "question_type": .string(clip.content.domain.rawValue),
    ])
  }

  /// AVQA's questions: one- and two-step questions about a clip.
  private var avqa: JSONValue {
    var numbers = numbers("avqa questions")
    return .array(
      clips(of: .avqa).enumerated().map { index, clip in
        let wanted = numbers.element(of: ["easy", "medium", "hard"])
        let asked = Asked.random(clip.content.domain, difficulty: wanted, using: &numbers)
        let worded = QuestionMaker.ask(asked, of: clip.content, wording: numbers.integer(in: 0..<2), using: &numbers)
        return row(index, clip, worded)
      })
  }

  /// Questions that a writer made who never heard the clip, but read its caption, which may be wrong. They are held to
  /// the rules that questions of language models are held to; the writer has shuffled its choices itself.
  private func writtenFromCaptions(_ set: MicroSet, hallucinatedShare: Double) -> JSONValue {
    var numbers = numbers(set.rawValue + " questions")
    let check = QuestionCheck()
    return .array(
      clips(of: set).enumerated().compactMap { index, clip in
        let caption = ClipCaption.listening(to: clip, hallucinatedShare: hallucinatedShare, using: &numbers)
        guard case .success(let written) = check.read(caption.reply(using: &numbers)) else { return nil }
        let worded = WordedQuestion(
          question: written.question, answer: written.choices[written.answer], choices: written.choices)
        return row(index, clip, worded)
      })
  }

  /// ARC-Easy's JSON lines: facts, no sound.
  private var arcEasy: [JSONValue] {
    var numbers = numbers("arc-easy questions")
    return (0..<size.arcEasy).map { index in
      let thing = numbers.element(of: Knowledge.things)
      let relation = numbers.element(of: Relation.allCases.filter { thing.facts[$0] != nil })
      let worded =
        numbers.uniform() < 0.4
        ? QuestionMaker.askWhich(relation, of: thing, using: &numbers)
        : QuestionMaker.ask(relation, of: thing, using: &numbers)
      let labels = ["A", "B", "C", "D"]
      return .object([
        "id": .string("Micro_\(index)"),
        "question": .object([
          "stem": .string(worded.question),
          "choices": .array(
            zip(worded.choices, labels).map { .object(["text": .string($0), "label": .string($1)]) }),
        ]),
        "answerKey": .string(labels[worded.choices.firstIndex(of: worded.answer) ?? 0]),
      ])
    }
  }

  /// MMAU's array. A revised benchmark asks a quarter of the clips something else, and has every other item unchanged.
  private func mmau(_ set: MicroSet) -> JSONValue {
    let first = set.revises ?? set
    var numbers = numbers(first.rawValue + " questions " + variant)
    var revision = self.numbers(set.rawValue + " revision " + variant)
    return .array(
      clips(of: first).map { clip in
        var (asked, worded) = benchmarkQuestion(clip.content, &numbers)
        if set.revises != nil, revision.uniform() < 0.25 { (asked, worded) = benchmarkQuestion(clip.content, &revision) }
        return .object([
          "id": .string(clip.id), "audio_id": .string("./\(set.audioFolder)/" + Self.fileName(clip)),
          "question": .string(worded.question), "choices": .array(worded.choices.map { .string($0) }),
          "answer": .string(worded.answer), "dataset": "micro-world", "task": .string(clip.content.domain.rawValue),
          "split": .string(first == .mmauMini ? "test-mini" : "test"),
          "category": .string(asked.difficulty == "hard" ? "Reasoning" : "Information Extraction"),
          "sub-category": .string("\(asked)"), "difficulty": .string(asked.difficulty),
        ])
      })
  }

  private func benchmarkQuestion(
    _ content: ClipContent, _ numbers: inout RandomSequence
  ) -> (Asked, WordedQuestion) {
    let wanted = numbers.element(of: ["easy", "medium", "medium", "hard"])
    let asked = Asked.random(content.domain, difficulty: wanted, using: &numbers)
    return (asked, QuestionMaker.ask(asked, of: content, wording: numbers.integer(in: 0..<2), using: &numbers))
  }

  /// MMAR's JSON lines: of a mixture one part is asked about.
  private var mmar: [JSONValue] {
    var numbers = numbers("mmar questions " + variant)
    return clips(of: .mmar).map { clip in
      let content = numbers.element(of: [clip.content] + clip.others)
      let (asked, worded) = benchmarkQuestion(content, &numbers)
      return .object([
        "id": .string(clip.id), "audio_path": .string("./audio/" + Self.fileName(clip)),
        "question": .string(worded.question), "choices": .array(worded.choices.map { .string($0) }),
        "answer": .string(worded.answer), "modality": .string(clip.modality),
        "category": .string(asked.difficulty == "hard" ? "Semantic Layer" : "Signal Layer"),
        "sub-category": .string("\(asked)"), "language": "en", "source": "micro-world",
      ])
    }
  }
}
