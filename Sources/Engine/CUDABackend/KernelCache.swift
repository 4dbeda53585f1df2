// Machine code that was compiled before. What it computes is trusted with every bit, so it is used only if it is whole.
internal import ContentHash
internal import Glibc

/// Machine code by what it was made of. A file begins with the SHA-256 of the code behind it.
public struct KernelCache: Sendable {
  private let folder: String

  public init(folder: String) { self.folder = folder }

  /// Where the code of a source, its options included, is kept.
  public func path(of key: String) -> String { folder + "/cuda-\(Digest(of: key).hexadecimal.prefix(32)).cubin" }

  /// nil if it is not there, or not as it was written.
  public func code(of key: String) -> [UInt8]? {
    guard let file = unsafe fopen(path(of: key), "rb") else { return nil }
    defer { unsafe _ = fclose(file) }
    var (all, piece) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while all.count < 64 << 20 {
      let count = unsafe fread(&piece, 1, piece.count, file)
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
      unsafe _ = mkdir(parent, 0o755)
    }
    let (path, bytes) = (path(of: key), Array(Digest(of: code).hexadecimal.utf8) + code)
    let temporary = path + ".\(getpid()).part"
    guard let file = unsafe fopen(temporary, "wb") else { return }
    let isWritten = unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count
    guard unsafe fclose(file) == 0, isWritten, unsafe rename(temporary, path) == 0 else {
      unsafe _ = unlink(temporary)
      return
    }
  }
}
