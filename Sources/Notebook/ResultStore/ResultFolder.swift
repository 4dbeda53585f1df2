// results/<experiment>/<profile>/v0001, v0002, …: what a run gave, the same bytes for the same run.
//
// A run that gives the newest version's bytes writes none. A version appears whole: it is written beside, flushed, and
// takes its name last. `machine/` beside the versions holds what may differ between two runs.
internal import ContentHash
public import Diagnostics
internal import Foundation

/// The versions of one experiment's results under one profile.
public struct ResultFolder: Sendable {
  public let path: String

  /// - Parameters: the results folder, the experiment's name and the profile's.
  public init(root: String, experiment: String, profile: String) {
    path = root + "/" + experiment + "/" + profile
  }

  public var machine: String { path + "/machine" }

  /// Versions there are, oldest first.
  public var versions: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
      .filter { $0.count >= 5 && $0.hasPrefix("v") && $0.dropFirst().allSatisfy(\.isNumber) }.sorted()
  }

  /// What became of a run's files.
  public enum Outcome: Sendable, Equatable {
    case new(String)
    /// The newest version has these very bytes.
    case reproduced(String)
    /// Another version was written because these files differ from the newest.
    case differs(String, from: String, files: [String])
  }

  /// Keeps a run's files (relative path to text); a manifest of them is added.
  public func keep(_ files: [String: String]) throws(Diagnostic) -> Outcome {
    var all = files
    let names = files.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    all["MANIFEST.sha256"] = names.map { Digest(of: files[$0] ?? "").hexadecimal + "  " + $0 + "\n" }.joined()
    let newest = versions.last
    var different: [String] = []
    if let newest {
      different = differences(all, from: newest)
      if different.isEmpty { return .reproduced(newest) }
    }
    let number = (newest.flatMap { Int($0.dropFirst()) } ?? 0) + 1
    let name = "v" + String(repeating: "0", count: max(0, 4 - "\(number)".count)) + "\(number)"
    let temporary = path + "/." + name + ".part"
    try AtomicFile.removeAll(temporary)
    for file in all.keys.sorted() {
      let target = temporary + "/" + file
      try AtomicFile.makeFolder((target as NSString).deletingLastPathComponent)
      try AtomicFile.write(all[file] ?? "", to: target)
    }
    try AtomicFile.move(temporary, to: path + "/" + name)
    return newest.map { .differs(name, from: $0, files: different) } ?? .new(name)
  }

  /// Files that are not the same in a version, sorted.
  public func differences(_ files: [String: String], from version: String) -> [String] {
    let old = Self.read(path + "/" + version)
    return Set(files.keys).union(old.keys).filter { files[$0] != old[$0] }.sorted()
  }

  /// All text files below a folder, by relative path.
  public static func read(_ folder: String) -> [String: String] {
    var files: [String: String] = [:]
    for name in FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? [] {
      if let data = FileManager.default.contents(atPath: folder + "/" + name) {
        files[name] = String(decoding: data, as: UTF8.self)
      }
    }
    return files
  }

  /// Names of files in a version that its manifest does not have so; empty if it is sound.
  public func damage(in version: String) -> [String] {
    let files = Self.read(path + "/" + version)
    let lines = (files["MANIFEST.sha256"] ?? "").split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1) }
    var promised: [String: String] = [:]
    for line in lines where line.count == 2 {
      promised[line[1].trimmingCharacters(in: .whitespaces)] = String(line[0])
    }
    let found = files.keys.filter { $0 != "MANIFEST.sha256" }
    return Set(found).union(promised.keys).filter { name in
      promised[name] != files[name].map { Digest(of: $0).hexadecimal }
    }.sorted()
  }
}
