// A published results table as data.

/// Which cell of which table: written `1/omni-reproduced/mini_avg`.
public struct CellName: Sendable, Hashable, CustomStringConvertible {
  public var table: Int
  public var row: String
  public var column: String

  public init(table: Int, row: String, column: String) {
    self.table = table
    self.row = row
    self.column = column
  }

  public var description: String { "\(table)/\(row)/\(column)" }
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
  }

  public enum Origin: String, Sendable, Hashable {
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

    public init(model: String, training: String?, trainingAudio: Bool?) {
      self.model = model
      self.training = training
      self.trainingAudio = trainingAudio
    }
  }

  public struct Row: Sendable, Hashable {
    public var id: String
    /// Best and second best are marked within a section, as the paper does.
    public var section: String
    /// One for each of the table's labels.
    public var labels: [String]
    public var origin: Origin
    public var run: Run?
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

  public func row(_ id: String) -> Row? { rows.first { $0.id == id } }
  public func column(_ id: String) -> Column? { columns.first { $0.id == id } }
  public func value(row: String, column: String) -> PrintedNumber? {
    guard let row = self.row(row), let index = columns.firstIndex(where: { $0.id == column }) else {
      return nil
    }
    return row.values[index]
  }
}

extension PublishedTable.Row {
  /// The row in words. Where the method alone tells it apart, as for "Omni-R1 (AVQA)", that is the name.
  public var name: String {
    let told = labels.filter { $0 != "-" }
    guard labels.count == 2, told.count == 2 else {
      guard labels.count == 3 else { return told.joined(separator: " ") }
      guard told.count == 3 else { return "\(labels[0]), not fine-tuned" }
      return "\(labels[0]) fine-tuned on \(labels[2]) \(labels[1] == "yes" ? "with" : "without") audio"
    }
    return told[1].hasPrefix("Omni-R1") ? told[1] : "\(told[0]), \(told[1])"
  }
}

extension PublishedTable.Column {
  public var name: String {
    group == "Inference" ? "asked \(label.lowercased())" : group.isEmpty ? label : "\(group) \(label)"
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

  /// Questions behind a column: of a category, or of all; nil if not published.
  public func questionCount(of category: String?) -> Int? {
    guard let category else { return questionCount }
    return categories?.first { $0.id == category }?.count
  }
}
