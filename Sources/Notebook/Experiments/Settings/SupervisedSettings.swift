// The section `sft`.
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

extension SupervisedSettings {
  var course: TrainingCourse {
    TrainingCourse(steps: steps, questionsPerStep: questionsPerStep, questionSequence: questionSequence)
  }
}
