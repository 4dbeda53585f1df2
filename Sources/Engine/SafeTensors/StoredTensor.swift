// A tensor and the form in which a file is to have it.
internal import FileWriting
public import TensorCore

/// A tensor under its name in a file, in its own form or rounded to bfloat16.
public struct StoredTensor {
  public var name: String
  public var tensor: Tensor
  /// The form in the file.
  public var type: ElementType

  /// - Parameter type: nil keeps the tensor's own; a Float32 tensor may be rounded to bfloat16, to the nearest, ties to
  ///   even.
  /// - Precondition: no bfloat16 tensor is to be stored as Float32.
  public init(_ name: String, _ tensor: Tensor, as type: ElementType? = nil) {
    precondition(type != .float32 || tensor.elementType == .float32, "'\(name)' is bfloat16")
    self.name = name
    self.tensor = tensor
    self.type = type ?? tensor.elementType
  }

  /// Bytes in the file.
  public var byteCount: Int { tensor.elementCount * type.byteCount }

  /// Numbers that are rounded at a time.
  private static let partCount = 1 << 20

  func write(to file: WritableFile) -> Bool {
    let tensor = tensor.hostCopy
    guard type != tensor.elementType else { return tensor.withHostBytes { file.write($0) } }
    let values = tensor.hostValues
    return stride(from: 0, to: values.count, by: Self.partCount).allSatisfy { start in
      let part = values[start..<min(start + Self.partCount, values.count)].map { BFloat16($0).bitPattern }
      return part[...].withNumberBytes { file.write($0) }
    }
  }
}
