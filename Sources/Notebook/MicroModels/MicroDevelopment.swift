// The bench on which the micro world's dials were set: a base, a fine-tuning and the controls on the development
// benchmark, whose seed is not the reported one's.
public import Catalogue
internal import Evaluation
internal import Foundation
internal import Generation
internal import Layers
public import MicroWorld
internal import Models
internal import Optimizers
internal import Questions
internal import Records
public import TensorCore
internal import Training

/// Tries a base and a fine-tuning on the development benchmark.
public struct MicroDevelopment {
  /// What a fine-tuning is tried with.
  public struct Trial: Sendable, Hashable {
    public var steps: Int
    public var rate: Double
    public var groupSize: Int

    public init(steps: Int, rate: Double, groupSize: Int) {
      self.steps = steps
      self.rate = rate
      self.groupSize = groupSize
    }
  }

  public let cache: String
  public let backend: any Backend
  public let threads: Int
  public let print: (String) -> Void

  public init(cache: String, backend: any Backend, threads: Int, print: @escaping (String) -> Void) {
    self.threads = threads
    self.cache = cache
    self.backend = backend
    self.print = print
  }

  /// Makes the named base and prints what it gets right, before and after fine-tuning on each set.
  /// - Parameter isKnown: takes the base that an earlier call made.
  public func run(
    base: CatalogueModel.StandIn, size: WorldSize, isKnown: Bool, sets: [MicroSet], seeds: [UInt64], trial: Trial
  ) throws {
    let recipe: MicroRecipe
    switch base {
    case .qwen2Audio: recipe = .qwen2Audio(size)
    case .qwen25Omni: recipe = .qwen25Omni(size)
    }
    let folder = cache + "/development/" + base.rawValue + "-micro"
    var last = ""
    let start = Date()
    let maker = MicroBase(recipe: recipe, cache: cache, backend: backend, threads: threads) { progress in
      if progress.done % 50 == 0 || progress.done == progress.total {
        let line = "\(progress.what) \(progress.done)/\(progress.total) \(progress.note)"
        if line != last { self.print(line + String(format: "  %.0f s", Date().timeIntervalSince(start))) }
        last = line
      }
    }
    if !isKnown { try maker.make(at: folder) }

    let world = MicroWorld(size: size, variant: MicroWorld.development)
    let root = cache + "/micro-world/\(size.name)-development"
    try world.write(.mmauMini, under: root, threads: threads)
    let benchmark = try Benchmark(
      mmau: MicroSet.mmauMini.file, in: DataFolder(root + "/" + MicroSet.mmauMini.folder),
      name: "mmau-mini (development)")
    let configuration = try ModelConfiguration(folder: folder)
    let listener = try Listener(folder: folder, configuration: configuration)
    let model = try AudioLanguageModel(folder: folder, use: .training, on: backend)
    print("parameters: \(model.parameterCount)")
    for decoding in [AnswerDecoding.greedy, .constrained, .likelihood] {
      for hasAudio in [true, false] {
        try measure("base \(decoding.rawValue)", model, listener, benchmark, hasAudio, decoding)
      }
    }
    for (set, seed) in sets.flatMap({ set in seeds.map { (set, $0) } }) {
      let policy = try AudioLanguageModel(folder: folder, use: .training, on: backend)
      try fineTune(policy, reference: model, listener, set: set, size: size, seed: seed, trial)
      for hasAudio in [true, false] { try measure("\(set.rawValue) seed \(seed)", policy, listener, benchmark, hasAudio, .greedy) }
    }
  }

  private func measure(
    _ name: String, _ model: AudioLanguageModel, _ listener: Listener, _ benchmark: Benchmark, _ hasAudio: Bool,
    _ decoding: AnswerDecoding
  ) throws {
    let start = Date()
    var records: [PredictionRecord] = []
    try BenchmarkRun(hasAudio: hasAudio, decoding: decoding, maximumTokens: 8).run(
      benchmark.questions, of: benchmark, by: model, listener
    ) {
      records += $0
      return true
    }
    let right = records.count { $0.isCorrect == true }
    let offered = zip(benchmark.questions, records).count { $0.choices.contains($1.prediction) }
    var parts = ["sound", "music", "speech", "easy", "medium", "hard"].map { part in
      let own = records.filter { $0.category == part || $0.difficulty == part }
      return "\(part) \(own.count { $0.isCorrect == true })/\(own.count)"
    }
    let hinted = zip(benchmark.questions, records).filter { $0.0.question.hasSuffix("can be heard?") }
    parts.append("with a hint \(hinted.count { $0.1.isCorrect == true })/\(hinted.count)")
    print(
      "\(name), \(hasAudio ? "audio" : "no audio"): \(right)/\(records.count); an option \(offered); "
        + parts.joined(separator: ", ") + String(format: "  %.1f s", Date().timeIntervalSince(start)))
  }

  private func fineTune(
    _ policy: AudioLanguageModel, reference: AudioLanguageModel, _ listener: Listener, set: MicroSet,
    size: WorldSize,
    seed: UInt64, _ trial: Trial
  ) throws {
    let world = MicroWorld(size: size)
    let name = set.rawValue
    let hasAudio = set != .arcEasy
    let worldRoot = cache + "/micro-world/\(size.name)-\(world.seed)"
    try world.write(set, under: worldRoot, threads: threads)
    let root = worldRoot + "/" + set.folder
    let training =
      set == .arcEasy
      ? try TrainingSet(arc: set.file, in: DataFolder(root), name: name)
      : try TrainingSet(avqa: set.file, in: DataFolder(root), name: name)
    let template = PromptTemplate(saysAudioForVideo: true)
    policy.train()
    var settings = GRPOSettings(
      limits: CompletionLimits(
        maximumTokens: 8, endTokens: try listener.endTokens(),
        suppressedTokens: listener.suppressedTokens(vocabularySize: policy.configuration.decoder.vocabularySize)))
    settings.groupSize = trial.groupSize
    let trainer = GRPOTrainer(
      policy: policy, reference: reference, settings: settings,
      learningRate: LearningRate(peak: trial.rate, stepCount: trial.steps), seed: seed)
    let start = Date()
    var order = RandomStream(seed: seed, purpose: "order").sequence
    let questions = order.shuffled(training.questions)
    for step in 0..<trial.steps {
      let chosen = (0..<8).map { questions[(step * 8 + $0) % questions.count] }
      let batch = try chosen.map { question in
        let clips =
          hasAudio && question.audioPath != nil ? [try listener.hear(root + "/" + (question.audioPath ?? ""))] : []
        let prompt = try listener.prompt(template.userText(question), system: nil, clips: clips)
        return GRPOQuestion(id: question.id, prompt: prompt) { tokens in
          AnswerScorer.contains.isRight(
            listener.text(tokens), answer: question.answer ?? "", choices: question.choices) ? 1 : 0
        }
      }
      let record = try trainer.step(step, batch)
      if step % 25 == 24 {
        print(
          String(
            format: "  %@ step %d reward %.2f kl %.3f length %.1f zero %.2f norm %.2f  %.1f s", name, step + 1,
            record.rewardMean, record.kl, record.completionLengthMean, record.zeroAdvantageShare, record.gradientNorm,
            Date().timeIntervalSince(start)))
      }
    }
  }
}
