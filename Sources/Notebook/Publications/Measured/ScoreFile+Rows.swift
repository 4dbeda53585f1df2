// Which rows of the published tables the entries of a score file fill.
public import Diagnostics

extension ScoreFile {
  /// Entries that fill no row and column of a table, or one that another entry fills, with what could be meant.
  public func mistakes(for paper: PublishedPaper, file: String) -> [Diagnostic] {
    let rows = paper.tables.flatMap { table in table.rows.compactMap(\.run) }
    let columns = paper.tables.flatMap(\.columns)
    var mistakes: [Diagnostic] = []
    for (index, cell) in cells.enumerated() {
      func report(_ fact: String, _ key: String, hint: String? = nil) {
        let path = "cells[\(index)]" + (key.isEmpty ? "" : "." + key)
        mistakes.append(Diagnostic(fact, at: SourceMark(file: file), path: path, hint: hint))
      }
      let benchmarks = Set(columns.map(\.benchmark)).sorted()
      guard benchmarks.contains(cell.benchmark) else {
        report(
          "'\(cell.benchmark)' is the benchmark of no table", "benchmark",
          hint: suggestion(for: cell.benchmark, among: benchmarks))
        continue
      }
      let models = Set(rows.map(\.model)).sorted()
      guard rows.contains(where: { $0.isSame(as: cell.run) }) else {
        let isModel = rows.contains {
          $0.base.isSame(as: cell.run.base)
        }
        report(
          isModel ? "no row of a table is fine-tuned so: \(cell.run.words)" : "'\(cell.run.model)' is the model of no row",
          isModel ? "training" : "model", hint: isModel ? nil : suggestion(for: cell.run.model, among: models))
        continue
      }
      guard columns.contains(where: { $0.benchmark == cell.benchmark && $0.audio == cell.audio }) else {
        report("no table asks \(cell.benchmark) \(cell.audio ? "with" : "without") audio", "audio")
        continue
      }
      let names = Set(columns.filter { $0.benchmark == cell.benchmark }.map { $0.category ?? "average" })
      for name in cell.reported.keys.sorted() where !names.contains(name) {
        report("is no column of \(cell.benchmark)", "reported." + name, hint: suggestion(for: name, among: names.sorted()))
      }
      let twin = cells[..<index].firstIndex {
        $0.run.isSame(as: cell.run) && $0.benchmark == cell.benchmark && $0.audio == cell.audio
          && $0.decoding == cell.decoding && $0.seed == cell.seed
      }
      if let twin { report("fills the same row as cells[\(twin)]", "", hint: "leave one of them") }
    }
    return mistakes
  }
}

extension PublishedTable.Run {
  /// "qwen2.5-omni on avqa with audio", with the method and the name where they tell it apart.
  fileprivate var words: String {
    guard let training else { return model + " without fine-tuning" }
    let method = method.map { $0 == Self.standardMethod ? "" : " by " + $0 } ?? ""
    return "\(model) on \(training)" + (trainingAudio.map { $0 ? " with audio" : " without audio" } ?? "") + method
      + (name.map { ", run " + $0 } ?? "")
  }
}
