// What a benchmark's server takes: a list of ids and predictions, checked before it is written.
public import Diagnostics
public import JSONText

/// A submission for MMAU test-full: a JSON list of `{"id", "model_prediction"}` with each id once.
public struct Submission: Sendable {
  /// Questions of test-full.
  public static let questionCount = 9000

  public let json: JSONValue
  /// Ids whose prediction has no words; a server takes them for wrong.
  public let empty: [String]

  /// Checks predictions and puts them in order.
  /// - Parameters:
  ///   - rows: the predictions; their questions are not looked at.
  ///   - questions: the ids of the set in their order, each of which needs a row; nil keeps the order of the
  ///     predictions, of which there must be as many as test-full has.
  /// - Throws: rows without a prediction or an id, ids that stand twice, are no question's or lack one, a wrong count.
  public init(_ rows: [PredictionRow], questions: [String]?, file: String) throws(Diagnostics) {
    var mistakes = Diagnostics()
    func report(_ ids: [String], _ fact: String, hint: String? = nil) {
      guard !ids.isEmpty else { return }
      let names = ids.prefix(5).joined(separator: ", ") + (ids.count > 5 ? ", …" : "")
      mistakes.report(Diagnostic("\(ids.count) \(fact): \(names)", at: SourceMark(file: file), hint: hint))
    }
    report(rows.filter { !$0.isNamed }.map(\.id), "without an id")
    report(rows.filter { $0.prediction == nil }.map(\.id), "without a prediction")
    var said: [ExactText: String] = [:]
    var twice: [String] = []
    for row in rows where said.updateValue(row.prediction ?? "", forKey: ExactText(row.id)) != nil {
      twice.append(row.id)
    }
    report(twice, "ids stand twice")
    let order = questions ?? rows.map(\.id)
    if let questions {
      let known = Set(questions.map { ExactText($0) })
      report(rows.map(\.id).filter { !known.contains(ExactText($0)) }, "of no question", hint: "another split or revision?")
      report(questions.filter { said[ExactText($0)] == nil }, "questions have no row")
    } else if order.count != Self.questionCount {
      let fact = "\(order.count) predictions where test-full has \(Self.questionCount)"
      mistakes.report(Diagnostic(fact, at: SourceMark(file: file)))
    }
    try mistakes.throwIfAnyError()
    json = Self.json(order.map { ($0, said[ExactText($0)] ?? "") })
    empty = order.filter { PythonText.words(said[ExactText($0)] ?? "").isEmpty }
  }

  /// The list that a server takes.
  public static func json(_ predictions: [(id: String, text: String)]) -> JSONValue {
    .array(predictions.map { .object(["id": .string($0.id), "model_prediction": .string($0.text)]) })
  }
}
