// Tables and reports of a run, from its files alone.
import ExperimentRunner
import Foundation

/// Makes the pages that are kept with a run's files.
struct Pages {
  let experiment: Experiment
  let files: [String: String]

  func pages() throws -> [String: String] { [:] }

  /// What the terminal shows at the end.
  static func words(ofVersionAt folder: String, experiment: Experiment) throws -> String { "" }
}
