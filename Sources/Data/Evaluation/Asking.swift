// One question to one model, outside any benchmark: what `repro ask` does.
public import AudioFeatures
public import Diagnostics
internal import Foundation
internal import Generation
public import Models
public import Questions
internal import Records
public import TensorCore
internal import Tokenization

/// What a model said to one question.
public struct SpokenAnswer: Sendable, Hashable {
  public var completion: String
  public var tokens: [Int32]
  /// Whether it ended by itself rather than at the limit.
  public var isFinished: Bool
  /// Natural log of each token's probability at temperature 1, if it was asked for.
  public var logProbabilities: [Float]?
  /// The choices the scorer takes the completion for: none, one, or several of the same words.
  public var matches: [Int]
  /// The whole prompt, a placeholder for each row of sound.
  public var promptTokens: [Int32]
  public var audioTokenCount: Int
}

/// A checkpoint folder, loaded to be asked.
public struct Asking {
  public let model: AudioLanguageModel
  public let listener: Listener

  /// - Parameter folder: a checkpoint in the published layout, with its tokenizer.
  public init(
    folder: String, pipeline: ListeningPipeline = .qwen_omni_utils, on backend: any Backend
  ) throws(Diagnostics) {
    let configuration = try ModelConfiguration(folder: folder)
    listener = try Listener(folder: folder, configuration: configuration, pipeline: pipeline)
    model = try AudioLanguageModel(folder: folder, on: backend)
    let (known, rows) = (listener.tokenizer.vocabularySize, configuration.decoder.vocabularySize)
    guard known <= rows else {
      throw Diagnostics([
        Diagnostic(
          "the tokenizer has \(known) tokens, the model \(rows)", at: SourceMark(file: folder),
          hint: "does the tokenizer belong to these weights?")
      ])
    }
  }

  /// Hears `audio`, if there is any, and answers greedily.
  ///
  /// With choices the user's text is the template's; without, it is the question by itself and nothing can match.
  /// - Throws: if the file cannot be heard, or the prompt is longer than the model's positions.
  public func ask(
    _ question: String, choices: [String] = [], audio: String? = nil, template: PromptTemplate = PromptTemplate(),
    scorer: AnswerScorer = .string_match, maximumTokens: Int = 64, scoresTokens: Bool = false
  ) throws(Diagnostics) -> SpokenAnswer {
    do throws(Diagnostic) {
      let clips = try audio.map { path throws(Diagnostic) in [try listener.hear(path)] } ?? []
      let asked = AudioQuestion(id: "asked", audioPath: audio, question: question, choices: choices, answer: nil)
      let text = choices.isEmpty ? question : template.userText(asked)
      let prompt = try listener.prompt(text, system: template.system, clips: clips)
      let limit = model.configuration.decoder.maximumPositions
      guard prompt.tokens.count + maximumTokens <= limit else {
        throw Diagnostic(
          "\(prompt.tokens.count) tokens of prompt and \(maximumTokens) of answer are more than the model's \(limit)"
            + " positions", hint: "shorten the question or the clip, or ask for fewer tokens")
      }
      let answering = Answering(
        decoding: .greedy,
        limits: CompletionLimits(
          maximumTokens: maximumTokens, endTokens: try listener.endTokens(),
          suppressedTokens: listener.suppressedTokens(vocabularySize: model.configuration.decoder.vocabularySize)))
      let answer = answering.answer([AnswerRequest(id: asked.id, prompt: prompt, options: [])], by: model)[0]
      let said = listener.text(answer.tokens)
      return SpokenAnswer(
        completion: said, tokens: answer.tokens, isFinished: answer.isFinished,
        logProbabilities: scoresTokens ? logProbabilities(answer.tokens, after: prompt) : nil,
        matches: choices.indices.filter { scorer.isRight(said, answer: choices[$0], choices: choices) },
        promptTokens: prompt.tokens, audioTokenCount: clips.reduce(0) { $0 + $1.tokenCount })
    } catch { throw Diagnostics([error]) }
  }

  /// Of each token of a completion, by a forward of its own over the prompt and the completion.
  private func logProbabilities(_ tokens: [Int32], after prompt: PromptInput) -> [Float] {
    guard !tokens.isEmpty else { return [] }
    let pass = ForestPass(
      model, prompts: [prompt], branches: [[Array(tokens.dropLast())]], keeping: .nothing, outputs: .completions)
    let rows = [prompt.tokens.count - 1] + pass.branches[0].flatMap { Array($0) }
    return HeadPass(pass, rowsByQuestion: [rows]).score(tokens).logProbabilities
  }
}
