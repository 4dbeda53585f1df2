// Bytes of a mapped file, or of an unpacked page. One of the two files of this room with pointers.
internal import Diagnostics
internal import Foundation

/// What is wrong with a file; the reader adds file, column and place.
struct Damage: Error {
  var fact: String
  var hint: String?

  init(_ fact: String, hint: String? = nil) {
    self.fact = fact
    self.hint = hint
  }

  static var cutShort: Damage { Damage("ends before its values do") }
}

/// Memory that is given back with its last reference.
@safe final class Memory: @unchecked Sendable {
  @unsafe let base: UnsafeMutableRawPointer
  let count: Int
  private let isMapped: Bool

  /// A whole file, mapped; its pages are read when they are touched.
  init(mapping path: String) throws(Diagnostic) {
    func failure(_ fact: String, _ kind: Diagnostic.Kind = .faulty) -> Diagnostic {
      Diagnostic(fact, at: SourceMark(file: path), kind: kind)
    }
    // Without O_NONBLOCK a named pipe would keep us waiting for a writer.
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw failure("cannot be opened: \(unsafe String(cString: strerror(errno)))", .missing) }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw failure("is no plain file")
    }
    count = Int(status.st_size)
    isMapped = true
    guard count > 0 else { throw failure("is empty") }
    guard let base = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, file, 0), unsafe base != MAP_FAILED else {
      throw failure("cannot be mapped: \(unsafe String(cString: strerror(errno)))")
    }
    unsafe self.base = base
  }

  /// Memory to write to, once; untouched parts of it cost nothing.
  init(count: Int) throws(Damage) {
    guard let base = unsafe malloc(max(count, 1)) else { throw Damage("needs \(count) bytes, more than there are") }
    unsafe self.base = base
    self.count = count
    isMapped = false
  }

  deinit {
    if isMapped { unsafe munmap(base, count) } else { unsafe free(base) }
  }
}

/// A run of bytes in such memory. Every access is checked.
@safe struct ByteRun: Sendable {
  private let memory: Memory
  /// Where the run begins in its memory; of a file, the place in the file.
  let start: Int
  let count: Int

  init(_ memory: Memory) { self.init(memory, 0, memory.count) }

  private init(_ memory: Memory, _ start: Int, _ count: Int) {
    self.memory = memory
    self.start = start
    self.count = count
  }

  @unsafe var pointer: UnsafeRawPointer { unsafe UnsafeRawPointer(memory.base + start) }

  /// `length` bytes from `from` on.
  func slice(_ from: Int, _ length: Int) throws(Damage) -> ByteRun {
    guard from >= 0, length >= 0, from <= count, length <= count - from else { throw .cutShort }
    return ByteRun(memory, start + from, length)
  }

  /// All bytes from `from` on.
  func rest(_ from: Int) throws(Damage) -> ByteRun { try slice(from, count - from) }

  func byte(_ index: Int) throws(Damage) -> UInt8 {
    guard index >= 0, index < count else { throw .cutShort }
    return unsafe pointer.load(fromByteOffset: index, as: UInt8.self)
  }

  /// A little-endian number of 1 to 8 bytes.
  func number(_ index: Int, size: Int) throws(Damage) -> UInt64 {
    guard index >= 0, index <= count, size <= count - index else { throw .cutShort }
    var value: UInt64 = 0
    for place in 0..<size {
      value |= UInt64(unsafe pointer.load(fromByteOffset: index + place, as: UInt8.self)) << UInt64(8 * place)
    }
    return value
  }

  /// Bits from a bit's place on, the lowest first; `width` is at most 64.
  func bits(_ place: Int, width: Int) throws(Damage) -> UInt64 {
    guard width > 0 else { return 0 }
    let (first, shift) = (place / 8, place % 8)
    let size = (shift + width + 7) / 8
    var value = try number(first, size: min(size, 8)) >> UInt64(shift)
    if size > 8 { value |= UInt64(try byte(first + 8)) << UInt64(64 - shift) }
    return width == 64 ? value : value & (1 << UInt64(width) - 1)
  }

  /// A copy.
  var array: [UInt8] { unsafe [UInt8](UnsafeRawBufferPointer(start: pointer, count: count)) }

  /// The bytes as a text; nil if they are no UTF-8.
  var text: String? { String(validating: array, as: UTF8.self) }
}
