// The section `sft`, and what every way of training has in common.
internal import Catalogue
public import Optimizers

/// The section `sft`: supervised fine-tuning on the answers of a set.
public struct SupervisedSettings: Sendable, Hashable {
  public var optimizer = AdamWSettings()
  /// At its highest; see `schedule`.
  public var learningRate = 1e-5
  public var schedule = LearningRate.Schedule.linear
  public var warmUpSteps = 0
  public var steps = 1000
  public var questionsPerStep = 8
  public var questionSequence = QuestionSequence.shuffled
  /// Gradients are scaled down to this global norm; 0 leaves them.
  public var maximumGradientNorm = 1.0
  public var freezeAudioTower = false
  /// What is to be said: a text with `{answer}`.
  public var target = "{answer}"

  public init() {}
}

/// Which questions a fine-tuning comes to.
public struct TrainingCourse: Sendable, Hashable {
  public var steps: Int
  public var questionsPerStep: Int
  public var questionSequence: QuestionSequence

  /// The places of a step's questions among `count`.
  package func order(count: Int, seed: Int) -> QuestionOrder {
    QuestionOrder(questionSequence, count: count, seed: UInt64(clamping: seed))
  }
}

extension SettingValues {
  /// What a fine-tuning comes to.
  package func course(_ cell: TrainCell) -> TrainingCourse {
    switch cell.method {
    case .grpo:
      let s = training.on(cell.on)
      return TrainingCourse(
        steps: s.steps, questionsPerStep: s.questionsPerStep, questionSequence: s.questionSequence)
    case .sft:
      return TrainingCourse(
        steps: supervised.steps, questionsPerStep: supervised.questionsPerStep,
        questionSequence: supervised.questionSequence)
    }
  }
}

extension Experiment {
  /// What a fine-tuning comes to, with its own settings.
  public func course(_ cell: TrainCell) -> TrainingCourse { values.taking(cell.own).course(cell) }
}
