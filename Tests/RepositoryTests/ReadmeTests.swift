// What the README says of measured results is what the committed results say.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("The README")
struct ReadmeTests {
  private static let root = Fixtures.packageRoot.path

  /// Rows of the README's table of Table IV, made from the newest committed scores: model, training, mean over seeds.
  private func rows() throws -> [String] {
    let version = try #require(CommittedResults.shared.newest("table4", "micro"))
    let path = CommittedResults.shared.path + "/table4/micro/\(version)/scores.json"
    let scores = try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: path))), file: path)
    struct Row: Hashable { var model, training, decoding: String }
    var order: [Row] = []
    var shares: [Row: [Bool: [Double]]] = [:]
    for cell in scores["cells"]?.array ?? [] {
      let training =
        cell["training"]?.string.map { $0 + (cell["training_audio"]?.boolean == true ? ", with audio" : ", text only") }
      let row = Row(
        model: cell["model"]?.string ?? "", training: training ?? "nothing", decoding: cell["decoding"]?.string ?? "")
      if shares[row] == nil { order.append(row) }
      let share = 100 * Double(cell["correct"]?.integer ?? 0) / Double(max(cell["n"]?.integer ?? 0, 1))
      shares[row, default: [:]][cell["audio"]?.boolean == true, default: []].append(share)
    }
    func mean(_ values: [Double]?) -> String {
      guard let values, !values.isEmpty else { return "-" }
      return String(format: "%.1f", values.reduce(0, +) / Double(values.count))
    }
    return order.filter { $0.decoding != "likelihood" }.map { row in
      let training = row.decoding == "greedy" ? row.training : "nothing; held to the options (control)"
      return "| \(row.model) | \(training) | \(mean(shares[row]?[true])) | \(mean(shares[row]?[false])) |"
    }
  }

  @Test("its table of Table IV stands in the committed results")
  func table() throws {
    let readme = try String(contentsOfFile: Self.root + "/README.md", encoding: .utf8)
    let rows = try rows()
    #expect(rows.count == 10)
    for row in rows { #expect(readme.contains(row + "\n"), "the results say \(row)") }
  }

  @Test("its two commands, every subcommand it names and every file it points to exist")
  func commands() throws {
    let readme = try String(contentsOfFile: Self.root + "/README.md", encoding: .utf8)
    #expect(readme.contains("./repro run table4.yaml") && readme.contains("./repro test"))
    let source = try String(contentsOfFile: Self.root + "/Sources/repro/Repro.swift", encoding: .utf8)
    let data = try String(contentsOfFile: Self.root + "/Sources/repro/Commands/DataCommand.swift", encoding: .utf8)
    for line in readme.split(separator: "\n") where line.hasPrefix("| `repro ") {
      let named = line.dropFirst(3).prefix { $0 != "|" }
      for part in named.split(separator: "`") where part.contains(where: \.isLetter) {
        let words = part.split(separator: " ").filter { $0 != "repro" }
        guard let name = words.first, name.allSatisfy({ $0.isLowercase }) else { continue }
        let command = name.prefix(1).uppercased() + name.dropFirst() + "Command.self"
        let isOfData = named.contains("repro data ") && data.contains("Data" + command)
        #expect(isOfData || source.contains(command), "there is no command \(name)")
      }
    }
    let pattern = #/`(?<path>(Sources|Experiments|Tests|paper|\.ci)/[A-Za-z0-9+./-]*)`/#
    for match in readme.matches(of: pattern) {
      let path = Self.root + "/" + match.output.path
      #expect(FileManager.default.fileExists(atPath: path), "there is no \(match.output.path)")
    }
  }
}
