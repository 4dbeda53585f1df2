// How an estimate of the spread over seeds falls, before there is one.
internal import Synchronization

/// What the test takes for the variance that seeds make, as a multiple of its true value: of each side the larger of its
/// own estimate and the pooled one.
///
///     Σ_sides w² · max(s²_side, s²_pooled) / σ²,   s² of a training: χ² with its degrees of freedom, over them
///
/// By 20,000 fixed draws, the same in every run, told as the means of 400 parts of equal probability. With 400 draws
/// alone a power of 0.80 was told for what had 0.794.
enum SpreadSample {
  private struct Key: Hashable {
    var degrees: Int
    var trainings: Int
    var sides: [Double]
  }

  private static let drawCount = 20_000
  private static let partCount = 400
  private static let known = Mutex<[Key: [Double]]>([:])

  /// - Precondition: degrees > 0, trainings ≥ sides.count.
  static func factors(degrees: Int, trainings: Int, sides: [Double]) -> [Double] {
    let key = Key(degrees: degrees, trainings: trainings, sides: sides)
    if let factors = known.withLock({ $0[key] }) { return factors }
    var normals = NormalSample()
    // The others are a part of the pooled estimate by their sum alone.
    let rest = Double(degrees * (trainings - sides.count))
    let draws = (0..<drawCount).map { _ -> Double in
      let own = sides.map { _ in normals.squares(degrees) }
      let others = rest == 0 ? 0 : normals.squares(degrees * (trainings - sides.count))
      let pooled = (own.reduce(0, +) + others) / Double(degrees * trainings)
      return zip(sides, own).reduce(0) { $0 + $1.0 * max($1.1 / Double(degrees), pooled) }
    }
    .sorted()
    let size = drawCount / partCount
    let factors = (0..<partCount).map { part in
      draws[(part * size)..<((part + 1) * size)].reduce(0, +) / Double(size)
    }
    known.withLock { $0[key] = factors }
    return factors
  }
}

/// A fixed sequence of normal numbers (SplitMix64, by the inverse of the distribution).
private struct NormalSample {
  private var state: UInt64 = 12

  private mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }

  /// The sum of the squares of `count` normal numbers.
  mutating func squares(_ count: Int) -> Double {
    (0..<count).reduce(0.0) { sum, _ in
      let z = Normal.quantile(uniform())
      return sum + z * z
    }
  }
}

/// The normal distribution, from a table of Student's with so many degrees that four digits agree.
enum Normal {
  private static let table: [Double] = {
    let student = StudentT(degrees: 20_000)
    return (0...1200).map { 1 - student.above(Double($0 - 600) / 100) }
  }()

  static func below(_ z: Double) -> Double {
    guard z > -6 else { return 0 }
    guard z < 6 else { return 1 }
    let place = (z + 6) * 100
    let index = min(1199, Int(place))
    return table[index] + (place - Double(index)) * (table[index + 1] - table[index])
  }

  /// The z with this probability below it, within ±6.
  static func quantile(_ probability: Double) -> Double {
    var (low, high) = (0, 1200)
    while high - low > 1 {
      let middle = (low + high) / 2
      if table[middle] <= probability { low = middle } else { high = middle }
    }
    let step = table[high] - table[low]
    let part = step > 0 ? max(0, min(1, (probability - table[low]) / step)) : 0
    return (Double(low) + part) / 100 - 6
  }
}
