// One entry of the table of settings.
internal import Catalogue
internal import Evaluation
internal import JSONText
package import Records
internal import YAMLNodes

/// Work that a setting may bear on.
package enum SettingUse {
  case training(TrainCell)
  case evaluation(decoding: AnswerDecoding, hasAudio: Bool)
}

/// Which work a setting bears on.
enum SettingReach: Sendable {
  static let grpo = Self.only(.grpo)
  static let sft = Self.only(.sft)

  case training
  /// Fine-tunings of one way.
  case only(TrainingMethod)
  /// Reinforcement on sets that have no number of steps of their own, or only those that have.
  case stepsOfOthers, stepsOfOwn
  /// Every evaluation; those that take the experiment's decoding; those in free text; those that draw at random.
  case evaluation, undecidedEvaluation, freeAnswers, sampledAnswers
  case everything
  /// Work with sound.
  case hearing
  /// Which questions are taken is told by what was taken, in keys and records.
  case questions

  func includes(_ use: SettingUse, _ values: SettingValues) -> Bool {
    switch (self, use) {
    case (.everything, _), (.questions, _), (.training, .training), (.evaluation, .evaluation): true
    case (.only(let method), .training(let cell)): cell.method == method
    case (.stepsOfOthers, .training(let cell)): cell.method == .grpo && values.training.stepsOn[cell.on.name] == nil
    case (.stepsOfOwn, .training(let cell)): cell.method == .grpo && values.training.stepsOn[cell.on.name] != nil
    case (.undecidedEvaluation, .evaluation(let decoding, _)): decoding == values.evaluation.decoding
    case (.freeAnswers, .evaluation(let decoding, _)): decoding == .greedy || decoding == .sampled
    case (.sampledAnswers, .evaluation(let decoding, _)): decoding == .sampled
    case (.hearing, .training(let cell)): cell.audio
    case (.hearing, .evaluation(_, let hasAudio)): hasAudio
    default: false
    }
  }
}

/// How a setting enters the keys of the cells it bears on.
enum KeyRule: Sendable, Hashable {
  case always
  /// As null where it has its default: the checkpoint's own has the word then.
  case nullAtDefault
  /// Only with another value than its default; a suffix tells a way of computing it from an older one.
  case unlessDefault(suffix: String = "")
  /// The key says it in other words: a seed, steps on the cell's set, the questions that were taken.
  case elsewhere
}

/// A setting: its name, what is allowed, where its default comes from, what depends on it.
struct SettingEntry: Sendable {
  /// Dotted path, as in the file: section and key; a key alone stands at the top of the file.
  let path: String
  let allowed: String
  /// Where the default comes from where the paper says nothing of it.
  let origin: Origin
  let reach: SettingReach
  let key: KeyRule
  let isText: Bool
  /// Whether its value is but another way to say another setting's, and how it is told then.
  let isDerived: @Sendable (SettingValues) -> String?
  /// Reads the value from its section, if it stands there; whether it was read.
  let read: @Sendable (inout MappingReader, String, inout SettingValues) -> Bool
  /// Nil where nothing is set and nothing stands for that.
  let json: @Sendable (SettingValues) -> JSONValue?
  let copy: @Sendable (_ from: SettingValues, _ to: inout SettingValues) -> Void
  let isSame: @Sendable (SettingValues, SettingValues) -> Bool

  init<Value>(
    _ path: String, _ place: any WritableKeyPath<SettingValues, Value> & Sendable, _ kind: SettingKind<Value>,
    _ reach: SettingReach, _ origin: Origin = .standard, key: KeyRule = .unlessDefault(),
    isDerived: @escaping @Sendable (SettingValues) -> String? = { _ in nil },
    merge: @escaping @Sendable (_ old: Value, _ new: Value) -> Value = { $1 }
  ) {
    self.path = path
    allowed = kind.allowed
    isText = kind.isText
    self.origin = origin
    self.reach = reach
    self.key = key
    self.isDerived = isDerived
    read = { reader, name, values in
      guard let value = kind.read(&reader, name) else { return false }
      values[keyPath: place] = merge(values[keyPath: place], value)
      return true
    }
    json = { kind.json($0[keyPath: place]) }
    copy = { $1[keyPath: place] = $0[keyPath: place] }
    isSame = { $0[keyPath: place] == $1[keyPath: place] }
  }

  var section: String { path.contains(".") ? String(path.prefix { $0 != "." }) : "" }
  var name: String { section.isEmpty ? path : String(path.dropFirst(section.count + 1)) }

  /// Another setting that says the same: whoever sets one sets both.
  private var twin: String? {
    switch path {
    case "grpo.questions_per_step": "grpo.completions_per_step"
    case "grpo.completions_per_step": "grpo.questions_per_step"
    default: nil
    }
  }

  /// Whether a cell's own settings stand in this one's place.
  func isReplaced(by own: OwnSettings?) -> Bool {
    guard let own else { return false }
    return own.paths.contains(path) || twin.map(own.paths.contains) ?? false
  }

  func isDefault(_ values: SettingValues) -> Bool { isSame(values, SettingTable.defaults) }

  /// The value in a person's words.
  func words(_ values: SettingValues) -> String {
    switch json(values) {
    case .string(let text): isText ? JSONValue.string(text).canonicalText : text
    case .object(let object):
      object.pairs.isEmpty ? "none" : object.pairs.map { "\($0.key): \($0.value.canonicalText)" }.joined(separator: ", ")
    case .array(let list): list.map(\.flowText).joined(separator: ", ")
    case .some(let value): value.canonicalText
    case nil: "none"
    }
  }

  /// The value as a paper's file has it: a text without its quotation marks.
  func text(_ values: SettingValues) -> String? {
    if case .string(let text) = json(values) { text } else { yaml(values) }
  }

  /// The value as a file has it; nil where nothing is to be written.
  func yaml(_ values: SettingValues) -> String? {
    switch json(values) {
    case .string(let text): isText ? quoted(text) : text
    case .object(let object):
      "{"
        + object.pairs.map { pair in pair.key + ": " + (pair.value.string.map(quoted) ?? pair.value.canonicalText) }
        .joined(separator: ", ") + "}"
    case .array(let list): "[" + list.map(\.flowText).joined(separator: ", ") + "]"
    case let value: value?.canonicalText
    }
  }
}

extension JSONValue {
  /// As a value within a line of YAML.
  fileprivate var flowText: String {
    switch self {
    case .string(let text): quoted(text)
    case .object(let object): "{" + object.pairs.map { "\($0.key): \($0.value.flowText)" }.joined(separator: ", ") + "}"
    default: canonicalText
    }
  }
}
