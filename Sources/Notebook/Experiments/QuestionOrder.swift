// Which questions a step trains on.
internal import TensorCore

/// Every question once an epoch, in an order of the seed's, or as the set lists them.
package struct QuestionOrder {
  let sequence: QuestionSequence
  let count: Int
  let seed: UInt64
  private var epochs: [Int: [Int]] = [:]

  init(_ sequence: QuestionSequence, count: Int, seed: UInt64) {
    self.sequence = sequence
    self.count = count
    self.seed = seed
  }

  package mutating func step(_ step: Int, size: Int) -> [Int] {
    (0..<size).map { offset in
      let index = step * size + offset
      guard sequence == .shuffled else { return index % count }
      let epoch = index / count
      if epochs[epoch] == nil {
        var numbers = RandomStream(seed: seed, purpose: "question order", step: epoch).sequence
        epochs = [epoch: numbers.shuffled(Array(0..<count))]
      }
      return epochs[epoch]?[index % count] ?? 0
    }
  }
}
