// What a benchmark's server takes: a list of ids and predictions, checked before it is written.
public import Diagnostics
public import JSONText

/// A submission for MMAU test-full: a JSON list of `{"id", "model_prediction"}` with each id once.
public struct Submission: Sendable {
  /// Questions of test-full.
  public static let questionCount = 9000

  public let json: JSONValue

  /// Checks predictions and puts them in order.
  /// - Parameters:
  ///   - rows: the predictions; their questions are not looked at.
  ///   - questions: the ids of test-full in their order; nil keeps the order of the predictions.
  /// - Throws: rows without a prediction, ids that are no question's or lack one, a wrong count.
  public init(_ rows: [PredictionRow], questions: [String]?, file: String) throws(Diagnostics) {
    var mistakes = Diagnostics()
    func report(_ ids: [String], _ fact: String, hint: String? = nil) {
      guard !ids.isEmpty else { return }
      let names = ids.prefix(5).joined(separator: ", ") + (ids.count > 5 ? ", …" : "")
      mistakes.report(Diagnostic("\(ids.count) \(fact): \(names)", at: SourceMark(file: file), hint: hint))
    }
    report(rows.filter { $0.prediction == nil }.map(\.id), "without a prediction")
    var said: [ExactText: String] = [:]
    for row in rows { said[ExactText(row.id)] = row.prediction }
    let order = questions ?? rows.map(\.id)
    if let questions {
      let known = Set(questions.map { ExactText($0) }), given = Set(rows.map { ExactText($0.id) })
      report(rows.map(\.id).filter { !known.contains(ExactText($0)) }, "of no question", hint: "another split or revision?")
      report(questions.filter { !given.contains(ExactText($0)) }, "questions have no row")
    }
    if order.count != Self.questionCount {
      let fact = "\(order.count) \(questions == nil ? "predictions" : "questions") where test-full has \(Self.questionCount)"
      mistakes.report(Diagnostic(fact, at: SourceMark(file: file)))
    }
    try mistakes.throwIfAnyError()
    json = .array(order.map { .object(["id": .string($0), "model_prediction": .string(said[ExactText($0)] ?? "")]) })
  }
}
