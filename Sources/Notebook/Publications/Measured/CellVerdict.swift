// Measured against published, cell by cell.

/// What a measurement says about a published cell.
public struct CellVerdict: Sendable, Hashable {
  /// How near a measurement comes to what was published.
  public enum Verdict: String, Sendable, Hashable, CaseIterable {
    /// The measurement prints as the published value.
    case reproduced
    /// The published value lies in the 95 % interval of the measurement.
    case withinInterval = "within interval"
    case differs
    /// No count prints as the published value, so nothing can reproduce it.
    case impossible
    case notMeasured = "not measured"
    /// The benchmark withholds its answers, and its server's scores have not come back.
    case notScored = "submitted, not scored"
    /// Another scale, or another number of questions.
    case notComparable = "not comparable"
  }

  public var cell: CellName
  public var published: PrintedNumber
  public var measurement: Measurement?
  public var verdict: Verdict
  /// Why; empty where the verdict says it all.
  public var reason: String
}

extension PublishedPaper {
  /// The verdict on every published cell of these tables.
  public func cellVerdicts(_ measured: [Int: Measurements]) -> [CellVerdict] {
    cells.compactMap { cell in
      guard let measured = measured[cell.table], let table = table(cell.table), let row = table.row(cell.row),
        let column = table.column(cell.column),
        let published = value(cell)
      else { return nil }
      let measurement = measured.measurement(row, column)
      let (verdict, reason) = judge(cell, row, published, measurement, measured)
      return CellVerdict(
        cell: cell, published: published, measurement: measurement, verdict: verdict, reason: reason)
    }
  }

  /// The title of another revision of the cell's benchmark on which the row was measured; nil if there is none.
  private func otherRevision(_ cell: CellName, _ row: PublishedTable.Row, _ measured: Measurements) -> String? {
    guard let run = row.run, let column = table(cell.table)?.column(cell.column),
      let other = benchmark(column.benchmark)?.otherRevision,
      measured.measurement(run, benchmark: other, audio: column.audio, category: column.category) != nil
    else { return nil }
    return benchmark(other)?.title ?? other
  }

  private func judge(
    _ cell: CellName, _ row: PublishedTable.Row, _ published: PrintedNumber, _ measurement: Measurement?,
    _ measured: Measurements
  ) -> (CellVerdict.Verdict, String) {
    if measurement == nil, let column = table(cell.table)?.column(cell.column) {
      let count = measured.unscoredCount(row, column)
      if count > 0 { return (.notScored, "\(grouped(count)) answers; the server's scores come in with --scores") }
    }
    // Of whatever scale: nothing that is measured can print as a value that no count gives.
    if audit(cell)?.verdict == .impossible { return (.impossible, "no count prints as \(published.text)") }
    guard row.run != nil else {
      return (.notMeasured, row.origin == .measured ? "the paper's own, of which nothing can be run here" : "published by others")
    }
    guard let measurement else {
      guard let other = otherRevision(cell, row, measured) else { return (.notMeasured, "") }
      return (.notComparable, "measured on another revision of the benchmark: \(other)")
    }
    if case .other(let profile) = measured.scale {
      return (.notComparable, "the \(profile) profile is another scale: claims only")
    }
    if let departure = measured.departure { return (.notComparable, departure) }
    if let n = questionCount(cell), measurement.reported == nil, measurement.questionCount != n {
      let counts =
        "\(grouped(measurement.questionCount)) questions were measured, the published value has \(grouped(n))"
      return (.notComparable, counts)
    }
    let cells = row.run.flatMap { run in
      table(cell.table)?.column(cell.column).map {
        measured.cells(run, benchmark: $0.benchmark, audio: $0.audio)
      }
    }
    if let subset = cells?.lazy.compactMap(\.askedSubset).first {
      return (.notComparable, "on a declared subset: \(subset.text)")
    }
    let losses = cells?.flatMap(\.trainingSubsets) ?? []
    if let loss = losses.first(where: { !$0.isComparableTraining }) {
      return (.notComparable, "trained on less than half of its set: \(loss.text)")
    }
    let source = cells?.compactMap(\.weights).first.map { "with weights made elsewhere: " + $0 }
    let loss = losses.isEmpty ? nil : "trained on " + Set(losses.map(\.text)).sorted().joined(separator: "; ")
    let note = [source, loss].compactMap(\.self).joined(separator: "; ")
    if measurement.printed(like: published) == published { return (.reproduced, note) }
    guard let interval = measurement.interval else {
      let server = "reported by the benchmark's server, no counts known"
      return (.differs, note.isEmpty ? server : server + "; " + note)
    }
    let isWithin = interval.contains(published.value / 100)
    return (isWithin ? .withinInterval : .differs, note)
  }
}

extension DeclaredSubset {
  /// Whether a training on it stands for one on the whole set. Clips of videos get lost, for the authors too: what is
  /// left is a sample of the set, which a note counts. Of less than half, too much hangs on what was lost.
  var isComparableTraining: Bool { 2 * questionCount >= total }
}
