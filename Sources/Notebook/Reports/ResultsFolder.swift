// Reading `results/<experiment>/<profile>/<version>/` back: nothing is computed, nothing guessed.
internal import Diagnostics
internal import Foundation
public import Publications

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

  /// Tables that the experiment reproduces: as its scores say, or else as its name does.
  public var tables: [Int] {
    if !scores.tables.isEmpty { return scores.tables }
    guard experiment.hasPrefix("table"), let number = Int(experiment.dropFirst(5)) else { return [] }
    return [number]
  }

  /// Only the paper's models on the paper's data bear on its numbers.
  public var scale: Measurements.Scale { profile == "paper" ? .paper : .other(profile) }

  /// The counts, with every per-question outcome that is there.
  public func measurements() throws -> Measurements {
    var outcomes: [String: [Outcome]] = [:]
    for cell in scores.cells where outcomes[cell.name] == nil {
      let file = "\(path)/predictions/\(cell.name).jsonl"
      guard let data = FileManager.default.contents(atPath: file) else { continue }
      let list = try Outcome.list(parsing: [UInt8](data), file: file)
      guard list.count == cell.questionCount, list.count(where: \.isCorrect) == cell.correctCount else {
        throw Diagnostic(
          "\(list.count(where: \.isCorrect)) of \(list.count) are right, scores.json says \(cell.correctCount) of "
            + "\(cell.questionCount)", at: SourceMark(file: file))
      }
      outcomes[cell.name] = list
    }
    return Measurements(scale: scale, cells: scores.cells, outcomes: outcomes)
  }
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

  private func newest(_ experiment: String, _ profile: String) throws -> RunResults? {
    let folder = "\(path)/\(experiment)/\(profile)"
    let versions = Self.folders(folder).filter { name in
      name.first == "v" && name.count > 1 && name.dropFirst().allSatisfy(\.isWholeNumber)
        && FileManager.default.fileExists(atPath: "\(folder)/\(name)/scores.json")
    }
    // Numbers, so that v10000 follows v9999.
    guard let version = versions.max(by: { (Int($0.dropFirst()) ?? 0) < (Int($1.dropFirst()) ?? 0) }) else {
      return nil
    }
    let file = "\(folder)/\(version)/scores.json"
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Diagnostic("cannot be read", at: SourceMark(file: file), kind: .missing)
    }
    let scores = try ScoreFile(parsing: [UInt8](data), file: file)
    return RunResults(
      experiment: experiment, profile: profile, version: version, path: "\(folder)/\(version)", scores: scores)
  }

  /// `Experiments/table4.yaml` is `table4`.
  public static func experimentName(_ file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    for ending in [".yaml", ".yml"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
    return name
  }

  private static func folders(_ path: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { name in
      var isFolder: ObjCBool = false
      return unsafe FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
        && isFolder.boolValue
    }.sorted()
  }
}
