// Writing safetensors: entries in the order given, the same bytes for the same tensors, whole or not at all.
public import Diagnostics
internal import Foundation
internal import Glibc
internal import JSONText
public import TensorCore

public enum SafeTensorsWriter {
  /// Writes `path` through a temporary file beside it that is flushed to disk and then takes its name.
  /// - Precondition: the tensors are in host memory.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = ["format": "pt"], to path: String
  ) throws(Diagnostic) {
    var header = JSONObject()
    if !metadata.isEmpty {
      header["__metadata__"] = .object(JSONObject(metadata.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
    var offset = 0
    for (name, tensor) in tensors {
      let end = offset + tensor.elementCount * tensor.elementType.byteCount
      header[name] = .object([
        "dtype": .string(tensor.elementType == .float32 ? "F32" : "BF16"),
        "shape": .array(tensor.shape.sizes.map { .integer($0) }),
        "data_offsets": .array([.integer(offset), .integer(end)]),
      ])
      offset = end
    }
    var text = Array(JSONValue.object(header).canonicalText.utf8)
    while (8 + text.count) % 64 != 0 { text.append(0x20) }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }

    let temporary = path + ".part"
    func failure(_ what: String) -> Diagnostic {
      let reason = unsafe String(cString: strerror(errno))
      unsafe unlink(temporary)
      return Diagnostic("\(what): \(reason)", at: SourceMark(file: path), hint: "check the disk's free space and rights")
    }
    let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw failure("cannot be created") }
    var isWritten = put(file, length + text)
    for (_, tensor) in tensors where isWritten {
      let count = tensor.elementCount * tensor.elementType.byteCount
      isWritten = unsafe put(file, UnsafeRawBufferPointer(start: tensor.hostAddress, count: count))
    }
    isWritten = isWritten && fsync(file) == 0
    close(file)
    guard isWritten else { throw failure("cannot be written") }
    guard unsafe rename(temporary, path) == 0 else { throw failure("cannot take its place") }
  }

  private static func put(_ file: Int32, _ bytes: [UInt8]) -> Bool {
    unsafe bytes.withUnsafeBytes { unsafe put(file, $0) }
  }

  private static func put(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    var done = 0
    while done < bytes.count {
      guard let base = bytes.baseAddress else { return true }
      let count = unsafe Glibc.write(file, base + done, bytes.count - done)
      if count <= 0 { return false }
      done += count
    }
    return true
  }
}
