// Where the project stands: its experiments and papers are read from there, wherever one is.
internal import Foundation

/// Finds the project's own folder and those beside which a user works.
public enum ProjectFolder {
  /// The folder of the package that this program was built in; nil where it was not built in one.
  public static let root: String? = {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    return program.range(of: "/.build/").map { String(program[..<$0.lowerBound]) }
  }()

  /// A folder of the project as it is looked for: the one of that name here, the user's own, then the project's; those
  /// that are there, each once.
  public static func folders(_ name: String) -> [String] {
    var seen: Set<String> = []
    return ([name] + (root.map { [$0 + "/" + name] } ?? [])).filter { path in
      FileManager.default.fileExists(atPath: path)
        && seen.insert(URL(fileURLWithPath: path).resolvingSymlinksInPath().path).inserted
    }
  }
}
