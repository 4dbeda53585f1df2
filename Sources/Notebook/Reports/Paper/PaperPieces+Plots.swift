// The report's plots: intervals of each table, curves of its fine-tunings. The same shapes for the page and for LaTeX.
internal import Publications
internal import Records

extension PaperPieces {
  /// One plot a column of averages that was measured; nil where none was.
  static func plots(_ table: ResultTable, isPapers: Bool) -> PaperInclude? {
    let columns = table.columns.indices.filter { column in
      table.columns[column].category == nil && table.rows.contains { $0.cells[column].measured != nil }
    }
    guard !columns.isEmpty else { return nil }
    let plots = columns.map { column -> PaperInclude.Plot in
      // Published values stand beside for the eye; another scale is said where they are named.
      var plot = IntervalPlot(table, column: column, comparable: true)
      if !isPapers { plot.publishedName = "published, of another scale" }
      return (plot.title, plot.canvas, plot.alternative)
    }
    return .plots(table.name + "plots", [("", plots)])
  }

  /// Curves of the fine-tunings behind the tables, in their order; what an earlier table showed is not shown again.
  static func training(_ paper: PublishedPaper, _ order: [Int], _ runs: Runs) -> (piece: PaperInclude, isShown: Bool) {
    var shown: [TrainingCurve] = []
    var parts: [(head: String, plots: [PaperInclude.Plot])] = []
    for table in order.compactMap({ paper.table($0) }) {
      let own = (runs[table.number]?.training ?? []).filter { !shown.contains($0) }
      shown += own
      let plots = plots(own, of: table.place)
      guard !plots.isEmpty else { continue }
      parts.append(("Fine-tunings of \(table.place), each curve the mean over its seeds.", plots))
    }
    guard !parts.isEmpty else { return (.text("training", "No fine-tuning was measured."), false) }
    return (.plots("training", parts), true)
  }

  private static func plots(_ curves: [TrainingCurve], of place: String) -> [PaperInclude.Plot] {
    let rewarded = curves.filter { !$0.values("reward").isEmpty }
    let rest = curves.filter { $0.values("reward").isEmpty }
    let wanted = [
      (rewarded, "reward", "Reward", "mean reward of a step"), (rewarded, "kl", "KL to the base", "nats a token"),
      (rest, "loss", "Loss", "nats a token"),
    ]
    return wanted.flatMap { curves, key, title, label -> [PaperInclude.Plot] in
      let series = LinePlot.meansOverSeeds(curves, key: key)
      // As many in a plot as there are colours.
      return stride(from: 0, to: series.count, by: PlotCanvas.seriesCount).map { start in
        let part = Array(series[start..<min(start + PlotCanvas.seriesCount, series.count)])
        let longest = part.map(\.points.count).max() ?? 0
        let number = series.count > PlotCanvas.seriesCount ? ", \(start / PlotCanvas.seriesCount + 1)" : ""
        let plot = LinePlot(
          title: "\(title): fine-tunings of \(place)\(number)", xLabel: "step", yLabel: label, series: part
        ).smoothed(window: max(1, longest / 40))
        return (plot.title, plot.canvas, plot.alternative)
      }
    }
  }
}

extension LinePlot {
  /// One curve a recipe: the mean over its seeds, as far as all of them go.
  static func meansOverSeeds(_ curves: [TrainingCurve], key: String) -> [Series] {
    var recipes: [(name: String, seeds: [[Double]])] = []
    for curve in curves {
      let values = curve.values(key)
      guard !values.isEmpty else { continue }
      let name = curve.recipe.name
      if let known = recipes.firstIndex(where: { $0.name == name }) {
        recipes[known].seeds.append(values)
      } else {
        recipes.append((name, [values]))
      }
    }
    return recipes.map { name, seeds in
      let count = seeds.map(\.count).min() ?? 0
      let means = (0..<count).map { step in seeds.reduce(0) { $0 + $1[step] } / Double(seeds.count) }
      return Series(name: name + (seeds.count > 1 ? ", \(seeds.count) seeds" : ""), values: means)
    }
  }
}
