// What planned runs can show of their paper's claims.
import Experiments
import JSONText
import Publications
import Reports
import Runner

/// Plans of one paper and profile, taken together: a claim may be about several tables.
struct PlannedClaims {
  var paper: PublishedPaper
  var tables: [Int]
  var power: [ClaimPower]

  /// One entry a paper and profile that the plans reproduce tables of.
  static func all(_ plans: [Plan], results: String) throws -> [PlannedClaims] {
    var found: [PlannedClaims] = []
    var seen: Set<String> = []
    for first in plans {
      let group = plans.filter {
        $0.experiment.paper == first.experiment.paper && $0.experiment.profile == first.experiment.profile
      }
      let tables = Set(group.flatMap { $0.experiment.tableUses.map(\.number) }).sorted()
      guard !tables.isEmpty, seen.insert("\(first.experiment.paper ?? "") \(first.experiment.profile)").inserted else { continue }
      let paper = try Papers.paper(first.experiment.paper)
      let earlier = (try? ResultsFolder(path: results).newest(profile: first.experiment.profile.rawValue)) ?? []
      var measured: [Int: Measurements] = [:]
      for run in earlier where try Papers.paper(run.paper).id == paper.id {
        for table in run.tables where tables.contains(table) { measured[table] = try run.measurements() }
      }
      let isPapers = first.experiment.profile == .paper
      let run = PlannedRun(seeds: first.experiment.seeds.count, earlier: measured) { benchmark, category in
        isPapers
          ? paper.benchmark(benchmark)?.questionCount(of: category)
          : group.lazy.compactMap { $0.questionCount(benchmark, category) }.first
      }
      found.append(PlannedClaims(paper: paper, tables: tables, power: paper.power(run, tables: tables)))
    }
    return found
  }

  func lines(width: Int) -> [String] {
    let places = tables.compactMap { paper.table($0)?.place }.joined(separator: ", ")
    return ["What this can show of the claims of \(paper.id), \(places)"]
      + wrapped("  " + [ClaimPower].method, indent: 2, width: width) + power.lines(width: width)
  }

  var json: JSONValue {
    .object([
      "paper": .string(paper.id), "tables": .array(tables.map { .integer($0) }), "claims": .array(power.map(\.json)),
    ])
  }
}
