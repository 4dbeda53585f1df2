// Everything measured of one recipe on one benchmark: the same evaluation with several training seeds.
public import Records

/// One row and column of a table, measured.
public struct Measurement: Sendable, Hashable {
  /// Which seeds gave which counts, in order of seeds.
  public struct Seed: Sendable, Hashable {
    public var seed: Int?
    public var questionCount: Int
    public var correctCount: Int
    /// Name of the evaluation cell.
    public var cell: String

    public var accuracy: Double { questionCount == 0 ? 0 : Double(correctCount) / Double(questionCount) }
  }

  public var seeds: [Seed]
  /// Printed accuracy from a benchmark's own server, where no counts are known.
  public var reported: PrintedNumber?
  /// Accuracy of a uniform choice, as a fraction.
  public var chance: Double?

  public var questionCount: Int { seeds.first?.questionCount ?? 0 }
  /// Mean accuracy over seeds, as a fraction.
  public var accuracy: Double {
    if let reported { return reported.value / 100 }
    return seeds.isEmpty ? 0 : seeds.map(\.accuracy).reduce(0, +) / Double(seeds.count)
  }

  /// The mean accuracy with one digit.
  public var printed: PrintedNumber { printed(decimals: 1) }

  /// The mean accuracy with as many digits as a published value has, half up, by whole numbers.
  public func printed(like published: PrintedNumber) -> PrintedNumber { printed(decimals: min(published.decimals, 6)) }

  private func printed(decimals: Int) -> PrintedNumber {
    if let reported { return reported }
    let n = seeds.map(\.questionCount).reduce(0, +)
    let k = seeds.map(\.correctCount).reduce(0, +)
    let units = n == 0 ? 0 : Rounding.halfUp.units(of: k, in: n, decimals: decimals)
    return PrintedNumber(units: units, decimals: decimals)
  }

  /// The sampling error alone: Wilson's interval around the mean accuracy for the questions of one seed, since all
  /// seeds answer the same ones.
  public var interval: Interval? {
    guard questionCount > 0 else { return nil }
    return wilsonInterval(accuracy * Double(questionCount), of: Double(questionCount))
  }

  /// The lowest and highest accuracy of a seed, apart from the sampling error; nil with fewer than two seeds.
  public var spread: Interval? {
    guard seeds.count > 1, let low = seeds.map(\.accuracy).min(), let high = seeds.map(\.accuracy).max() else {
      return nil
    }
    return Interval(low: low, high: high)
  }
}

/// What a results folder, or several, hold.
public struct Measurements: Sendable {
  /// How the numbers relate to the paper's.
  public enum Scale: Sendable, Hashable {
    /// The paper's models and data: numbers can be compared.
    case paper
    /// Another world, by its profile's name: only claims can be compared.
    case other(String)
  }

  public var scale: Scale
  public var cells: [ScoreCell]
  /// Outcomes by evaluation cell, in the order of the benchmark.
  public var outcomes: [String: [Outcome]]
  /// How the run differs from the paper's experiment; empty where it does not, or is of another scale anyway.
  public var departures: [Departure]

  public init(
    scale: Scale, cells: [ScoreCell], outcomes: [String: [Outcome]] = [:], departures: [Departure] = []
  ) {
    self.scale = scale
    // A grid asks in other ways than the paper: its cells are no measurements of a table's.
    self.cells = cells.filter(\.levels.isEmpty)
    self.outcomes = outcomes
    self.departures = departures
  }

  /// What says that some cells are about declared subsets; nil where all sets were whole.
  public var subsetSentence: String? {
    func sentences(_ subsets: [DeclaredSubset], _ lost: String, _ unusable: String) -> [String] {
      [(false, lost), (true, unusable)].compactMap { leavesOutFaulty, words in
        let own = Set(subsets.filter { $0.leavesOutFaulty == leavesOutFaulty }.map(\.text)).sorted()
        return own.isEmpty ? nil : words.replacing("*", with: own.joined(separator: "; "))
      }
    }
    let all =
      sentences(
        cells.compactMap(\.askedSubset), "On a declared subset, those whose clips are there: *.",
        "On a declared subset, those whose clips can be heard: *.")
      + sentences(
        cells.flatMap(\.trainingSubsets), "Trained on *; the clips of the others are lost.",
        "Trained on *; the clips of the others are lost or cannot be heard.")
    return all.isEmpty ? nil : all.joined(separator: " ")
  }

  /// What says that some cells were measured with weights that no run here made; nil where there are none.
  public var weightsSentence: String? {
    let names = Set(cells.compactMap(\.weights)).sorted()
    guard !names.isEmpty else { return nil }
    return "Measured with weights made elsewhere: " + names.joined(separator: "; ")
      + ". A row that was trained here too shows what was trained here."
  }

  /// The evaluation cells of one recipe, as many as there are. Weights made elsewhere stand in where no run here made
  /// any.
  private func allCells(
    _ run: PublishedTable.Run, benchmark: String, audio: Bool, decoding: AnswerDecoding?
  ) -> [ScoreCell] {
    let decoding = decoding ?? free(run, benchmark: benchmark, audio: audio)
    let all = cells.filter {
      run.isSame(as: $0.run) && $0.benchmark == benchmark && $0.audio == audio && $0.decoding == decoding
    }
    let own = all.filter { $0.weights == nil }
    // Weights made elsewhere are no row's until it is said what they were trained on. Of several one is shown: they are
    // no seeds of one training.
    let elsewhere = run.training == nil ? [] : all.filter { $0.weights != nil }
    let shown = elsewhere.compactMap(\.weights).min()
    return own.isEmpty ? elsewhere.filter { $0.weights == shown } : own
  }

  /// How a recipe was asked in free text: greedily, if it was; else as its checkpoint says, or sampled.
  private func free(_ run: PublishedTable.Run, benchmark: String, audio: Bool) -> AnswerDecoding {
    let asked = Set(
      cells.filter { run.isSame(as: $0.run) && $0.benchmark == benchmark && $0.audio == audio }.map(\.decoding))
    return AnswerDecoding.free.first { asked.contains($0) } ?? .greedy
  }

  /// The evaluation cells of one recipe, one a seed.
  /// - Parameter decoding: nil takes what was asked in free text.
  public func cells(
    _ run: PublishedTable.Run, benchmark: String, audio: Bool, decoding: AnswerDecoding? = nil
  ) -> [ScoreCell] {
    let found = allCells(run, benchmark: benchmark, audio: audio, decoding: decoding)
    // The same cell can come from two experiments; one name is one cell.
    var seen: Set<Int?> = []
    // What was scored goes before what was not, and a whole set before a declared subset of it.
    func order(_ cell: ScoreCell) -> (Int, Int, Int, String) {
      (cell.seed ?? .min, cell.questionCount == 0 && cell.unscoredCount > 0 ? 1 : 0, cell.subsets.count, cell.name)
    }
    return found.sorted { order($0) < order($1) }.filter { seen.insert($0.seed).inserted }
  }

  /// What was measured of a run on one benchmark or category; nil if nothing was.
  public func measurement(
    _ run: PublishedTable.Run, benchmark: String, audio: Bool, category: String?, decoding: AnswerDecoding? = nil
  ) -> Measurement? {
    let cells = self.cells(run, benchmark: benchmark, audio: audio, decoding: decoding)
    let seeds = cells.compactMap { cell in
      cell.counts(of: category).flatMap { counts in
        counts.n == 0
          ? nil
          : Measurement.Seed(
            seed: cell.seed, questionCount: counts.n, correctCount: counts.correct, cell: cell.name)
      }
    }
    // What a server reported stands for itself.
    if let reported = self.reported(run, benchmark: benchmark, audio: audio, category: category, decoding: decoding) {
      return Measurement(seeds: [], reported: reported, chance: cells.first?.chance)
    }
    guard !seeds.isEmpty else { return nil }
    return Measurement(seeds: seeds, reported: nil, chance: cells.first?.chance)
  }

  /// Questions of one seed that were submitted and not scored, as their answers are withheld and no score has come
  /// back; 0 where there is a score of all.
  public func unscoredCount(
    _ run: PublishedTable.Run, benchmark: String, audio: Bool, category: String?, decoding: AnswerDecoding? = nil
  ) -> Int {
    guard reported(run, benchmark: benchmark, audio: audio, category: category, decoding: decoding) == nil else {
      return 0
    }
    // All of them: what a server reported of one category leaves the others as they were submitted.
    let cells = allCells(run, benchmark: benchmark, audio: audio, decoding: decoding)
    let isScored = cells.contains { cell in
      cell.unscored(of: category) == 0 && (cell.counts(of: category)?.n ?? 0) > 0
    }
    return isScored ? 0 : cells.map { $0.unscored(of: category) }.max() ?? 0
  }

  /// The same of a table's cell.
  public func unscoredCount(_ row: PublishedTable.Row, _ column: PublishedTable.Column) -> Int {
    row.run.map {
      unscoredCount($0, benchmark: column.benchmark, audio: column.audio, category: column.category)
    } ?? 0
  }

  private func reported(
    _ run: PublishedTable.Run, benchmark: String, audio: Bool, category: String?, decoding: AnswerDecoding?
  ) -> PrintedNumber? {
    let decoding = decoding ?? free(run, benchmark: benchmark, audio: audio)
    return cells.lazy.filter {
      run.isSame(as: $0.run) && $0.benchmark == benchmark && $0.audio == audio && $0.decoding == decoding
    }.compactMap { $0.reported[category ?? "average"] }.first
  }

  /// A table's cell, measured.
  public func measurement(_ row: PublishedTable.Row, _ column: PublishedTable.Column) -> Measurement? {
    row.run.flatMap {
      measurement($0, benchmark: column.benchmark, audio: column.audio, category: column.category)
    }
  }
}
