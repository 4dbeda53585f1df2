// Our own elementary functions beside the C library's, and their edges.
import Foundation
import TensorCore
import Testing

@Suite("Canonical functions")
struct CanonicalTests {
  /// Numbers spread over a range, and the ends.
  private func grid(_ low: Double, _ high: Double, _ count: Int = 20_000) -> [Double] {
    var numbers = RandomStream(seed: 5, purpose: "grid \(low) \(high)").sequence
    return [low, high] + (0..<count).map { _ in low + (high - low) * numbers.uniform() }
  }

  private func worst(
    _ values: [Double], _ ours: (Double) -> Double, _ theirs: (Double) -> Double, isRelative: Bool = true
  ) -> Double {
    values.reduce(0) { worst, x in
      let (a, b) = (ours(x), theirs(x))
      return max(worst, a == b ? 0 : abs(a - b) / (isRelative ? max(abs(b), .leastNormalMagnitude) : 1))
    }
  }

  @Test("exp and log are within 5e-16 of the C library's, relatively")
  func exponential() {
    #expect(worst(grid(-700, 700), Canonical.exp, Foundation.exp) < 5e-16)
    #expect(worst(grid(-1, 1), Canonical.exp, Foundation.exp) < 5e-16)
    #expect(worst(grid(1e-300, 1e300).map { abs($0) }, Canonical.log, Foundation.log) < 5e-16)
    #expect(worst(grid(0.5, 2), Canonical.log, Foundation.log, isRelative: false) < 5e-16)
    #expect(worst(grid(0.1, 30), { Canonical.pow($0, 1.7) }, { Foundation.pow($0, 1.7) }) < 4e-15)
  }

  @Test("sin and cos are within 5e-16 of the C library's, absolutely")
  func waves() {
    for range in [1.0, 10, 1e3, 1e5] {
      #expect(worst(grid(-range, range), Canonical.sin, Foundation.sin, isRelative: false) < 5e-16)
      #expect(worst(grid(-range, range), Canonical.cos, Foundation.cos, isRelative: false) < 5e-16)
    }
  }

  @Test("the edges: zero, infinities, not a number, overflow")
  func edges() {
    #expect(Canonical.exp(0) == 1 && Canonical.exp(-.infinity) == 0 && Canonical.exp(.infinity) == .infinity)
    #expect(Canonical.exp(-746) == 0 && Canonical.exp(710) == .infinity && Canonical.exp(.nan).isNaN)
    #expect(Canonical.log(1) == 0 && Canonical.log(0) == -.infinity && Canonical.log(.infinity) == .infinity)
    #expect(Canonical.log(-1).isNaN && Canonical.log(.nan).isNaN)
    #expect(Canonical.log(.leastNonzeroMagnitude) == Foundation.log(.leastNonzeroMagnitude))
    #expect(Canonical.sin(0) == 0 && Canonical.cos(0) == 1)
    #expect(Canonical.sin(.infinity).isNaN && Canonical.cos(1e10).isNaN)
  }

  @Test("eight at once are the same bits as one by one")
  func lanes() {
    var random = RandomStream(seed: 5, purpose: "lanes").sequence
    for _ in 0..<4000 {
      var (positive, angle) = (Canonical.Eight(), Canonical.Eight())
      for i in 0..<8 {
        positive[i] = Canonical.exp(60 * random.uniform() - 30)
        angle[i] = 4000 * (random.uniform() - 0.5)
      }
      let (log, sin) = (Canonical.log(positive), Canonical.sin(angle))
      for i in 0..<8 {
        #expect(log[i].bitPattern == Canonical.log(positive[i]).bitPattern)
        #expect(sin[i].bitPattern == Canonical.sin(angle[i]).bitPattern)
      }
    }
  }
}
