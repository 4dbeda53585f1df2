// Making a micro base model: clips, tower, text, clips and text; a checkpoint folder at the end.
internal import ContentHash
public import Evaluation
internal import Foundation
internal import JSONText
internal import Layers
internal import MicroWorld
internal import Models
internal import Optimizers
internal import Questions
internal import SafeTensors
public import TensorCore
internal import Tokenization
internal import Training

/// Steps done of steps in all, of a named piece of work.
public struct WorkProgress: Sendable {
  public var what: String
  public var done: Int
  public var total: Int
  /// A number worth watching, such as a loss.
  public var note: String

  public init(what: String, done: Int, total: Int, note: String = "") {
    self.what = what
    self.done = done
    self.total = total
    self.note = note
  }
}

/// Makes one of the small base models; what it has made of it is found in its cache.
public struct MicroBase {
  let recipe: MicroRecipe
  /// Where worlds and towers are kept between runs.
  let cache: String
  let backend: any Backend
  /// What the clips it is taught with sound like: other bases may know them already.
  let sounds: KnownSounds
  /// That make its clips.
  let threads: Int
  let progress: (WorkProgress) throws -> Void

  public init(
    recipe: MicroRecipe, cache: String, backend: any Backend, sounds: KnownSounds = KnownSounds(), threads: Int,
    progress: @escaping (WorkProgress) throws -> Void
  ) {
    self.sounds = sounds
    self.threads = threads
    self.recipe = recipe
    self.cache = cache
    self.backend = backend
    self.progress = progress
  }

  /// A base before it was taught anything, and what it is taught with.
  struct Beginning {
    let model: AudioLanguageModel
    let listener: Listener
    let clips: [Clip]
    /// By clip.
    let mels: [String: MelClip]
  }

  /// Trains the base and writes its checkpoint folder.
  public func make(at folder: String) throws {
    let beginning = try begin(at: folder)
    try prepareTower(beginning)
    try teach(beginning)
    try beginning.model.write(to: folder)
  }

  /// Random weights, the clips heard, and all of the checkpoint folder but the weights.
  func begin(at folder: String) throws -> Beginning {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try writeTokenizer(to: folder)
    let configuration = try ModelConfiguration(folder: folder)
    let model = try AudioLanguageModel(configuration, weights: .random(seed: recipe.seed, on: backend))
    let listener = try Listener(folder: folder, configuration: configuration, sounds: sounds)

    let world = MicroWorld(size: recipe.size, seed: recipe.seed)
    let worldFolder = cache + "/micro-world/\(recipe.size.name)-\(recipe.seed)/taught"
    let clips = world.taughtClips
    var mels: [String: MelClip] = [:]
    for start in stride(from: 0, to: clips.count, by: 200) {
      let part = clips[start..<min(start + 200, clips.count)]
      try world.writeTaught(part, to: worldFolder, threads: threads)
      let heard = try listener.hear(part.map { worldFolder + "/audio/" + MicroWorld.fileName($0) })
      for (clip, mel) in zip(part, heard) { mels[clip.id] = mel }
      try progress(WorkProgress(what: "making and hearing sounds", done: start + part.count, total: clips.count, note: ""))
    }
    return Beginning(model: model, listener: listener, clips: clips, mels: mels)
  }

  private func writeTokenizer(to folder: String) throws {
    let marks = ["['", "',", "'", "']", "?", ":", ",", "."]
    let builder = TokenizerBuilder(words: Knowledge.vocabularyWords + marks)
    try builder.write(to: folder)
    let tokenizer = try Tokenizer(folder: folder)
    let audio = try tokenizer.id(of: .audio)
    let config = recipe.configuration(vocabularySize: tokenizer.vocabularySize, audioTokenID: Int(audio))
    let files: [(String, JSONValue)] = [
      ("config.json", config),
      ("preprocessor_config.json", .object(["chunk_length": 2, "feature_size": 128, "sampling_rate": 16_000])),
      ("generation_config.json", .object(["do_sample": false])),
    ]
    for (name, json) in files {
      try Data(json.indentedText.utf8).write(to: URL(fileURLWithPath: folder + "/" + name), options: .atomic)
    }
  }

  private func teach(_ beginning: Beginning) throws {
    let (model, listener) = (beginning.model, beginning.listener)
    let (clips, mels) = (beginning.clips, beginning.mels)
    let template = PromptTemplate()
    let teaching = Teaching(
      seed: recipe.seed, dials: recipe.dials) { question, choices in
      template.userText(
        AudioQuestion(id: "", audioPath: nil, question: question, choices: choices, answer: nil))
    }
    let total = recipe.textSteps + recipe.heardSteps
    model.train(freezingTower: true)
    let trainer = SupervisedTrainer(
      model: model,
      learningRate: LearningRate(
        peak: recipe.peakRate, schedule: .cosine, warmUpSteps: min(30, total), stepCount: total))
    for step in 0..<total {
      var numbers = RandomStream(seed: recipe.seed, purpose: "taught batch", step: step).sequence
      let isText = step < recipe.textSteps
      var items: [TaughtItem] = []
      let textCount = isText ? recipe.heardItems : recipe.textItems
      for index in 0..<textCount {
        items.append(teaching.read(step * 64 + index, turnCount: recipe.turnCount))
      }
      if !isText {
        for _ in 0..<recipe.heardItems {
          items.append(teaching.heard(numbers.element(of: clips), round: step, turnCount: recipe.turnCount))
        }
      }
      let supervised = try items.map { try self.item($0, listener, mel: $0.clip.flatMap { mels[$0.id] }) }
      let record = try trainer.step(step, supervised)
      try progress(
        WorkProgress(what: "teaching", done: step + 1, total: total, note: "loss \(short(record.loss))"))
    }
  }

  /// Prefix and turns as tokens: the prefix ends behind the clip, or where the user begins to speak.
  private func item(_ item: TaughtItem, _ listener: Listener, mel: MelClip?) throws -> SupervisedItem {
    let clips = mel.map { [$0] } ?? []
    let mark = mel == nil ? "<|im_start|>user\n" : "<|audio_eos|>"
    func split(_ question: String) -> (head: String, tail: String) {
      let text = listener.template.render(system: nil, audioCount: clips.count, question: question)
      guard let range = text.range(of: mark) else { return (text, "") }
      return (String(text[..<range.upperBound]), String(text[range.upperBound...]))
    }
    let head = try ChatTemplate.expand(
      listener.tokenizer.encode(split("").head), audioTokenCounts: clips.map(\.tokenCount),
      audioTokenID: try listener.tokenizer.id(of: .audio))
    let turns = try item.turns.map { turn in
      SupervisedTurn(
        given: listener.tokenizer.encode(split(turn.user).tail), target: try listener.answerTokens(turn.assistant))
    }
    return SupervisedItem(id: item.id, prefix: PromptInput(tokens: head, clips: clips), turns: turns)
  }

  func short(_ value: Double) -> String { String(format: "%.3f", value) }
}
