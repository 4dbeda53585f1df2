// Where the reference fixtures are.
public import Foundation

/// A set of reference fixtures. What it holds, and of which shapes, is read from its files.
public struct FixtureSet: Sendable, Hashable, CustomStringConvertible {
  public let path: String
  public var description: String { (path as NSString).lastPathComponent }

  public init(_ path: String) { self.path = path }

  public func file(_ name: String) -> String { path + "/" + name }
}

/// The sets that parity is tested with: a small one of the repository, and one beside it.
public enum Fixtures {
  /// The package's root, from the place of this file.
  public static var packageRoot: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  }

  /// Made by `Tests/Fixtures/make-fixtures.py`; in every clone.
  public static let small = FixtureSet(packageRoot.path + "/Tests/Fixtures/small")

  /// The small set, and the folder that `REPRO_FIXTURES` names, or `../shared/reference/fixtures` beside the package.
  public static let sets: [FixtureSet] = {
    let named = ProcessInfo.processInfo.environment["REPRO_FIXTURES"]
    let other = named ?? packageRoot.appendingPathComponent("../shared/reference/fixtures").standardizedFileURL.path
    // A folder that was named and is not there is tried too, and fails.
    return [small] + (named != nil || FileManager.default.fileExists(atPath: other) ? [FixtureSet(other)] : [])
  }()

  /// Real benchmark files, the real tokenizer and the paper's tables: `../shared` beside the package.
  public static var shared: URL { packageRoot.appendingPathComponent("../shared").standardizedFileURL }

  public static var sharedIsThere: Bool { FileManager.default.fileExists(atPath: shared.path) }
}

extension FixtureSet {
  /// Names in a folder that end in `suffix`, sorted.
  public func names(_ folder: String, suffix: String = "") -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: file(folder))) ?? []
    return all.filter { $0.hasSuffix(suffix) }.sorted()
  }
}
