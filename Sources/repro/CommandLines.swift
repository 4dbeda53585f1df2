// Command lines that a person may copy: right from the folder one is in, and quoted for the shell.
import Foundation
import ResultStore
import Runner

extension RunRequest {
  /// `repro run …` with all that the run was given.
  /// - Parameter results: the folder of its results.
  func commandLine(results: String) -> String {
    let standard = arithmetic == nil ? "results" : "results-fast"
    return (["repro"] + arguments(file: Self.shown(file), results: results == standard ? nil : results))
      .map(shellQuoted).joined(separator: " ")
  }

  /// The shortest name by which a file is found from here: a bare one, one below this folder, or the whole path.
  private static func shown(_ path: String) -> String {
    func isIt(_ name: String) -> Bool {
      URL(fileURLWithPath: ExperimentOptions.locate(name)).standardizedFileURL.path == path
    }
    let name = (path as NSString).lastPathComponent
    if isIt(name) { return name }
    let here = FileManager.default.currentDirectoryPath + "/"
    return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
  }
}
