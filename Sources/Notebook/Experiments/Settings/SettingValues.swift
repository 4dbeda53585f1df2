// The values that an experiment sets: one structure a section of its file, with the defaults. What each is called, what
// is allowed and where it comes from stands in `SettingTable`.
public import AudioFeatures
public import Catalogue
public import Evaluation
public import Generation
public import Optimizers
public import Questions
public import Records
public import TensorCore
public import Training

/// All settings of an experiment.
public struct SettingValues: Sendable, Hashable {
  /// A fine-tuning is made once with each.
  public var seeds = [42]
  public var methods = MethodSettings()
  public var evaluation = EvaluationSettings()
  public var prompt = PromptSettings()
  public var audio = AudioSettings()
  public var answers = AnswerTokens()
  public var precision = PrecisionSettings()
  public var data = DataSettings()
  public init() {}
}

/// In which order a fine-tuning comes to the questions of its set.
public enum QuestionSequence: String, Sendable, Hashable, CaseIterable {
  /// Every question once an epoch, in an order of the seed's and the epoch's.
  case shuffled
  /// As they stand in the set's file, from the start again at its end.
  case listed
}

/// The section `grpo`. What the engine takes is held as the engine has it.
@dynamicMemberLookup
public struct TrainingSettings: Sendable, Hashable {
  /// What a step takes: so many questions, or questions enough for so many completions.
  public enum Batch: Sendable, Hashable { case questions(Int), completions(Int) }

  /// Groups, loss, sampling and limits. The tokens of its limits are the checkpoint's, set when a fine-tuning begins.
  public var objective = GRPOSettings(limits: CompletionLimits(maximumTokens: 256, endTokens: []))
  public var optimizer = AdamWSettings()
  /// At its highest; see `schedule`.
  public var learningRate = 1e-6
  public var schedule = LearningRate.Schedule.linear
  public var warmUpSteps = 0
  public var steps = 1000
  /// Steps on a training set where they are not `steps`.
  public var stepsOn: [String: Int] = [:]
  public var batch = Batch.questions(8)
  public var questionSequence = QuestionSequence.shuffled
  public var reward = RewardRule.contains
  public var freezeAudioTower = false

  public init() { objective.gradientAccumulation = 2 }

  /// The objective's settings, as if they stood here.
  public subscript<Value>(dynamicMember path: WritableKeyPath<GRPOSettings, Value>) -> Value {
    get { objective[keyPath: path] }
    set { objective[keyPath: path] = newValue }
  }

  /// Questions of a step. With a batch of completions at least one, and the rest of a division dropped: a file whose
  /// division has a rest is refused.
  public var questionsPerStep: Int {
    get {
      switch batch {
      case .questions(let count): count
      case .completions(let count): max(count / objective.groupSize, 1)
      }
    }
    set { batch = .questions(newValue) }
  }

  /// Completions of a step.
  public var completionsPerStep: Int {
    get {
      switch batch {
      case .questions(let count): count * objective.groupSize
      case .completions(let count): count
      }
    }
    set { batch = .completions(newValue) }
  }

  public var maxCompletionLength: Int { objective.limits.maximumTokens }
  public var moments: ElementType { optimizer.momentType }

  func course(on set: DataSet) -> TrainingCourse {
    let own = on(set)
    return TrainingCourse(
      steps: own.steps, questionsPerStep: own.questionsPerStep, questionSequence: own.questionSequence)
  }

  /// The settings of a fine-tuning on a set.
  func on(_ set: DataSet) -> TrainingSettings {
    var settings = self
    settings.steps = stepsOn[set.name] ?? steps
    settings.stepsOn = [:]
    return settings
  }
}

/// The section `evaluation`.
public struct EvaluationSettings: Sendable, Hashable {
  public var maxNewTokens = 64
  public var scorer = AnswerScorer.string_match
  /// What of an answer is scored; nil scores all of it.
  public var answerTag: AnswerTag?
  /// Whether predictions hold the log-probability of each choice.
  public var optionProbabilities = false
  /// Of cells that name no decoding of their own.
  public var decoding = AnswerDecoding.greedy
  /// Of sampled answers; the penalty of greedy ones too.
  public var sampling = SamplingSettings(temperature: 1, topK: 50, topP: 1, repetitionPenalty: 1)
  /// Of sampled answers.
  public var seed = 42
  public init() {}
}

extension EvaluationSettings {
  /// How answers are drawn in a way of decoding; greedy where the options are given.
  /// - Parameter folder: the checkpoint's, whose `generation_config.json` may have the word.
  package func sampling(_ decoding: AnswerDecoding, checkpoint folder: String) throws -> SamplingSettings {
    switch decoding {
    case .greedy: SamplingSettings(repetitionPenalty: sampling.repetitionPenalty)
    case .sampled: sampling
    case .checkpoint: try SamplingSettings(checkpoint: folder)
    case .constrained, .likelihood: .greedy
    }
  }
}

/// The section `prompt`.
public struct PromptSettings: Sendable, Hashable {
  public var template = PromptTemplate.paper
  public var choices = ChoiceStyle.python_list
  public var audioForVideo = true
  /// Nil takes the chat template's default.
  public var system: String?
  /// Of one model and its fine-tunings, where it differs.
  public var systemOf: [String: String] = [:]
  public init() {}

  /// As questions of a form are asked: AVQA's, which are for training, say "audio" for "video" where `audioForVideo` is
  /// set; all others are asked word for word.
  public func asking(_ form: DataForm) -> PromptSettings {
    var settings = self
    settings.audioForVideo = audioForVideo && form == .avqa
    return settings
  }

  /// As a model is asked: with its own system text, if it has one.
  public func asking(_ model: CatalogueModel) -> PromptSettings {
    var settings = self
    settings.system = systemOf[model.name] ?? system
    settings.systemOf = [:]
    return settings
  }

  /// As a profile asks a model the questions of a set. No generated question says "video" (a test holds them to it), so
  /// that the rule changes nothing there; their keys and records name the setting as the file has it.
  func asking(_ model: CatalogueModel, _ set: DataSet, in profile: Profile) -> PromptSettings {
    let settings = asking(model)
    return profile == .paper ? settings.asking(set.form) : settings
  }

  package var promptTemplate: PromptTemplate {
    PromptTemplate(text: template, choices: choices, saysAudioForVideo: audioForVideo, system: system)
  }
}

/// The section `audio`.
public struct AudioSettings: Sendable, Hashable {
  public var pipeline = ListeningPipeline.qwen_omni_utils
  /// How much of a clip is heard.
  public enum Limit: String, Sendable, Hashable, CaseIterable {
    /// What the checkpoint's preprocessor says: 30 s (Qwen2-Audio) and 300 s (Qwen2.5-Omni) where it says nothing.
    case checkpoint
  }
  public var limit = Limit.checkpoint
  public init() {}
}

/// The section `precision`: in what form numbers are stored and computed with.
public struct PrecisionSettings: Sendable, Hashable {
  /// The only precision that weights are trained in.
  public enum Float32Only: String, Sendable, Hashable, CaseIterable { case float32 }
  /// The only precision that a frozen model is computed in.
  public enum StoredOnly: String, Sendable, Hashable, CaseIterable {
    /// As the checkpoint's files have them: bfloat16 or float32.
    case checkpoint
  }

  /// Weights that are trained.
  public var trainedWeights = Float32Only.float32
  public var activations = Float32Only.float32
  public var gradients = Float32Only.float32
  /// Weights in the checkpoint that a fine-tuning leaves: as they were trained, or rounded to the nearest bfloat16.
  public var checkpoint = ElementType.float32
  /// Weights of the reference model.
  public var reference = StoredOnly.checkpoint
  /// Weights of a model that is asked.
  public var askedWeights = StoredOnly.checkpoint
  public init() {}
}

/// The section `data`: what an experiment does about data sets that are not whole here.
public struct DataSettings: Sendable, Hashable {
  public var subset = QuestionSubset.all
  /// Of training sets, where it differs; nil takes `subset`.
  public var trainingSubset: QuestionSubset?
  public init() {}

  /// What a fine-tuning takes of its set.
  package func subset(_ cell: TrainCell) -> QuestionSubset { cell.subset ?? trainingSubset ?? subset }
  /// What an evaluation takes of its benchmark.
  package func subset(_ cell: EvaluateCell) -> QuestionSubset { cell.subset ?? subset }
}
