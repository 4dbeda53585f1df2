// Measured against published, cell by cell.

/// What a measurement says about a published cell.
public struct CellVerdict: Sendable, Hashable {
  public enum Verdict: String, Sendable, Hashable, CaseIterable {
    /// The measurement prints as the published value.
    case reproduced
    /// The published value lies in the 95 % interval of the measurement.
    case withinInterval = "within interval"
    case differs
    /// No count prints as the published value, so nothing can reproduce it.
    case impossible
    case notMeasured = "not measured"
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
  public func cellVerdicts(_ measured: Measurements, tables numbers: [Int]) -> [CellVerdict] {
    cells.filter { numbers.contains($0.table) }.compactMap { cell in
      guard let table = table(cell.table), let row = table.row(cell.row),
        let column = table.column(cell.column),
        let published = value(cell)
      else { return nil }
      let measurement = measured.measurement(row, column)
      let (verdict, reason) = judge(cell, row, published, measurement, measured.scale)
      return CellVerdict(
        cell: cell, published: published, measurement: measurement, verdict: verdict, reason: reason)
    }
  }

  private func judge(
    _ cell: CellName, _ row: PublishedTable.Row, _ published: PrintedNumber, _ measurement: Measurement?,
    _ scale: Measurements.Scale
  ) -> (CellVerdict.Verdict, String) {
    guard row.run != nil else { return (.notMeasured, "published by others") }
    guard let measurement else { return (.notMeasured, "") }
    if case .other(let profile) = scale {
      return (.notComparable, "the \(profile) profile is another scale: claims only")
    }
    if audit(cell)?.verdict == .impossible { return (.impossible, "no count prints as \(published.text)") }
    if let n = questionCount(cell), measurement.reported == nil, measurement.questionCount != n {
      let counts =
        "\(grouped(measurement.questionCount)) questions were measured, the published value has \(grouped(n))"
      return (.notComparable, counts)
    }
    if measurement.printed == published { return (.reproduced, "") }
    guard let interval = measurement.interval else {
      return (.differs, "reported by the benchmark's server, no counts known")
    }
    let isWithin = interval.contains(published.value / 100)
    return isWithin ? (.withinInterval, "") : (.differs, "")
  }
}
