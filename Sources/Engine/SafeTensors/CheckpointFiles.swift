// Whether all of a checkpoint is on this machine, told by file, before anything is loaded: what an interrupted download,
// a clone without Git LFS or a copy of links leaves behind.
public import Diagnostics
internal import Foundation
internal import JSONText
internal import SystemCalls

/// Tells whether a checkpoint's files are all there and whole.
public enum CheckpointFiles {
  /// What is missing of a checkpoint, or there in part only; empty if it is whole as far as its files go.
  /// - Parameters:
  ///   - name: its name on the hub, for the remedy; nil where it has none.
  ///   - hears: whether a `preprocessor_config.json` has to be there.
  public static func faults(_ folder: String, name: String? = nil, hears: Bool) -> [Diagnostic] {
    let hint = name.map { "\(CheckpointLocation.download($0)) goes on with a download, and keeps what is there" }
    var faults: [Diagnostic] = []
    func report(_ fact: String, _ file: String) {
      faults.append(Diagnostic(fact, at: SourceMark(file: folder + "/" + file), hint: hint, kind: .missing))
    }
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    var here = Set(names)
    for name in names where isPart(name) {
      guard let fact = incompleteness(folder + "/" + name) else { continue }
      report(fact, name)
      // What is named already is not missing too.
      here.insert(name)
    }
    if !here.contains("config.json") { report("is not there", "config.json") }
    if hears, !here.contains("preprocessor_config.json") { report("is not there", "preprocessor_config.json") }
    if !here.contains("tokenizer.json") {
      for name in ["vocab.json", "merges.txt"] where !here.contains(name) {
        report("is not there, and tokenizer.json is not either", name)
      }
    }
    if !here.contains("model.safetensors") {
      for shard in shards(folder) where !here.contains(shard) {
        report("this part of the weights is not there", shard)
      }
      if !here.contains("model.safetensors.index.json") {
        let other = names.contains { $0.hasSuffix(".bin") || $0.hasSuffix(".pt") || $0.hasSuffix(".gguf") }
        report(
          "there is neither this nor model.safetensors.index.json"
            + (other ? "; weights in other forms are not read" : ""), "model.safetensors")
      }
    }
    return faults
  }

  /// Throws what is missing of a checkpoint, all at once.
  public static func require(_ folder: String, name: String? = nil, hears: Bool) throws(Diagnostics) {
    try Diagnostics(faults(folder, name: name, hears: hears)).throwIfAnyError()
  }

  /// Files that a checkpoint is read from.
  private static func isPart(_ name: String) -> Bool {
    !name.hasPrefix(".") && [".json", ".safetensors", ".txt", ".jinja"].contains { name.hasSuffix($0) }
  }

  /// Why a file is not what it should be; nil if nothing tells against it.
  private static func incompleteness(_ path: String) -> String? {
    guard let status = SystemCalls.status(of: path) else {
      let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? ""
      let blob = target.hasPrefix("/") ? target : (path as NSString).deletingLastPathComponent + "/" + target
      let part = try? FileManager.default.attributesOfItem(atPath: blob + ".incomplete")[.size] as? Int
      if let part { return "its download did not end: \(part) bytes are there" }
      return target.isEmpty ? "cannot be read" : "is a link to \(target), where nothing is"
    }
    guard status.st_mode & S_IFMT == S_IFREG else { return "is no file" }
    let size = Int(status.st_size)
    if size == 0 { return "is empty" }
    if size < 1024, let promised = pointer(path) {
      return "is a Git LFS pointer, not the file itself, which has \(promised) bytes ('git lfs pull' gets it)"
    }
    if path.hasSuffix(".safetensors"), let end = SafeTensorsFile.declaredByteCount(path), end > size {
      return "is cut short: \(size) of \(end) bytes are there"
    }
    return nil
  }

  /// The size that a Git LFS pointer names; nil if the file is none.
  private static func pointer(_ path: String) -> String? {
    let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    guard text.hasPrefix("version https://git-lfs.github.com/spec/") else { return nil }
    return text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("size ") }.map { String($0.dropFirst(5)) } ?? "more"
  }

  /// The shards that the index names.
  private static func shards(_ folder: String) -> [String] {
    let path = folder + "/model.safetensors.index.json"
    guard let bytes = FileManager.default.contents(atPath: path), bytes.count <= SafeTensorsFile.headerLimit,
      let json = try? JSONValue(parsing: [UInt8](bytes), file: path), let map = json["weight_map"]?.object
    else { return [] }
    return Set(map.pairs.compactMap(\.value.string)).sorted()
  }
}
