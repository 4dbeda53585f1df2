// A model over a benchmark: one record a question, in the benchmark's order, whatever the batch.
internal import ContentHash
internal import Diagnostics
internal import Generation
public import JSONText
public import Models
public import Questions

/// What a model said to one question, and whether it counts.
public struct PredictionRecord: Sendable, Hashable {
  public var id: String
  public var prediction: String
  public var answer: String
  public var category: String
  public var difficulty: String
  public var isCorrect: Bool
  public var isFinished: Bool
  /// The share of the choices that would count as right: what a uniform choice scores here.
  public var chance: Double
  /// The digest of the prompt's template: wording, form of the choices, system text.
  public var prompt: String

  public var json: JSONValue {
    .object([
      "id": .string(id), "prediction": .string(prediction), "answer": .string(answer), "category": .string(category),
      "difficulty": .string(difficulty), "correct": .boolean(isCorrect), "finished": .boolean(isFinished),
      "chance": .number(chance), "prompt": .string(prompt),
    ])
  }

  public init?(json: JSONValue) {
    guard let id = json["id"]?.string, let prediction = json["prediction"]?.string, let answer = json["answer"]?.string,
      let category = json["category"]?.string, let difficulty = json["difficulty"]?.string,
      let isCorrect = json["correct"]?.boolean, let isFinished = json["finished"]?.boolean,
      let chance = json["chance"]?.double, let prompt = json["prompt"]?.string
    else { return nil }
    self.init(
      id: id, prediction: prediction, answer: answer, category: category, difficulty: difficulty,
      isCorrect: isCorrect, isFinished: isFinished, chance: chance, prompt: prompt)
  }

  public init(
    id: String, prediction: String, answer: String, category: String, difficulty: String, isCorrect: Bool,
    isFinished: Bool, chance: Double, prompt: String
  ) {
    self.id = id
    self.prediction = prediction
    self.answer = answer
    self.category = category
    self.difficulty = difficulty
    self.isCorrect = isCorrect
    self.isFinished = isFinished
    self.chance = chance
    self.prompt = prompt
  }
}

public struct BenchmarkRun {
  public var hasAudio: Bool
  public var decoding: AnswerDecoding
  public var template: PromptTemplate
  public var scorer: AnswerScorer
  public var maximumTokens: Int
  /// Questions decoded together: bounds memory, changes nothing else.
  public var batchSize: Int

  public init(
    hasAudio: Bool, decoding: AnswerDecoding = .greedy, template: PromptTemplate = PromptTemplate(),
    scorer: AnswerScorer = .string_match, maximumTokens: Int, batchSize: Int = 16
  ) {
    self.hasAudio = hasAudio
    self.decoding = decoding
    self.template = template
    self.scorer = scorer
    self.maximumTokens = maximumTokens
    self.batchSize = batchSize
  }

  /// Asks `questions` and hands over each batch's records as soon as it is done; returning false stops.
  public func run(
    _ questions: [AudioQuestion], of benchmark: Benchmark, by model: AudioLanguageModel, _ listener: Listener,
    each: ([PredictionRecord]) throws -> Bool
  ) throws {
    let vocabulary = model.configuration.decoder.vocabularySize
    let answering = Answering(
      decoding: decoding,
      limits: CompletionLimits(
        maximumTokens: maximumTokens, endTokens: try listener.endTokens(),
        suppressedTokens: listener.suppressedTokens(vocabularySize: vocabulary)))
    let folder = DataFolder(benchmark.folder)
    let prompt = template.digest.hexadecimal
    for start in stride(from: 0, to: questions.count, by: batchSize) {
      let batch = Array(questions[start..<min(start + batchSize, questions.count)])
      var clips: [[MelClip]] = batch.map { _ in [] }
      if hasAudio {
        let asked = batch.indices.filter { batch[$0].audioPath != nil }
        let paths = try asked.map { try folder.file(batch[$0].audioPath ?? "", of: batch[$0].id, in: benchmark.name) }
        for (index, clip) in zip(asked, try listener.hear(paths)) { clips[index] = [clip] }
      }
      let requests = try batch.indices.map { index in
        let prompt = try listener.prompt(
          template.userText(batch[index]), system: template.system, clips: clips[index])
        let limit = model.configuration.decoder.maximumPositions
        guard prompt.tokens.count + maximumTokens <= limit else {
          throw Diagnostic(
            "its prompt takes \(prompt.tokens.count) tokens and an answer up to \(maximumTokens); the model sees \(limit)",
            at: SourceMark(file: benchmark.name), path: batch[index].id,
            hint: "shorten prompt.template, or lower evaluation.max_new_tokens")
        }
        let options = decoding == .greedy ? [] : try batch[index].choices.map { try listener.answerTokens($0) }
        return AnswerRequest(id: batch[index].id, prompt: prompt, options: options)
      }
      let answers = answering.answer(requests, by: model)
      let records = zip(batch, answers).map { question, answer in
        let text = listener.text(answer.tokens)
        func isRight(_ said: String) -> Bool {
          question.answer.map { scorer.isRight(said, answer: $0, choices: question.choices) } ?? false
        }
        return PredictionRecord(
          id: question.id, prediction: text, answer: question.answer ?? "", category: question.category,
          difficulty: question.difficulty,
          isCorrect: isRight(text), isFinished: answer.isFinished,
          chance: Double(question.choices.count(where: isRight)) / Double(max(question.choices.count, 1)), prompt: prompt)
      }
      if try !each(records) { return }
    }
  }
}
