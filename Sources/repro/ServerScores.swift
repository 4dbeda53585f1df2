// Scores that a benchmark's server gave, from a file.
import Diagnostics
import Foundation
import Publications

extension ScoreFile {
  /// Reads a file that a user named.
  static func read(_ file: String) throws -> ScoreFile {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Diagnostic("no such file", at: SourceMark(file: file), kind: .missing)
    }
    return try ScoreFile(parsing: [UInt8](data), file: file)
  }
}
