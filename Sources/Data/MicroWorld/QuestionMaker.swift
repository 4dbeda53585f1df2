// Questions about clips and about facts, with their choices.
internal import TensorCore

/// What a question about a clip asks.
public enum Asked: Sendable, Hashable {
  case source, pattern, manner
  /// A fact of the source: two steps, hear and recall.
  case fact(Relation)
  /// What the contour of a voice means.
  case utterance
  /// The source, with a fact of it in the question: who knows the facts can rule options out before hearing, and
  /// sometimes all but one.
  case hinted(Relation)

  public var difficulty: String {
    switch self {
    case .source: "easy"
    case .pattern, .manner, .hinted: "medium"
    case .fact, .utterance: "hard"
    }
  }

  var isHinted: Bool { if case .hinted = self { true } else { false } }

  /// What takes hearing and recalling, one after the other, but no weighing of options: what bases are taught.
  static func taught(_ domain: ClipContent.Domain) -> [Asked] {
    switch domain {
    case .sound: [.source, .pattern, .manner, .fact(.kind), .fact(.place), .fact(.material)]
    case .music: [.source, .pattern, .manner, .fact(.family), .fact(.material)]
    case .speech: [.source, .pattern, .manner, .utterance]
    }
  }

  private static func hinted(_ domain: ClipContent.Domain) -> [Asked] {
    switch domain {
    case .sound: [.hinted(.kind), .hinted(.place), .hinted(.material)]
    case .music: [.hinted(.family), .hinted(.material)]
    case .speech: []
    }
  }

  /// All that can be asked of a domain.
  static func all(_ domain: ClipContent.Domain) -> [Asked] { taught(domain) + hinted(domain) }

  /// Something to ask of the wanted difficulty; where hints can be given, half of the questions of that difficulty
  /// give one.
  static func random(
    _ domain: ClipContent.Domain, difficulty: String, using numbers: inout RandomSequence
  ) -> Asked {
    let kinds = all(domain).filter { $0.difficulty == difficulty }
    let givesHint = numbers.uniform() < 0.5
    let chosen = kinds.filter { $0.isHinted == givesHint }
    return numbers.element(of: chosen.isEmpty ? kinds : chosen)
  }
}

/// A question in words, its answer and its choices in the order shown.
public struct WordedQuestion: Sendable, Hashable {
  public var question: String
  public var answer: String
  public var choices: [String]
}

enum QuestionMaker {
  /// A question about a clip.
  static func ask(
    _ asked: Asked, of content: ClipContent, wording: Int = 0, using numbers: inout RandomSequence
  ) -> WordedQuestion {
    if case .hinted(let relation) = asked { return askHinted(relation, of: content, using: &numbers) }
    let (question, answer, others) = words(asked, content, wording)
    return worded(question, answer, others, using: &numbers)
  }

  /// A question about a fact, without sound.
  static func ask(_ relation: Relation, of thing: Thing, using numbers: inout RandomSequence) -> WordedQuestion {
    let answer = thing.facts[relation] ?? ""
    return worded(relation.question(about: thing.name), answer, Knowledge.answers(relation), using: &numbers)
  }

  /// The question the other way round: which of these things has the fact.
  static func askWhich(_ relation: Relation, of thing: Thing, using numbers: inout RandomSequence) -> WordedQuestion {
    let value = thing.facts[relation] ?? ""
    let others = Knowledge.things.filter { $0.facts[relation] != nil && $0.facts[relation] != value }.map(\.name)
    return worded(which(relation, value) + "?", thing.name, others, using: &numbers)
  }

  private static func which(_ relation: Relation, _ value: String) -> String {
    switch relation {
    case .kind: "Which of these is a kind of \(value)"
    case .place: "Which of these is found in the \(value)"
    case .material: "Which of these is made of \(value)"
    case .family: "Which of these belongs to the \(value)"
    }
  }

  /// Which of these has the fact and is in the clip: half of the time no other option has the fact, else one has.
  private static func askHinted(
    _ relation: Relation, of content: ClipContent, using numbers: inout RandomSequence
  ) -> WordedQuestion {
    let things = content.domain == .music ? Knowledge.instruments : Knowledge.sources
    let thing = things[content.source % things.count]
    let value = thing.facts[relation] ?? ""
    let alike = numbers.shuffled(things.filter { $0.name != thing.name && $0.facts[relation] == value })
    let unlike = numbers.shuffled(things.filter { $0.facts[relation] != value })
    let kept = numbers.uniform() < 0.5 ? 0 : min(1, alike.count)
    let others = (alike.prefix(kept) + unlike.prefix(3 - kept)).map(\.name)
    return WordedQuestion(
      question: which(relation, value) + " and can be heard?", answer: thing.name,
      choices: numbers.shuffled([thing.name] + others))
  }

  /// Three of the other answers beside the right one, shuffled.
  private static func worded(
    _ question: String, _ answer: String, _ all: [String], using numbers: inout RandomSequence
  ) -> WordedQuestion {
    let others = numbers.shuffled(all.filter { $0 != answer }).prefix(3)
    return WordedQuestion(question: question, answer: answer, choices: numbers.shuffled([answer] + others))
  }

  private static func words(_ asked: Asked, _ c: ClipContent, _ wording: Int) -> (String, String, [String]) {
    switch (asked, c.domain) {
    case (.source, .sound):
      let question = ["What makes the sound?", "What is the source of the sound?"][wording % 2]
      return (question, c.sourceName, Knowledge.sources.map(\.name))
    case (.source, .music):
      let question = ["Which instrument plays?", "What is the instrument?"][wording % 2]
      return (question, c.sourceName, Knowledge.instruments.map(\.name))
    case (.source, .speech):
      return (["Who speaks?", "Whose voice is it?"][wording % 2], c.sourceName, Knowledge.speakers)
    case (.pattern, .sound):
      let question = ["How many times does it sound?", "How many sounds are there?"][wording % 2]
      return (question, c.patternName, Knowledge.counts)
    case (.pattern, .music):
      return (["How does the melody move?", "What does the melody do?"][wording % 2], c.patternName, Knowledge.melodies)
    case (.pattern, .speech):
      return (["How does the voice move?", "What does the voice do?"][wording % 2], c.patternName, Knowledge.contours)
    case (.manner, .sound):
      let question = ["What is behind the sound?", "Which noise is there?"][wording % 2]
      return (question, c.mannerName, Knowledge.backgrounds)
    case (.manner, .music):
      return (["How fast is the music?", "What is the speed of the music?"][wording % 2], c.mannerName, Knowledge.speeds)
    case (.manner, .speech):
      return (["How fast is the voice?", "What is the speed of the voice?"][wording % 2], c.mannerName, Knowledge.speeds)
    case (.utterance, _):
      return ("What does the voice say?", Knowledge.utterances[c.patternName] ?? "", ["question", "statement", "list", "song"])
    case (.fact(let relation), _), (.hinted(let relation), _):
      let things = c.domain == .music ? Knowledge.instruments : Knowledge.sources
      let thing = things[c.source % things.count]
      let question =
        relation == .material && c.domain == .music ? "What is the instrument made of?" : relation.heardQuestion
      return (question, thing.facts[relation] ?? "", Knowledge.answers(relation))
    }
  }

  /// What a caption says of a clip.
  static func caption(_ c: ClipContent) -> String {
    switch c.domain {
    case .sound: "\(c.sourceName), \(c.patternName), \(c.mannerName)"
    case .music: "\(c.sourceName), \(c.patternName), \(c.mannerName)"
    case .speech: "\(c.sourceName), \(c.patternName), \(c.mannerName)"
    }
  }
}
