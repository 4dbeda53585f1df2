// Names for contents: SHA-256, by OpenSSL's libcrypto. The only file that talks to it.
internal import CCrypto

/// The SHA-256 of some bytes (FIPS 180-4).
public struct Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let bytes: [UInt8]

  /// 64 lower-case hexadecimal digits.
  public var hexadecimal: String {
    let digits = Array("0123456789abcdef".unicodeScalars)
    var text = String.UnicodeScalarView()
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(text)
  }
  public var description: String { hexadecimal }
  public static func < (a: Digest, b: Digest) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }

  public init(of bytes: [UInt8]) {
    var hasher = SHA256()
    hasher.update(bytes)
    self = hasher.finish()
  }
  public init(of text: String) { self.init(of: Array(text.utf8)) }

  fileprivate init(bytes: [UInt8]) { self.bytes = bytes }
}

/// SHA-256 of bytes that come in pieces.
@safe public struct SHA256: ~Copyable {
  @unsafe private let context: OpaquePointer

  public init() {
    guard let context = unsafe EVP_MD_CTX_new(), unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("libcrypto offers no SHA-256")
    }
    unsafe self.context = context
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  /// Takes the next bytes.
  public mutating func update(_ bytes: [UInt8]) {
    let status = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    precondition(status == 1, "libcrypto failed to hash")
  }

  /// Raw memory, such as a mapped file.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let status = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(status == 1, "libcrypto failed to hash")
  }

  /// The digest of all bytes; nothing can be added after it.
  public consuming func finish() -> Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 0
    let status = unsafe bytes.withUnsafeMutableBufferPointer {
      unsafe EVP_DigestFinal_ex(context, $0.baseAddress, &count)
    }
    precondition(status == 1 && count == 32, "libcrypto failed to finish a hash")
    return Digest(bytes: bytes)
  }
}
