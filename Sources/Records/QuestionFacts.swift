// What a benchmark's question says, beside the predictions of a version of results: a line a question, once.
public import Diagnostics
public import JSONText

/// The facts of a question that scores are broken down by.
public struct QuestionFacts: Sendable, Hashable {
  /// Empty where the benchmark withholds it.
  public var answer: String
  public var category: String
  public var difficulty: String
  /// The clip that several questions share; nil where the question has its own.
  public var clip: String?

  public init(_ record: PredictionRecord) {
    (answer, category, difficulty, clip) = (record.answer, record.category, record.difficulty, record.clip)
  }

  /// A line of `questions/<benchmark>.jsonl`.
  public func json(id: String) -> JSONValue {
    var object = JSONObject([
      ("id", .string(id)), ("answer", .string(answer)), ("category", .string(category)),
      ("difficulty", .string(difficulty)),
    ])
    object["clip"] = clip.map { .string($0) }
    return .object(object)
  }

  private init?(json: JSONValue) {
    guard let answer = json["answer"]?.string, let category = json["category"]?.string,
      let difficulty = json["difficulty"]?.string
    else { return nil }
    (self.answer, self.category, self.difficulty, clip) = (answer, category, difficulty, json["clip"]?.string)
  }

  /// Reads `questions/<benchmark>.jsonl`, by id.
  public static func list(parsing bytes: [UInt8], file: String) throws(Diagnostic) -> [ExactText: QuestionFacts] {
    var facts: [ExactText: QuestionFacts] = [:]
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty {
      let value = try JSONValue(parsing: Array(line), file: file, firstLine: index + 1)
      guard let id = value["id"]?.string, let own = QuestionFacts(json: value) else {
        throw Diagnostic(
          "a question needs 'id', 'answer', 'category' and 'difficulty'", at: SourceMark(file: file, line: index + 1))
      }
      facts[ExactText(id)] = own
    }
    return facts
  }
}
