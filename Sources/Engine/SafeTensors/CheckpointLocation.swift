// Where a checkpoint is on this machine: a folder, or a name in the cache of the Hugging Face hub.
//
// Source: the cache layout of huggingface_hub: models--OWNER--NAME/refs/REVISION names a commit, snapshots/COMMIT holds it.
public import Diagnostics
public import Foundation

public enum CheckpointLocation {
  /// The folder of a checkpoint.
  ///
  /// A folder is taken as it is. `OWNER/NAME`, or `OWNER/NAME@REVISION`, is looked up in the hub's cache: `HF_HUB_CACHE`,
  /// else `HF_HOME`/hub, else `XDG_CACHE_HOME`/huggingface/hub, else ~/.cache/huggingface/hub. Nothing is downloaded.
  /// - Throws: a diagnostic of kind `missing` that says where it looked, and how to get it.
  public static func resolve(
    _ name: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Diagnostic) -> String {
    let path = name.hasPrefix("~/") ? home(environment) + name.dropFirst() : name
    if isFolder(path) { return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }
    if FileManager.default.fileExists(atPath: path) {
      throw Diagnostic("is a file; a checkpoint is a folder", at: SourceMark(file: path))
    }
    guard let (owner, model, revision) = hubName(name) else {
      throw Diagnostic(
        "there is no such folder", at: SourceMark(file: path),
        hint: "a checkpoint is a folder, or a name such as Qwen/Qwen2.5-Omni-7B", kind: .missing)
    }
    let hub = hubCache(environment)
    let repository = "\(hub)/models--\(owner)--\(model)"
    func missing(_ fact: String) -> Diagnostic {
      let option = revision == "main" ? "" : " --revision \(revision)"
      return Diagnostic(
        fact, at: SourceMark(file: repository), path: name,
        hint: "get it with 'huggingface-cli download \(owner)/\(model)\(option)', or name the folder it is in",
        kind: .missing)
    }
    guard isFolder(repository) else {
      throw missing("there is neither a folder of this name nor this part of the Hugging Face cache")
    }
    var commit = revision
    if let bytes = FileManager.default.contents(atPath: "\(repository)/refs/\(revision)"), bytes.count <= 200 {
      commit = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
    guard isPlain(commit), isFolder("\(repository)/snapshots/\(commit)") else {
      throw missing("the cache holds no snapshot of revision '\(revision)'")
    }
    return "\(repository)/snapshots/\(commit)"
  }

  /// The folder of the hub's cache.
  static func hubCache(_ environment: [String: String]) -> String {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let cache = value("HF_HUB_CACHE") ?? value("HUGGINGFACE_HUB_CACHE") { return cache }
    if let home = value("HF_HOME") { return home + "/hub" }
    return (value("XDG_CACHE_HOME") ?? home(environment) + "/.cache") + "/huggingface/hub"
  }

  private static func home(_ environment: [String: String]) -> String { environment["HOME"] ?? NSHomeDirectory() }

  private static func hubName(_ name: String) -> (owner: String, model: String, revision: String)? {
    let halves = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let parts = halves[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, parts.allSatisfy(isPlain), halves.count == 1 || isPlain(halves[1]) else { return nil }
    return (parts[0], parts[1], halves.count == 2 ? halves[1] : "main")
  }

  /// Whether this can be one part of a path and nothing else.
  private static func isPlain(_ part: String) -> Bool {
    !part.isEmpty && !part.hasPrefix(".") && part.utf8.count <= 200
      && part.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0))
      }
  }

  private static func isFolder(_ path: String) -> Bool {
    (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil
  }
}
