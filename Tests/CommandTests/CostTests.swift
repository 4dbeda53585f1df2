// What cells took, beside what was foretold: in `machine/timings.json`, and in `repro status --costs`.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("Foretold and measured", .enabled(if: Program.isThere, "the program is not built"))
struct CostTests {
  private let smoke: SmokeRun

  init() throws { smoke = try SmokeRun.shared.get() }

  @Test("every cell's memory is foretold within 15 %, its disk within 10 %; time, which others share, is beside them")
  func beside() throws {
    let path = smoke.results + "/tiny/smoke/machine/timings.json"
    let timings = try JSONValue(parsing: Array(FileManager.default.contents(atPath: path) ?? Data()), file: path)
    let cells = try #require(timings.object?.pairs)
    #expect(cells.count == 7)
    for (name, cell) in cells {
      func ratio(_ key: String) throws -> Double {
        let (measured, foretold) = (cell[key]?.double, cell["foretold"]?[key]?.double)
        return try #require(measured, "\(name): \(key)") / #require(foretold, "\(name): \(key)")
      }
      let (memory, disk, most) = (try ratio("peak_memory"), try ratio("disk"), try ratio("disk_at_most"))
      #expect(memory > 0.85 && memory < 1.15, "\(name): \(memory)")
      #expect(disk > 0.9 && disk < 1.1, "\(name): \(disk)")
      #expect(most > 0.9 && most < 1.1, "\(name): \(most)")
      #expect(try ratio("seconds_per_unit") > 0 && cell["processor_share"]?.double ?? 0 > 0)
    }
    let status = try smoke.run(["status", "--costs", "--results", smoke.results])
    #expect(status.status == 0 && status.output.contains("time of a step, question or base"), "\(status.output)")
    for (name, _) in cells { #expect(status.output.contains("  \(name)  "), "\(name)\n\(status.output)") }
  }

  @Test("answers that are cut, and those that name several options, are counted by model and shown")
  func gamed() throws {
    let path = smoke.version + "/scores.json"
    let scores = try JSONValue(parsing: Array(FileManager.default.contents(atPath: path) ?? Data()), file: path)
    let report = String(decoding: FileManager.default.contents(atPath: smoke.version + "/report.md") ?? Data(), as: UTF8.self)
    for cell in try #require(scores["cells"]?.array) {
      let name = try #require(cell["name"]?.string)
      let file = smoke.version + "/predictions/\(name).jsonl"
      let text = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
      let cut = text.components(separatedBy: "\"finished\":false").count - 1
      #expect(cell["truncated"]?.integer == cut, "\(name)")
      #expect(try #require(cell["several_options"]?.integer) >= 0)
      if cut > 0 { #expect(report.contains("\(cut) cut at the limit of tokens (")) }
    }
    let phases = SmokeRun.contents(smoke.results + "/tiny/smoke/machine/phases").values
    #expect(phases.allSatisfy { String(decoding: $0, as: UTF8.self).contains("several_options_share") } && !phases.isEmpty)
  }
}
