// An answer is a function of its question alone: not of the batch, nor of the order in it.
import CPUBackend
import Evaluation
import Generation
import JSONText
import Layers
import Models
import Records
import TensorCore
import Testing

@Suite("Answers in batches")
struct AnsweringTests {
  private let model: AudioLanguageModel
  private let limits = CompletionLimits(maximumTokens: 9, endTokens: [1], suppressedTokens: [47])

  init() throws {
    let configuration = ModelConfiguration(
      architecture: .qwen25Omni,
      tower: AudioTowerConfiguration(
        sizes: TowerSizes(hiddenSize: 16, intermediateSize: 24, headCount: 2), layerCount: 1, melBandCount: 8,
        maximumPositions: 64, halfWindow: 20),
      decoder: DecoderConfiguration(
        sizes: DecoderSizes(
          hiddenSize: 24, intermediateSize: 40,
          heads: AttentionHeads(headCount: 4, keyValueHeadCount: 2, headSize: 6), ropeTheta: 1e4),
        layerCount: 2, vocabularySize: 48, rmsEpsilon: 1e-6, tiesWordEmbeddings: false, maximumPositions: 512),
      audioTokenID: 47)
    model = try AudioLanguageModel(configuration, weights: .random(seed: 3, on: CPUBackend(threadCount: 2)))
  }

  /// Questions of different lengths, every other one with a clip, with two to four options.
  private func request(_ index: Int) -> AnswerRequest {
    var random = RandomStream(seed: 1, purpose: "request", question: "\(index)").sequence
    func tokens(_ count: Int) -> [Int32] { (0..<count).map { _ in Int32(random.integer(in: 2..<46)) } }
    var prompt = PromptInput(tokens: tokens(4 + 3 * index))
    if index % 2 == 0 {
      let frames = 20 + 4 * index
      let clip = MelClip(
        values: (0..<frames * 8).map { _ in Float(random.uniform() - 0.5) }, validFrameCount: frames,
        paddedFrameCount: frames, tailValue: 0)
      prompt = PromptInput(
        tokens: prompt.tokens + [Int32](repeating: 47, count: clip.tokenCount) + tokens(2), clips: [clip])
    }
    return AnswerRequest(
      id: "q\(index)", prompt: prompt, options: (0..<2 + index % 3).map { tokens(1 + ($0 + index) % 3) + [1] })
  }

  @Test("the same answers alone, together, and backwards", arguments: AnswerDecoding.allCases)
  func batches(_ decoding: AnswerDecoding) {
    let answering = Answering(decoding: decoding, limits: limits)
    let requests = (0..<7).map(request)
    let alone = requests.flatMap { answering.answer([$0], by: model) }
    #expect(answering.answer(requests, by: model) == alone)
    #expect(answering.answer(requests.reversed(), by: model) == alone.reversed())
    #expect(alone.map(\.id) == requests.map(\.id))
    #expect(Set(alone.map(\.tokens)).count > 3)
    #expect(answering.answer([], by: model) == [])
  }

  @Test("options are weighed beside any way of answering, as the likelihood reading weighs them; without options nothing is")
  func weighed() {
    var requests = (0..<7).map(request)
    let likelihood = Answering(decoding: .likelihood, limits: limits).answer(requests, by: model)
    let free = Answering(decoding: .greedy, limits: limits)
    #expect(free.weighOptions(requests, by: model) == likelihood.map(\.optionLogProbabilities))
    let answers = free.answer(requests, by: model)
    #expect(answers.allSatisfy { $0.optionLogProbabilities == nil })
    requests[2].options = []
    let rest = free.weighOptions(requests, by: model)
    #expect(rest[2] == nil && rest[3] == likelihood[3].optionLogProbabilities)
    #expect(free.weighOptions([], by: model).isEmpty)
  }

  @Test("recorded log-probabilities stand in records and lines, and are read back; without them nothing is written")
  func recorded() {
    var record = PredictionRecord(
      id: "1", prediction: "dog", answer: "dog", category: "sound", difficulty: "easy", isCorrect: true, isFinished: true,
      chance: 0.5, prompt: "")
    #expect(!record.json.canonicalText.contains("option") && !record.line.canonicalText.contains("option"))
    record.optionLogProbabilities = [-0.5, -2]
    #expect(record.line.canonicalText.contains(#""option_log_probabilities":[-0.5,-2.0]"#))
    #expect(PredictionRecord(json: record.json) == record)
  }

  @Test("constrained and likelihood answers are options; the likeliest option has the highest log-probability")
  func options() throws {
    let requests = (0..<7).map(request)
    for answer in Answering(decoding: .constrained, limits: limits).answer(requests, by: model) {
      let request = try #require(requests.first { $0.id == answer.id })
      #expect(request.options.contains(answer.tokens) && answer.isFinished)
    }
    for answer in Answering(decoding: .likelihood, limits: limits).answer(requests, by: model) {
      let request = try #require(requests.first { $0.id == answer.id })
      let sums = try #require(answer.optionLogProbabilities)
      #expect(sums.count == request.options.count && sums.allSatisfy { $0 < 0 })
      #expect(sums.firstIndex(of: sums.max() ?? 0) == request.options.firstIndex(of: answer.tokens))
    }
  }
}
