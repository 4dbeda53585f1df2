// The ways of training, in one place: a way is a case here, its settings with their lines of the table are a file beside
// this one, and its steps a file of the runner's `FineTuning/`.
internal import Catalogue

/// How a model is fine-tuned. The raw value is its name in experiments, and that of its section of settings.
public enum TrainingMethod: String, Sendable, Hashable, CaseIterable {
  /// Group relative policy optimisation.
  case grpo
  /// Supervised: every token of the answer is to be said.
  case sft

  /// The lines of the table of settings that are its section.
  var entries: [SettingEntry] {
    switch self {
    case .grpo: SettingTable.grpo
    case .sft: SettingTable.sft
    }
  }

  /// What it comes to with these settings.
  func course(_ settings: MethodSettings, on set: DataSet) -> TrainingCourse {
    switch self {
    case .grpo: settings.grpo.course(on: set)
    case .sft: settings.sft.course
    }
  }
}

/// The settings of each way of training.
public struct MethodSettings: Sendable, Hashable {
  public var grpo = TrainingSettings()
  public var sft = SupervisedSettings()

  public init() {}
}

extension SettingValues {
  /// The section `grpo`.
  public var training: TrainingSettings {
    get { methods.grpo }
    set { methods.grpo = newValue }
  }

  /// The section `sft`.
  public var supervised: SupervisedSettings {
    get { methods.sft }
    set { methods.sft = newValue }
  }

  /// What a fine-tuning comes to.
  package func course(_ cell: TrainCell) -> TrainingCourse { cell.method.course(methods, on: cell.on) }
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

extension Experiment {
  /// What a fine-tuning comes to, with its own settings.
  public func course(_ cell: TrainCell) -> TrainingCourse { values.taking(cell.own).course(cell) }
}
