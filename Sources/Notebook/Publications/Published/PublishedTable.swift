// A published results table as data.
internal import Diagnostics

/// Which cell of which table of which paper: written `paper/1/row/column`.
public struct CellName: Sendable, Hashable, CustomStringConvertible {
  public var paper: String
  public var table: Int
  public var row: String
  public var column: String

  public init(paper: String, table: Int, row: String, column: String) {
    self.paper = paper
    self.table = table
    self.row = row
    self.column = column
  }

  /// Reads `paper/1/row/column`, or `1/row/column` as a cell of `paper`.
  public init?(parsing text: String, paper: String) {
    var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 3 { parts.insert(paper, at: 0) }
    guard parts.count == 4, let table = Int(parts[1]) else { return nil }
    self.init(paper: parts[0], table: table, row: parts[2], column: parts[3])
  }

  public var description: String { "\(paper)/\(table)/\(row)/\(column)" }
}

/// One published table: rows of accuracies in percent, some of them not reported.
public struct PublishedTable: Sendable, Hashable {
  /// A column of words at the left.
  public struct Label: Sendable, Hashable {
    public var id: String
    public var label: String
  }

  /// A column of accuracies.
  public struct Column: Sendable, Hashable {
    public var id: String
    public var label: String
    /// The heading over several columns; may be empty.
    public var group: String
    public var benchmark: String
    /// nil for the average over all questions.
    public var category: String?
    /// Whether the model heard the audio.
    public var audio: Bool
    /// The column in words.
    public var name: String
  }

  /// Whose measurement a row is.
  public enum Origin: String, Sendable, Hashable, CaseIterable {
    /// By the paper's authors; the same can be run here.
    case measured
    /// Copied by the paper from others.
    case published
    /// People, not a model.
    case human
  }

  /// What would have to be run to measure a row.
  public struct Run: Sendable, Hashable {
    public var model: String
    /// The training set; nil for a base model.
    public var training: String?
    /// Whether it was trained with audio; nil for a base model.
    public var trainingAudio: Bool?
    /// How it was trained, as a training cell of an experiment says; nil for a base model.
    public var method: String?
    /// Its name in the paper's data and in the experiments; nil where a record does not say.
    public var name: String?
    /// Whether model and training alone do not tell it from another run of the paper, so that only its name does.
    public var needsName = false

    /// The method of a training that names none.
    public static let standardMethod = "grpo"

    public init(
      model: String, training: String?, trainingAudio: Bool?, method: String? = nil, name: String? = nil
    ) {
      self.model = model
      self.training = training
      self.trainingAudio = trainingAudio
      self.method = training == nil ? nil : method ?? Self.standardMethod
      self.name = name
    }

    /// The same model without its fine-tuning.
    public var base: Run { Run(model: model, training: nil, trainingAudio: nil) }

    /// Whether a recorded run, or another paper row's, is this one. A base model has no training, whatever is written
    /// about its audio. Micro stand-ins carry the model's name with `-micro` behind it.
    public func isSame(as other: Run) -> Bool {
      func plain(_ name: String) -> String { name.hasSuffix("-micro") ? String(name.dropLast(6)) : name }
      guard plain(model) == plain(other.model), training == other.training else { return false }
      guard training == nil || (trainingAudio == other.trainingAudio && method == other.method) else { return false }
      return !(needsName || other.needsName) || name == other.name
    }
  }

  /// One system of the table.
  public struct Row: Sendable, Hashable {
    public var id: String
    /// Best and second best are marked within a section, as the paper does.
    public var section: String
    /// One for each of the table's labels.
    public var labels: [String]
    public var origin: Origin
    public var run: Run?
    /// The row in words.
    public var name: String
    public var source: String
    /// One for each column; nil where the paper reports nothing.
    public var values: [PrintedNumber?]
  }

  public var number: Int
  public var title: String
  /// "Table I".
  public var place: String
  public var labels: [Label]
  public var columns: [Column]
  public var rows: [Row]
  /// The experiment that measures it, as it is named on the command line; nil where there is none.
  public var experiment: String?

  /// nil if no row has this id.
  public func row(_ id: String) -> Row? { rows.first { $0.id == id } }
  /// nil if no column has this id.
  public func column(_ id: String) -> Column? { columns.first { $0.id == id } }
  /// As printed; nil where there is none.
  public func value(row: String, column: String) -> PrintedNumber? {
    guard let row = self.row(row), let index = columns.firstIndex(where: { $0.id == column }) else {
      return nil
    }
    return row.values[index]
  }
}

/// A benchmark's sizes.
public struct Benchmark: Sendable, Hashable {
  public var id: String
  public var title: String
  public var questionCount: Int
  /// Questions per category, in the order of the file; nil if that is not published.
  public var categories: [(id: String, count: Int)]? {
    categoryNames.map { names in names.enumerated().map { ($1, categoryCounts[$0]) } }
  }
  var categoryNames: [String]?
  var categoryCounts: [Int]
  /// Accuracy in percent of a uniform choice among the options, under the official match.
  public var chance: Double?
  /// The benchmark that is this one in another revision; nil if there is none.
  public var otherRevision: String?
  public var source: String
  /// Where it is described.
  var mark: SourceMark

  init(id: String, title: String, mark: SourceMark) {
    self.id = id
    self.title = title
    self.mark = mark
    questionCount = 1
    categoryCounts = []
    source = ""
  }

  /// Questions behind a column: of a category, or of all; nil if not published.
  public func questionCount(of category: String?) -> Int? {
    guard let category else { return questionCount }
    return categories?.first { $0.id == category }?.count
  }
}
