// Where the reference fixtures are.
public import Foundation

/// The folder of reference fixtures: `REPRO_FIXTURES`, or `../shared/reference/fixtures` beside the package.
public enum Fixtures {
  /// The package's root, from the place of this file.
  public static var packageRoot: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  }

  public static var folder: URL {
    if let path = ProcessInfo.processInfo.environment["REPRO_FIXTURES"] { return URL(fileURLWithPath: path) }
    return packageRoot.appendingPathComponent("../shared/reference/fixtures").standardizedFileURL
  }

  /// Real benchmark files, the real tokenizer and the paper's tables: `../shared` beside the package.
  public static var shared: URL { packageRoot.appendingPathComponent("../shared").standardizedFileURL }

  public static var areThere: Bool { FileManager.default.fileExists(atPath: folder.path) }
  public static var sharedIsThere: Bool { FileManager.default.fileExists(atPath: shared.path) }
}
