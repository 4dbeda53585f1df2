// From logits to the probabilities a token is drawn with, as the reference filters them; and the draw itself.
import Foundation
import Generation
import JSONText
import SafeTensors
import TensorCore
import TestSupport
import Testing

@Suite("Sampling")
struct SamplingTests {
  @Test("penalty, temperature, top-k and top-p give the reference's probabilities", arguments: Fixtures.sets)
  func parity(_ set: FixtureSet) throws { #expect(try disagreements(set) == []) }

  @Test("a probability moved by ten times its tolerance is told")
  func moved() throws {
    let moved = try MovedFixtures(Fixtures.small)
    try moved.move("probs_0", of: "sampling/sampling.safetensors", element: 5, by: 1e-5)
    #expect(try disagreements(moved.set) == ["setting 0, row 0"])
  }

  /// Rows of distributions that are not the reference's.
  private func disagreements(_ set: FixtureSet) throws -> [String] {
    let folder = set.file("sampling/")
    var list: [String] = []
    let bytes = try #require(FileManager.default.contents(atPath: folder + "sampling.json"))
    let settings = try #require(try JSONValue(parsing: Array(bytes), file: "sampling.json")["settings"]?.array)
    let file = try SafeTensorsFile(path: folder + "sampling.safetensors")
    let logits = try file.tensor("logits")
    let previous = try file.integers("previous_ids").map { Int32($0) }
    let width = logits.width
    let seen = previous.count / logits.rowCount
    #expect(settings.count > 1)
    for (index, setting) in settings.enumerated() {
      let sampling = SamplingSettings(
        temperature: Float(try #require(setting["temperature"]?.double)), topK: setting["top_k"]?.integer ?? 0,
        topP: Float(setting["top_p"]?.double ?? 1), repetitionPenalty: Float(setting["repetition_penalty"]?.double ?? 1))
      let expected = try file.tensor("probs_\(index)").hostValues
      for row in 0..<logits.rowCount {
        let (tokens, probabilities) = sampling.distribution(
          over: Array(logits.hostValues[row * width..<(row + 1) * width]),
          seen: previous[row * seen..<(row + 1) * seen])
        var ours = [Double](repeating: 0, count: width)
        for (token, probability) in zip(tokens, probabilities) { ours[Int(token)] = probability }
        // The same tokens are left out, and the rest agrees to the reference's Float32.
        let agrees = zip(ours, expected[row * width..<(row + 1) * width]).allSatisfy { a, b in
          (a == 0) == (b == 0) && abs(a - Double(b)) <= 1e-6
        }
        if !agrees { list.append("setting \(index), row \(row)") }
      }
    }
    return list
  }

  @Test("tokens are drawn as often as their probabilities say, and each by the part of [0, 1) that is its own")
  func draws() {
    let sampling = SamplingSettings(temperature: 0.8, topK: 4)
    let logits: [Float] = [0.5, -1, 2, 1.5, -.infinity, 0.9, 1.5]
    let (tokens, probabilities) = sampling.distribution(over: logits)
    #expect(tokens == [2, 3, 5, 6])
    var counts: [Int32: Int] = [:]
    var stream = RandomStream(seed: 1, purpose: "draws").sequence
    for _ in 0..<40_000 { counts[sampling.draw(from: logits, uniform: stream.uniform()), default: 0] += 1 }
    for (token, probability) in zip(tokens, probabilities) {
      let deviation = (probability * (1 - probability) / 40_000).squareRoot()
      #expect(abs(Double(counts[token] ?? 0) / 40_000 - probability) < 5 * deviation)
    }
    #expect(sampling.draw(from: logits, uniform: 0) == 2)
    #expect(sampling.draw(from: logits, uniform: probabilities[0]) == 3)
    #expect(sampling.draw(from: logits, uniform: 1.0.nextDown) == 6)
  }

  @Test("greedy takes the highest, the lowest id of equals; a number that is none is never highest")
  func greedy() {
    #expect(SamplingSettings.greedy.draw(from: [1, 3, 3, 2], uniform: 0.9) == 1)
    #expect(SamplingSettings.greedy.draw(from: [.nan, 1, .nan, 2], uniform: 0) == 3)
    #expect(SamplingSettings.greedy.draw(from: [-.infinity, -5, -.infinity], uniform: 0) == 1)
  }
}
