// Where a checkpoint is on this machine: a folder, a folder below `REPRO_MODELS`, or a name in the cache of the Hugging
// Face hub. Every command asks here.
//
// Source: the cache layout of huggingface_hub: models--OWNER--NAME/refs/REVISION names a commit,
// snapshots/COMMIT holds it.
public import Diagnostics
public import Foundation
internal import Locations

/// Finds a checkpoint by the name an experiment or a person gives.
public enum CheckpointLocation {
  /// The folder of a checkpoint.
  ///
  /// A folder is taken as it is. `OWNER/NAME` is looked for below `REPRO_MODELS`, under its last part or as it is; then,
  /// as `OWNER/NAME@REVISION` too, in the hub's cache: `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE`, else `HF_HOME`/hub,
  /// else `XDG_CACHE_HOME`/huggingface/hub, else ~/.cache/huggingface/hub. An empty variable is not set; `~`, `$NAME`
  /// and `${NAME}` in them are replaced. Without a reference to `main` the only snapshot is taken. Nothing is downloaded.
  /// - Throws: a diagnostic of kind `missing` that says where it looked, and how to get it.
  public static func resolve(
    _ name: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Diagnostic) -> String {
    let path = name.hasPrefix("~") ? EnvironmentPath(environment).expanded(name) : name
    if isFolder(path) { return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }
    if FileManager.default.fileExists(atPath: path) {
      throw Diagnostic("is a file; a checkpoint is a folder", at: SourceMark(file: path))
    }
    guard let hubName = HubName(name) else {
      throw Diagnostic(
        "there is no such folder", at: SourceMark(file: path),
        hint: "a checkpoint is a folder, or a name such as Qwen/Qwen2.5-Omni-7B", kind: .missing)
    }
    if let folder = models(hubName, environment).first(where: holdsCheckpoint) { return folder }
    return try snapshot(hubName, name, environment)
  }

  /// The folders where a name of the hub is looked for, in this order.
  public static func places(
    _ name: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String] {
    guard let hubName = HubName(name) else { return [name] }
    return models(hubName, environment) + [repository(hubName, environment)]
  }

  /// The command that gets a checkpoint, whole or what is missing of it.
  public static func download(_ name: String) -> String {
    let halves = name.split(separator: "@", maxSplits: 1)
    return "hf download \(halves[0])" + (halves.count == 2 ? " --revision \(halves[1])" : "")
  }

  // MARK: - REPRO_MODELS

  private static func models(_ name: HubName, _ environment: [String: String]) -> [String] {
    // A folder there says nothing of its revision.
    guard name.revision == nil, let root = EnvironmentPath(environment).path("REPRO_MODELS") else { return [] }
    return ["\(root)/\(name.model)", "\(root)/\(name.owner)/\(name.model)"]
  }

  /// Whether any part of a checkpoint is there; a part alone is to be named, not passed over.
  private static func holdsCheckpoint(_ folder: String) -> Bool {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).contains {
      $0 == "config.json" || $0.hasSuffix(".safetensors") || $0 == "model.safetensors.index.json"
    }
  }

  // MARK: - The hub's cache

  private static func snapshot(
    _ hubName: HubName, _ name: String, _ environment: [String: String]
  ) throws(Diagnostic) -> String {
    let repository = repository(hubName, environment)
    let revision = hubName.revision ?? "main"
    func missing(_ fact: String) -> Diagnostic {
      Diagnostic(
        fact, at: SourceMark(file: repository), path: name,
        hint: "get it with '\(download(name))', or name the folder it is in", kind: .missing)
    }
    guard isFolder(repository) else {
      throw missing("there is neither a folder of this name nor this part of the Hugging Face cache")
    }
    let snapshots = ((try? FileManager.default.contentsOfDirectory(atPath: repository + "/snapshots")) ?? [])
      .filter { HubName.isPlain($0) && isFolder("\(repository)/snapshots/\($0)") }.sorted()
    let reference = FileManager.default.contents(atPath: "\(repository)/refs/\(revision)")
    var commit = revision
    if let bytes = reference, bytes.count <= 200 {
      commit = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    } else if hubName.revision == nil, reference == nil, snapshots.count == 1 {
      commit = snapshots[0]
    }
    guard snapshots.contains(commit) else {
      var fact = "the cache holds no snapshot of revision '\(revision)'"
      if reference != nil, HubName.isPlain(commit) { fact += ", which is commit \(commit)" }
      if !snapshots.isEmpty { fact += "; it holds " + snapshots.prefix(4).joined(separator: ", ") }
      throw missing(fact)
    }
    return "\(repository)/snapshots/\(commit)"
  }

  private static func repository(_ name: HubName, _ environment: [String: String]) -> String {
    "\(hubCache(environment))/models--\(name.owner)--\(name.model)"
  }

  /// The folder of the hub's cache.
  static func hubCache(_ environment: [String: String]) -> String {
    let paths = EnvironmentPath(environment)
    if let cache = paths.path("HF_HUB_CACHE") ?? paths.path("HUGGINGFACE_HUB_CACHE") { return cache }
    if let home = paths.path("HF_HOME") { return home + "/hub" }
    return (paths.path("XDG_CACHE_HOME") ?? paths.home + "/.cache") + "/huggingface/hub"
  }

  private static func isFolder(_ path: String) -> Bool {
    (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil
  }
}

/// A checkpoint's name on the hub: `OWNER/NAME` or `OWNER/NAME@REVISION`.
private struct HubName {
  var owner, model: String
  var revision: String?

  init?(_ name: String) {
    let halves = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let parts = halves[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, parts.allSatisfy(Self.isPlain), halves.count == 1 || Self.isPlain(halves[1])
    else { return nil }
    (owner, model) = (parts[0], parts[1])
    revision = halves.count == 2 ? halves[1] : nil
  }

  /// Whether this can be one part of a path and nothing else.
  static func isPlain(_ part: String) -> Bool {
    !part.isEmpty && !part.hasPrefix(".") && part.utf8.count <= 200
      && part.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0))
      }
  }
}
