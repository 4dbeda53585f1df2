// From replies to a training set: checked, without repeats, of bounded length, the right choice in every place alike.
public import JSONText
internal import Questions
internal import TensorCore

/// How a set is made of written questions.
public struct SieveSettings: Sendable, Hashable {
  /// Of the order of choices.
  public var seed: UInt64
  /// The most characters of a question and its choices; nil for no bound.
  public var maximumLength: Int?
  /// How many questions to keep, the shortest ones; nil for all.
  public var keepingShortest: Int?
  /// Takes questions that an earlier clip has word for word.
  public var keepsRepeats: Bool

  public init(seed: UInt64 = 42, maximumLength: Int? = nil, keepingShortest: Int? = nil, keepsRepeats: Bool = false) {
    self.seed = seed
    self.maximumLength = maximumLength
    self.keepingShortest = keepingShortest
    self.keepsRepeats = keepsRepeats
  }
}

/// A question of a clip.
public struct ClipQuestion: Sendable, Hashable {
  /// The clip's place among those that were asked about: the row's id.
  public var number: Int
  public var clip: String
  public var question: WrittenQuestion

  /// A row of AVQA's `train_qa.json`.
  public var row: JSONValue {
    .object([
      "id": .integer(number), "video_name": .string(clip), "video_id": .integer(number),
      "question_text": .string(question.question), "multi_choice": .array(question.choices.map { .string($0) }),
      "answer": .integer(question.answer), "question_relation": "Sound", "question_type": "written",
    ])
  }
}

/// What became of the replies.
public struct QuestionSieve: Sendable {
  /// In the order of the clips.
  public private(set) var kept: [ClipQuestion] = []
  public private(set) var rejected: [(clip: String, reason: Rejection)] = []
  /// Questions that passed every rule, before the length was looked at.
  public private(set) var acceptedCount = 0
  /// The length of the longest question kept.
  public var longest: Int { kept.map(\.question.length).max() ?? 0 }

  /// Sieves replies in the order of their clips; the outcome depends on nothing else.
  /// - Parameter replies: number, name of the clip, and what was replied; nil where the server refused.
  public init(
    _ replies: some Sequence<(number: Int, clip: String, reply: String?)>, check: QuestionCheck,
    _ settings: SieveSettings
  ) {
    var seen: Set<[String]> = []
    var accepted: [ClipQuestion] = []
    for (number, clip, reply) in replies {
      guard let reply else {
        rejected.append((clip, .refused_by_server))
        continue
      }
      switch check.read(reply) {
      case .failure(let reason): rejected.append((clip, reason))
      case .success(let question):
        if !seen.insert(question.identity).inserted, !settings.keepsRepeats {
          rejected.append((clip, .repeated_question))
        } else {
          accepted.append(
            ClipQuestion(number: number, clip: clip, question: question.shuffled(seed: settings.seed, clip: clip)))
        }
      }
    }
    acceptedCount = accepted.count
    let bound = Self.bound(accepted, settings)
    var room = settings.keepingShortest ?? .max
    // At the bound itself the earlier clips are taken until there is no room.
    room -= accepted.count { $0.question.length < bound }
    for question in accepted {
      let length = question.question.length
      if length < bound || length == bound && room > 0 {
        if length == bound { room -= 1 }
        kept.append(question)
      } else {
        rejected.append((question.clip, .too_long))
      }
    }
  }

  /// The longest length that is taken.
  private static func bound(_ questions: [ClipQuestion], _ settings: SieveSettings) -> Int {
    let limit = settings.maximumLength ?? .max - 1
    guard let count = settings.keepingShortest, count < questions.count else { return limit }
    return count < 1 ? 0 : min(limit, questions.map(\.question.length).sorted()[count - 1])
  }

  /// How often each reason was given, by the order of the rules.
  public var counts: [(reason: Rejection, count: Int)] {
    let counts = Dictionary(grouping: rejected, by: \.reason).mapValues(\.count)
    return Rejection.allCases.compactMap { reason in counts[reason].map { (reason, $0) } }
  }

  /// How many right choices stand in each place.
  public var places: [Int] {
    kept.reduce(into: [Int](repeating: 0, count: WrittenQuestion.choiceCount)) { $0[$1.question.answer] += 1 }
  }

  /// The set as a file in AVQA's form, which `TrainingSet(avqa:)` reads.
  public var document: String { JSONValue.array(kept.map(\.row)).indentedText }
}

extension WrittenQuestion {
  /// The choices in an order that depends on the seed and the clip alone, so that every place is right equally often.
  func shuffled(seed: UInt64, clip: String) -> WrittenQuestion {
    var numbers = RandomStream(seed: seed, purpose: "order of written choices", question: clip).sequence
    let order = numbers.shuffled(Array(choices.indices))
    return WrittenQuestion(
      question: question, choices: order.map { choices[$0] }, answer: order.firstIndex(of: answer) ?? 0)
  }
}
