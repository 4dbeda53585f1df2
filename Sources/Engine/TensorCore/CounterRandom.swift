// Random numbers that depend on what they are for, never on when they are drawn.
//
// Philox4x32 with 10 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), checked against
// the known answers published with Random123.

/// Ten rounds of Philox4x32: a counter and a key give four words.
public func philox4x32(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
  var c = counter
  var k = key
  for round in 0..<10 {
    if round > 0 { k = SIMD2(k.x &+ 0x9E37_79B9, k.y &+ 0xBB67_AE85) }
    let p0 = UInt64(0xD251_1F53) * UInt64(c.x)
    let p1 = UInt64(0xCD9E_8D57) * UInt64(c.z)
    c = SIMD4(
      UInt32(p1 >> 32) ^ c.y ^ k.x, UInt32(truncatingIfNeeded: p1),
      UInt32(p0 >> 32) ^ c.w ^ k.y, UInt32(truncatingIfNeeded: p0))
  }
  return c
}

/// The numbers of one purpose: a function from positions to random words.
///
/// Two streams that differ in seed, purpose, step, question or completion are independent; the same five give the same
/// numbers in any order, batch, thread or resumed run.
public struct RandomStream: Sendable, Hashable {
  /// Philox's key, and the upper half of its counter.
  public let key: SIMD2<UInt32>
  public let high: SIMD2<UInt32>
  let completion: UInt32

  public init(seed: UInt64, purpose: String, step: Int = 0, question: String = "", completion: Int = 0) {
    var mixed = Self.mix(seed)
    mixed = Self.mix(mixed ^ Self.hash(purpose))
    mixed = Self.mix(mixed ^ UInt64(bitPattern: Int64(step)))
    key = SIMD2(UInt32(truncatingIfNeeded: mixed), UInt32(mixed >> 32))
    let question = Self.hash(question)
    high = SIMD2(UInt32(truncatingIfNeeded: question), UInt32(question >> 32))
    self.completion = UInt32(truncatingIfNeeded: completion)
  }

  /// Four words at a position.
  public func words(at position: Int) -> SIMD4<UInt32> {
    philox4x32(
      counter: SIMD4(UInt32(truncatingIfNeeded: position), completion, high.x, high.y), key: key)
  }

  /// In [0, 1), with 53 random bits.
  public func uniform(at position: Int) -> Double {
    let w = words(at: position)
    return Double((UInt64(w.x) << 32 | UInt64(w.y)) >> 11) * 0x1p-53
  }

  /// `uniform` at eight positions from `first` on: the rounds of `philox4x32` on eight counters side by side.
  func uniforms(from first: Int) -> SIMD8<Double> {
    let low: SIMD8<UInt64> = SIMD8(repeating: 0xFFFF_FFFF)
    var x = SIMD8<UInt64>()
    for i in 0..<8 { x[i] = UInt64(UInt32(truncatingIfNeeded: first + i)) }
    var y = SIMD8(repeating: UInt64(completion))
    var (z, w) = (SIMD8(repeating: UInt64(high.x)), SIMD8(repeating: UInt64(high.y)))
    var k = key
    for round in 0..<10 {
      if round > 0 { k = SIMD2(k.x &+ 0x9E37_79B9, k.y &+ 0xBB67_AE85) }
      let p0 = (x & low) &* 0xD251_1F53
      let p1 = (z & low) &* 0xCD9E_8D57
      (x, y) = ((p1 &>> 32) ^ y ^ UInt64(k.x), p1 & low)
      (z, w) = ((p0 &>> 32) ^ w ^ UInt64(k.y), p0 & low)
    }
    let bits = (x &<< 32 | y) &>> 11
    var values = SIMD8<Double>()
    for i in 0..<8 { values[i] = Double(bits[i]) * 0x1p-53 }
    return values
  }

  /// The stream's words one after another, for Swift's own random functions.
  public var sequence: RandomSequence { RandomSequence(stream: self) }

  /// FNV-1a over UTF-8.
  static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// The finaliser of SplitMix64.
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A stream read in order. Its own methods are defined here to the bit; Swift's `random(in:using:)` is not ours to pin.
public struct RandomSequence: Sendable {
  let stream: RandomStream
  /// How many words were drawn.
  public private(set) var position = 0
  /// The numbers at the positions from `aheadStart` on; used once a sequence is long.
  private var ahead = SIMD8<Double>()
  private var aheadStart = -8

  init(stream: RandomStream) { self.stream = stream }

  /// In [0, 1).
  public mutating func uniform() -> Double {
    defer { position += 1 }
    if position < 16 { return stream.uniform(at: position) }
    if position >= aheadStart + 8 {
      aheadStart = position
      ahead = stream.uniforms(from: position)
    }
    return ahead[position - aheadStart]
  }

  /// A whole number in the range, by scaling (bias below 2⁻⁴⁰ for ranges below 2¹³).
  public mutating func integer(in range: Range<Int>) -> Int {
    precondition(!range.isEmpty, "no whole number lies in \(range)")
    return range.lowerBound + min(range.count - 1, Int(uniform() * Double(range.count)))
  }

  /// Standard normal, by Box and Muller; uses two positions.
  public mutating func normal() -> Double {
    let radius = (-2 * Canonical.log(1 - uniform())).squareRoot()
    return radius * Canonical.cos(2 * .pi * uniform())
  }

  /// One of a list that is not empty, each with the same probability.
  public mutating func element<T>(of list: [T]) -> T { list[integer(in: 0..<list.count)] }

  /// Fisher and Yates, from the end.
  public mutating func shuffled<T>(_ list: [T]) -> [T] {
    var list = list
    for i in stride(from: list.count - 1, to: 0, by: -1) { list.swapAt(i, integer(in: 0..<i + 1)) }
    return list
  }
}
