// The numbers of a file: as tensors over the file's own memory, or as whole numbers.
public import Diagnostics
public import TensorCore

extension SafeTensorsFile {
  /// The tensor as Float32 or bfloat16: the file's own memory where it is aligned, else a copy; F64 and F16 become Float32.
  public func tensor(_ name: String) throws(Diagnostic) -> Tensor {
    let entry = try require(name)
    switch entry.type {
    case .f32, .bf16:
      let type: ElementType = entry.type == .f32 ? .float32 : .bfloat16
      let isAligned = entry.bytes.lowerBound % type.byteCount == 0
      let storage = isAligned ? file.storage(entry.bytes) : file.copiedStorage(entry.bytes)
      return Tensor(storage: storage, shape: entry.shape, elementType: type)
    case .f16:
      return Tensor(file.numbers(entry.bytes, as: UInt16.self).map(halfPrecision), shape: entry.shape)
    case .f64:
      let values = file.numbers(entry.bytes, as: UInt64.self).map { Float(Double(bitPattern: $0)) }
      return Tensor(values, shape: entry.shape)
    default:
      throw Diagnostic(
        "\(entry.type.rawValue) where a floating-point tensor is expected", at: SourceMark(file: path), path: name)
    }
  }

  /// Whole numbers of an integer tensor.
  public func integers(_ name: String) throws(Diagnostic) -> [Int] {
    let entry = try require(name)
    switch entry.type {
    case .i64: return file.numbers(entry.bytes, as: Int64.self).map(Int.init)
    case .i32: return file.numbers(entry.bytes, as: Int32.self).map(Int.init)
    case .i16: return file.numbers(entry.bytes, as: Int16.self).map(Int.init)
    case .i8: return file.numbers(entry.bytes, as: Int8.self).map(Int.init)
    case .u32: return file.numbers(entry.bytes, as: UInt32.self).map(Int.init)
    case .u16: return file.numbers(entry.bytes, as: UInt16.self).map(Int.init)
    case .u8, .bool: return file.numbers(entry.bytes, as: UInt8.self).map(Int.init)
    case .u64:
      let values = file.numbers(entry.bytes, as: UInt64.self)
      if let large = values.first(where: { $0 > UInt64(Int.max) }) {
        throw Diagnostic("\(large) is larger than \(Int.max)", at: SourceMark(file: path), path: name)
      }
      return values.map { Int(truncatingIfNeeded: $0) }
    case .f64, .f32, .f16, .bf16:
      throw Diagnostic(
        "\(entry.type.rawValue) where whole numbers are expected", at: SourceMark(file: path), path: name)
    }
  }

  /// The index of the first value that is infinite or not a number; nil if all are finite, or are whole numbers.
  /// Nothing is copied whole.
  public func firstNonFinite(_ name: String) throws(Diagnostic) -> Int? {
    let entry = try require(name)
    switch entry.type {
    case .f32: return scan(entry, exponent: UInt32(0x7F80_0000))
    case .bf16: return scan(entry, exponent: UInt16(0x7F80))
    case .f16: return scan(entry, exponent: UInt16(0x7C00))
    case .f64: return scan(entry, exponent: UInt64(0x7FF0_0000_0000_0000))
    case .i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8, .bool: return nil
    }
  }

  /// Numbers whose exponent bits are all set are infinite or none.
  private func scan<Bits: FixedWidthInteger & BitwiseCopyable>(_ entry: TensorEntry, exponent: Bits) -> Int? {
    let size = MemoryLayout<Bits>.size
    let step = 65_536 * size
    for start in stride(from: entry.bytes.lowerBound, to: entry.bytes.upperBound, by: step) {
      let chunk = file.numbers(start..<min(start + step, entry.bytes.upperBound), as: Bits.self)
      var largest: Bits = 0
      for bits in chunk { largest = max(largest, bits & exponent) }
      guard largest == exponent, let place = chunk.firstIndex(where: { $0 & exponent == exponent }) else { continue }
      return (start - entry.bytes.lowerBound) / size + place
    }
    return nil
  }

  private func require(_ name: String) throws(Diagnostic) -> TensorEntry {
    guard let entry = entry(name) else {
      throw Diagnostic("there is no tensor of this name", at: SourceMark(file: path), path: name)
    }
    return entry
  }
}

/// IEEE 754 half precision to Float32, exactly.
func halfPrecision(_ bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10 & 0x1F)
  let fraction = UInt32(bits & 0x3FF)
  switch exponent {
  case 0:
    let size = Float(fraction) * 0x1p-24
    return sign == 0 ? size : -size
  case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
