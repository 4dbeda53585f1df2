// What an experiment file says, typed. Property names equal the YAML keys, word for word.
public import Catalogue
internal import Diagnostics
internal import Evaluation
public import Records

/// Which models, data and budgets an experiment runs with.
public enum Profile: String, Sendable, Hashable, CaseIterable {
  /// Small models of the same architectures, trained here; minutes on two cores.
  case micro
  /// Seconds, for tests.
  case smoke
  /// The published weights and the real data.
  case paper
}

/// Where a value comes from.
public enum Origin: Sendable, Hashable {
  case paper(String)
  case assumed(String)
  /// The paper states it, in words that are read so.
  case reading(String)
  /// The program knows no other value.
  case program(String)
  /// The program's own default.
  case standard
  case profile(Profile)
  /// Another file that the experiment's extends.
  case extended(String)
  /// Given with `--set`, `--seed`.
  case commandLine
  case file

  package var text: String {
    switch self {
    case .paper(let place): "paper, \(place)"
    case .assumed(let why), .reading(let why): "assumed: \(why)"
    case .program(let what): "this program's one form: \(what)"
    case .standard: "this program's default"
    case .profile(let profile): "\(profile.rawValue) profile"
    case .extended(let file): file
    case .commandLine: "command line"
    case .file: "this file"
    }
  }

  /// Whether the paper states the value.
  var isStated: Bool {
    switch self {
    case .paper, .reading: true
    case .assumed, .program, .standard, .profile, .extended, .commandLine, .file: false
    }
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

/// Settings of one cell alone.
public struct OwnSettings: Sendable, Hashable {
  /// Dotted paths of what is set, in the order of the table.
  public var paths: [String]
  /// Holds the values of those.
  public var values: SettingValues
}

/// A cell `train:`: one fine-tuning, once a seed.
public struct TrainCell: Sendable, Hashable {
  public var from: String
  public var on: DataSet
  public var audio: Bool
  public var method = TrainingMethod.grpo
  /// Nil where all settings are the experiment's.
  public var own: OwnSettings?
  /// Nil takes the experiment's `data.training_subset`, or else its `data.subset`.
  public var subset: QuestionSubset?

  public init(
    from: String, on: DataSet, audio: Bool, method: TrainingMethod = .grpo, own: OwnSettings? = nil,
    subset: QuestionSubset? = nil
  ) {
    self.from = from
    self.on = on
    self.audio = audio
    self.method = method
    self.own = own
    self.subset = subset
  }
}

/// A cell `evaluate:`: models asked about a benchmark, in every mode that it lists.
public struct EvaluateCell: Sendable, Hashable {
  public var models: [String]
  public var on: DataSet
  public var audio: [Bool]
  public var decoding: AnswerDecoding
  /// Nil where all settings are the experiment's.
  public var own: OwnSettings?
  /// Nil takes the experiment's `data.subset`.
  public var subset: QuestionSubset?
  /// Of a cell of a grid: each factor's level.
  public var levels: [FactorLevel] = []

  public init(
    models: [String], on: DataSet, audio: [Bool], decoding: AnswerDecoding, own: OwnSettings?, subset: QuestionSubset?
  ) {
    (self.models, self.on, self.audio) = (models, on, audio)
    (self.decoding, self.own, self.subset) = (decoding, own, subset)
  }
}

/// A model whose weights were made elsewhere: a released fine-tuning, or one of another program.
public struct ForeignWeights: Sendable, Hashable {
  /// The model it is a fine-tuning of; gives its architecture.
  public var model: CatalogueModel
  /// A folder, or `OWNER/NAME` or `OWNER/NAME@REVISION` in the hub's cache; as in the file.
  public var place: String
  /// What it was trained on, if that is said: it then stands in that row of the published tables.
  public var training: DataSet?
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
  case model(CatalogueModel, name: String)
  case weights(ForeignWeights, name: String)
  case train(TrainCell, name: String)
  case evaluate(EvaluateCell)
  case table(Int)
  case verify(Int)
}

/// An experiment under a profile, every default filled in.
@dynamicMemberLookup
public struct Experiment: Sendable, Hashable {
  /// The file's name without its ending.
  public var name: String
  public var title = ""
  /// The paper whose tables it names; nil for the default one.
  public var paper: String?
  public var table: Int?
  public var profile: Profile
  public var values = SettingValues()
  public var cells: [Cell] = []
  /// Where it names tables of the paper, and the paper.
  public var tableUses: [TableUse] = []
  var paperMark: SourceMark?
  /// What the paper sets.
  var standard = PaperDefaults.none
  /// Dotted path to origin, for every value that is no default of the paper.
  public var origins: [String: Origin] = [:]
  /// Paths of values given on the command line that nothing in the experiment depends on: they were put back.
  public var withoutEffect: [String] = []
  /// Values and origins as they were given, before those without effect were put back: what `plan` shows.
  var given: GivenSettings?

  public init(name: String, profile: Profile) {
    self.name = name
    self.profile = profile
  }

  /// A section of the settings, as `experiment.training`.
  public subscript<Value>(dynamicMember path: WritableKeyPath<SettingValues, Value>) -> Value {
    get { values[keyPath: path] }
    set { values[keyPath: path] = newValue }
  }
}
