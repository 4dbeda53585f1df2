// A model over a benchmark: one record a question, in the benchmark's order, whatever the batch.
internal import ContentHash
internal import Diagnostics
public import Generation
public import Models
public import Questions
public import Records

/// Asks a model every question of a benchmark.
public struct BenchmarkRun {
  public var hasAudio: Bool
  public var decoding: AnswerDecoding
  /// How free answers are drawn; the default is greedy.
  public var sampling = SamplingSettings.greedy
  /// Of free answers that are drawn at random.
  public var seed: UInt64 = 0
  public var template: PromptTemplate
  public var scorer: AnswerScorer
  /// What of an answer is scored; nil scores all of it.
  public var answerTag: AnswerTag?
  /// Whether the log-probability of each choice is recorded, whatever way answers are read.
  public var recordsOptions = false
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

  /// Clips that several questions are about: these questions do not stand for themselves.
  static func sharedClips(_ questions: [AudioQuestion]) -> Set<String> {
    var seen: Set<String> = []
    return Set(questions.compactMap(\.audioPath).filter { !seen.insert($0).inserted })
  }

  /// Asks `questions` and hands over each batch's records as soon as it is done; returning false stops.
  public func run(
    _ questions: [AudioQuestion], of benchmark: Benchmark, by model: AudioLanguageModel, _ listener: Listener,
    each: ([PredictionRecord]) throws -> Bool
  ) throws {
    let vocabulary = model.configuration.decoder.vocabularySize
    let answering = Answering(
      decoding: decoding, sampling: sampling,
      limits: CompletionLimits(
        maximumTokens: maximumTokens, endTokens: try listener.endTokens(),
        suppressedTokens: listener.suppressedTokens(vocabularySize: vocabulary)), seed: seed)
    let folder = DataFolder(benchmark.folder)
    let prompt = template.digest.hexadecimal
    let shared = Self.sharedClips(benchmark.questions)
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
        let options = !decoding.needsOptions && !recordsOptions
          ? [] : try batch[index].choices.map { try listener.answerTokens($0) }
        return AnswerRequest(id: batch[index].id, prompt: prompt, options: options)
      }
      let answers = answering.answer(requests, by: model)
      // What the likelihood reading weighed already is not weighed again.
      let weighed = !recordsOptions ? [] : decoding == .likelihood
        ? answers.map(\.optionLogProbabilities) : answering.weighOptions(requests, by: model)
      let records = batch.indices.map { index in
        let (question, answer) = (batch[index], answers[index])
        var record = PredictionRecord(
          question, said: listener.text(answer.tokens), tag: answerTag, isFinished: answer.isFinished, by: scorer,
          prompt: prompt)
        if let clip = question.audioPath, shared.contains(clip) { record.clip = clip }
        if recordsOptions { record.optionLogProbabilities = weighed[index] }
        return record
      }
      if try !each(records) { return }
    }
  }
}
