// What is kept of one question that a model was asked.
public import Diagnostics
public import JSONText

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

  /// log p of each choice as the whole answer, its end token included, in the order of the choices; nil where it was not
  /// recorded.
  public var optionLogProbabilities: [Double]?

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
    object["option_log_probabilities"] = optionLogProbabilities.map { .array($0.map { .number($0) }) }
    return .object(object)
  }

  /// A line of a version of results: what the run said. What the question says stands once, in `questions/`.
  public var line: JSONValue {
    var object = JSONObject([
      ("id", .string(id)), ("prediction", .string(prediction)), ("correct", isCorrect.map { .boolean($0) } ?? .null),
    ])
    if let extracted { object["extracted"] = .string(extracted) }
    if !isFinished { object["finished"] = .boolean(false) }
    object["option_log_probabilities"] = optionLogProbabilities.map { .array($0.map { .number($0) }) }
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
    optionLogProbabilities = json["option_log_probabilities"]?.array.flatMap { list in
      let values = list.compactMap(\.double)
      return values.count == list.count && !values.isEmpty ? values : nil
    }
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
}

extension PredictionRecord {
  /// Reads `predictions/<cell>.jsonl` of a version, or `predictions.jsonl` of a cell.
  /// - Parameter facts: of the benchmark's questions, by id; what lines of a version leave out.
  /// - Throws: the line that is no prediction, or whose id was there before.
  public static func list(
    parsing bytes: [UInt8], file: String, facts: [ExactText: QuestionFacts] = [:]
  ) throws(Diagnostic) -> [PredictionRecord] {
    var records: [PredictionRecord] = []
    var seen: Set<ExactText> = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty {
      let mark = SourceMark(file: file, line: index + 1)
      let value = try JSONValue(parsing: Array(line), file: file, firstLine: index + 1)
      guard let record = PredictionRecord(json: value, facts: facts) else {
        throw Diagnostic(
          "this line is no prediction of repro run", at: mark,
          hint: "predictions made elsewhere are shown by repro score --view")
      }
      guard seen.insert(ExactText(record.id)).inserted else {
        throw Diagnostic("the id '\(record.id)' is there twice", at: mark)
      }
      records.append(record)
    }
    return records
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
