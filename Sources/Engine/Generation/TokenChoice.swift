// From logits to the next token of each live completion.
internal import Dispatch
internal import Models
internal import Synchronization
internal import TensorCore

/// What the choice of a token depends on, besides its logits and what was said before.
struct TokenChoice: Sendable {
  struct Slot: Sendable {
    var question: Int
    /// Which of the question's completions.
    var index: Int
  }

  let sampling: SamplingSettings
  let limits: CompletionLimits
  let prompts: [PromptInput]
  /// Token sequences that a question's completion must be one of; nil leaves it free.
  let allowed: [[[Int32]]]?
  /// Random numbers of each completion of each question.
  let streams: [[RandomStream]]

  /// The next token of each completion of `live`, whose logits are the row of `values` of that number. A large
  /// vocabulary is worth all processors; each token depends on nothing but its row.
  func tokens(
    of live: [Slot], after completions: [[Completion]], from values: [Float], width: Int, rows: [Int]
  ) -> [Int32] {
    let said = live.map { completions[$0.question][$0.index].tokens }
    @Sendable func token(_ place: Int) -> Int32 {
      self.token(live[place], said: said[place], Array(values[rows[place] * width..<(rows[place] + 1) * width]))
    }
    guard live.count > 1, live.count * width > 1 << 18 else { return live.indices.map(token) }
    let tokens = Mutex([Int32](repeating: 0, count: live.count))
    DispatchQueue.concurrentPerform(iterations: live.count) { place in
      let token = token(place)
      tokens.withLock { $0[place] = token }
    }
    return tokens.withLock { $0 }
  }

  private func token(_ slot: Slot, said: [Int32], _ given: [Float]) -> Int32 {
    var logits = given
    sampling.penalise(&logits, seen: prompts[slot.question].tokens + said)
    for token in limits.suppressedTokens where logits.indices.contains(Int(token)) { logits[Int(token)] = -.infinity }
    if said.count < limits.minimumTokens {
      for token in limits.endTokens where logits.indices.contains(Int(token)) { logits[Int(token)] = -.infinity }
    }
    if let allowed {
      let going = allowed[slot.question].filter { $0.count > said.count && $0.starts(with: said) }
      let next = Set(going.map { $0[said.count] })
      for token in logits.indices where !next.contains(Int32(token)) { logits[token] = -.infinity }
    }
    return sampling.draw(from: logits, uniform: streams[slot.question][slot.index].uniform(at: said.count))
  }
}
