// What the ways of training have in common, and what each does with the questions of a step.
internal import Diagnostics
internal import Evaluation
internal import Training
internal import JSONText
internal import Models
internal import Optimizers
internal import Questions

/// One way of training, at work on one model.
protocol FineTuning: AnyObject {
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
