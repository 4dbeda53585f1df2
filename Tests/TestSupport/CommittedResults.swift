// The results as they are committed: a user's own runs write new versions beside them, which no test may read.
internal import Foundation
internal import Glibc

/// `results/` of the commit that is checked out.
public struct CommittedResults: Sendable {
  /// The folder `results`; without git, the one in the package.
  public let path: String
  private let copy: TemporaryFolder?

  /// Taken from git once per test process.
  public static let shared = CommittedResults()

  private init() {
    let package = Fixtures.packageRoot.path
    if let folder = try? TemporaryFolder(), Self.unpack(package, into: folder.path) {
      copy = folder
      path = folder.file("results")
      atexit { CommittedResults.shared.remove() }
    } else {
      copy = nil
      path = package + "/results"
    }
  }

  /// The copy goes when the process ends.
  private func remove() { if let copy { try? FileManager.default.removeItem(atPath: copy.path) } }

  private static func unpack(_ package: String, into folder: String) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "git -C \"$0\" archive --format=tar HEAD results | tar -x -C \"$1\" && test -d \"$1/results\"", package, folder,
    ]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  /// The newest version of an experiment under a profile, such as `v0002`; nil where there is none.
  public func newest(_ experiment: String, _ profile: String) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(experiment)/\(profile)")) ?? []
    return names.filter { $0.hasPrefix("v") && Int($0.dropFirst()) != nil }
      .max { (Int($0.dropFirst()) ?? 0) < (Int($1.dropFirst()) ?? 0) }
  }
}
