// Scores that a benchmark's server gave, from a file.
import Diagnostics
import Foundation
import Publications

extension ScoreFile {
  /// Reads a file that a user named, and holds it against the rows of the paper's tables.
  /// - Throws: entries that fill no row, and rows that are filled twice.
  static func read(_ file: String, _ papers: inout PapersInUse) throws -> ScoreFile {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Diagnostic("no such file", at: SourceMark(file: file), kind: .missing)
    }
    let scores = try ScoreFile(parsing: [UInt8](data), file: file)
    let mistakes = Diagnostics(scores.mistakes(for: try papers.paper(scores.paper), file: file))
    try mistakes.throwIfAnyError()
    return scores
  }
}
