// What an experiment file says, typed. Property names equal the YAML keys, word for word.
internal import Diagnostics
public import Evaluation
public import GRPO
internal import MicroWorld
public import Questions
public import TensorCore

public enum Profile: String, Sendable, Hashable, CaseIterable {
  /// Small models of the same architectures, trained here; minutes on two cores.
  case micro
  /// Seconds, for tests.
  case smoke
  /// The published weights and the real data.
  case paper
}

public enum ModelName: String, Sendable, Hashable, CaseIterable {
  case qwen2Audio = "qwen2-audio"
  case qwen25Omni = "qwen2.5-omni"

  /// Where the paper profile finds the weights.
  var repository: String { self == .qwen2Audio ? "Qwen/Qwen2-Audio-7B-Instruct" : "Qwen/Qwen2.5-Omni-7B" }
}

public enum TrainingSetName: String, Sendable, Hashable, CaseIterable {
  case avqa
  case avqaGPT = "avqa-gpt"
  case vggsGPT = "vggs-gpt"
  case arcEasy = "arc-easy"
}

public enum BenchmarkName: String, Sendable, Hashable, CaseIterable {
  case mmauMini = "mmau-mini"
  case mmauFull = "mmau-full"
  case mmauMiniRevised = "mmau-v05.15.25-mini"
  case mmauFullRevised = "mmau-v05.15.25-full"
  case mmar
}

/// Where a value comes from.
public enum Origin: Sendable, Hashable {
  case paper(String)
  case assumed(String)
  /// The paper states it, in words that are read so.
  case reading(String)
  case profile(Profile)
  /// Given with `--set`, `--seed`.
  case commandLine
  case file

  var text: String {
    switch self {
    case .paper(let place): "paper, \(place)"
    case .assumed(let why), .reading(let why): "assumed: \(why)"
    case .profile(let profile): "\(profile.rawValue) profile"
    case .commandLine: "command line"
    case .file: "this file"
    }
  }

  /// Whether the paper states the value.
  var isStated: Bool {
    switch self {
    case .paper, .reading: true
    case .assumed, .profile, .commandLine, .file: false
    }
  }
}

/// GRPO as an experiment sets it.
public struct TrainingSettings: Sendable, Hashable {
  public var groupSize = 4
  public var temperature = 1.2
  public var klCoefficient = 0.04
  public var learningRate = 1e-6
  public var steps = 1000
  /// Steps on a training set where they are not `steps`.
  public var stepsOn: [TrainingSetName: Int] = [.vggsGPT: 2000]
  public var questionsPerStep = 8
  public var topK = 50
  public var topP = 1.0
  public var clipRange = 0.2
  public var maxCompletionLength = 256
  public var loss = LossNormalisation.grpo
  public var logProbabilityTemperature = 1.0
  public var advantage = AdvantageScaling.sample
  public var iterationsPerRollout = 1
  public var gradientAccumulation = 2
  public var maxGradientNorm = 1.0
  public var weightDecay = 0.0
  public var warmUpSteps = 0
  public var reward = RewardRule.contains
  public var freezeAudioTower = false
  /// How the optimiser's two moments are stored; bfloat16 halves their memory and is another result.
  public var moments = ElementType.float32

  public init() {}

  /// The settings of a fine-tuning on a set.
  func on(_ set: TrainingSetName) -> TrainingSettings {
    var settings = self
    settings.steps = stepsOn[set] ?? steps
    settings.stepsOn = [:]
    return settings
  }

  /// Key, place in the paper or reason, in the order they are written out.
  static let origins: [(key: String, origin: Origin)] = [
    ("group_size", .paper("section IV-A")), ("temperature", .paper("section IV-A")),
    ("kl_coefficient", .paper("section IV-A")), ("learning_rate", .paper("section IV-A")),
    ("steps", .paper("section IV-A")), ("questions_per_step", .reading("an effective batch of 8 counts prompts")),
    ("top_k", .assumed("the library's default at the time")), ("top_p", .assumed("the library's default")),
    ("clip_range", .assumed("the trainer's default")), ("max_completion_length", .assumed("the trainer's default")),
    ("loss", .assumed("the first public trainer for this task")),
    ("log_probability_temperature", .assumed("the first public trainer for this task")),
    ("advantage", .paper("equation 1, s over n - 1")), ("iterations_per_rollout", .assumed("the trainer's default")),
    ("gradient_accumulation", .paper("section IV-A")), ("max_gradient_norm", .assumed("the trainer's default")),
    ("weight_decay", .assumed("the trainer's default")), ("warm_up_steps", .assumed("the trainer's default")),
    ("reward", .paper("equation 2")), ("freeze_audio_tower", .reading("full fine-tuning, section III-A")),
  ]
}

public struct EvaluationSettings: Sendable, Hashable {
  public var maxNewTokens = 64
  public var scorer = AnswerScorer.string_match
  public init() {}
}

public struct PromptSettings: Sendable, Hashable {
  public var template = PromptTemplate.paper
  public var choices = ChoiceStyle.python_list
  public var audioForVideo = true
  public var system: String?
  public init() {}

  /// As questions of a form are asked: AVQA's, which are for training, say "audio" for "video" where `audioForVideo` is
  /// set; all others are asked word for word.
  public func asking(_ form: DataForm) -> PromptSettings {
    var settings = self
    settings.audioForVideo = audioForVideo && form == .avqa
    return settings
  }

  /// As a profile asks the questions of a set. No generated question says "video" (a test holds them to it), so that the
  /// rule changes nothing there; their keys and records name the setting as the file has it.
  func asking(_ set: MicroSet, in profile: Profile) -> PromptSettings { profile == .paper ? asking(set.form) : self }

  var promptTemplate: PromptTemplate {
    PromptTemplate(text: template, choices: choices, saysAudioForVideo: audioForVideo, system: system)
  }
}

/// Which questions of a set a cell takes.
public enum QuestionSubset: String, Sendable, Hashable, CaseIterable {
  case all
  /// Those whose clip is on this machine. What is measured so is marked as measured on a subset.
  case clips_present
  /// Those whose clip is on this machine and can be heard whole; marked in the same way.
  case clips_usable
}

/// What an experiment does about data sets that are not whole here.
public struct DataSettings: Sendable, Hashable {
  public var subset = QuestionSubset.all
  /// Of training sets, where it differs; nil takes `subset`.
  public var trainingSubset: QuestionSubset?
  public init() {}

  /// What a fine-tuning takes of its set.
  func subset(_ cell: TrainCell) -> QuestionSubset { cell.subset ?? trainingSubset ?? subset }
  /// What an evaluation takes of its benchmark.
  func subset(_ cell: EvaluateCell) -> QuestionSubset { cell.subset ?? subset }
}

public struct TrainCell: Sendable, Hashable {
  public var from: String
  public var on: TrainingSetName
  public var audio: Bool
  /// Nil takes the experiment's `data.training_subset`, or else its `data.subset`.
  public var subset: QuestionSubset?
}

public struct EvaluateCell: Sendable, Hashable {
  public var models: [String]
  public var on: BenchmarkName
  public var audio: [Bool]
  public var decoding: AnswerDecoding
  /// Nil takes the experiment's `data.subset`.
  public var subset: QuestionSubset?
}

/// A model whose weights were made elsewhere: a released fine-tuning, or one of another program.
public struct ForeignWeights: Sendable, Hashable {
  /// The model it is a fine-tuning of; gives its architecture.
  public var model: ModelName
  /// A folder, or `OWNER/NAME` or `OWNER/NAME@REVISION` in the hub's cache; as in the file.
  public var place: String
  /// What it was trained on, if that is said: it then stands in that row of the published tables.
  public var training: TrainingSetName?
  /// Whether it heard the sounds of that set.
  public var trainingAudio: Bool

  /// What names it in records: the repository, or a folder's own name, never a path of a machine.
  public var source: String {
    let isFolder = place.hasPrefix("/") || place.hasPrefix("~") || place.hasPrefix(".") || place.split(separator: "/").count != 2
    return isFolder ? "folder " + (place.split(separator: "/").last.map(String.init) ?? place) : place
  }
}

/// A cell of the notebook.
public enum Cell: Sendable, Hashable {
  case note(String)
  case model(ModelName, name: String)
  case weights(ForeignWeights, name: String)
  case train(TrainCell, name: String)
  case evaluate(EvaluateCell)
  case table(Int)
  case verify(Int)
}

/// An experiment under a profile, every default filled in.
public struct Experiment: Sendable, Hashable {
  /// The file's name without its ending.
  public var name: String
  public var title = ""
  /// The paper whose tables it names; nil for the default one.
  public var paper: String?
  public var table: Int?
  public var profile: Profile
  public var seeds: [Int] = [42]
  public var training = TrainingSettings()
  public var evaluation = EvaluationSettings()
  public var prompt = PromptSettings()
  public var data = DataSettings()
  public var cells: [Cell] = []
  /// Where it names tables of the paper, and the paper.
  public var tableUses: [TableUse] = []
  var paperMark: SourceMark?
  /// Dotted path to origin, for every value that is no default of the paper.
  public var origins: [String: Origin] = [:]

  public init(name: String, profile: Profile) {
    self.name = name
    self.profile = profile
  }
}
