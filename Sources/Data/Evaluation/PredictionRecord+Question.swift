// From a question and what was said to it to the record.
internal import Questions
internal import Records

extension PredictionRecord {
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
