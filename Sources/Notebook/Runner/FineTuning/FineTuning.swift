// What the ways of training have in common, and what each does with the questions of a step.
internal import Diagnostics
internal import Estimates
internal import Evaluation
internal import Experiments
internal import JSONText
internal import Models
internal import Optimizers
internal import Questions
internal import Training

extension TrainingMethod {
  /// What makes its steps.
  var way: any FineTuning.Type {
    switch self {
    case .grpo: Reinforcement.self
    case .sft: Supervision.self
    }
  }
}

/// What a fine-tuning begins with.
struct FineTuningStart {
  let values: SettingValues
  let policy: AudioLanguageModel
  /// Frozen, where the way needs one.
  let reference: AudioLanguageModel?
  let listener: Listener
  let seed: Int
  /// Whether activations are computed again in the backward.
  let recomputes: Bool
}

/// One way of training, at work on one model.
protocol FineTuning: AnyObject {
  /// Whether the model it begins with is kept beside the one that is trained.
  static func needsReference(_ values: SettingValues) -> Bool
  static func freezesTower(_ values: SettingValues) -> Bool
  /// The size of a step, by which times of steps are compared.
  static func stepSize(_ values: SettingValues, _ course: TrainingCourse) -> String
  /// Fills in what a step takes.
  static func count(_ values: SettingValues, into work: inout TrainingWork)
  /// Operations of a step of a micro or smoke model, as many as products would do in its time: measured on two cores,
  /// with AVX-512, canonical arithmetic.
  static func measuredOperations(isMicro: Bool, hears: Bool) -> Double
  /// The setting that leaves too little room for a prompt; nil where no setting does.
  static var lengthSetting: String? { get }

  /// - Throws: settings that cannot work with the model.
  init(_ start: FineTuningStart) throws

  var optimizer: AdamW { get }
  /// Updates that a step makes.
  var updatesPerStep: Int { get }
  /// The setting that is too high where a step leaves the numbers.
  var rateName: String { get }

  /// Why a question's prompt leaves no room for its answer; nil if it does.
  func mistake(promptTokens count: Int, of question: AudioQuestion) -> String?

  /// Makes step `index`.
  /// - Parameter prompts: a prompt a question, in their order.
  /// - Throws: `NotFinite`, and what cannot be said in the tokens of the checkpoint.
  func step(_ index: Int, _ questions: [AudioQuestion], prompts: [PromptInput]) throws -> FineTuningStep
}

/// What a step gave.
struct FineTuningStep {
  /// A line of `training.jsonl`.
  var record: JSONValue
  /// For a person who waits.
  var note: String
  var phases = PhaseTimes()
  /// The share of the step's completions that name more than one option; nil where nothing was drawn.
  var severalOptions: Double?
}
