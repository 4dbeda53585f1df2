// A question about a sound, or about none, with its choices.

/// One multiple-choice question.
public struct AudioQuestion: Sendable, Hashable {
  public var id: String
  /// Relative to the data set's folder; nil for a question without sound.
  public var audioPath: String?
  public var question: String
  public var choices: [String]
  /// The text of the right choice; nil where the benchmark withholds it.
  public var answer: String?
  /// `sound`, `music`, `speech`, or a mixture such as `mix-sound-music`.
  public var category: String
  public var subCategory: String
  /// `easy`, `medium`, `hard`, or empty.
  public var difficulty: String

  public init(
    id: String, audioPath: String?, question: String, choices: [String], answer: String?, category: String = "",
    subCategory: String = "", difficulty: String = ""
  ) {
    self.id = id
    self.audioPath = audioPath
    self.question = question
    self.choices = choices
    self.answer = answer
    self.category = category
    self.subCategory = subCategory
    self.difficulty = difficulty
  }
}

/// Questions one may train on.
public struct TrainingSet: Sendable {
  public var name: String
  /// Where relative audio paths begin.
  public var folder: String
  public var questions: [AudioQuestion]

  public init(name: String, folder: String, questions: [AudioQuestion]) {
    self.name = name
    self.folder = folder
    self.questions = questions
  }
}

/// Questions one is tested on. No trainer takes this type.
public struct Benchmark: Sendable {
  public var name: String
  public var folder: String
  public var questions: [AudioQuestion]
  /// Which state of MMAU it is; unknown for other benchmarks.
  public var revision = RevisionFinding.unknown

  public init(name: String, folder: String, questions: [AudioQuestion]) {
    self.name = name
    self.folder = folder
    self.questions = questions
  }
}
