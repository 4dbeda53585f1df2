// A file as memory, read-only. One of the few files with pointers.
public import Diagnostics
internal import Foundation
internal import SystemCalls
internal import TensorCore

/// A whole file mapped into memory; pages are read when they are touched.
@safe public final class MappedFile: @unchecked Sendable {
  public let path: String
  /// Size of the file when it was mapped.
  public let byteCount: Int
  @unsafe let base: UnsafeMutableRawPointer

  /// Refuses what cannot be opened (`.missing`), is no plain file, or is empty.
  public init(path: String) throws(Diagnostic) {
    func failure(_ fact: String, _ kind: Diagnostic.Kind = .faulty) -> Diagnostic {
      Diagnostic(fact, at: SourceMark(file: path), kind: kind)
    }
    // Without O_NONBLOCK a named pipe would keep us waiting for a writer.
    let file = SystemCalls.open(path, O_RDONLY | O_NONBLOCK)
    guard file >= 0 else { throw failure("cannot be opened: \(SystemCalls.errorText())", .missing) }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw failure("is not a regular file")
    }
    byteCount = Int(status.st_size)
    self.path = path
    guard byteCount > 0 else { throw failure("is empty") }
    guard let base = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, file, 0), unsafe base != MAP_FAILED else {
      throw failure("cannot be mapped: \(SystemCalls.errorText())")
    }
    unsafe self.base = base
  }

  deinit { unsafe munmap(base, byteCount) }

  /// A copy of some bytes.
  /// - Precondition: they lie within the file.
  public func bytes(_ range: Range<Int>) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "bytes \(range) of \(byteCount)")
    return unsafe [UInt8](UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
  }

  /// Memory of a part of the file that keeps the map alive. Writing to it would be a fault.
  func storage(_ range: Range<Int>) -> HostStorage {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "bytes \(range) of \(byteCount)")
    return unsafe HostStorage(base: base + range.lowerBound, byteCount: range.count) { [self] _, _ in
      withExtendedLifetime(self) {}
    }
  }

  /// A copy of some bytes in memory of its own, aligned for any element.
  func copiedStorage(_ range: Range<Int>) -> HostStorage {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "bytes \(range) of \(byteCount)")
    let storage = HostStorage(byteCount: range.count)
    unsafe storage.base.copyMemory(from: base + range.lowerBound, byteCount: range.count)
    return storage
  }

  /// Whether some bytes are those of another file.
  /// - Precondition: they lie within the files.
  func isEqual(_ range: Range<Int>, to other: MappedFile, _ theirs: Range<Int>) -> Bool {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "bytes \(range) of \(byteCount)")
    precondition(theirs.lowerBound >= 0 && theirs.upperBound <= other.byteCount, "bytes \(theirs) of \(other.byteCount)")
    guard range.count == theirs.count else { return false }
    return unsafe memcmp(base + range.lowerBound, other.base + theirs.lowerBound, range.count) == 0
  }

  /// The numbers in some bytes, whatever their alignment.
  /// - Precondition: the bytes lie within the file and are a whole number of numbers.
  func numbers<Number: FixedWidthInteger & BitwiseCopyable>(_ range: Range<Int>, as type: Number.Type) -> [Number] {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "bytes \(range) of \(byteCount)")
    let size = MemoryLayout<Number>.size
    precondition(range.count % size == 0, "\(range.count) bytes are no whole number of \(Number.self)")
    var result = [Number](repeating: 0, count: range.count / size)
    unsafe result.withUnsafeMutableBytes { target in
      guard let start = target.baseAddress else { return }
      unsafe start.copyMemory(from: base + range.lowerBound, byteCount: range.count)
    }
    return result
  }
}
