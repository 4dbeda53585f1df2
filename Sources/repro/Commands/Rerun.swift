// `repro verify --rerun`: everything again from nothing, then the bytes compared.
import CPUBackend
import Diagnostics
import Experiments
import Foundation
import ResultStore
import Runner

/// An experiment run anew, apart from all caches and results, and held against the newest version of its results.
struct Rerun {
  let experiment: Experiment
  /// The results that are to be reproduced.
  let results: String
  let engine: EngineOptions

  /// Files of the version that came out otherwise, sorted; empty if every byte is the same.
  ///
  /// Its cache is its own and starts empty. It is kept while the rerun is not complete, so that an interrupted one goes
  /// on where it stopped.
  func differences() throws -> (version: String, files: [String]) {
    guard engine.arithmetic == .canonical else {
      throw Diagnostic(
        "fast arithmetic has other bits on other machines and threads: its bytes are not compared",
        path: "--rerun --arithmetic fast", hint: "leave out --arithmetic fast")
    }
    let kept = ResultFolder(root: results, experiment: experiment.name, profile: experiment.profile.rawValue)
    guard let version = kept.versions.last else {
      throw Diagnostic(
        "no results of '\(experiment.name)' (\(experiment.profile.rawValue)) in \(results)",
        hint: "repro run \(experiment.name).yaml", kind: .missing)
    }
    let damaged = kept.damage(in: version)
    guard damaged.isEmpty else {
      throw Diagnostic(
        "\(kept.path)/\(version) is not as its MANIFEST.sha256 says: " + damaged.joined(separator: ", "),
        hint: "restore the folder, or remove it and run again")
    }
    let scratch = CellCache.defaultRoot + "/rerun/\(experiment.name)-\(experiment.profile.rawValue)"
    let run = try ExperimentRun(
      experiment, results: scratch + "/results", cache: CellCache(root: scratch), backend: try engine.makeBackend(),
      threads: engine.threadCount)
    _ = try run.run(TerminalWitness()) { try Pages(experiment: experiment, files: $0).pages() }
    guard let fresh = run.resultFolder.versions.last else { return (version, ["MANIFEST.sha256"]) }
    let files = ResultFolder.read(run.resultFolder.path + "/" + fresh)
    let different = kept.differences(files, from: version)
    try? FileManager.default.removeItem(atPath: scratch)
    return (version, different)
  }
}
