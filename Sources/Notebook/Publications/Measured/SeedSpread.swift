// How far trainings that differ in nothing but their seed lie apart.

extension ClaimJudge {
  /// The variance that seeds add to a weighted sum of cells: for each the larger of its own and the pooled one.
  ///
  /// Pooled is over all trainings of the cell's table that were measured in its column with several seeds. Models that
  /// were not trained have no seeds.
  func seedError(
    _ terms: [(cell: CellName, weight: Double)]
  ) -> (seeds: (variance: Double, degrees: Int)?, isBlind: Bool) {
    var variance = 0.0
    var degrees: Int?
    var isBlind = false
    for (cell, weight) in terms {
      guard let table = paper.table(cell.table), table.row(cell.row)?.run?.training != nil else { continue }
      let seeds = measurement(cell)?.seeds.map(\.accuracy) ?? []
      let pooled = pooledSpread(cell)
      guard pooled.degrees > 0, !seeds.isEmpty else {
        isBlind = true
        continue
      }
      let own = seeds.count > 1 ? Self.variance(seeds) : 0
      variance += weight * weight * max(own, pooled.variance) / Double(seeds.count)
      degrees = min(degrees ?? pooled.degrees, pooled.degrees)
    }
    return (degrees.map { (variance, $0) }, isBlind)
  }

  /// The mean variance over seeds in a cell's column, with its degrees of freedom.
  func pooledSpread(_ cell: CellName) -> (variance: Double, degrees: Int) {
    guard let table = paper.table(cell.table) else { return (0, 0) }
    var squares = 0.0
    var degrees = 0
    // Rows of one run are one training.
    var seen: Set<PublishedTable.Run> = []
    for row in table.rows {
      guard let run = row.run, run.training != nil, seen.insert(run).inserted,
        let seeds = measurement(CellName(paper: cell.paper, table: cell.table, row: row.id, column: cell.column))?.seeds,
        seeds.count > 1
      else { continue }
      squares += Self.variance(seeds.map(\.accuracy)) * Double(seeds.count - 1)
      degrees += seeds.count - 1
    }
    return degrees == 0 ? (0, 0) : (squares / Double(degrees), degrees)
  }

  private static func variance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }
}
