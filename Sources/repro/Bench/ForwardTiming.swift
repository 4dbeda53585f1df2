// What `bench forward` counts, and the time it takes.

/// A prompt and the tokens decoded after it, by readings of a clock.
struct ForwardTiming {
  var promptTokens: Int
  /// Tokens that were decoded, the first of which the prompt's forward predicts.
  var decodedTokens: Int
  /// Seconds from the start until the first token was chosen: the forward of the prompt, and the head for its last row.
  var promptSeconds: Double
  /// Seconds from then until the last token was chosen: a forward and the head for each token but the first.
  var decodingSeconds: Double

  /// Tokens whose forwards and heads take `decodingSeconds`.
  var furtherTokens: Int { decodedTokens - 1 }
  /// Prompt tokens a second of `promptSeconds`.
  var promptRate: Double { Double(promptTokens) / promptSeconds }
  /// Further tokens a second of `decodingSeconds`.
  var decodingRate: Double { Double(furtherTokens) / decodingSeconds }

  /// - Parameter chosen: readings of the clock when the tokens were chosen, in their order.
  init(promptTokens: Int, start: Double, chosen: [Double]) {
    self.promptTokens = promptTokens
    decodedTokens = chosen.count
    promptSeconds = (chosen.first ?? start) - start
    decodingSeconds = (chosen.last ?? start) - (chosen.first ?? start)
  }
}
