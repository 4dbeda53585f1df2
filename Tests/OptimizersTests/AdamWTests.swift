// AdamW against its definition in Double, gradient clipping, and learning rates.
import CPUBackend
import Foundation
import Layers
import Optimizers
import TensorCore
import Testing

@Suite("AdamW")
struct AdamWTests {
  static let shapes: [Shape] = [[5, 7], [19], [1], [40, 33]]

  /// Parameters with their gradients, the same on every call.
  private func parameters(_ backend: CPUBackend) -> [Parameter] {
    Self.shapes.enumerated().map { index, shape in
      let tensor = backend.empty(shape, .float32)
      var numbers = RandomStream(seed: 1, purpose: "weight \(index)").sequence
      backend.upload((0..<shape.elementCount).map { _ in Float(numbers.normal()) }, to: tensor)
      let parameter = Parameter(name: "p\(index)", value: tensor)
      parameter.train(on: backend)
      return parameter
    }
  }

  /// Gradients of a step: some steps have tiny ones, some huge.
  private func gradients(step: Int) -> [[Float]] {
    Self.shapes.enumerated().map { index, shape in
      var numbers = RandomStream(seed: 2, purpose: "gradient \(index)", step: step).sequence
      let scale = [1, 1e-6, 30, 0.1][step % 4]
      return (0..<shape.elementCount).map { _ in Float(scale * numbers.normal()) }
    }
  }

  @Test("20 updates are those of the definition in Double, clipped and decayed", arguments: [false, true])
  func definition(_ decaysVectors: Bool) throws {
    let backend = CPUBackend(threadCount: 2)
    let parameters = parameters(backend)
    var settings = AdamWSettings()
    settings.weightDecay = 0.1
    settings.decaysVectors = decaysVectors
    let optimizer = AdamW(parameters, settings: settings, on: backend)
    var weights = parameters.map { $0.value.hostValues.map(Double.init) }
    var first = weights.map { $0.map { _ in 0.0 } }
    var second = first
    for step in 0..<20 {
      let gradients = gradients(step: step)
      for (parameter, values) in zip(parameters, gradients) {
        backend.upload(values, to: try #require(parameter.gradient))
      }
      let norm = gradients.joined().reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(optimizer.gradientNorm() - norm) <= 1e-12 * norm)
      let rate = 1e-2 / Double(step + 1)
      optimizer.step(rate: rate, gradientNorm: optimizer.gradientNorm(), maximumNorm: 2)
      let clip = min(1, 2 / (norm + 1e-6))
      for p in weights.indices {
        let decay = Self.shapes[p].sizes.count > 1 || decaysVectors ? 0.1 : 0
        for i in weights[p].indices {
          let g = Double(gradients[p][i]) * clip
          first[p][i] = 0.9 * first[p][i] + 0.1 * g
          second[p][i] = 0.999 * second[p][i] + 0.001 * g * g
          let (m, v) = (
            first[p][i] / (1 - pow(0.9, Double(step + 1))), second[p][i] / (1 - pow(0.999, Double(step + 1)))
          )
          weights[p][i] -= rate * decay * weights[p][i] + rate * m / (v.squareRoot() + 1e-8)
        }
      }
    }
    #expect(optimizer.stepCount == 20)
    for (p, parameter) in parameters.enumerated() {
      for (ours, theirs) in zip(parameter.value.hostValues, weights[p]) {
        // Twenty Float32 roundings of a weight of order one.
        #expect(abs(Double(ours) - theirs) <= 2e-6 * max(1, abs(theirs)))
      }
    }
  }

  @Test("the first update is the rate in the gradient's direction, whatever the gradient's size")
  func firstStep() throws {
    let backend = CPUBackend(threadCount: 1)
    let parameters = parameters(backend)
    let optimizer = AdamW(parameters, on: backend)
    let before = parameters.map { $0.value.hostValues }
    for (parameter, values) in zip(parameters, gradients(step: 2)) {
      backend.upload(values, to: try #require(parameter.gradient))
    }
    optimizer.step(rate: 1e-3, gradientNorm: optimizer.gradientNorm(), maximumNorm: 0)
    for (p, parameter) in parameters.enumerated() {
      for (i, value) in parameter.value.hostValues.enumerated() {
        let change = value - before[p][i]
        let expected: Float = gradients(step: 2)[p][i] > 0 ? -1e-3 : 1e-3
        #expect(abs(change - expected) < 5e-6)
      }
    }
  }

  @Test("moments in bfloat16 take half the memory and stay near those in Float32")
  func halves() throws {
    func run(_ type: ElementType) throws -> (weights: [Float], bytes: Int) {
      let backend = CPUBackend(threadCount: 2)
      let parameters = parameters(backend)
      var settings = AdamWSettings()
      settings.momentType = type
      let optimizer = AdamW(parameters, settings: settings, on: backend)
      for step in 0..<10 {
        for (parameter, values) in zip(parameters, gradients(step: 4 * step)) {
          backend.upload(values, to: try #require(parameter.gradient))
        }
        optimizer.step(rate: 1e-3, gradientNorm: 1, maximumNorm: 0)
      }
      #expect((optimizer.firstMoments + optimizer.secondMoments).allSatisfy { $0.elementType == type })
      return (
        parameters.flatMap { $0.value.hostValues },
        (optimizer.firstMoments + optimizer.secondMoments).reduce(0) { $0 + $1.elementCount * $1.elementType.byteCount }
      )
    }
    let (full, half) = (try run(.float32), try run(.bfloat16))
    #expect(half.bytes * 2 == full.bytes)
    #expect(half.weights != full.weights)
    // Ten updates of at most 1e-3 each, their sizes known to 8 bits.
    #expect(zip(full.weights, half.weights).allSatisfy { abs($0 - $1) < 5e-4 })
  }

  @Test("a norm with a number that is none is none")
  func notFinite() throws {
    let backend = CPUBackend(threadCount: 2)
    let parameters = parameters(backend)
    let optimizer = AdamW(parameters, on: backend)
    for bad in [Float.nan, .infinity] {
      for (parameter, values) in zip(parameters, gradients(step: 0)) {
        var values = values
        values[values.count - 1] = bad
        backend.upload(values, to: try #require(parameter.gradient))
      }
      #expect(!optimizer.gradientNorm().isFinite)
    }
  }
}

@Suite("Learning rates")
struct LearningRateTests {
  @Test("warm-up, then constant, a line or half a cosine, as the published schedules")
  func schedules() {
    for schedule in LearningRate.Schedule.allCases {
      let rate = LearningRate(peak: 3e-4, schedule: schedule, warmUpSteps: 4, stepCount: 20)
      #expect((0..<4).map { rate.rate(step: $0) } == (0..<4).map { 3e-4 * Double($0) / 4 })
      for step in 4..<25 {
        let done = Double(min(step, 20) - 4) / 16
        let expected =
          switch schedule {
          case .constant: 3e-4
          case .linear: 3e-4 * (1 - done)
          case .cosine: 3e-4 * 0.5 * (1 + cos(Double.pi * done))
          }
        #expect(abs(rate.rate(step: step) - expected) < 1e-18, "\(schedule) \(step)")
      }
    }
  }

  @Test("no warm-up begins at the peak; a schedule that is all warm-up does not divide by nothing")
  func edges() {
    #expect(LearningRate(peak: 1, stepCount: 10).rate(step: 0) == 1)
    #expect(LearningRate(peak: 1, stepCount: 10).rate(step: 10) == 0)
    #expect(LearningRate(peak: 1, warmUpSteps: 10, stepCount: 10).rate(step: 9) == 0.9)
    #expect(LearningRate(peak: 1, warmUpSteps: 10, stepCount: 10).rate(step: 10) == 1)
    #expect(LearningRate(peak: 1, schedule: .linear, stepCount: 0).rate(step: 5).isFinite)
  }
}
