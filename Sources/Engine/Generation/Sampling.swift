// From logits to one token: penalty, temperature, top-k, top-p, draw; in that order.
//
// Source: transformers `RepetitionPenaltyLogitsProcessor`, `TemperatureLogitsWarper`, `TopKLogitsWarper`,
// `TopPLogitsWarper`, in the order `generate` applies them. Deviation: the draw is by the inverse of the cumulative
// distribution over rising token ids, from a counter-based random number, in Double.
internal import TensorCore

/// How completions are drawn.
public struct SamplingSettings: Sendable, Hashable {
  /// 0 is greedy: the highest logit, the lowest id of equals.
  public var temperature: Float
  /// 0 keeps all.
  public var topK: Int
  /// The smallest set of most probable tokens whose probabilities reach it is kept; 1 keeps all.
  public var topP: Float
  /// Logits of tokens that came before are divided by it if positive, else multiplied; 1 changes none.
  public var repetitionPenalty: Float

  public init(temperature: Float = 0, topK: Int = 0, topP: Float = 1, repetitionPenalty: Float = 1) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.repetitionPenalty = repetitionPenalty
  }

  /// The most probable token, always; of equals the first.
  public static let greedy = SamplingSettings()
}

extension SamplingSettings {
  /// Scores above 0 are divided by the penalty, scores below multiplied, for every token already seen.
  func penalise(_ logits: inout [Float], seen: some Sequence<Int32>) {
    guard repetitionPenalty != 1 else { return }
    for token in Set(seen) where logits.indices.contains(Int(token)) {
      let score = logits[Int(token)]
      logits[Int(token)] = score > 0 ? score / repetitionPenalty : score * repetitionPenalty
    }
  }

  /// The tokens that may be drawn with their probabilities, rising in id.
  /// - Precondition: temperature > 0.
  public func distribution(over logits: [Float]) -> (tokens: [Int32], probabilities: [Double]) {
    precondition(temperature > 0, "greedy decoding has no distribution")
    var kept = Array(logits.indices).filter { logits[$0] > -.infinity }
    // What is left out cannot come back, so only the kept are scaled.
    if topK > 0, topK < kept.count {
      let threshold = kthLargest(kept.map { logits[$0] }, topK)
      kept = kept.filter { logits[$0] >= threshold }
    }
    let scaled = kept.map { Double(logits[$0] / temperature) }
    let highest = scaled.max() ?? 0
    var weights = scaled.map { Canonical.exp($0 - highest) }
    if topP < 1 {
      // The low tail whose ascending cumulative probability is at most 1 - p goes; the highest always stays.
      let total = weights.reduce(0, +)
      let order = kept.indices.sorted { (weights[$0], kept[$1]) < (weights[$1], kept[$0]) }
      var cumulative = 0.0
      var dropped = Set<Int>()
      for index in order.dropLast() {
        cumulative += weights[index] / total
        if cumulative <= Double(1 - topP) { dropped.insert(index) } else { break }
      }
      weights = weights.indices.filter { !dropped.contains($0) }.map { weights[$0] }
      kept = kept.indices.filter { !dropped.contains($0) }.map { kept[$0] }
    }
    let total = weights.reduce(0, +)
    return (kept.map { Int32($0) }, weights.map { $0 / total })
  }

  /// The same after the penalty on tokens already seen.
  public func distribution(
    over logits: [Float], seen: some Sequence<Int32>
  ) -> (tokens: [Int32], probabilities: [Double]) {
    var logits = logits
    penalise(&logits, seen: seen)
    return distribution(over: logits)
  }

  /// One token.
  /// - Parameter uniform: a number in [0, 1).
  public func draw(from logits: [Float], uniform: Double) -> Int32 {
    guard temperature > 0 else { return highest(logits) }
    let (tokens, probabilities) = distribution(over: logits)
    var cumulative = 0.0
    for (token, probability) in zip(tokens, probabilities) {
      cumulative += probability
      if uniform < cumulative { return token }
    }
    return tokens.last ?? 0
  }
}

/// The index of the highest value, the lowest of equals; 0 if all are not numbers.
func highest(_ logits: [Float]) -> Int32 {
  var best = 0
  for index in logits.indices where logits[index] > logits[best] || logits[best].isNaN { best = index }
  return Int32(best)
}

/// The k-th largest of the values, by selection in a heap of size k.
private func kthLargest(_ values: [Float], _ k: Int) -> Float {
  var heap = Array(values.prefix(k)).sorted()
  for value in values.dropFirst(k) where value > heap[0] {
    var index = 0
    heap[0] = value
    while true {
      let left = 2 * index + 1
      guard left < k else { break }
      let child = left + 1 < k && heap[left + 1] < heap[left] ? left + 1 : left
      guard heap[child] < heap[index] else { break }
      heap.swapAt(index, child)
      index = child
    }
  }
  return heap[0]
}
