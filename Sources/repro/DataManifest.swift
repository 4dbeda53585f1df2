// A manifest of the data that was found: one digest a file, in the form sha256sum reads.
import ContentHash
import Diagnostics
import Foundation
import Questions

/// Digests of question files and clips.
struct DataManifest {
  private(set) var lines: [String] = []

  /// Adds a question file and every clip of it that is there; clips of several sets once.
  mutating func add(_ file: QuestionFile, _ census: ClipCensus) throws {
    for path in [file.path] + census.present {
      let line = try Self.digest(of: path).hexadecimal + "  " + path
      lines.append(line)
    }
  }

  var text: String { Set(lines).sorted { $0.dropFirst(66) < $1.dropFirst(66) }.map { $0 + "\n" }.joined() }

  private static func digest(of path: String) throws -> Digest {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw Diagnostic("cannot be read", at: SourceMark(file: path), kind: .missing)
    }
    defer { try? handle.close() }
    var hasher = SHA256()
    while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hasher.update(Array(piece)) }
    return hasher.finish()
  }
}
