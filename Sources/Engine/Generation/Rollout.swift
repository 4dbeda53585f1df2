// Sampling completions for prompts: one prefill of the trunks, then all branches of all questions step by step.
//
// Every random number is a function of (seed, purpose, step, question, completion, position), so neither the batch nor an
// interruption can change a completion, and no two completions of a group share numbers.
internal import Foundation
internal import Layers
public import Models
internal import Synchronization
internal import TensorCore

/// What ends and bounds a completion.
public struct CompletionLimits: Sendable, Hashable {
  /// The most tokens of a completion, the end token included.
  public var maximumTokens: Int
  /// The end token is part of its completion.
  public var endTokens: [Int32]
  /// Never drawn: padding and control tokens.
  public var suppressedTokens: [Int32]
  /// End tokens are not drawn before this many tokens.
  public var minimumTokens: Int

  public init(
    maximumTokens: Int, endTokens: [Int32], suppressedTokens: [Int32] = [], minimumTokens: Int = 0
  ) {
    self.maximumTokens = maximumTokens
    self.endTokens = endTokens
    self.suppressedTokens = suppressedTokens
    self.minimumTokens = minimumTokens
  }
}

/// One sampled completion, its end token included.
public struct Completion: Sendable, Hashable {
  /// With the end token, if it came.
  public var tokens: [Int32]
  /// Whether it ended by itself rather than at the limit.
  public var isFinished: Bool

  public init(tokens: [Int32], isFinished: Bool) {
    self.tokens = tokens
    self.isFinished = isFinished
  }
}

/// Names the random numbers of a question's completions.
public struct RolloutKey: Sendable, Hashable {
  /// Completions of training and answers of an evaluation share no numbers.
  public enum Purpose: String, Sendable, Hashable { case rollout, answer }

  public var purpose: Purpose
  public var seed: UInt64
  public var step: Int
  public var question: String
  /// How often the question stood in the step before.
  public var occurrence: Int

  public init(
    _ purpose: Purpose = .rollout, seed: UInt64, step: Int, question: String, occurrence: Int = 0
  ) {
    self.purpose = purpose
    self.occurrence = occurrence
    self.seed = seed
    self.step = step
    self.question = question
  }

  func stream(completion: Int) -> RandomStream {
    RandomStream(
      seed: seed, purpose: purpose.rawValue + (occurrence == 0 ? "" : ", occurrence \(occurrence + 1)"), step: step,
      question: question, completion: completion)
  }
}

/// Draws completions of prompts; a question's draw depends on its key alone, to the bit.
public struct Rollout {
  public var sampling: SamplingSettings
  public var limits: CompletionLimits
  /// Completions of each prompt.
  public var groupSize: Int

  public init(sampling: SamplingSettings, limits: CompletionLimits, groupSize: Int = 1) {
    self.sampling = sampling
    self.limits = limits
    self.groupSize = groupSize
  }

  /// Rows a `ForestPass` must leave for the branches of `questionCount` questions.
  public func branchCapacity(questionCount: Int) -> Int { questionCount * groupSize * limits.maximumTokens }

  /// Completions of each question of `pass`, whose trunks are prefilled and which has room for the branches. The rows of
  /// the branches in its caches are scratch afterwards; `addBranches` writes them anew.
  /// - Parameter allowed: token sequences a question's completion must be one of (end token included); nil leaves it
  ///   free.
  /// - Parameter chosen: called each time the next token of every live completion is chosen.
  public func complete(
    _ pass: ForestPass, prompts: [PromptInput], keys: [RolloutKey], allowed: [[[Int32]]]? = nil,
    chosen: () -> Void = {}
  ) -> [[Completion]] {
    var decoding = Decoding(pass, groupSize: groupSize, maximumTokens: limits.maximumTokens)
    let questions = prompts.indices
    let choice = TokenChoice(
      sampling: sampling, limits: limits, prompts: prompts, allowed: allowed,
      streams: keys.map { key in (0..<groupSize).map { key.stream(completion: $0) } })
    var completions = questions.map { _ in (0..<groupSize).map { _ in Completion(tokens: [], isFinished: false) } }

    func take(_ question: Int, _ index: Int, _ token: Int32) {
      completions[question][index].tokens.append(token)
      if limits.endTokens.contains(token) { completions[question][index].isFinished = true }
      if let allowed, allowed[question].contains(completions[question][index].tokens) {
        completions[question][index].isFinished = true
      }
    }

    guard limits.maximumTokens > 0 else { return completions }
    let first = HeadPass(pass, rowsByQuestion: pass.trunks.map { [$0.upperBound - 1] })
    let width = first.logits.width
    let all = questions.flatMap { question in (0..<groupSize).map { TokenChoice.Slot(question: question, index: $0) } }
    let values = pass.model.backend.download(first.logits)
    let begun = choice.tokens(of: all, after: completions, from: values, width: width, rows: all.map(\.question))
    for (slot, token) in zip(all, begun) { take(slot.question, slot.index, token) }
    chosen()
    for step in 0..<limits.maximumTokens - 1 {
      let live = all.filter { !completions[$0.question][$0.index].isFinished }
      if live.isEmpty { break }
      let tokens = live.map { completions[$0.question][$0.index].tokens[step] }
      let branches = live.map { Decoding.Branch(question: $0.question, index: $0.index) }
      let values = decoding.step(step, branches: branches, tokens: tokens)
      let next = choice.tokens(of: live, after: completions, from: values, width: width, rows: Array(live.indices))
      for (slot, token) in zip(live, next) { take(slot.question, slot.index, token) }
      chosen()
    }
    return completions
  }
}
