// What the report says of the measurements.
internal import Foundation
internal import Publications
internal import ResultStore

extension PaperPieces {
  typealias Runs = [Int: MeasuredRun]

  /// - Parameter main: the table that the report begins with.
  mutating func addMeasured(_ paper: PublishedPaper, option: String, main: Int?, _ runs: Runs, _ judged: Verification?) {
    // Claims are judged on the runs of one profile: that of the first table if it was measured.
    let first = main.flatMap { runs[$0] }
    let profile = (first ?? runs.sorted { $0.key < $1.key }.first?.value)?.run.profile
    let settings = first.map { Self.settings($0.run) } ?? []
    if !settings.isEmpty { parts.insert("settings") }
    let own = runs.filter { $0.value.run.profile == profile }
    let verification = judged ?? (own.isEmpty ? nil : Verification(paper, own.mapValues { $0.measured }))
    addSentences(paper, runs, verification)
    let claims = verification.map(Self.items) ?? []
    includes += [
      .list(
        "control", (verification?.controls ?? []).map { ("", $0.sentence, []) },
        empty: "The control has not been measured."),
      .list("claims", claims, empty: "No claim has been measured."),
      .list(
        "notes",
        [
          ("", "Best bold and second underlined within a section, measured and published values apart.", []),
          (
            "",
            "With several training seeds a cell is their mean. Intervals are Wilson's at 95 % around it, for the questions of one seed: sampling error alone. The spread over seeds stands apart from it.",
            []
          ),
        ], empty: ""),
      .table(
        "settings", heads: ["Setting", "Value", "Origin"], rows: settings,
        shares: [1: "0.4", 2: "0.38"]),
      Self.rerun(paper, option, profile: first?.run.profile ?? "micro", runs),
    ]
  }

  private typealias Item = (head: String, text: String, details: [String])

  /// Decided claims first; of those that say the same, one item.
  private static func items(_ verification: Verification) -> [Item] {
    var items: [Item] = []
    for kind in [ClaimVerdict.Verdict.holds, .contradicted, .notSeen, .undecided] {
      for verdict in verification.told where verdict.verdict == kind {
        var details = [verdict.telling]
        if let reading = verdict.claim.reading { details.append("reading: " + reading) }
        items.append(("\(verdict.claim.place), \(kind.rawValue).", verdict.claim.statement, details))
      }
    }
    for (reason, claims) in verification.untold {
      let details = claims.map { "\($0.claim.place): \($0.claim.statement)" }
      items.append(("Undecided, \(claims.count) that \(reason).", "", details))
    }
    return items
  }

  private mutating func addSentences(_ paper: PublishedPaper, _ runs: Runs, _ verification: Verification?) {
    let scale: String
    let departures = verification?.departureSentences ?? []
    switch verification.map({ $0.scaleName == "paper" ? nil : $0.scaleName }) {
    case .some(.none) where verification?.isPaperScale == false:
      scale = "The measurements are of a run under the paper profile, not of the paper's experiment. "
        + departures.joined(separator: " ")
    case .some(.none): scale = "The measurements are at the paper's scale: its models, its data."
        + departures.map { " " + $0 }.joined()
    case .some(.some(let profile)):
      scale =
        "The measurements are those of the \(profile) profile: another scale than the paper's, with its own models and "
        + "questions, so that they bear on the paper's claims and never on its numbers."
        + (profile == "smoke" ? " The smoke profile is for tests: a few steps of everything, and nothing follows from it." : "")
    case .none: scale = "Nothing has been measured yet."
    }
    let counts = paper.tables.compactMap { table in
      verification?.testCounts[table.number].map { "\($0) of \(table.place)" }
    }
    macros += [
      ("scaleSentence", scale),
      ("verdictSentence", verification.map { "Held against them, of \($0.summary)." } ?? ""),
      ("testCounts", counts.isEmpty ? "none yet" : counts.joined(separator: ", ")),
    ]
  }

  /// Where a table's numbers are from, with its questions and seeds.
  static func sentence(_ found: MeasuredRun?) -> String {
    guard let found else { return "No results of it are there: every value is the published one." }
    let benchmarks = found.measured.cells.reduce(into: [(String, Int)]()) { list, cell in
      if !list.contains(where: { $0.0 == cell.benchmark }) { list.append((cell.benchmark, cell.questionCount)) }
    }
    let questions = benchmarks.filter { $0.1 > 0 }.map { "\(grouped($0.1)) questions of \($0.0)" }
    let unscored = found.measured.cells.reduce(into: [String: Int]()) { counts, cell in
      counts[cell.benchmark] = max(counts[cell.benchmark] ?? 0, cell.unscoredCount)
    }
    let submitted = unscored.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map {
      " Submitted, not scored: \(grouped($0.value)) questions of \($0.key), whose answers are withheld."
    }
    let seeds = Set(found.measured.cells.compactMap(\.seed)).sorted().map(String.init)
    return "Made from the results in \(found.run.name)"
      + (questions.isEmpty ? "" : ": " + questions.joined(separator: ", "))
      + (seeds.isEmpty ? "." : "; training seed\(seeds.count > 1 ? "s" : "") \(seeds.joined(separator: ", ")).")
      + submitted.joined()
  }

  /// The settings as the run's own experiment file has them: `  key: value  # origin` under `grpo:` and its kin.
  static func settings(_ run: RunResults) -> [[String]] {
    guard let data = FileManager.default.contents(atPath: run.path + "/experiment.yaml") else { return [] }
    var isWithin = false
    var rows: [[String]] = []
    for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
      if !line.hasPrefix(" ") { isWithin = ["grpo:", "evaluation:", "prompt:", "audio:", "answers:", "precision:"].contains(line) }
      guard isWithin, line.hasPrefix("  "), let colon = line.firstRange(of: ": "),
        let mark = line.ranges(of: "  # ").last, colon.upperBound <= mark.lowerBound
      else { continue }
      let key = line[..<colon.lowerBound].drop { $0 == " " }
      rows.append([
        String(key).replacing("_", with: " "),
        String(line[colon.upperBound..<mark.lowerBound]).replacing("\"", with: ""),
        String(line[mark.upperBound...]),
      ])
    }
    return rows
  }

  /// What a run was given on its command line, to be given again.
  private static func values(given run: RunResults) -> String {
    let resolved = FileManager.default.contents(atPath: run.path + "/experiment.yaml") ?? Data()
    return valuesWithOrigin("command line", resolved: String(decoding: resolved, as: UTF8.self))
      .map { " --set " + shellQuoted("\($0.path)=\($0.value)") }.joined()
  }

  private static func rerun(_ paper: PublishedPaper, _ option: String, profile: String, _ runs: Runs) -> PaperInclude {
    let flag = profile == "micro" ? "" : " --profile \(profile)"
    // Tables whose runs were given the same are run by one command.
    var given: [String] = []
    var tables: [String: [String]] = [:]
    for table in paper.tables {
      guard let experiment = table.experiment else { continue }
      let values = runs[table.number].map { Self.values(given: $0.run) } ?? ""
      if tables[values] == nil { given.append(values) }
      if tables[values]?.contains(experiment) != true { tables[values, default: []].append(experiment) }
    }
    let words = "Every training and evaluation of the tables; what was done before is not done again."
    typealias Item = (head: String, text: String, details: [String])
    let commands: [Item] = given.map { values in
      ("./repro run " + (tables[values] ?? []).joined(separator: " ") + flag + values, words, [])
    }
    let first: [Item] = [("./repro audit" + (option.isEmpty ? "" : " --paper " + option), "The published tables against arithmetic, and the claims against them.", [])]
    let last: [Item] = [
      ("./repro tables --check", "The tables from the results alone, compared byte for byte.", []),
      ("./repro verify --evidence", "All evidence for every verdict.", []),
      ("./repro verify --rerun", "Everything from nothing, compared byte for byte.", []),
      ("./repro paper" + (option.isEmpty ? "" : " " + option), "This report.", []),
    ]
    return .list("rerun", first + commands + last, empty: "")
  }
}
