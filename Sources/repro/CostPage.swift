// What finished cells took, beside what was foretold of them: `machine/timings.json` of a run.
import Estimates
import Foundation
import JSONText

struct CostPage {
  struct Row {
    var name: String
    /// Seconds of a step, a question or a base; bytes of memory at most, and of disk that is kept.
    var measured, foretold: (seconds: Double, memory: Double, disk: Double)
    /// What of the processors' time the cell had: little on a machine that does other things too.
    var processorShare: Double?
  }

  /// Cells of which both are known, in the order of the run.
  let rows: [Row]

  init(_ timings: JSONValue?) {
    rows = (timings?.object?.pairs ?? []).compactMap { name, cell in
      guard let told = cell["foretold"], let a = Self.numbers(cell), let b = Self.numbers(told) else { return nil }
      return Row(name: name, measured: a, foretold: b, processorShare: cell["processor_share"]?.double)
    }
  }

  private static func numbers(_ json: JSONValue) -> (seconds: Double, memory: Double, disk: Double)? {
    guard let seconds = json["seconds_per_unit"]?.double, let memory = json["peak_memory"]?.double,
      let disk = json["disk"]?.double
    else { return nil }
    return (seconds, memory, disk)
  }

  /// A line a cell: measured, foretold, and how the first stands to the second.
  var lines: [String] {
    guard !rows.isEmpty else { return [] }
    let width = (rows.map(\.name.count).max() ?? 0) + 2
    func part(_ measured: String, _ foretold: String, _ ratio: Double) -> String {
      pad("\(measured), foretold \(foretold)" + (ratio.isFinite ? String(format: " (%.2f)", ratio) : ""), 38)
    }
    let head = pad("", width) + pad("time of a step, question or base", 38) + pad("memory at most", 38) + "disk"
    return [head]
      + rows.map { row in
        let (a, b) = (row.measured, row.foretold)
        func size(_ value: Double) -> String { bytes(Int(min(max(value, 0), 9e18))) }
        return (pad(row.name, width) + part(brief(a.seconds), brief(b.seconds), a.seconds / b.seconds)
          + part(size(a.memory), size(b.memory), a.memory / b.memory)
          + part(size(a.disk), size(b.disk), a.disk / b.disk)).trimmingCharacters(in: .whitespaces)
          + (row.processorShare.map { $0 < 0.7 ? String(format: "; had %.0f %% of the processors", 100 * $0) : "" } ?? "")
      }
  }

  /// "3.2 ms", "1.40 s", and longer times as everywhere.
  private func brief(_ seconds: Double) -> String {
    if seconds < 0.1 { return String(format: "%.1f ms", 1000 * seconds) }
    return seconds < 9.95 ? String(format: "%.2f s", seconds) : duration(seconds)
  }
}
