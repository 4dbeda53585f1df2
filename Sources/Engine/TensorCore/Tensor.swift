// Numbers in a row-major block of memory that some backend understands.

/// The form of one stored number. Arithmetic is in Float32 whatever the storage.
public enum ElementType: String, Sendable, Hashable, CaseIterable {
  case float32, bfloat16

  /// Bytes of one number.
  @inlinable public var byteCount: Int { self == .float32 ? 4 : 2 }
}

/// Sizes of the axes, outermost first.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// One an axis; row-major.
  public let sizes: [Int]

  public init(_ sizes: [Int]) {
    precondition(sizes.allSatisfy { $0 >= 0 }, "shape \(sizes) has a negative size")
    self.sizes = sizes
  }
  public init(arrayLiteral sizes: Int...) { self.init(sizes) }

  /// The product of the sizes; 1 without axes.
  public var elementCount: Int { sizes.reduce(1, *) }
  /// The product of all axes but the last.
  public var rowCount: Int { sizes.dropLast().reduce(1, *) }
  /// The last axis; 1 for a scalar.
  public var width: Int { sizes.last ?? 1 }
  public var description: String { "[" + sizes.map(String.init).joined(separator: ", ") + "]" }
}

/// Memory of some backend. The CPU's is `HostStorage`.
public protocol TensorStorage: AnyObject, Sendable {
  var byteCount: Int { get }
  /// Copies the bytes from `start` on into this machine's memory; all that was asked of the backend is done by then.
  /// - Precondition: they lie within the storage.
  func read(from start: Int, into bytes: inout MutableRawSpan)
}

/// A block of numbers: a shape over a part of a storage. Copying a tensor copies the reference, not the numbers;
/// operations of a `Backend` write into the storage of the tensors passed to them as outputs.
public struct Tensor: Sendable {
  /// Where the numbers are; shared by all views of them.
  public let storage: any TensorStorage
  /// Index of the first element within the storage, in elements.
  public let offset: Int
  public let shape: Shape
  /// How each number is stored.
  public let elementType: ElementType

  /// - Precondition: the elements lie within the storage.
  public init(storage: any TensorStorage, offset: Int = 0, shape: Shape, elementType: ElementType = .float32) {
    precondition(
      offset >= 0 && (offset + shape.elementCount) * elementType.byteCount <= storage.byteCount,
      "tensor: \(shape) from element \(offset) does not fit into \(storage.byteCount) bytes")
    self.storage = storage
    self.offset = offset
    self.shape = shape
    self.elementType = elementType
  }

  public var elementCount: Int { shape.elementCount }
  public var rowCount: Int { shape.rowCount }
  public var width: Int { shape.width }

  /// Rows of this tensor seen as [rowCount, width]: the same memory.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows \(range) of a tensor with \(rowCount)")
    return Tensor(
      storage: storage, offset: offset + range.lowerBound * width, shape: [range.count, width],
      elementType: elementType)
  }

  /// The same numbers under another shape.
  public func reshaped(_ shape: Shape) -> Tensor {
    precondition(shape.elementCount == elementCount, "\(self.shape) cannot be seen as \(shape)")
    return Tensor(storage: storage, offset: offset, shape: shape, elementType: elementType)
  }
}
