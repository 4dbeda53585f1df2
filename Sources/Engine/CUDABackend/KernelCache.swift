// Machine code that was compiled before. What it computes is trusted with every bit, so it is used only if it is whole.
internal import ContentHash
internal import Glibc
internal import SystemCalls

/// Machine code by what it was made of. A file begins with the SHA-256 of the code behind it.
public struct KernelCache: Sendable {
  private let folder: String

  public init(folder: String) { self.folder = folder }

  /// Where the code of a source, its options included, is kept.
  public func path(of key: String) -> String { folder + "/cuda-\(Digest(of: key).hexadecimal.prefix(32)).cubin" }

  /// nil if it is not there, or not as it was written.
  public func code(of key: String) -> [UInt8]? {
    let file = SystemCalls.open(path(of: key), O_RDONLY)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var (all, piece) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while all.count < 64 << 20 {
      let count = SystemCalls.read(file, into: &piece)
      guard count > 0 else { break }
      all += piece[..<count]
    }
    let code = Array(all.dropFirst(64))
    return !code.isEmpty && all.starts(with: Digest(of: code).hexadecimal.utf8) ? code : nil
  }

  /// Beside its place first: a file is there whole or not at all. A cache that cannot be written is no failure.
  public func keep(_ code: [UInt8], of key: String) {
    var parent = ""
    for part in folder.split(separator: "/", omittingEmptySubsequences: false) {
      parent += part + "/"
      _ = SystemCalls.makeFolder(parent)
    }
    let (path, bytes) = (path(of: key), Array(Digest(of: code).hexadecimal.utf8) + code)
    let temporary = path + ".\(getpid()).part"
    let file = SystemCalls.open(temporary, O_WRONLY | O_CREAT | O_TRUNC)
    guard file >= 0 else { return }
    let isWritten = SystemCalls.write(bytes, to: file)
    if close(file) != 0 || !isWritten || !SystemCalls.rename(temporary, to: path) {
      _ = SystemCalls.removeFile(temporary)
    }
  }
}
