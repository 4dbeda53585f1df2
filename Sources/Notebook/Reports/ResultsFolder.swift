// Reading `results/<experiment>/<profile>/<version>/` back: nothing is computed, nothing guessed.
internal import Diagnostics
internal import Foundation
internal import JSONText
public import Publications
public import Records
internal import SystemCalls

/// One version of one experiment's results.
public struct RunResults: Sendable {
  public var experiment: String
  public var profile: String
  /// `v0001` and so on.
  public var version: String
  /// The folder of the version.
  public var path: String
  public var scores: ScoreFile

  /// Where `path` is a results folder's, as it is named from outside the folder: `table4/micro/v0001`.
  public var name: String { "\(experiment)/\(profile)/\(version)" }

  /// Tables that the experiment reproduces.
  public var tables: [Int] { scores.tables }
  /// The paper that they are of; nil for the default one.
  public var paper: String? { scores.paper }

  /// Only the paper's models on the paper's data bear on its numbers.
  public var scale: Measurements.Scale { profile == "paper" ? .paper : .other(profile) }

  /// The counts, with every per-question outcome that is there.
  public func measurements() throws -> Measurements {
    var outcomes: [String: [Outcome]] = [:]
    var facts: [String: [ExactText: QuestionFacts]] = [:]
    for cell in scores.cells where outcomes[cell.name] == nil {
      if facts[cell.benchmark] == nil {
        let file = path + "/" + Outcome.questionsFile(cell.benchmark)
        let data = FileManager.default.contents(atPath: file).map { [UInt8]($0) } ?? []
        facts[cell.benchmark] = try QuestionFacts.list(parsing: data, file: file)
      }
      let file = predictionsFile(cell.name)
      guard let data = FileManager.default.contents(atPath: file) else { continue }
      outcomes[cell.name] = try Outcome.list(
        parsing: [UInt8](data), file: file, facts: facts[cell.benchmark] ?? [:])
    }
    return try measurements(outcomes)
  }

  /// The same with outcomes that were read already, by cell.
  /// - Throws: where they are not as many, or not as many right, as the scores say.
  public func measurements(_ outcomes: [String: [Outcome]]) throws -> Measurements {
    for cell in scores.cells {
      guard let list = outcomes[cell.name] else { continue }
      guard list.count == cell.questionCount, list.count(where: \.isCorrect) == cell.correctCount else {
        throw Diagnostic(
          "\(list.count(where: \.isCorrect)) of \(list.count) are right, scores.json says \(cell.correctCount) of "
            + "\(cell.questionCount)", at: SourceMark(file: predictionsFile(cell.name)))
      }
    }
    return Measurements(scale: scale, cells: scores.cells, outcomes: outcomes, departures: scores.departures)
  }

  /// The file of a cell's predictions.
  public func predictionsFile(_ cell: String) -> String { "\(path)/predictions/\(cell).jsonl" }
}

/// A folder of results.
public struct ResultsFolder: Sendable {
  public var path: String

  public init(path: String) { self.path = path }

  /// The newest version of every experiment and profile that has scores, sorted by name.
  /// - Parameters:
  ///   - experiments: names, with or without `.yaml`; nil for all.
  ///   - profile: one profile, or nil for all.
  public func newest(experiments: [String]? = nil, profile: String? = nil) throws -> [RunResults] {
    let wanted = experiments.map { $0.map(Self.experimentName) }
    let found = Self.folders(path).filter { wanted?.contains($0) ?? true }
    if let missing = wanted?.first(where: { !found.contains($0) }) {
      throw Diagnostic(
        "no results of '\(missing)' in \(path)", hint: "repro run \(missing).yaml", kind: .missing)
    }
    return try found.flatMap { experiment in
      try Self.folders("\(path)/\(experiment)").filter { profile == nil || $0 == profile }.compactMap {
        try newest(experiment, $0)
      }
    }
  }

  /// Versions of an experiment under a profile that have scores, oldest first.
  public func versions(_ experiment: String, _ profile: String) -> [String] {
    let folder = "\(path)/\(experiment)/\(profile)"
    let versions = Self.folders(folder).filter { name in
      Self.isVersion(name) && FileManager.default.fileExists(atPath: "\(folder)/\(name)/scores.json")
    }
    // Numbers, so that v10000 follows v9999.
    return versions.sorted { (Int($0.dropFirst()) ?? 0) < (Int($1.dropFirst()) ?? 0) }
  }

  /// Experiments and profiles that have a folder, sorted.
  public var runs: [(experiment: String, profile: String)] {
    Self.folders(path).flatMap { experiment in
      Self.folders("\(path)/\(experiment)").map { (experiment: experiment, profile: $0) }
    }
  }

  private func newest(_ experiment: String, _ profile: String) throws -> RunResults? {
    try versions(experiment, profile).last.map { try Self.read("\(path)/\(experiment)/\(profile)/\($0)") }
  }

  /// The version a person means: a version's folder, or `experiment/profile/v0001`, `experiment/profile` or `experiment`
  /// in this folder; without a version the newest, without a profile `micro`.
  public func version(_ text: String) throws -> RunResults {
    let plain = text.hasSuffix("/") ? String(text.dropLast()) : text
    if FileManager.default.fileExists(atPath: plain + "/scores.json") { return try Self.read(plain) }
    var parts = plain.split(separator: "/").map(String.init)
    guard !plain.hasPrefix("/"), (1...3).contains(parts.count), !parts.contains("..") else {
      throw Diagnostic(
        "'\(text)' is no version of results", hint: "write experiment/profile/v0001, experiment/profile, or a folder",
        kind: .missing)
    }
    parts[0] = Self.experimentName(parts[0])
    if parts.count == 1 { parts.append("micro") }
    let known = versions(parts[0], parts[1])
    let name = "\(path)/\(parts[0])/\(parts[1])"
    guard let newest = known.last else {
      let others = runs.filter { !versions($0.experiment, $0.profile).isEmpty }.map { "\($0.experiment)/\($0.profile)" }
      throw Diagnostic(
        "there are no results in \(name)",
        hint: others.isEmpty
          ? "repro run \(parts[0]).yaml --profile \(parts[1])" : suggestion(for: "\(parts[0])/\(parts[1])", among: others),
        kind: .missing)
    }
    let version = parts.count == 3 ? parts[2] : newest
    guard known.contains(version) else {
      throw Diagnostic(
        "there is no version '\(version)' in \(name)", hint: suggestion(for: version, among: known), kind: .missing)
    }
    return try Self.read(name + "/" + version)
  }

  /// A version by its folder; experiment and profile are the folders it stands in.
  static func read(_ folder: String) throws -> RunResults {
    let file = "\(folder)/scores.json"
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Diagnostic("cannot be read", at: SourceMark(file: file), kind: .missing)
    }
    let scores = try ScoreFile(parsing: [UInt8](data), file: file)
    let parts = URL(fileURLWithPath: folder).standardizedFileURL.pathComponents
    func part(_ fromEnd: Int) -> String { parts.count > fromEnd ? parts[parts.count - 1 - fromEnd] : "" }
    return RunResults(experiment: part(2), profile: part(1), version: part(0), path: folder, scores: scores)
  }

  private static func isVersion(_ name: String) -> Bool {
    name.first == "v" && name.count > 1 && name.dropFirst().allSatisfy(\.isWholeNumber)
  }

  /// `Experiments/table4.yaml` is `table4`.
  public static func experimentName(_ file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    for ending in [".yaml", ".yml"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
    return name
  }

  private static func folders(_ path: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { SystemCalls.isFolder("\(path)/\($0)") }.sorted()
  }
}
