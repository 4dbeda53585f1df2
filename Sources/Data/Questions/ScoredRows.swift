// Predictions made elsewhere: the benchmark's items with one more key, or their ids with it.
public import Diagnostics
internal import Foundation
internal import JSONText

/// A benchmark whose official script this program follows.
public enum ScoredBenchmark: String, Sendable, Hashable, CaseIterable {
  case mmau, mmar

  /// Where a row may hold its prediction; the official script's own key first.
  public var predictionKeys: [String] {
    switch self {
    case .mmau: ["model_output", "model_prediction", "answer_prediction"]
    case .mmar: ["answer_prediction", "model_output", "model_prediction"]
    }
  }

  /// The fields by which accuracies are broken down.
  public var groupKeys: [String] {
    switch self {
    case .mmau: ["task", "difficulty", "category", "sub-category"]
    case .mmar: ["modality", "category", "sub-category", "language"]
    }
  }
}

/// What a scorer needs of a question.
public struct ScoringQuestion: Sendable, Hashable {
  public var id: String
  public var choices: [String]
  public var answer: String
  /// The value of each of the benchmark's group keys; empty where the row has none.
  public var groups: [String]
  /// What is asked; empty where the row does not say.
  public var question = ""

  public init(id: String, choices: [String], answer: String, groups: [String]) {
    self.id = id
    self.choices = choices
    self.answer = answer
    self.groups = groups
  }

  /// The same question for a scorer, code point by code point.
  func agrees(with other: ScoringQuestion) -> Bool {
    PythonText.areSame(answer, other.answer) && choices.count == other.choices.count
      && zip(choices, other.choices).allSatisfy(PythonText.areSame)
  }
}

/// One row of a predictions file.
public struct PredictionRow: Sendable, Hashable {
  public var id: String
  /// Nil where the row has none of the keys.
  public var prediction: String?
  /// The key it stood under.
  public var key: String?
  /// The question, where the row brings it along.
  public var question: ScoringQuestion?
}

/// Reads the rows of questions and predictions.
struct ScoredRowReader {
  let benchmark: ScoredBenchmark
  let file: String
  var mistakes = Diagnostics()

  init(_ benchmark: ScoredBenchmark, file: String) {
    self.benchmark = benchmark
    self.file = file
  }

  mutating func report(_ fact: String, _ row: DataRow, item: String = "", hint: String? = nil) {
    guard mistakes.list.count < 100 else { return }
    mistakes.report(Diagnostic(fact, at: SourceMark(file: file, line: row.line), path: item, hint: hint))
  }

  mutating func id(_ row: DataRow, index: Int) -> String? {
    if let id = row.json["id"]?.string, !id.isEmpty { return id }
    if let number = row.json["id"]?.integer { return "\(number)" }
    report("id is missing, or no text", row, item: row.line == nil ? "row \(index + 1)" : "")
    return nil
  }

  /// The question in a row; nil where it has neither choices nor answer.
  mutating func question(_ row: DataRow, id: String) -> ScoringQuestion? {
    if row.json["choices"] == nil, row.json["answer"] == nil { return nil }
    guard let choices = row.json["choices"]?.texts, !choices.isEmpty else {
      report("choices is no list of texts", row, item: id)
      return nil
    }
    guard let answer = row.json["answer"]?.string else {
      report("answer is missing, or no text", row, item: id)
      return nil
    }
    let groups = benchmark.groupKeys.map { key in
      row.json[key]?.string ?? row.json[key]?.texts?.joined(separator: ", ") ?? ""
    }
    var question = ScoringQuestion(id: id, choices: choices, answer: answer, groups: groups)
    question.question = row.json["question"]?.string ?? ""
    return question
  }

  /// The prediction of a row under the first of the keys it has. A row with two that differ is refused, unless
  /// the official script's choice is asked for.
  mutating func prediction(_ row: DataRow, id: String, isOfficial: Bool) -> (key: String, text: String)? {
    var found: (key: String, text: String)?
    for key in benchmark.predictionKeys {
      guard let value = row.json[key] else { continue }
      if value.isNull, !isOfficial { continue }
      guard let text = value.string else {
        let hint = isOfficial ? "the official script stops at such a row" : "a text, or no such key"
        report("\(key) is \(value.kindName), not a text", row, item: id, hint: hint)
        return nil
      }
      if let found {
        guard !isOfficial, !PythonText.areSame(found.text, text) else { continue }
        report("\(found.key) and \(key) differ", row, item: id, hint: "leave one of them")
      } else {
        found = (key, text)
      }
    }
    return found
  }
}

/// Reads a file of predictions: a JSON list or JSON lines, in the order of the file.
/// - Parameter isOfficial: as the official script reads: each row counts, also a second one of the same id.
public func readPredictions(
  _ file: String, of benchmark: ScoredBenchmark, isOfficial: Bool = false
) throws(Diagnostics) -> [PredictionRow] {
  var reader = ScoredRowReader(benchmark, file: file)
  var rows: [PredictionRow] = []
  var seen: Set<ExactText> = []
  // Half a surrogate pair is no word character, as U+FFFD is none: scores are the same.
  var limits = dataLimits
  limits.mendsSurrogates = true
  for (index, row) in try readRows(file, limits: limits).enumerated() {
    guard let id = reader.id(row, index: index) else { continue }
    if !seen.insert(ExactText(id)).inserted, !isOfficial { reader.report("this id stands twice", row, item: id) }
    let question = reader.question(row, id: id)
    let prediction = reader.prediction(row, id: id, isOfficial: isOfficial)
    rows.append(PredictionRow(id: id, prediction: prediction?.text, key: prediction?.key, question: question))
  }
  try reader.mistakes.throwIfAnyError()
  return rows
}

/// Reads a benchmark's question file for scoring.
public func readScoringQuestions(
  _ file: String, of benchmark: ScoredBenchmark
) throws(Diagnostics) -> [ScoringQuestion] {
  var reader = ScoredRowReader(benchmark, file: file)
  var questions: [ScoringQuestion] = []
  var seen: Set<ExactText> = []
  for (index, row) in try readRows(file).enumerated() {
    guard let id = reader.id(row, index: index) else { continue }
    if !seen.insert(ExactText(id)).inserted { reader.report("this id stands twice", row, item: id) }
    let mistakeCount = reader.mistakes.list.count
    if let question = reader.question(row, id: id) {
      questions.append(question)
    } else if reader.mistakes.list.count == mistakeCount {
      reader.report("choices and answer are missing", row, item: id)
    }
  }
  try reader.mistakes.throwIfAnyError()
  return questions
}
