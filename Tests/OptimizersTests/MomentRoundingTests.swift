// Moments in bfloat16, rounded by chance: right in the mean where the nearest number would stand still.
import CPUBackend
import Layers
import Optimizers
import TensorCore
import Testing

@Suite("Moments in bfloat16")
struct MomentRoundingTests {
  enum Gradients: String, CaseIterable { case steady, sparse, shrinking }
  enum Storage { case float32, bfloat16, nearest }

  private static let count = 4096

  private func parameter(_ name: String, _ count: Int, _ backend: CPUBackend) -> Parameter {
    let parameter = Parameter(name: name, value: backend.zeros([count]))
    parameter.train(on: backend)
    return parameter
  }

  /// Of sizes from 1e-6 to 1e-2.
  private static func gradients(_ kind: Gradients, step: Int) -> [Float] {
    var numbers = RandomStream(seed: 3, purpose: kind.rawValue, step: step).sequence
    return (0..<count).map { i in
      let size = Canonical.exp(-4.6 - 9.2 * Double(i % 64) / 63)
      let noise = 1 + 0.5 * numbers.normal()
      switch kind {
      case .steady: return Float(size * noise)
      case .sparse: return numbers.uniform() < 0.02 ? Float(size * noise) : 0
      case .shrinking: return Float(size * noise * Canonical.exp(-Double(step) / 300))
      }
    }
  }

  /// The mean size of the updates in the second half of 2,000 steps.
  private func meanUpdate(_ kind: Gradients, _ storage: Storage) throws -> Double {
    let backend = CPUBackend(threadCount: 2)
    let parameter = parameter("w", Self.count, backend)
    var settings = AdamWSettings()
    settings.momentType = storage == .bfloat16 ? .bfloat16 : .float32
    settings.roundingSeed = 7
    let optimizer = AdamW([parameter], settings: settings, on: backend)
    let zeros = [Float](repeating: 0, count: Self.count)
    var sum = 0.0
    for step in 0..<2000 {
      backend.upload(zeros, to: parameter.value)
      backend.upload(Self.gradients(kind, step: step), to: try #require(parameter.gradient))
      optimizer.step(rate: 1, gradientNorm: 1, maximumNorm: 0)
      if step >= 1000 { sum += parameter.value.hostValues.reduce(0) { $0 + Double(abs($1)) } }
      guard storage == .nearest else { continue }
      for moments in optimizer.firstMoments + optimizer.secondMoments {
        backend.upload(moments.hostValues.map { BFloat16($0).float }, to: moments)
      }
    }
    return sum / Double(1000 * Self.count)
  }

  @Test("2,000 steps: updates are as large as with Float32 moments, within one in a hundred", arguments: Gradients.allCases)
  func means(_ kind: Gradients) throws {
    let (full, half) = (try meanUpdate(kind, .float32), try meanUpdate(kind, .bfloat16))
    #expect(abs(half / full - 1) < 0.01, "\(kind): \(half) for \(full)")
    // What the chance is for: the nearest number makes updates too small.
    guard kind == .shrinking else { return }
    #expect(try meanUpdate(kind, .nearest) / full < 0.9)
  }

  @Test("each moment is one of the two neighbours, by the words of its stream; threads change nothing", arguments: [1, 3])
  func words(_ threads: Int) throws {
    let backend = CPUBackend(threadCount: threads)
    let count = 40_003
    var numbers = RandomStream(seed: 1, purpose: "gradients").sequence
    let values = (0..<count).map { _ in Float(numbers.normal()) }
    func step(_ type: ElementType) throws -> AdamW {
      let parameter = parameter("some.weight", count, backend)
      var settings = AdamWSettings()
      (settings.momentType, settings.roundingSeed) = (type, 42)
      let optimizer = AdamW([parameter], settings: settings, on: backend)
      backend.upload(values, to: try #require(parameter.gradient))
      optimizer.step(rate: 1e-3, gradientNorm: 1, maximumNorm: 0)
      return optimizer
    }
    let (full, half) = (try step(.float32), try step(.bfloat16))
    let stream = RandomStream(seed: 42, purpose: "moments", step: 1, question: "some.weight")
    func rounded(_ moments: Tensor, isSecond: Bool) -> [Float] {
      moments.hostValues.enumerated().map { i, value in
        let word = stream.words(at: i / 4)[i % 4]
        return BFloat16(value, rounding: UInt16(isSecond ? word >> 16 : word & 0xFFFF)).float
      }
    }
    for (isSecond, exact, moments) in [
      (false, full.firstMoments[0], half.firstMoments[0]), (true, full.secondMoments[0], half.secondMoments[0]),
    ] {
      let wide = backend.empty(moments.shape, .float32)
      backend.copy(moments, to: wide)
      #expect(wide.hostValues == rounded(exact, isSecond: isSecond))
    }
    #expect(full.parameters[0].value.hostValues == half.parameters[0].value.hostValues)
  }

  @Test("interrupted and put back, the bytes are those of a run without a stop")
  func resumed() throws {
    func make() -> AdamW {
      let backend = CPUBackend(threadCount: 2)
      let parameter = parameter("w", Self.count, backend)
      var settings = AdamWSettings()
      (settings.momentType, settings.roundingSeed) = (.bfloat16, 5)
      return AdamW([parameter], settings: settings, on: backend)
    }
    let backend = CPUBackend(threadCount: 1)
    func run(_ optimizer: AdamW, _ steps: Range<Int>) throws {
      for step in steps {
        backend.upload(Self.gradients(.steady, step: step), to: try #require(optimizer.parameters[0].gradient))
        optimizer.step(rate: 1e-3, gradientNorm: 1, maximumNorm: 0)
      }
    }
    let (whole, first, second) = (make(), make(), make())
    try run(whole, 0..<20)
    try run(first, 0..<11)
    let state = Dictionary(first.state.map { ($0.name, $0.tensor) }) { $1 }
    #expect(second.restore(stepCount: 11, on: backend) { state[$0] } == nil)
    try run(second, 11..<20)
    for ((name, ours), (_, theirs)) in zip(whole.state, second.state) {
      let (a, b) = (backend.empty(ours.shape, .float32), backend.empty(ours.shape, .float32))
      backend.copy(ours, to: a)
      backend.copy(theirs, to: b)
      #expect(a.hostValues == b.hostValues, "\(name)")
    }
  }

  @Test("rounding by chance: neighbours, their shares, and what is no number")
  func rounding() {
    let subnormal: Float = 0x1.055dp-128
    let ends: [Float] = [.infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude]
    for value in ends + [1, -1.5, 0, subnormal, 1.0039] {
      let (low, high) = (BFloat16(value, rounding: 0).float, BFloat16(value, rounding: .max).float)
      #expect(abs(low) <= abs(value) && abs(high) >= abs(value))
      if low == value { #expect(high == value) }
      let share = (0...UInt16.max).reduce(0) { $0 + (BFloat16(value, rounding: $1).float == low ? 0 : 1) }
      if high.isFinite, high != low {
        #expect(abs(Double(share) / 65_536 - Double((value - low) / (high - low))) < 1e-9, "\(value)")
      }
    }
    #expect(BFloat16(.nan, rounding: .max).float.isNaN)
  }
}
