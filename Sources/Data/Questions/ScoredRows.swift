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

  /// Keys of our own predictions and of other programs, looked at where a row has none of the benchmark's.
  static let otherPredictionKeys = ["prediction", "predict", "pred", "response", "filtered_resps", "resps"]

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
  /// The question's own words; empty where they are not known.
  public var text: String
  public var choices: [String]
  /// Empty where the benchmark withholds it.
  public var answer: String
  /// The value of each of the benchmark's group keys; empty where the row has none.
  public var groups: [String]
  /// The name of its clip without folder and ending; empty where it is not known.
  public var clip: String

  public init(id: String, text: String = "", choices: [String], answer: String, groups: [String], clip: String = "") {
    self.id = id
    self.clip = clip
    self.text = text
    self.choices = choices
    self.answer = answer
    self.groups = groups
  }

  /// The same question for a scorer, code point by code point; letters before the choices, `(A) Man`, aside. Some of
  /// the other's choices in their order are enough: the other's own are what is scored.
  func agrees(with other: ScoringQuestion) -> Bool {
    func bare(_ question: ScoringQuestion) -> (choices: [String], answer: String) {
      let choices = question.choices.enumerated().map { withoutLetter($1, index: $0) }
      guard !choices.contains(nil), let right = question.choices.firstIndex(where: { question.says($0) }) else {
        return (question.choices, question.answer)
      }
      return (choices.compactMap(\.self), choices[right] ?? "")
    }
    let (a, b) = (bare(self), bare(other))
    guard PythonText.areSame(a.answer, b.answer) else { return false }
    var rest = b.choices[...]
    return a.choices.allSatisfy { choice in
      guard let place = rest.firstIndex(where: { PythonText.areSame($0, choice) }) else { return false }
      rest = rest[(place + 1)...]
      return true
    }
  }

  private func says(_ text: String) -> Bool { PythonText.areSame(text, answer) }

  /// Whether a text that stands for an answer is this question's: its words, or the letter of its choice.
  func isNamed(by text: String) -> Bool {
    let said = PythonText.stripped(text)
    if PythonText.areSame(said, PythonText.stripped(answer)) { return true }
    guard let index = choices.firstIndex(where: says), index < 26 else { return false }
    let letter = String(UnicodeScalar(UInt8(65 + index)))
    if ["\(letter)", "(\(letter))", "\(letter).", "\(letter))"].contains(where: { PythonText.areSame($0, said) }) {
      return true
    }
    return withoutLetter(said, index: index).map { PythonText.areSame($0, PythonText.stripped(answer)) } ?? false
  }
}

/// One row of a predictions file.
public struct PredictionRow: Sendable, Hashable {
  /// Its id, or "row 3" where it has none.
  public var id: String
  /// Whether the id is its own.
  public var isNamed = true
  /// Nil where the row has none of the keys.
  public var prediction: String?
  /// The key it stood under.
  public var key: String?
  /// The question, where the row brings it along.
  public var question: ScoringQuestion?
  /// An answer without choices, which is no question; empty where it is withheld.
  public var answer: String?
  /// The words of the question, where the row has them, with what a prompt put around them.
  public var text: String?
  /// Whether those words are a prompt's, which may put the question in other words.
  var isPrompt = false
  /// The name of the clip without folder and ending, where the row has it.
  public var clip: String?
  /// The place of its question in the benchmark, where the row says it.
  var place: Int?
  /// What the model said before a harness took the answer out of it, where the row has both and they differ.
  public var whole: String?

  /// Whether the row could be about a question, by everything it says of it; nil if it says nothing.
  func isAbout(_ other: ScoringQuestion) -> Bool? {
    var facts: [Bool] = []
    if let question { facts.append(question.agrees(with: other)) }
    if question == nil, let answer, !answer.isEmpty, !other.answer.isEmpty { facts.append(other.isNamed(by: answer)) }
    if let text, !other.text.isEmpty {
      let isSaid = says(text, other.text)
      if isSaid || !isPrompt { facts.append(isSaid) }
    }
    return facts.isEmpty ? nil : facts.allSatisfy(\.self)
  }
}

/// Reads the rows of questions and predictions.
struct ScoredRowReader {
  let benchmark: ScoredBenchmark
  let file: String
  /// Whether rows are read as the official script reads them: an answer's letter is then its word.
  let isOfficial: Bool
  var mistakes = RowMistakes()

  init(_ benchmark: ScoredBenchmark, file: String, isOfficial: Bool = false) {
    self.benchmark = benchmark
    self.file = file
    self.isOfficial = isOfficial
  }

  mutating func report(_ fact: String, _ row: DataRow, item: String = "", hint: String? = nil) {
    mistakes.add(Diagnostic(fact, at: SourceMark(file: file, line: row.line), path: item, hint: hint))
  }

  /// What another harness keeps of the item apart (`doc`) joins the row; the row's own keys go before it.
  func flat(_ row: DataRow) -> DataRow {
    guard let item = row.json["doc"]?.object, var object = row.json.object else { return row }
    for (key, value) in item.pairs where object[key] == nil { object[key] = value }
    if object["answer"] == nil, let target = object["target"], target.string != nil { object["answer"] = target }
    return DataRow(json: .object(object), line: row.line)
  }

  /// A text or a whole number under one of the keys of ids; nil where there is none.
  mutating func id(_ row: DataRow, index: Int) -> String? {
    guard let value = ["id", "question_id"].lazy.compactMap({ row.json[$0] }).first(where: { !$0.isNull }) else {
      return nil
    }
    if let id = value.string, !id.isEmpty { return id }
    if let number = value.integer { return "\(number)" }
    if value.string == nil { report("id is \(value.kindName), not a text", row, item: Self.place(row, index)) }
    return nil
  }

  static func place(_ row: DataRow, _ index: Int) -> String { row.line == nil ? "row \(index + 1)" : "" }

  /// The question in a row; nil where it has no choices.
  mutating func question(_ row: DataRow, id: String) -> ScoringQuestion? {
    guard row.choicesValue != nil else { return nil }
    guard let choices = row.choiceTexts, !choices.isEmpty else {
      report("choices is no list of texts", row, item: id)
      return nil
    }
    guard let answer = answer(row) else {
      report("answer is missing, or no text", row, item: id)
      return nil
    }
    return ScoringQuestion(
      id: id, text: row.questionText ?? "", choices: choices,
      answer: isOfficial ? answer : choice(namedBy: answer, among: choices),
      groups: benchmark.groupKeys.map { row.group($0) }, clip: row.clipName ?? "")
  }

  /// The answer of a row, `labels` as ms-swift calls it; empty where it is null, which withholds it.
  func answer(_ row: DataRow) -> String? {
    guard let value = row.json["answer"] ?? row.json["labels"] ?? row.json["label"] else { return nil }
    return value.isNull ? "" : value.string
  }

  /// The prediction of a row under the first of the keys it has. A row with two that differ is refused, unless
  /// the official script's choice is asked for.
  mutating func prediction(_ row: DataRow, id: String, isOfficial: Bool) -> (key: String, text: String)? {
    var found: (key: String, text: String)?
    let own = benchmark.predictionKeys
    let hasOwn = own.contains { row.json[$0].map { !$0.isNull || isOfficial } ?? false }
    if !hasOwn, row.isUnasked { return nil }
    for key in hasOwn ? own : ScoredBenchmark.otherPredictionKeys {
      guard let value = row.json[key] else { continue }
      if value.isNull, !isOfficial { continue }
      guard let text = Self.text(value) else {
        let hint = isOfficial ? "the official script stops at such a row" : "a text, or no such key"
        report("\(key) is \(value.kindName), not a text", row, item: id, hint: hint)
        return nil
      }
      if let found {
        // The answer before and after a filter is one answer.
        guard !isOfficial, !PythonText.areSame(found.text, text), key != "resps" else { continue }
        report("\(found.key) and \(key) differ", row, item: id, hint: "leave one of them")
      } else {
        found = (key, text)
      }
    }
    return found
  }

  /// A text, or the one text in lists of one.
  static func text(_ value: JSONValue) -> String? {
    if let list = value.array, list.count == 1 { return text(list[0]) }
    return value.string
  }
}

/// Reads a file of predictions: rows in any of the forms of `foreignRows`, in the order of the file.
///
/// Where no row has an id, they are in the order of `doc_id` or `index`, if all have one.
/// - Parameter isOfficial: as the official script reads: each row counts, also a second one of the same id.
public func readPredictions(
  _ file: String, of benchmark: ScoredBenchmark, isOfficial: Bool = false
) throws(Diagnostics) -> [PredictionRow] {
  var reader = ScoredRowReader(benchmark, file: file, isOfficial: isOfficial)
  var rows: [(row: PredictionRow, source: DataRow)] = []
  var seen: Set<ExactText> = []
  // Half a surrogate pair is no word character, as U+FFFD is none: scores are the same.
  var limits = dataLimits
  limits.mendsSurrogates = true
  let sources = try foreignRows(file, limits: limits).map(reader.flat)
  for (index, source) in sources.enumerated() {
    guard source.json.object != nil else {
      reader.report("\(source.json.kindName) where an object is expected", source, item: ScoredRowReader.place(source, index))
      continue
    }
    let count = reader.mistakes.count
    let own = reader.id(source, index: index)
    if reader.mistakes.count > count { continue }
    let id = own ?? "row \(index + 1)"
    if own != nil, !seen.insert(ExactText(id)).inserted, !isOfficial {
      reader.report("this id stands twice", source, item: id)
    }
    let question = reader.question(source, id: id)
    let said = reader.prediction(source, id: id, isOfficial: isOfficial)
    let whole = source.wholeAnswer.flatMap(ScoredRowReader.text)
    rows.append(
      (
        PredictionRow(
          id: id, isNamed: own != nil, prediction: said?.text, key: said?.key, question: question,
          answer: question == nil ? reader.answer(source) : nil, text: source.questionText,
          isPrompt: !source.hasQuestion, clip: source.clipName, place: source.place,
          whole: whole == said?.text ? nil : whole), source
      ))
  }
  if !isOfficial, rows.contains(where: \.row.isNamed) {
    for (index, entry) in rows.enumerated() where !entry.row.isNamed {
      reader.report("id is missing, or no text", entry.source, item: ScoredRowReader.place(entry.source, index))
    }
  }
  try reader.mistakes.throwIfAny(of: sources.count, file: file)
  let places = rows.compactMap(\.row.place)
  if places.count == rows.count, Set(places).count == rows.count, !rows.contains(where: \.row.isNamed) {
    return zip(places, rows.map(\.row)).sorted { $0.0 < $1.0 }.map(\.1)
  }
  return rows.map(\.row)
}

/// Reads a benchmark's question file for scoring.
public func readScoringQuestions(
  _ file: String, of benchmark: ScoredBenchmark
) throws(Diagnostics) -> [ScoringQuestion] {
  var reader = ScoredRowReader(benchmark, file: file)
  var questions: [ScoringQuestion] = []
  var seen: Set<ExactText> = []
  let rows = try foreignRows(file, limits: dataLimits).map(reader.flat)
  for (index, row) in rows.enumerated() {
    let count = reader.mistakes.count
    guard let id = reader.id(row, index: index) else {
      if reader.mistakes.count == count {
        reader.report("id is missing, or no text", row, item: ScoredRowReader.place(row, index))
      }
      continue
    }
    if !seen.insert(ExactText(id)).inserted { reader.report("this id stands twice", row, item: id) }
    let mistakeCount = reader.mistakes.count
    if let question = reader.question(row, id: id) {
      questions.append(question)
    } else if reader.mistakes.count == mistakeCount {
      reader.report("choices and answer are missing", row, item: id)
    }
  }
  try reader.mistakes.throwIfAny(of: rows.count, file: file)
  return questions
}
