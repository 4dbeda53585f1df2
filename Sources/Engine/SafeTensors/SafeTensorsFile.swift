// The safetensors format: eight bytes of header length, a JSON header, then the tensors. Nothing in it is
// trusted: every entry is accounted for, every byte of the data belongs to exactly one entry.
//
// Source: the format description of huggingface/safetensors.
public import Diagnostics
internal import JSONText
public import TensorCore

/// Element types that may stand in a file.
public enum StoredType: String, Sendable, Hashable, CaseIterable {
  case f64 = "F64", f32 = "F32", f16 = "F16", bf16 = "BF16"
  case i64 = "I64", i32 = "I32", i16 = "I16", i8 = "I8"
  case u64 = "U64", u32 = "U32", u16 = "U16", u8 = "U8", bool = "BOOL"

  /// Bytes of one number.
  public var byteCount: Int {
    switch self {
    case .f64, .i64, .u64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .i8, .u8, .bool: 1
    }
  }
}

/// What a file's header says of one tensor.
public struct TensorEntry: Sendable, Hashable {
  public let name: String
  public let type: StoredType
  public let shape: Shape
  /// Bytes of the file.
  public let bytes: Range<Int>
}

/// A file of tensors, memory-mapped, its header checked entry by entry.
public final class SafeTensorsFile: Sendable {
  public let path: String
  /// In the order of their bytes.
  public let entries: [TensorEntry]
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  let file: MappedFile
  private let index: [String: Int]

  /// Headers larger than this are refused: no model needs one.
  public static let headerLimit = 100_000_000

  /// Maps the file and checks its header: every entry's type, shape and bytes, without gaps or overlaps.
  public init(path: String) throws(Diagnostic) {
    let file = try MappedFile(path: path)
    func mistake(_ fact: String, _ name: String = "", hint: String? = nil) -> Diagnostic {
      Diagnostic(fact, at: SourceMark(file: path), path: name, hint: hint)
    }
    guard file.byteCount >= 8 else {
      throw mistake("\(file.byteCount) bytes are no safetensors file; its header length alone takes 8")
    }
    let length = file.bytes(0..<8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) }
    guard length <= UInt64(Self.headerLimit), Int(length) <= file.byteCount - 8 else {
      throw mistake(
        "the header is said to take \(length) bytes; the file has \(file.byteCount), the limit is \(Self.headerLimit)",
        hint: "the file is cut short, or no safetensors file")
    }
    let start = 8 + Int(length)
    let limits = JSONValue.Limits(depth: 8, valueCount: 5_000_000)
    let header = try JSONValue(parsing: file.bytes(8..<start), file: path, limits: limits)
    guard let object = header.object else { throw mistake("the header is \(header.kindName), not an object") }

    var entries: [TensorEntry] = []
    var metadata: [String: String] = [:]
    for (name, value) in object.pairs {
      if name == "__metadata__" {
        // Some savers write null where there is nothing.
        if value.isNull { continue }
        guard let pairs = value.object?.pairs else { throw mistake("is \(value.kindName), not an object", name) }
        for (key, text) in pairs {
          guard let text = text.string else { throw mistake("'\(key)' is \(text.kindName), not a text", name) }
          metadata[key] = text
        }
        continue
      }
      entries.append(try Self.entry(name, value, dataStart: start, fileSize: file.byteCount, path: path))
    }
    entries.sort { a, b in
      (a.bytes.lowerBound, a.bytes.upperBound, a.name) < (b.bytes.lowerBound, b.bytes.upperBound, b.name)
    }
    var end = start
    for entry in entries {
      if entry.bytes.lowerBound < end { throw mistake("its bytes overlap those of another tensor", entry.name) }
      if entry.bytes.lowerBound > end {
        throw mistake("\(entry.bytes.lowerBound - end) bytes before it belong to no tensor", entry.name)
      }
      end = entry.bytes.upperBound
    }
    guard end == file.byteCount else {
      throw mistake("\(file.byteCount - end) bytes at the end belong to no tensor")
    }
    self.path = path
    self.file = file
    self.entries = entries
    self.metadata = metadata
    var index: [String: Int] = [:]
    for (place, entry) in entries.enumerated() {
      guard index.updateValue(place, forKey: entry.name) == nil else {
        throw mistake("another tensor's name differs from this only in its Unicode form", entry.name)
      }
    }
    self.index = index
  }

  /// The bytes a file should have by its header; nil if it has no header that could say so.
  static func declaredByteCount(_ path: String) -> Int? {
    guard let file = try? MappedFile(path: path), file.byteCount >= 8 else { return nil }
    let length = file.bytes(0..<8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) }
    guard length <= UInt64(headerLimit) else { return nil }
    let start = 8 + Int(length)
    guard start <= file.byteCount else { return start }
    let limits = JSONValue.Limits(depth: 8, valueCount: 5_000_000)
    guard let header = try? JSONValue(parsing: file.bytes(8..<start), file: path, limits: limits),
      let object = header.object
    else { return nil }
    let ends = object.pairs.compactMap { $0.value["data_offsets"]?.array?.last?.integer }
    let (end, overflow) = start.addingReportingOverflow(ends.max() ?? 0)
    return overflow ? nil : end
  }

  private static func entry(
    _ name: String, _ value: JSONValue, dataStart: Int, fileSize: Int, path: String
  ) throws(Diagnostic) -> TensorEntry {
    func mistake(_ fact: String) -> Diagnostic { Diagnostic(fact, at: SourceMark(file: path), path: name) }
    guard let typeName = value["dtype"]?.string else { throw mistake("there is no dtype") }
    guard let type = StoredType(rawValue: typeName) else {
      let known = StoredType.allCases.map(\.rawValue).joined(separator: ", ")
      throw mistake("dtype '\(typeName)' is unknown; known: \(known)")
    }
    guard let sizes = value["shape"]?.array, sizes.count <= 16 else { throw mistake("there is no shape of up to 16 axes") }
    var count = 1
    var shape: [Int] = []
    for size in sizes {
      guard let size = size.integer, size >= 0 else { throw mistake("a size in its shape is no whole number from 0") }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { throw mistake("its shape has more elements than can be counted") }
      count = product
      shape.append(size)
    }
    guard let offsets = value["data_offsets"]?.array, offsets.count == 2, let from = offsets[0].integer,
      let to = offsets[1].integer, from >= 0, to >= from, to <= fileSize - dataStart
    else { throw mistake("its data_offsets do not lie within the file's \(fileSize - dataStart) bytes of data") }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
    guard !overflow, bytes == to - from else {
      let needed = overflow ? "too many" : "\(bytes)"
      throw mistake(
        "\(Shape(shape)) of \(type.rawValue) takes \(needed) bytes, its data_offsets span \(to - from)")
    }
    return TensorEntry(name: name, type: type, shape: Shape(shape), bytes: dataStart + from..<dataStart + to)
  }

  /// In the order of their bytes.
  public var names: [String] { entries.map(\.name) }
  /// nil if there is no such tensor.
  public func entry(_ name: String) -> TensorEntry? { index[name].map { entries[$0] } }
}
