// What is kept of one question that a model was asked.
public import JSONText
internal import Questions

/// What a model said to one question, and whether it counts.
public struct PredictionRecord: Sendable, Hashable {
  public var id: String
  public var prediction: String
  /// What of the prediction was scored, where that is not all of it.
  public var extracted: String?
  /// Empty where the benchmark withholds it.
  public var answer: String
  public var category: String
  public var difficulty: String
  /// Nil where the benchmark withholds its answer: not scored, which is not wrong.
  public var isCorrect: Bool?
  public var isFinished: Bool
  /// The share of the choices that would count as right: what a uniform choice scores here. Nil without an answer.
  public var chance: Double?
  /// The digest of the prompt's template: wording, form of the choices, system text.
  public var prompt: String
  /// The clip, where other questions of the benchmark are about it too; nil otherwise.
  public var clip: String?

  /// What was scored.
  public var scoredText: String { extracted ?? prediction }

  /// Of a question without an answer `correct` and `chance` are null.
  public var json: JSONValue {
    var object = JSONObject([
      ("id", .string(id)), ("prediction", .string(prediction)), ("answer", .string(answer)),
      ("category", .string(category)), ("difficulty", .string(difficulty)),
      ("correct", isCorrect.map { .boolean($0) } ?? .null), ("finished", .boolean(isFinished)),
      ("chance", chance.map { .number($0) } ?? .null), ("prompt", .string(prompt)),
    ])
    object["clip"] = clip.map { .string($0) }
    if let extracted { object["extracted"] = .string(extracted) }
    return .object(object)
  }

  /// A line of a version of results: what the run said. What the question says stands once, in `questions/`.
  public var line: JSONValue {
    var object = JSONObject([
      ("id", .string(id)), ("prediction", .string(prediction)), ("correct", isCorrect.map { .boolean($0) } ?? .null),
    ])
    if let extracted { object["extracted"] = .string(extracted) }
    if !isFinished { object["finished"] = .boolean(false) }
    return .object(object)
  }

  /// Reads a record of a cell, or a line of a version.
  /// - Parameter facts: of the questions of the benchmark, by id; what a line of a version leaves out.
  public init?(json: JSONValue, facts: [ExactText: QuestionFacts] = [:]) {
    guard let id = json["id"]?.string, let prediction = json["prediction"]?.string else { return nil }
    let known = facts[ExactText(id)]
    guard let answer = json["answer"]?.string ?? known?.answer, let category = json["category"]?.string ?? known?.category,
      let difficulty = json["difficulty"]?.string ?? known?.difficulty,
      let isFinished = json["finished"]?.boolean ?? (known == nil ? nil : true)
    else { return nil }
    let (isCorrect, chance, prompt) = (json["correct"]?.boolean, json["chance"]?.double, json["prompt"]?.string ?? "")
    guard answer.isEmpty || isCorrect != nil && (chance != nil || known != nil) else { return nil }
    self.init(
      id: id, prediction: prediction, answer: answer, category: category, difficulty: difficulty,
      isCorrect: isCorrect, isFinished: isFinished, chance: chance, prompt: prompt)
    extracted = json["extracted"]?.string
    clip = json["clip"]?.string ?? known?.clip
  }

  /// - Parameter answer: if it is empty there is no verdict, whatever `isCorrect` and `chance` say.
  public init(
    id: String, prediction: String, answer: String, category: String, difficulty: String, isCorrect: Bool?,
    isFinished: Bool, chance: Double?, prompt: String
  ) {
    self.id = id
    self.prediction = prediction
    self.answer = answer
    self.category = category
    self.difficulty = difficulty
    self.isCorrect = answer.isEmpty ? nil : isCorrect
    self.isFinished = isFinished
    self.chance = answer.isEmpty ? nil : chance
    self.prompt = prompt
  }

  /// A question asked and answered, judged by `scorer` where the benchmark has an answer.
  init(
    _ question: AudioQuestion, said text: String, tag: AnswerTag? = nil, isFinished: Bool, by scorer: AnswerScorer,
    prompt: String
  ) {
    let said = tag?.answer(in: text) ?? text
    let answer = question.answer.flatMap { $0.isEmpty ? nil : $0 }
    func isRight(_ said: String) -> Bool {
      answer.map { scorer.isRight(said, answer: $0, choices: question.choices) } ?? false
    }
    self.init(
      id: question.id, prediction: text, answer: answer ?? "", category: question.category,
      difficulty: question.difficulty, isCorrect: isRight(said), isFinished: isFinished,
      chance: Double(question.choices.count(where: isRight)) / Double(max(question.choices.count, 1)), prompt: prompt)
    if said != text { extracted = said }
  }
}

/// How many questions were asked, scored and right.
public struct PredictionTally: Sendable, Hashable {
  public private(set) var right = 0
  /// Questions with an answer to score by.
  public private(set) var scored = 0
  public private(set) var unscored = 0

  public init(_ verdicts: some Sequence<Bool?>) {
    for verdict in verdicts { add(verdict) }
  }

  /// Counts an answer; nil is one whose right answer is not known.
  public mutating func add(_ verdict: Bool?) {
    guard let verdict else { return unscored += 1 }
    scored += 1
    if verdict { right += 1 }
  }

  /// "12 right", "not scored", or "12 right, 3 not scored".
  public var text: String {
    if unscored == 0 { return "\(right) right" }
    return scored == 0 ? "not scored" : "\(right) right, \(unscored) not scored"
  }
}
