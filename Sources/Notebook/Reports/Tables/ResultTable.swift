// A table of results in memory: measured beside published, ready for any of the writers.
public import Publications
internal import Records

/// Rows and columns of accuracies, each cell with what was published and what was measured.
public struct ResultTable: Sendable, Hashable {
  /// A value's place within its section, as papers mark it.
  public enum Mark: Sendable, Hashable {
    case best, second
  }

  /// What is known of one row in one column.
  public struct Cell: Sendable, Hashable {
    public var published: PrintedNumber?
    public var measured: Measurement?
    /// Place within the section, among measured values and among published ones.
    public var measuredMark: Mark?
    public var publishedMark: Mark?
    /// Questions submitted and not scored: the benchmark withholds their answers, and no score has come back.
    public var unscored: Int

    public init(published: PrintedNumber?, measured: Measurement?, unscored: Int = 0) {
      self.published = published
      self.measured = measured
      self.unscored = unscored
    }

    /// Whether nothing but submitted answers is there.
    var isUnscored: Bool { measured == nil && unscored > 0 }
  }

  /// Where a row's values come from.
  public enum Origin: String, Sendable, Hashable {
    /// A row of the paper that can be run here.
    case reproduction
    /// Values of others, as the paper prints them.
    case published
    /// People.
    case human
    /// Ours: not in the paper.
    case control
  }

  /// One system, with the labels that stand before its cells.
  public struct Row: Sendable, Hashable {
    public var id: String
    public var section: String
    public var labels: [String]
    /// The row in words, without the first label.
    public var shortName: String
    public var origin: Origin
    public var source: String
    public var cells: [Cell]
  }

  /// One kind of question that systems are compared on.
  public struct Column: Sendable, Hashable {
    public var id: String
    public var label: String
    public var group: String
    public var benchmark: String
    public var category: String?
    public var audio: Bool
  }

  /// File name without ending, such as `table4`.
  public var name: String
  public var title: String
  public var labels: [String]
  public var columns: [Column]
  public var rows: [Row]
  /// Sentences under the table.
  public var notes: [String]
}

extension ResultTable {
  /// A published table with everything that was measured of it, and the rows of its control, marked as ours.
  public init(_ table: PublishedTable, of paper: PublishedPaper, _ measured: Measurements) {
    let controls = paper.controls(in: table.number)
    name = "table\(table.number)"
    title = "\(table.place): \(table.title)"
    labels = table.labels.map(\.label)
    columns = table.columns.map {
      Column(
        id: $0.id, label: $0.label, group: $0.group, benchmark: $0.benchmark, category: $0.category,
        audio: $0.audio)
    }
    rows = []
    notes = []
    for (index, row) in table.rows.enumerated() {
      let cells = zip(table.columns, row.values).map {
        Cell(published: $1, measured: measured.measurement(row, $0), unscored: measured.unscoredCount(row, $0))
      }
      let origin: Origin =
        switch row.origin {
        case .measured: .reproduction
        case .published: .published
        case .human: .human
        }
      rows.append(
        Row(
          id: row.id, section: row.section, labels: row.labels,
          shortName: Self.shortName(row.name, after: row.labels[0]), origin: origin,
          source: row.source, cells: cells
        ))
      let isLast = index + 1 == table.rows.count || table.rows[index + 1].section != row.section
      guard isLast else { continue }
      for model in controls.flatMap(\.models) {
        guard let base = table.row(model.base), base.section == row.section, let run = base.run else { continue }
        rows += Self.controlRows(run, like: row, table, measured)
      }
    }
    mark()
    let hasControls = rows.contains { $0.origin == .control }
    let hasGaps = rows.contains { row in
      row.note.isEmpty && row.cells.contains { $0.measured == nil && $0.unscored == 0 && !absence(row, $0).isEmpty }
    }
    notes = Self.notes(table, measured, hasControls: hasControls, hasGaps: hasGaps)
    if hasUnscored {
      notes.append(
        "Submitted, not scored: the benchmark withholds these answers, so that nothing is right or wrong until its "
          + "server's scores come in with repro tables --scores.")
    }
    notes += controls.flatMap { FormatControl.all($0, of: paper, measured) }.map(\.sentence)
  }

  private static func shortName(_ name: String, after label: String) -> String {
    guard label != "-", name.hasPrefix(label) else { return name }
    let rest = String(name.dropFirst(label.count).drop { $0 == "," || $0 == " " })
    return rest.isEmpty ? name : rest
  }

  /// The untrained base, held to the options: one row a way of doing that, where it was measured.
  private static func controlRows(
    _ base: PublishedTable.Run, like row: PublishedTable.Row, _ table: PublishedTable, _ measured: Measurements
  ) -> [Row] {
    [(AnswerDecoding.constrained, "options only"), (.likelihood, "likeliest option")].compactMap {
      mode, words in
      let cells = table.columns.map { column in
        Cell(
          published: nil,
          measured: measured.measurement(
            base, benchmark: column.benchmark, audio: column.audio, category: column.category, decoding: mode),
          unscored: measured.unscoredCount(
            base, benchmark: column.benchmark, audio: column.audio, category: column.category, decoding: mode))
      }
      guard cells.contains(where: { $0.measured != nil || $0.unscored > 0 }) else { return nil }
      var labels = [String](repeating: "-", count: table.labels.count)
      labels[0] = row.labels[0]
      labels[labels.count - 1] = "none; \(words) (control, ours)"
      return Row(
        id: "\(base.model)-control-\(mode.rawValue)", section: row.section, labels: labels,
        shortName: "\(words) (control, ours)", origin: .control,
        source: "ours", cells: cells)
    }
  }

  /// Best and second best of each section and column, by printed value, as the paper marks them; people left out, and
  /// the control too, since it is not in the paper's race.
  private mutating func mark() {
    for section in Set(rows.map(\.section)) {
      let indices = rows.indices.filter {
        rows[$0].section == section && rows[$0].origin != .human && rows[$0].origin != .control
      }
      for column in columns.indices {
        func top(_ value: (Cell) -> PrintedNumber?) -> [PrintedNumber] {
          let values = indices.compactMap { value(rows[$0].cells[column]) }
          // One value alone is not the best of anything.
          return values.count < 2 ? [] : Array(Set(values).sorted(by: >).prefix(2))
        }
        let measured = top { $0.measured?.printed }
        let published = top(\.published)
        for index in indices {
          let cell = rows[index].cells[column]
          rows[index].cells[column].measuredMark = Self.mark(cell.measured?.printed, measured)
          rows[index].cells[column].publishedMark = Self.mark(cell.published, published)
        }
      }
    }
  }

  private static func mark(_ value: PrintedNumber?, _ top: [PrintedNumber]) -> Mark? {
    guard let value, let place = top.firstIndex(of: value) else { return nil }
    return place == 0 ? .best : .second
  }

  private static func notes(_ table: PublishedTable, _ measured: Measurements, hasControls: Bool, hasGaps: Bool)
    -> [String]
  {
    var notes = [
      "Accuracies in percent. Best bold and second underlined within a section, measured and published values apart."
    ]
    if case .other(let profile) = measured.scale {
      notes.append(
        "The \(profile) profile is another scale than the paper's: its models and questions are not the published ones, "
          + "so only directions can be compared, never values.")
    }
    notes.append(
      "With several training seeds a cell is their mean. Intervals are Wilson's at 95 % around it, for the questions of "
        + "one seed: sampling error alone. The spread over seeds, lowest to highest, stands apart from it."
    )
    notes += measured.departureSentences
    for sentence in [measured.subsetSentence, measured.weightsSentence].compactMap(\.self) { notes.append(sentence) }
    if hasGaps { notes.append("A dash (\(absent)) where a cell that can be measured was not.") }
    if hasControls { notes.append("Rows marked as control are ours; the paper does not have them.") }
    return notes
  }
}

extension ResultTable {
  /// What a cell shows where nothing was measured.
  func absence(_ row: Row, _ cell: Cell) -> String {
    switch row.origin {
    case .reproduction: cell.published == nil ? "" : "not measured"
    case .control: "not measured"
    case .published, .human: ""
    }
  }

  /// Whether answers to questions without a published answer were submitted.
  var hasUnscored: Bool { rows.contains { $0.cells.contains { $0.unscored > 0 } } }

  /// The same of one column.
  public func hasUnscored(_ column: Int) -> Bool { rows.contains { $0.cells[column].unscored > 0 } }

  static let submitted = "submitted, not scored"

  /// What stands for "not measured" where room is short.
  static let absent = "—"

  /// "618/900", or for several seeds, which answer the same questions, the sums "1833/2700".
  static func pooledCounts(_ measurement: Measurement) -> String? {
    guard measurement.questionCount > 0 else { return nil }
    let correct = measurement.seeds.map(\.correctCount).reduce(0, +)
    return "\(correct)/\(measurement.seeds.map(\.questionCount).reduce(0, +))"
  }

  /// "65.5–71.6".
  static func text(_ interval: Interval) -> String {
    fixed(100 * interval.low, decimals: 1) + "–" + fixed(100 * interval.high, decimals: 1)
  }

  /// "618/900", or for several seeds "618, 604, 611/900".
  static func counts(_ measurement: Measurement) -> String? {
    guard measurement.questionCount > 0 else { return nil }
    let counts = measurement.seeds.map { String($0.correctCount) }
    return counts.joined(separator: ", ") + "/\(measurement.questionCount)"
  }
}
