// Whether a file of predictions bears a published number out. The rules are those of Documentation/predictions.md.

/// One way to read a file of predictions: what of an answer is scored, and by which rule.
public struct PredictionReading: Sendable, Hashable {
  public var scorer: String
  /// What of an answer was scored, in words: "as given".
  public var text: String
  public var right: Int
  /// Questions with a prediction and an answer.
  public var scored: Int
  /// Of those, the ones in which the scorer finds one of the choices, right or wrong.
  public var readable: Int

  public init(scorer: String, text: String, right: Int, scored: Int, readable: Int) {
    (self.scorer, self.text, self.right) = (scorer, text, right)
    (self.scored, self.readable) = (scored, readable)
  }

  /// Whether the scorer is made for answers such as these: it finds a choice in at least half of them.
  public var isReadable: Bool { scored > 0 && 2 * readable >= scored }
}

/// A category of a benchmark in a file of predictions, by the official scorer.
public struct PredictionCategory: Sendable, Hashable {
  public var id: String
  public var right: Int
  /// Those without a prediction among them.
  public var count: Int

  public init(id: String, right: Int, count: Int) { (self.id, self.right, self.count) = (id, right, count) }
}

/// A file of predictions held against one row of a paper.
public struct RowVerdict: Sendable {
  /// How near the predictions come to what was published.
  public enum Verdict: String, Sendable, Hashable, CaseIterable {
    /// Counted as the official scorer counts, it prints as published.
    case reproduced
    /// It prints as published by another reading alone.
    case otherReading = "reproduced by another reading"
    /// The published value lies in the 95 % interval of the official reading.
    case withinInterval = "within interval"
    case differs
  }

  /// One category beside the published one.
  public struct Move: Sendable, Hashable {
    public var category: PredictionCategory
    public var column: PublishedTable.Column
    public var published: PrintedNumber
    /// Questions that the file has right beyond those that the published value stands for; 0 where it prints as that.
    public var questions: Int
  }

  public let row: PaperRow
  public let column: PublishedTable.Column
  public let published: PrintedNumber
  /// The official one first.
  public let readings: [PredictionReading]
  /// Questions of the benchmark: a prediction that is not there counts both ways.
  public let questionCount: Int
  public let moves: [Move]
  public let verdict: Verdict

  /// - Parameters:
  ///   - readings: of the same questions, the official one first.
  ///   - questionCount: of the benchmark; at least as many as any reading scored.
  /// - Precondition: there is a reading, and the paper prints a value for the column.
  public init?(
    _ row: PaperRow, column: PublishedTable.Column, readings: [PredictionReading], questionCount: Int,
    categories: [PredictionCategory]
  ) {
    guard let published = row.table.value(row: row.row.id, column: column.id), let first = readings.first,
      questionCount >= readings.map(\.scored).max() ?? 0, questionCount > 0
    else { return nil }
    (self.row, self.column, self.published) = (row, column, published)
    self.readings = readings
    self.questionCount = questionCount
    moves = row.table.columns.compactMap { other in
      guard other.benchmark == column.benchmark, other.audio == column.audio, let name = other.category,
        let value = row.table.value(row: row.row.id, column: other.id),
        let found = categories.first(where: { $0.id == name }), found.count > 0
      else { return nil }
      return Move(category: found, column: other, published: value, questions: Self.moved(found, value))
    }
    let interval = wilsonInterval(first.right, of: first.scored)
    if Self.printing(first, questionCount, as: published) != nil {
      verdict = .reproduced
    } else if readings.contains(where: { Self.printing($0, questionCount, as: published) != nil }) {
      verdict = .otherReading
    } else {
      verdict = interval.contains(published.value / 100) ? .withinInterval : .differs
    }
  }

  /// Whether the published number is not borne out.
  public var isNegative: Bool { verdict == .differs }
  public var official: PredictionReading { readings[0] }
  /// Questions of the benchmark that were not scored.
  public var unscored: Int { questionCount - official.scored }

  /// From the strictest reading, what was not scored being wrong, to the most lenient, it being right: of the scorers
  /// that can read the answers.
  public var range: Interval {
    let used = readings.filter(\.isReadable)
    let all = used.isEmpty ? readings : used
    let n = Double(questionCount)
    return Interval(
      low: Double(all.map(\.right).min() ?? 0) / n,
      high: Double(all.map { $0.right + questionCount - $0.scored }.max() ?? questionCount) / n)
  }

  /// Whether no reading of the file can give the published number: its half unit of rounding lies outside too.
  public var isOutside: Bool {
    let half = 0.5 / Double(published.scale)
    return published.value + half < 100 * range.low || published.value - half > 100 * range.high
  }

  /// The category with the most questions moved; nil where all print as published, or none is published.
  public var mostMoved: Move? {
    moves.filter { $0.questions != 0 }.max { abs($0.questions) < abs($1.questions) }
  }

  /// How a reading prints as a number: of all questions, or of those that were scored; nil where it does not.
  static func printing(
    _ reading: PredictionReading, _ count: Int, as number: PrintedNumber
  ) -> (right: Int, count: Int)? {
    let ways = reading.scored == count ? [count] : [count, reading.scored]
    return ways.first { n in
      n > 0 && Rounding.allCases.contains {
        $0.isUsual && $0.units(of: reading.right, in: n, decimals: number.decimals) == number.units
      }
    }.map { (reading.right, $0) }
  }

  private static func moved(_ found: PredictionCategory, _ value: PrintedNumber) -> Int {
    let counts = Set(Rounding.allCases.flatMap { $0.counts(printing: value, of: found.count) })
    if counts.contains(found.right) { return 0 }
    let exact = value.value / 100 * Double(found.count)
    let nearest = counts.min { abs($0 - found.right) < abs($1 - found.right) } ?? Int(exact.rounded())
    return found.right - nearest
  }
}
