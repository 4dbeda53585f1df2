// Random numbers that depend on what they are for: known answers, independence, and pinned draws.
import TensorCore
import Testing

@Suite("Counter-based random numbers")
struct CounterRandomTests {
  @Test("Philox4x32-10 gives the known answers published with Random123")
  func knownAnswers() {
    let all = UInt32.max
    #expect(
      philox4x32(counter: SIMD4(0, 0, 0, 0), key: SIMD2(0, 0))
        == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      philox4x32(counter: SIMD4(all, all, all, all), key: SIMD2(all, all))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      philox4x32(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  /// Streams that differ from the first in one part of their name each.
  static let streams: [(name: String, stream: RandomStream)] = [
    ("first", RandomStream(seed: 1, purpose: "a", step: 2, question: "q", completion: 3)),
    ("seed", RandomStream(seed: 2, purpose: "a", step: 2, question: "q", completion: 3)),
    ("purpose", RandomStream(seed: 1, purpose: "b", step: 2, question: "q", completion: 3)),
    ("step", RandomStream(seed: 1, purpose: "a", step: 3, question: "q", completion: 3)),
    ("question", RandomStream(seed: 1, purpose: "a", step: 2, question: "r", completion: 3)),
    ("completion", RandomStream(seed: 1, purpose: "a", step: 2, question: "q", completion: 4)),
  ]

  @Test("two streams that differ in one part of their name are uncorrelated, at any shift")
  func independence() {
    let count = 20_000
    let numbers = Self.streams.map { stream in (0..<count + 3).map { stream.stream.uniform(at: $0) - 0.5 } }
    for a in numbers.indices {
      for b in numbers.indices {
        for shift in 0..<3 where (a, shift) != (b, 0) {
          let sum = (0..<count).reduce(0.0) { $0 + numbers[a][$1] * numbers[b][$1 + shift] }
          // The deviation of a correlation of independent numbers is 1/√count.
          let correlation = sum / Double(count) * 12
          #expect(
            abs(correlation) < 5 / Double(count).squareRoot(),
            "\(Self.streams[a].name) and \(Self.streams[b].name), shifted by \(shift)")
        }
      }
    }
  }

  @Test("a position's words do not depend on what was drawn before")
  func order() {
    let stream = Self.streams[0].stream
    let forward = (0..<100).map { stream.words(at: $0) }
    #expect((0..<100).reversed().map { stream.words(at: $0) } == forward.reversed())
    #expect(Set(forward).count == 100)
    var sequence = stream.sequence
    #expect((0..<100).map { _ in sequence.uniform() } == (0..<100).map { stream.uniform(at: $0) })
    #expect(sequence.position == 100)
  }

  @Test("uniform numbers are uniform, normal ones normal, whole ones in their range", arguments: 0..<5 as Range<UInt64>)
  func distributions(_ seed: UInt64) {
    var numbers = RandomStream(seed: seed, purpose: "distribution").sequence
    let count = 50_000
    let uniform = (0..<count).map { _ in numbers.uniform() }
    #expect(uniform.allSatisfy { (0..<1).contains($0) })
    var bins = [Int](repeating: 0, count: 64)
    for value in uniform { bins[Int(value * 64)] += 1 }
    let expected = Double(count) / 64
    let chiSquared = bins.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    // 63 degrees of freedom: beyond these with a chance of 1e-6.
    #expect(chiSquared > 22 && chiSquared < 130)

    let normal = (0..<count).map { _ in numbers.normal() }
    func moment(_ power: Int) -> Double {
      normal.reduce(0) { sum, x in sum + (0..<power).reduce(1.0) { product, _ in product * x } } / Double(count)
    }
    #expect(abs(moment(1)) < 0.025 && abs(moment(2) - 1) < 0.04 && abs(moment(3)) < 0.09 && abs(moment(4) - 3) < 0.3)

    var seen = [Int](repeating: 0, count: 7)
    for _ in 0..<7000 { seen[numbers.integer(in: -3..<4) + 3] += 1 }
    #expect(seen.allSatisfy { (800...1200).contains($0) })
  }

  @Test("a shuffle is a permutation, and every place is reached by every element")
  func shuffles() {
    var numbers = RandomStream(seed: 3, purpose: "shuffle").sequence
    var places = [[Int]](repeating: [Int](repeating: 0, count: 5), count: 5)
    for _ in 0..<5000 {
      let list = numbers.shuffled(Array(0..<5))
      #expect(list.sorted() == [0, 1, 2, 3, 4])
      for (place, element) in list.enumerated() { places[place][element] += 1 }
    }
    #expect(places.joined().allSatisfy { (850...1150).contains($0) })
    #expect(numbers.shuffled([Int]()) == [] && numbers.shuffled([9]) == [9])
  }

  @Test("the draws are what they were: a change would change every result")
  func pinned() {
    var numbers = RandomStream(seed: 42, purpose: "pinned", step: 1, question: "é", completion: 2).sequence
    #expect(numbers.uniform() == 0.8263223830000545)
    #expect(numbers.normal() == 0.7633331337250179)
    #expect(numbers.integer(in: 0..<1000) == 853)
    #expect(numbers.shuffled(Array(0..<8)) == [1, 4, 0, 5, 6, 7, 2, 3])
  }

  @Test("a long sequence is the stream, position by position")
  func sequence() {
    let stream = RandomStream(seed: 9, purpose: "sequence", step: 3, question: "q", completion: 2)
    var sequence = stream.sequence
    for position in 0..<1000 { #expect(sequence.uniform() == stream.uniform(at: position)) }
    var copy = sequence
    #expect(copy.uniform() == sequence.uniform() && sequence.position == 1001)
  }
}
