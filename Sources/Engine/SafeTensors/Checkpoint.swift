// A checkpoint folder: one safetensors file, or shards under an index; every tensor found once.
public import Diagnostics
internal import Foundation
internal import JSONText
public import TensorCore

/// The tensors of a checkpoint by name, memory-mapped; none is read before it is used.
public final class Checkpoint: Sendable {
  public let folder: String
  /// All tensor names, sorted.
  public let names: [String]
  private let files: [SafeTensorsFile]
  private let owners: [String: Int]

  /// Messages of one kind that are printed before the rest is counted.
  private static let messageLimit = 8

  /// Opens `model.safetensors`, or else the shards of `model.safetensors.index.json`. Index and shards must
  /// agree: a tensor missing, misplaced, unnamed or there twice is an error that names it.
  public init(folder: String) throws(Diagnostics) {
    let single = folder + "/model.safetensors"
    let index = single + ".index.json"
    var files: [SafeTensorsFile] = []
    if FileManager.default.fileExists(atPath: single) {
      do { files = [try SafeTensorsFile(path: single)] } catch { throw Diagnostics([error]) }
    } else if FileManager.default.fileExists(atPath: index) {
      files = try Self.shards(folder, index)
    } else {
      throw Diagnostics([
        Diagnostic(
          "there is neither model.safetensors nor model.safetensors.index.json", at: SourceMark(file: folder),
          kind: .missing)
      ])
    }
    var owners: [String: Int] = [:]
    for (number, file) in files.enumerated() { for name in file.names { owners[name] = number } }
    self.folder = folder
    self.files = files
    self.owners = owners
    names = owners.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func shards(_ folder: String, _ index: String) throws(Diagnostics) -> [SafeTensorsFile] {
    var mistakes = Diagnostics()
    let promised = try self.promised(index)
    var files: [SafeTensorsFile] = []
    var owners: [String: String] = [:]
    for shard in Set(promised.values).sorted() {
      let path = folder + "/" + shard
      let mark = SourceMark(file: path)
      do {
        let file = try SafeTensorsFile(path: path)
        var odd: [Diagnostic] = []
        for name in file.names {
          if let other = owners.updateValue(shard, forKey: name) {
            odd.append(Diagnostic("this tensor stands in \(other) too", at: mark, path: name))
          } else if promised[name] == nil {
            odd.append(Diagnostic("the index does not name this tensor", at: mark, path: name))
          } else if let place = promised[name], place != shard {
            odd.append(Diagnostic("the index places this tensor in \(place)", at: mark, path: name))
          }
        }
        report(odd, &mistakes)
        files.append(file)
      } catch { mistakes.report(error) }
    }
    if !mistakes.hasErrors {
      let absent = promised.keys.filter { owners[$0] == nil }.sorted()
      report(
        absent.map {
          Diagnostic("the index names this tensor, no shard has it", at: SourceMark(file: index), path: $0)
        }, &mistakes)
    }
    try mistakes.throwIfAnyError()
    return files
  }

  /// The shard of each tensor, as the index has it.
  private static func promised(_ index: String) throws(Diagnostics) -> [String: String] {
    let mark = SourceMark(file: index)
    let json: JSONValue
    do throws(Diagnostic) {
      let file = try MappedFile(path: index)
      guard file.byteCount <= SafeTensorsFile.headerLimit else {
        throw Diagnostic("\(file.byteCount) bytes; the limit is \(SafeTensorsFile.headerLimit)", at: mark)
      }
      json = try JSONValue(
        parsing: file.bytes(0..<file.byteCount), file: index, limits: JSONValue.Limits(depth: 8, valueCount: 5_000_000))
    } catch { throw Diagnostics([error]) }
    guard let map = json["weight_map"]?.object, !map.isEmpty else {
      throw Diagnostics([Diagnostic("there is no weight_map, or nothing in it", at: mark)])
    }
    var promised: [String: String] = [:]
    var mistakes = Diagnostics()
    var odd: [Diagnostic] = []
    for (name, shard) in map.pairs {
      guard let shard = shard.string, !shard.contains("/"), !shard.hasPrefix("."), shard.hasSuffix(".safetensors") else {
        odd.append(Diagnostic("its shard is no name of a safetensors file in this folder", at: mark, path: name))
        continue
      }
      promised[name] = shard
    }
    report(odd, &mistakes)
    try mistakes.throwIfAnyError()
    return promised
  }

  private static func report(_ list: [Diagnostic], _ mistakes: inout Diagnostics) {
    for mistake in list.prefix(messageLimit) { mistakes.report(mistake) }
    if list.count > messageLimit {
      mistakes.report(Diagnostic("\(list.count - messageLimit) more tensors like these", at: list[0].mark))
    }
  }

  // MARK: - Tensors

  /// Whether there is a tensor of this name.
  public func contains(_ name: String) -> Bool { owners[name] != nil }

  /// The tensor, if its shape is the expected one.
  public func tensor(_ name: String, shape: Shape) throws(Diagnostic) -> Tensor {
    let file = try owner(of: name)
    guard let found = file.entry(name)?.shape, found == shape else {
      let found = file.entry(name)?.shape.description ?? "nothing"
      throw Diagnostic("'\(name)' is \(found), expected \(shape)", at: SourceMark(file: file.path))
    }
    return try file.tensor(name)
  }

  /// A view of the mapped file: nothing is copied.
  public func tensor(_ name: String) throws(Diagnostic) -> Tensor { try owner(of: name).tensor(name) }

  /// The tensor's shape; nil if there is none of this name.
  public func shape(of name: String) -> Shape? { owners[name].flatMap { files[$0].entry(name)?.shape } }

  /// Bytes of all tensors.
  public var byteCount: Int { files.reduce(0) { $0 + $1.entries.reduce(0) { $0 + $1.bytes.count } } }

  /// Bytes of the tensors whose names are counted.
  public func byteCount(where isCounted: (String) -> Bool) -> Int {
    files.reduce(0) { sum, file in
      file.names.reduce(sum) { $0 + (isCounted($1) ? file.entry($1)?.bytes.count ?? 0 : 0) }
    }
  }

  /// Throws if a value of the tensor is infinite or not a number.
  /// - Complexity: reads the whole tensor from the file.
  public func requireFinite(_ name: String) throws(Diagnostic) {
    let file = try owner(of: name)
    if let index = try file.firstNonFinite(name) {
      throw Diagnostic(
        "value \(index) of '\(name)' is infinite or not a number", at: SourceMark(file: file.path),
        hint: "the weights are damaged, or their training diverged")
    }
  }

  /// Throws unless two tensors hold the same bytes: a head that is said to be the embedding, but is stored too.
  public func requireSame(_ name: String, _ other: String) throws(Diagnostic) {
    let (a, b) = (try owner(of: name), try owner(of: other))
    guard let x = a.entry(name), let y = b.entry(other), x.type == y.type, x.shape == y.shape,
      a.file.isEqual(x.bytes, to: b.file, y.bytes)
    else {
      throw Diagnostic(
        "is said to be the same as '\(other)' (tie_word_embeddings), and is another tensor", at: SourceMark(file: a.path),
        path: name, hint: "set tie_word_embeddings to false in config.json if this one is to be used")
    }
  }

  /// The file that holds a tensor; the folder if there is none of this name.
  public func file(of name: String) -> String { owners[name].map { files[$0].path } ?? folder }

  private func owner(of name: String) throws(Diagnostic) -> SafeTensorsFile {
    guard let owner = owners[name] else {
      throw Diagnostic("there is no tensor '\(name)'", at: SourceMark(file: folder))
    }
    return files[owner]
  }
}
