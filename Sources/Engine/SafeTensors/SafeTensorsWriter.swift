// Writing safetensors: the same bytes for the same tensors, files whole or not at all.
public import Diagnostics
internal import FileWriting
internal import Glibc
internal import JSONText
internal import SystemCalls
public import TensorCore

/// Writes files of tensors, Float32 or bfloat16.
public enum SafeTensorsWriter {
  /// Writes `path` through a temporary file beside it that is flushed to disk and then takes its name. Tensors
  /// stand in the order given, but Float32 before bfloat16, so that every one is aligned.
  /// - Precondition: the names are distinct.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = ["format": "pt"], to path: String
  ) throws(Diagnostic) {
    try write(stored: tensors.map { StoredTensor($0.name, $0.tensor) }, metadata: metadata, to: path)
  }

  /// The same, each tensor in the form it says.
  public static func write(
    stored tensors: [StoredTensor], metadata: [String: String] = ["format": "pt"], to path: String
  ) throws(Diagnostic) {
    precondition(Set(tensors.map(\.name)).count == tensors.count, "two tensors of one name")
    precondition(!tensors.contains { $0.name == "__metadata__" }, "a tensor may not be named __metadata__")
    let ordered = tensors.filter { $0.type == .float32 } + tensors.filter { $0.type == .bfloat16 }
    let header = headerBytes(ordered.map { (name: $0.name, shape: $0.tensor.shape, type: $0.type) }, metadata)
    try replace(path) { file in
      var isWritten = file.write(header)
      for stored in ordered where isWritten { isWritten = stored.write(to: file) }
      return isWritten
    }
  }

  /// Writes bfloat16 tensors whose numbers are made as they are written, so that none is ever whole in memory.
  /// - Parameter values: some of the numbers of tensor `index` from element `start`: at least one, at most `limit`.
  public static func write(
    bfloat16 tensors: [(name: String, shape: Shape)], metadata: [String: String] = ["format": "pt"], to path: String,
    values: (_ index: Int, _ start: Int, _ limit: Int) -> ArraySlice<UInt16>
  ) throws(Diagnostic) {
    precondition(Set(tensors.map(\.name)).count == tensors.count, "two tensors of one name")
    let header = headerBytes(tensors.map { (name: $0.name, shape: $0.shape, type: .bfloat16) }, metadata)
    try replace(path) { file in
      guard file.write(header) else { return false }
      for (index, tensor) in tensors.enumerated() {
        var done = 0
        while done < tensor.shape.elementCount {
          let part = values(index, done, tensor.shape.elementCount - done)
          precondition(
            !part.isEmpty && part.count <= tensor.shape.elementCount - done, "\(part.count) numbers for \(tensor.name)")
          guard part.withNumberBytes({ file.write($0) }) else { return false }
          done += part.count
        }
      }
      return true
    }
  }

  /// Writes a checkpoint's weights into `folder`, each in its own form.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], toFolder folder: String, shardSize: Int = 5_000_000_000
  ) throws(Diagnostic) {
    try write(stored: tensors.map { StoredTensor($0.name, $0.tensor) }, toFolder: folder, shardSize: shardSize)
  }

  /// Writes a checkpoint's weights into `folder`: one `model.safetensors`, or, if they take more than
  /// `shardSize` bytes, `model-00001-of-0000N.safetensors` and so on with their index. A tensor is never cut.
  /// Weights that were there under the other form are removed last.
  public static func write(
    stored tensors: [StoredTensor], toFolder folder: String, shardSize: Int = 5_000_000_000
  ) throws(Diagnostic) {
    precondition(shardSize > 0, "shards of \(shardSize) bytes")
    let single = folder + "/model.safetensors"
    let index = single + ".index.json"
    var shards: [[StoredTensor]] = [[]]
    var size = 0
    for tensor in tensors {
      if size > 0, size + tensor.byteCount > shardSize {
        shards.append([])
        size = 0
      }
      shards[shards.count - 1].append(tensor)
      size += tensor.byteCount
    }
    if shards.count == 1 {
      try write(stored: tensors, to: single)
      _ = Files.remove(index)
      return
    }
    func number(_ n: Int) -> String { String(repeating: "0", count: max(0, 5 - n.description.count)) + n.description }
    var map = JSONObject()
    for (place, shard) in shards.enumerated() {
      let name = "model-\(number(place + 1))-of-\(number(shards.count)).safetensors"
      try write(stored: shard, to: folder + "/" + name)
      for tensor in shard { map[tensor.name] = .string(name) }
    }
    let total = tensors.reduce(0) { $0 + $1.byteCount }
    let text = JSONValue.object([
      "metadata": .object(["total_size": .integer(total)]), "weight_map": .object(map),
    ]).indentedText
    try replace(index) { $0.write(Array(text.utf8)) }
    _ = Files.remove(single)
  }

  /// The header's length and the header, filled up with spaces so that the tensors start at a multiple of 64.
  private static func headerBytes(
    _ tensors: [(name: String, shape: Shape, type: ElementType)], _ metadata: [String: String]
  ) -> [UInt8] {
    var header = JSONObject()
    if !metadata.isEmpty { header["__metadata__"] = .object(JSONObject(metadata.map { ($0.key, .string($0.value)) })) }
    var offset = 0
    for (name, shape, type) in tensors {
      let end = offset + shape.elementCount * type.byteCount
      header[name] = .object([
        "dtype": .string(type == .float32 ? "F32" : "BF16"),
        "shape": .array(shape.sizes.map { .integer($0) }),
        "data_offsets": .array([.integer(offset), .integer(end)]),
      ])
      offset = end
    }
    var text = Array(JSONValue.object(header).canonicalText.utf8)
    while (8 + text.count) % 64 != 0 { text.append(0x20) }
    return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
  }

  /// Fills a new file beside `path` by `content`, flushes it to disk and lets it take the name.
  private static func replace(_ path: String, _ content: (WritableFile) -> Bool) throws(Diagnostic) {
    guard let what = Files.replace(path, content) else { return }
    let reason = SystemCalls.errorText()
    throw Diagnostic(
      "\(what): \(reason)", at: SourceMark(file: path), hint: "check the disk's free space and rights", kind: .missing)
  }
}
