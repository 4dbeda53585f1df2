// Captions of clips, and the questions a writer makes who reads them without hearing the clip.
internal import JSONText
internal import TensorCore

/// What a listening model says of a clip when asked four things.
public struct ClipCaption: Sendable, Hashable {
  public var overall: String
  public var sounds: String
  public var speech: String
  public var music: String

  public init(overall: String, sounds: String, speech: String, music: String) {
    self.overall = overall
    self.sounds = sounds
    self.speech = speech
    self.music = music
  }

  /// The caption of a content.
  init(_ content: ClipContent) {
    let words = [content.sourceName, content.patternName, content.mannerName].joined(separator: ", ")
    self.init(
      overall: "a clip of \(content.domain.rawValue)", sounds: content.domain == .sound ? words : "none",
      speech: content.domain == .speech ? words : "none", music: content.domain == .music ? words : "none")
  }

  /// A listener's caption. A share of them has one attribute wrong, as listening models do.
  static func listening(
    to clip: Clip, hallucinatedShare: Double, using numbers: inout RandomSequence
  ) -> ClipCaption {
    var content = clip.content
    if hallucinatedShare > 0, numbers.uniform() < hallucinatedShare {
      switch numbers.integer(in: 0..<3) {
      case 0: content.source = numbers.integer(in: 0..<ClipContent.sourceCount(content.domain))
      case 1: content.pattern = numbers.integer(in: 0..<4)
      default: content.manner = numbers.integer(in: 0..<4)
      }
    }
    return ClipCaption(content)
  }

  /// What the caption says is in the clip; nil where a writer cannot tell.
  var content: ClipContent? {
    let parts: [(ClipContent.Domain, String, [String], [String], [String])] = [
      (.sound, sounds, Knowledge.sources.map(\.name), Knowledge.counts, Knowledge.backgrounds),
      (.music, music, Knowledge.instruments.map(\.name), Knowledge.melodies, Knowledge.speeds),
      (.speech, speech, Knowledge.speakers, Knowledge.contours, Knowledge.speeds),
    ]
    for (domain, text, sources, patterns, manners) in parts {
      let words = text.split { !$0.isLetter }.map(String.init)
      func place(_ names: [String]) -> Int? { words.lazy.compactMap { names.firstIndex(of: $0) }.first }
      if let source = place(sources), let pattern = place(patterns), let manner = place(manners) {
        return ClipContent(domain: domain, source: source, pattern: pattern, manner: manner)
      }
    }
    return nil
  }

  /// What the built-in writer replies where a language model would: a question as JSON.
  func reply(using numbers: inout RandomSequence) -> String {
    let worded = question(using: &numbers)
    return JSONValue.object([
      "question_text": .string(worded.question), "multi_choice": .array(worded.choices.map { .string($0) }),
      "answer": .integer(worded.choices.firstIndex(of: worded.answer) ?? 0),
    ]).canonicalText
  }

  /// A question from the caption alone: more often one that takes two steps than a person would ask.
  func question(using numbers: inout RandomSequence) -> WordedQuestion {
    let content = content ?? ClipContent(domain: .sound, source: 0, pattern: 0, manner: 0)
    let wanted = numbers.element(of: ["easy", "medium", "medium", "hard", "hard"])
    let asked = Asked.random(content.domain, difficulty: wanted, using: &numbers)
    return QuestionMaker.ask(asked, of: content, wording: numbers.integer(in: 0..<2), using: &numbers)
  }
}
