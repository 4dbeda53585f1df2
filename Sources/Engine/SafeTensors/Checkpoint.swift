// A checkpoint folder: one safetensors file, or shards under an index; every tensor found once.
public import Diagnostics
internal import Foundation
internal import JSONText
public import TensorCore

public final class Checkpoint: Sendable {
  public let folder: String
  /// All tensor names, sorted.
  public let names: [String]
  private let files: [SafeTensorsFile]
  private let owners: [String: Int]

  public init(folder: String) throws(Diagnostics) {
    var mistakes = Diagnostics()
    let single = folder + "/model.safetensors"
    let index = folder + "/model.safetensors.index.json"
    var paths: [String] = []
    var promised: [String: String] = [:]
    if FileManager.default.fileExists(atPath: single) {
      paths = [single]
    } else if let bytes = FileManager.default.contents(atPath: index) {
      let json: JSONValue
      do { json = try JSONValue(parsing: Array(bytes), file: index) } catch { throw Diagnostics([error]) }
      for (name, shard) in json["weight_map"]?.object?.pairs ?? [] {
        guard let shard = shard.string, !shard.isEmpty, !shard.contains("/"), shard != "..", shard.hasSuffix(".safetensors")
        else {
          mistakes.report(Diagnostic("its shard is no file name of this folder", at: SourceMark(file: index), path: name))
          continue
        }
        promised[name] = shard
      }
      if promised.isEmpty { mistakes.report(Diagnostic("there is no weight_map", at: SourceMark(file: index))) }
      paths = Set(promised.values).sorted().map { folder + "/" + $0 }
    } else {
      mistakes.report(
        Diagnostic(
          "there is neither model.safetensors nor model.safetensors.index.json", at: SourceMark(file: folder),
          kind: .missing))
    }
    try mistakes.throwIfAnyError()

    var files: [SafeTensorsFile] = []
    var owners: [String: Int] = [:]
    for path in paths {
      do {
        let file = try SafeTensorsFile(path: path)
        for name in file.names {
          if owners.updateValue(files.count, forKey: name) != nil {
            mistakes.report(Diagnostic("this tensor stands in two shards", at: SourceMark(file: path), path: name))
          } else if !promised.isEmpty, promised[name] != (path as NSString).lastPathComponent {
            mistakes.report(Diagnostic("the index does not place this tensor here", at: SourceMark(file: path), path: name))
          }
        }
        files.append(file)
      } catch { mistakes.report(error) }
    }
    for name in promised.keys.sorted() where owners[name] == nil && !mistakes.hasErrors {
      mistakes.report(Diagnostic("the index names this tensor, no shard has it", at: SourceMark(file: index), path: name))
    }
    try mistakes.throwIfAnyError()
    self.folder = folder
    self.files = files
    self.owners = owners
    names = owners.keys.sorted()
  }

  public func contains(_ name: String) -> Bool { owners[name] != nil }

  /// The tensor, if its shape is the expected one.
  public func tensor(_ name: String, shape: Shape) throws(Diagnostic) -> Tensor {
    let tensor = try tensor(name)
    guard tensor.shape == shape else {
      throw Diagnostic("'\(name)' is \(tensor.shape), expected \(shape)", at: SourceMark(file: file(of: name)))
    }
    return tensor
  }

  public func tensor(_ name: String) throws(Diagnostic) -> Tensor {
    guard let owner = owners[name] else {
      throw Diagnostic("there is no tensor '\(name)'", at: SourceMark(file: folder))
    }
    return try files[owner].tensor(name)
  }

  public func file(of name: String) -> String { owners[name].map { files[$0].path } ?? folder }
}
