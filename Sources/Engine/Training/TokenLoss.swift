// The objective of one token, and its derivative by the token's log-probability.
//
//     loss = -min(ρ A, clip(ρ, 1 - ε, 1 + ε) A) + β (exp(ref - lp) - (ref - lp) - 1),   ρ = exp(lp - old)
//
// Source: the paper, equations 3 and 4 (k3 estimator, differentiated through lp alone).
internal import Generation
internal import TensorCore

struct TokenLoss {
  var loss: Double
  /// ∂loss/∂lp.
  var derivative: Double
  var ratio: Double
  var isClipped: Bool
  var kl: Double

  init(
    logProbability lp: Double, old: Double, reference: Double?, advantage A: Double, clipRange: Double,
    klCoefficient: Double
  ) {
    ratio = Canonical.exp(lp - old)
    let clipped = min(max(ratio, 1 - clipRange), 1 + clipRange)
    isClipped = clipped * A < ratio * A
    // A clipped ratio is a constant: its derivative is 0.
    derivative = isClipped ? 0 : -ratio * A
    loss = -(isClipped ? clipped : ratio) * A
    kl = 0
    if let reference {
      let difference = reference - lp
      let odds = Canonical.exp(difference)
      kl = odds - difference - 1
      loss += klCoefficient * kl
      derivative += klCoefficient * (1 - odds)
    }
  }
}

/// What each token's loss counts for in the loss of a step.
///
///     grpo     1 / (completions · length of its completion)      mean of completion means
///     bnpo     1 / tokens                                        of its accumulation part, averaged over the parts
///     dr_grpo  1 / (completions · maximum completion length)
///     dapo     1 / tokens of the step
///
/// `completions` are those of the step. Source: TRL `GRPOTrainer` (loss types); the first three there are taken per
/// accumulation part and averaged, which is the same where parts are of equal size.
struct LossWeights {
  private let weights: [[Double]]

  /// - Parameter lengths: tokens of each completion of each question of the step.
  init(_ settings: GRPOSettings, lengths: [[Int]]) {
    let parts = min(settings.gradientAccumulation, max(lengths.count, 1))
    func part(_ question: Int) -> Int { question * parts / max(lengths.count, 1) }
    var tokens = [Double](repeating: 0, count: parts)
    var completions = [Double](repeating: 0, count: parts)
    for (question, list) in lengths.enumerated() {
      tokens[part(question)] += Double(list.reduce(0, +))
      completions[part(question)] += Double(list.count)
    }
    let total = tokens.reduce(0, +)
    weights = lengths.enumerated().map { question, list in
      let p = part(question)
      return list.map { length in
        switch settings.loss {
        case .grpo: 1 / (completions[p] * Double(max(length, 1)) * Double(parts))
        case .bnpo: 1 / (max(tokens[p], 1) * Double(parts))
        case .dr_grpo: 1 / (completions[p] * Double(settings.limits.maximumTokens) * Double(parts))
        case .dapo: 1 / max(total, 1)
        }
      }
    }
  }

  func weight(question: Int, completion: Int) -> Double { weights[question][completion] }
}
