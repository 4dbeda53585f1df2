// Questions whose answers are known: they are scored, not asked.
internal import Generation
public import JSONText
public import Models
public import Questions
public import Records

extension PredictionRecord {
  /// The same answer to a question, scored by another rule or against the question's answer now.
  /// - Parameter tag: what of the answer is scored; nil scores all of it.
  public func judged(_ question: AudioQuestion, tag: AnswerTag?, by scorer: AnswerScorer) -> PredictionRecord {
    var record = PredictionRecord(
      question, said: prediction, tag: tag, isFinished: isFinished, by: scorer, prompt: prompt)
    record.clip = clip
    record.optionLogProbabilities = optionLogProbabilities
    return record
  }
}

extension BenchmarkRun {
  /// Asks `questions` as `run` does, except those whose answer is known, by id; hands over records in the order of the
  /// benchmark.
  /// - Parameter known: answers of the same model to the same questions, asked in the same way.
  public func run(
    _ questions: [AudioQuestion], known: [ExactText: PredictionRecord], of benchmark: Benchmark,
    by model: AudioLanguageModel, _ listener: Listener, each: ([PredictionRecord]) throws -> Bool
  ) throws {
    guard !known.isEmpty else { return try run(questions, of: benchmark, by: model, listener, each: each) }
    let shared = Self.sharedClips(benchmark.questions)
    let size = 8 * max(batchSize, 1)
    for start in stride(from: 0, to: questions.count, by: size) {
      let part = Array(questions[start..<min(start + size, questions.count)])
      var fresh: [ExactText: PredictionRecord] = [:]
      try run(part.filter { known[ExactText($0.id)] == nil }, of: benchmark, by: model, listener) { records in
        for record in records { fresh[ExactText(record.id)] = record }
        return true
      }
      let records = part.compactMap { question -> PredictionRecord? in
        guard var record = known[ExactText(question.id)] else { return fresh[ExactText(question.id)] }
        record.clip = question.audioPath.flatMap { shared.contains($0) ? $0 : nil }
        return record.judged(question, tag: answerTag, by: scorer)
      }
      if try !each(records) { return }
    }
  }
}
