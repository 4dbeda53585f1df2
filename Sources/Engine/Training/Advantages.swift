// Group-relative advantages.

/// Aᵢ = (rᵢ - mean) / (s + ε), over the completions of one prompt; exactly 0 where all rewards are equal.
///
/// Source: the paper, equation 1; ε = 1e-4 and the n - 1 in s are those of the public trainers.
public func groupAdvantages(
  _ rewards: [Double], scaling: AdvantageScaling, epsilon: Double = 1e-4
) -> [Double] {
  guard let first = rewards.first, rewards.contains(where: { $0 != first }) else {
    return rewards.map { _ in 0 }
  }
  let count = Double(rewards.count)
  let mean = rewards.reduce(0, +) / count
  let squares = rewards.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  let divisor: Double =
    switch scaling {
    case .sample: (squares / (count - 1)).squareRoot() + epsilon
    case .population: (squares / count).squareRoot() + epsilon
    case .none: 1
    }
  return rewards.map { ($0 - mean) / divisor }
}
