// Every measured row of every table: a number in each column, or the reason why there is none.
import Foundation
import JSONText

struct MeasuredRows {
  /// A folder of results.
  let results: String

  /// One line a cell: table, row, column, the measured value or null, and why there is none: its state, else "published
  /// only" for rows and cells that no run is to measure, else "unsaid".
  func print() throws {
    for number in 1...4 {
      let folder = results + "/table\(number)/paper"
      let versions = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.filter { $0.hasPrefix("v") }.sorted() ?? []
      guard let newest = versions.last else { throw Mistake("there is no table \(number) under \(results)") }
      let path = folder + "/\(newest)/tables/table\(number).json"
      let table = try JSONValue(parsing: Files.read(path), file: path)
      let columns = (table["columns"]?.array ?? []).map { $0["id"]?.string ?? "?" }
      for row in table["rows"]?.array ?? [] {
        let labels = (row["labels"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
        for (column, cell) in zip(columns, row["cells"]?.array ?? []) {
          let isOurs = row["origin"]?.string == "reproduction" && cell["published"]?.isNull == false
          let reason = cell["state"]?.string ?? (isOurs ? "unsaid" : "published only")
          let value = cell["measured"]?.canonicalText ?? "null"
          Swift.print("table\(number)\t\(labels)\t\(column)\t\(value)\t\(value == "null" ? reason : "-")")
        }
      }
    }
  }
}
