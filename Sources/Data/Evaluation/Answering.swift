// Asking a model a batch of questions, freely or with options. Evaluation is a forest without branches; the likelihood
// reading is a forest whose branches are the options. The batch cannot change an answer.
public import Generation
public import Models
public import Records
internal import TensorCore

/// One question as the engine sees it.
public struct AnswerRequest: Sendable, Hashable {
  public var id: String
  public var prompt: PromptInput
  /// The options' tokens, each with the end token; needed for constrained and likelihood.
  public var options: [[Int32]]

  public init(id: String, prompt: PromptInput, options: [[Int32]]) {
    self.id = id
    self.prompt = prompt
    self.options = options
  }
}

/// What a model answered to one `AnswerRequest`, as token ids.
public struct Answer: Sendable, Hashable {
  public var id: String
  /// The completion, or the tokens of the chosen option.
  public var tokens: [Int32]
  public var isFinished: Bool
  /// Σ log p of each option's tokens; for likelihood, or where it was asked for.
  public var optionLogProbabilities: [Double]?
}

/// Asks a model a batch of questions; an answer depends on its own question alone, to the bit.
public struct Answering {
  public var decoding: AnswerDecoding
  /// How free answers are drawn; a temperature of 0 is greedy.
  public var sampling: SamplingSettings
  public var limits: CompletionLimits
  /// Names the random numbers, with a question's id and the token's position: nothing else changes a draw.
  public var seed: UInt64

  public init(
    decoding: AnswerDecoding, sampling: SamplingSettings = .greedy, limits: CompletionLimits, seed: UInt64 = 0
  ) {
    self.decoding = decoding
    self.sampling = sampling
    self.limits = limits
    self.seed = seed
  }

  /// Answers all requests together. Their number bounds memory, nothing else.
  /// - Precondition: with options to choose from, every request has one, and none is empty.
  public func answer(_ requests: [AnswerRequest], by model: AudioLanguageModel) -> [Answer] {
    guard !requests.isEmpty else { return [] }
    switch decoding {
    case .greedy, .sampled, .checkpoint: return complete(requests, by: model, allowed: nil)
    case .constrained: return complete(requests, by: model, allowed: requests.map(\.options))
    case .likelihood: return weigh(requests, by: model)
    }
  }

  /// Σ log p of each option of each request, as the whole answer; nil for a request without options. Another pass over
  /// the prompts, which changes no answer.
  public func weighOptions(_ requests: [AnswerRequest], by model: AudioLanguageModel) -> [[Double]?] {
    let asked = requests.indices.filter { !requests[$0].options.isEmpty }
    var found = [[Double]?](repeating: nil, count: requests.count)
    guard !asked.isEmpty else { return found }
    for (place, answer) in zip(asked, weigh(asked.map { requests[$0] }, by: model)) {
      found[place] = answer.optionLogProbabilities
    }
    return found
  }

  private func complete(
    _ requests: [AnswerRequest], by model: AudioLanguageModel, allowed: [[[Int32]]]?
  ) -> [Answer] {
    var limits = self.limits
    if let allowed {
      limits.maximumTokens = allowed.joined().map(\.count).max() ?? 1
      limits.suppressedTokens = []
      limits.minimumTokens = 0
    }
    let rollout = Rollout(sampling: allowed == nil ? sampling : .greedy, limits: limits)
    let prompts = requests.map(\.prompt)
    let pass = ForestPass(
      model, prompts: prompts, branchCapacity: rollout.branchCapacity(questionCount: prompts.count), keeping: .nothing,
      outputs: .completions)
    let keys = requests.map { RolloutKey(.answer, seed: seed, step: 0, question: $0.id) }
    let completions = rollout.complete(pass, prompts: prompts, keys: keys, allowed: allowed)
    return zip(requests, completions).map { request, list in
      Answer(id: request.id, tokens: list[0].tokens, isFinished: list[0].isFinished)
    }
  }

  private func weigh(_ requests: [AnswerRequest], by model: AudioLanguageModel) -> [Answer] {
    let branches = requests.map { $0.options.map { Array($0.dropLast()) } }
    let pass = ForestPass(
      model, prompts: requests.map(\.prompt), branches: branches, keeping: .nothing, outputs: .completions)
    let rows = requests.indices.map { question in
      pass.branches[question].flatMap { [pass.trunks[question].upperBound - 1] + Array($0) }
    }
    let scores = HeadPass(pass, rowsByQuestion: rows).score(requests.flatMap { $0.options.flatMap(\.self) })
    var next = 0
    return requests.map { request in
      let sums = request.options.map { option in
        defer { next += option.count }
        return scores.logProbabilities[next..<next + option.count].reduce(0.0) { $0 + Double($1) }
      }
      let best = sums.indices.reduce(0) { sums[$1] > sums[$0] ? $1 : $0 }
      return Answer(id: request.id, tokens: request.options[best], isFinished: true, optionLogProbabilities: sums)
    }
  }
}
