// Answers that are drawn: the frequencies are the probabilities, and nothing but seed, question and position moves one.
import CPUBackend
import Evaluation
import Foundation
import Generation
import Layers
import Models
import Records
import TensorCore
import TestSupport
import Testing

@Suite("Sampled answers")
struct SampledAnswerTests {
  private static let vocabulary = 12

  private static func model(threads: Int) throws -> AudioLanguageModel {
    let configuration = ModelConfiguration(
      architecture: .qwen25Omni,
      tower: AudioTowerConfiguration(
        sizes: TowerSizes(hiddenSize: 16, intermediateSize: 24, headCount: 2), layerCount: 1, melBandCount: 8,
        maximumPositions: 64, halfWindow: 20),
      decoder: DecoderConfiguration(
        sizes: DecoderSizes(
          hiddenSize: 24, intermediateSize: 40,
          heads: AttentionHeads(headCount: 4, keyValueHeadCount: 2, headSize: 6), ropeTheta: 1e4),
        layerCount: 2, vocabularySize: vocabulary, rmsEpsilon: 1e-6, tiesWordEmbeddings: false, maximumPositions: 512),
      audioTokenID: 11)
    return try AudioLanguageModel(configuration, weights: .random(seed: 3, on: CPUBackend(threadCount: threads)))
  }

  private func request(_ id: String, _ tokens: [Int32]) -> AnswerRequest {
    AnswerRequest(id: id, prompt: PromptInput(tokens: tokens), options: [])
  }

  private func answering(
    _ sampling: SamplingSettings, seed: UInt64 = 42, tokens: Int = 9, _ decoding: AnswerDecoding = .sampled
  ) -> Answering {
    Answering(
      decoding: decoding, sampling: sampling,
      limits: CompletionLimits(maximumTokens: tokens, endTokens: [1], suppressedTokens: [11]), seed: seed)
  }

  /// The logits of the token after a prompt.
  private func logits(_ model: AudioLanguageModel, _ tokens: [Int32]) -> [Float] {
    let pass = ForestPass(model, prompts: [PromptInput(tokens: tokens)], keeping: .nothing, outputs: .completions)
    return model.backend.download(HeadPass(pass, rowsByQuestion: [[tokens.count - 1]]).logits)
  }

  /// What each token's probability is by definition, step by step: penalty, temperature, top-k, top-p.
  private func probabilities(_ logits: [Float], _ s: SamplingSettings, seen: [Int32]) -> [Double] {
    var scores = logits.map(Double.init)
    let penalty = Double(s.repetitionPenalty)
    for token in Set(seen) {
      let score = scores[Int(token)]
      scores[Int(token)] = score > 0 ? score / penalty : score * penalty
    }
    scores[11] = -.infinity
    scores = scores.map { $0 / Double(s.temperature) }
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var kept = s.topK > 0 ? Array(order.prefix(s.topK)) : order
    func shares(_ tokens: [Int]) -> [Double] {
      let weights = tokens.map { exp(scores[$0] - scores[order[0]]) }
      let sum = weights.reduce(0, +)
      return weights.map { $0 / sum }
    }
    // The likeliest tokens until their sum reaches p; the one that reaches it stays.
    var sum = 0.0
    let before = shares(kept)
    kept = kept.indices.filter { index in
      defer { sum += before[index] }
      return sum < Double(s.topP)
    }.map { kept[$0] }
    var result = [Double](repeating: 0, count: scores.count)
    for (token, share) in zip(kept, shares(kept)) { result[token] = share }
    return result
  }

  @Test("frequencies are the exact probabilities, on a small vocabulary", arguments: [
    SamplingSettings(temperature: 1), SamplingSettings(temperature: 2), SamplingSettings(temperature: 0.7, topK: 4),
    SamplingSettings(temperature: 1, topP: 0.6),
    SamplingSettings(temperature: 0.7, topK: 8, topP: 0.8, repetitionPenalty: 1.3),
  ])
  func frequencies(_ sampling: SamplingSettings) throws {
    let model = try Self.model(threads: 2)
    let prompt: [Int32] = [2, 7, 5, 3, 7]
    let exact = probabilities(logits(model, prompt), sampling, seen: prompt)
    #expect(abs(exact.reduce(0, +) - 1) < 1e-12)
    #expect(exact.count { $0 > 0.01 } > 2)
    let count = 6000
    let asked = answering(sampling, tokens: 1)
    var counts = [Int](repeating: 0, count: Self.vocabulary)
    for start in stride(from: 0, to: count, by: 500) {
      let answers = asked.answer((start..<start + 500).map { request("q\($0)", prompt) }, by: model)
      for answer in answers { counts[Int(answer.tokens[0])] += 1 }
    }
    for (token, probability) in exact.enumerated() {
      // Five standard deviations; what has no probability is never drawn.
      let spread = 5 * (probability * (1 - probability) / Double(count)).squareRoot()
      let share = Double(counts[token]) / Double(count)
      #expect(abs(share - probability) <= spread, "token \(token): \(share), not \(probability)")
    }
  }

  @Test("the same answers for any batch, order, number of threads and place to go on from; another seed gives others")
  func same() throws {
    let sampling = SamplingSettings(temperature: 1.5, topK: 8, topP: 0.95, repetitionPenalty: 1.1)
    let requests = (0..<12).map { index in
      request("q\(index)", (0..<Int32(3 + index)).map { 2 + (3 * $0 + Int32(index)) % 9 })
    }
    let model = try Self.model(threads: 1)
    let whole = answering(sampling).answer(requests, by: model)
    #expect(Set(whole.map(\.tokens)).count > 6)
    #expect(requests.flatMap { answering(sampling).answer([$0], by: model) } == whole)
    #expect(answering(sampling).answer(requests.reversed(), by: model) == whole.reversed())
    // What an interrupted evaluation has left to ask.
    #expect(answering(sampling).answer(Array(requests[5...]), by: model) == Array(whole[5...]))
    #expect(answering(sampling).answer(requests, by: try Self.model(threads: 3)) == whole)
    #expect(answering(sampling, .checkpoint).answer(requests, by: model) == whole)
    #expect(answering(sampling, seed: 43).answer(requests, by: model) != whole)
    // Questions of the same words have numbers of their own.
    let twins = answering(sampling).answer((0..<8).map { request("twin\($0)", [2, 7, 5]) }, by: model)
    #expect(Set(twins.map(\.tokens)).count > 3)
    #expect(twins.allSatisfy { !$0.tokens.contains(11) })
  }

  @Test("a checkpoint's word on how it answers, with the library's defaults for the rest")
  func checkpoint() throws {
    let folder = try TemporaryFolder()
    func read(_ text: String?) throws -> SamplingSettings {
      if let text { try folder.write(text, to: "generation_config.json") }
      return try SamplingSettings(checkpoint: folder.path)
    }
    let missing = refusal { try read(nil) } ?? ""
    #expect(missing.contains("generation_config.json: error: there is no such file, which says how the checkpoint draws"))
    #expect(missing.contains("set evaluation.decoding to greedy or sampled"))
    let told = "{\"do_sample\": true, \"temperature\": 0.7, \"top_k\": 20, \"top_p\": 0.5, \"repetition_penalty\": 1.1}"
    #expect(try read(told) == SamplingSettings(temperature: 0.7, topK: 20, topP: 0.5, repetitionPenalty: 1.1))
    #expect(try read("{\"do_sample\": true, \"top_k\": null}") == SamplingSettings(temperature: 1, topK: 50, topP: 1))
    #expect(try read("{}") == .greedy)
    #expect(try read("{\"temperature\": 0.7, \"repetition_penalty\": 1.1}") == SamplingSettings(repetitionPenalty: 1.1))
    let faults = refusal { try read("{\"do_sample\": 1, \"top_p\": 2, \"top_k\": -1, \"temperature\": 0}") } ?? ""
    for words in [
      "do_sample: 1 is neither true nor false", "top_p: 2 is no number above 0, up to 1",
      "top_k: -1 is no whole number from 0 to 1000000", "temperature: 0 is no number above 0, up to 100",
    ] { #expect(faults.contains(words), "\(faults)") }
    #expect(refusal { try read("[]") }?.contains("an object is expected") == true)
  }
}
