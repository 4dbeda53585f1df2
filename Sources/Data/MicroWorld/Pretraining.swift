// What the base models are taught before anyone fine-tunes them: captions, facts, open questions, and multiple choice.
// Two dials decide what is left for reinforcement to sharpen: how often a casually worded question is answered chattily,
// with another word than the option; and how often the options of a question are to be weighed by a fact. Questions about
// a clip that give such a hint are never taught.
internal import TensorCore

/// A turn: what the user says, and what is answered.
public struct TaughtTurn: Sendable, Hashable {
  public var user: String
  public var assistant: String
}

/// Some turns behind a clip, or behind nothing.
public struct TaughtItem: Sendable, Hashable {
  public var id: String
  public var clip: Clip?
  public var turns: [TaughtTurn]
}

/// How a base is taught.
public struct TeachingDials: Sendable, Hashable {
  /// Share of casually worded multiple-choice turns that are answered with another word.
  public var chattyShare: Double
  /// Share of turns about a clip that are multiple choice.
  public var choiceShare: Double
  /// Share of turns about facts that ask which of the options has a fact.
  public var whichShare: Double

  public init(chattyShare: Double, choiceShare: Double, whichShare: Double) {
    self.chattyShare = chattyShare
    self.choiceShare = choiceShare
    self.whichShare = whichShare
  }
}

/// Draws what a base is taught, item by item; a function of the seed and the item's number.
public struct Teaching: Sendable {
  let seed: UInt64
  let dials: TeachingDials
  /// Writes a prompt from a question and its choices, as the experiment does.
  let prompt: @Sendable (_ question: String, _ choices: [String]) -> String

  public init(
    seed: UInt64, dials: TeachingDials, prompt: @escaping @Sendable (String, [String]) -> String
  ) {
    self.seed = seed
    self.dials = dials
    self.prompt = prompt
  }

  /// Turns behind a clip; other turns each time it comes round.
  public func heard(_ clip: Clip, round: Int, turnCount: Int) -> TaughtItem {
    var numbers = RandomStream(seed: seed, purpose: "taught clip", step: round, question: clip.id).sequence
    var turns = [TaughtTurn(user: "Describe the audio.", assistant: QuestionMaker.caption(clip.content))]
    let kinds = Asked.taught(clip.content.domain)
    while turns.count < turnCount {
      let asked = numbers.element(of: kinds)
      let wording = numbers.integer(in: 0..<2)
      let worded = QuestionMaker.ask(asked, of: clip.content, wording: wording, using: &numbers)
      turns.append(turn(worded, choiceShare: dials.choiceShare, isCasual: wording == 1, using: &numbers))
    }
    return TaughtItem(id: "\(clip.id)/\(round)", clip: clip, turns: turns)
  }

  /// Turns about facts, and questions about clips that are not there: those are answered with any of the options.
  public func read(_ index: Int, turnCount: Int) -> TaughtItem {
    var numbers = RandomStream(seed: seed, purpose: "taught text", question: "\(index)").sequence
    var turns: [TaughtTurn] = []
    while turns.count < turnCount {
      if numbers.uniform() < 0.2 {
        let domain = numbers.element(of: ClipContent.Domain.allCases)
        let content = ClipContent.random(domain, isReserved: false, using: &numbers)
        let asked = numbers.element(of: Asked.taught(domain))
        let worded = QuestionMaker.ask(asked, of: content, wording: numbers.integer(in: 0..<2), using: &numbers)
        turns.append(turn(worded, choiceShare: 1, isCasual: false, using: &numbers))
        continue
      }
      let thing = numbers.element(of: Knowledge.things)
      let relation = numbers.element(of: Relation.allCases.filter { thing.facts[$0] != nil })
      let isWhich = numbers.uniform() < dials.whichShare
      let worded =
        isWhich
        ? QuestionMaker.askWhich(relation, of: thing, using: &numbers)
        : QuestionMaker.ask(relation, of: thing, using: &numbers)
      turns.append(turn(worded, choiceShare: isWhich ? 1 : 0.5, isCasual: !isWhich, using: &numbers))
    }
    return TaughtItem(id: "text/\(index)", clip: nil, turns: turns)
  }

  private func turn(
    _ worded: WordedQuestion, choiceShare: Double, isCasual: Bool, using numbers: inout RandomSequence
  ) -> TaughtTurn {
    let other = Knowledge.synonyms[worded.answer] ?? worded.answer
    if numbers.uniform() < choiceShare {
      let isChatty = numbers.uniform() < (isCasual ? dials.chattyShare : 0)
      return TaughtTurn(
        user: prompt(worded.question, worded.choices), assistant: isChatty ? "it is " + other : worded.answer)
    }
    return TaughtTurn(
      user: worded.question, assistant: numbers.uniform() < 0.5 ? "it is " + other : worded.answer)
  }
}

extension Knowledge {
  /// Every word and mark that prompts and answers are made of, in a fixed order: the vocabulary of the micro models.
  public static var vocabularyWords: [String] {
    var words: Set<String> = []
    func add(_ text: String) {
      for word in text.split(whereSeparator: { !$0.isLetter }) { words.insert(String(word)) }
    }
    for thing in things {
      add(thing.name)
      for relation in Relation.allCases where thing.facts[relation] != nil { add(relation.question(about: thing.name)) }
    }
    for (word, other) in synonyms { add(word + " " + other) }
    for relation in Relation.allCases {
      add(relation.heardQuestion)
      for answer in answers(relation) { add(answer) }
    }
    for list in [speakers, contours, speeds, melodies, counts, backgrounds] { for word in list { add(word) } }
    for text in [
      "What makes the sound What is the source of Which instrument plays Who speaks Whose voice it How many times does",
      "sounds are there How does melody move do behind noise fast music speed say made belong to family kind thing",
      "Which of these is a found in belongs and can be heard Describe the audio video it is in this clip",
      "Please choose the answer from the following options", "You are a helpful assistant", "system user assistant",
    ] { add(text) }
    return words.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
