// The codecs of pages: snappy here, gzip and zstd by their libraries. The other file of this room with pointers.
internal import CZlib
internal import CZstd

enum Codec: Int {
  case uncompressed = 0, snappy, gzip, lzo, brotli, lz4, zstd, lz4Raw

  var name: String {
    switch self {
    case .lz4Raw: "lz4_raw"
    default: "\(self)"
    }
  }

  static let largestPage = 1 << 30

  /// Unpacks a page that is said to take `size` bytes unpacked; it must come to exactly that.
  func unpack(_ packed: ByteRun, size: Int) throws(Damage) -> ByteRun {
    if self == .uncompressed {
      guard packed.count == size else { throw Damage("takes \(packed.count) bytes and is said to take \(size)") }
      return packed
    }
    // Gzip packs 1032 to 1 at best; zstd may claim any size for a few bytes.
    guard size <= Self.largestPage, size <= 1 << 26 + 1100 * packed.count else {
      throw Damage("is said to unpack from \(packed.count) to \(size) bytes, more than is sane")
    }
    let memory = try Memory(count: size)
    if size == 0, packed.count == 0 { return ByteRun(memory) }
    switch self {
    case .snappy: try Snappy.unpack(packed, into: memory)
    case .gzip: try Self.inflate(packed, into: memory)
    case .zstd:
      let count = unsafe ZSTD_decompress(memory.base, size, packed.pointer, packed.count)
      guard ZSTD_isError(count) == 0, count == size else { throw Self.damaged("zstd") }
    default: throw Damage("is packed with \(name), which is not read", hint: "read are snappy, gzip and zstd")
    }
    return ByteRun(memory)
  }

  static func damaged(_ name: String) -> Damage { Damage("is no whole \(name) data of the size it is said to have") }

  /// Zlib or gzip data, of several members too.
  private static func inflate(_ packed: ByteRun, into memory: Memory) throws(Damage) {
    var stream = unsafe z_stream()
    let window: Int32 = 15 + 32
    guard unsafe inflateInit2_(&stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw damaged("gzip")
    }
    defer { unsafe inflateEnd(&stream) }
    let input = unsafe UnsafeMutablePointer(mutating: packed.pointer.assumingMemoryBound(to: Bytef.self))
    unsafe stream.next_in = input
    unsafe stream.avail_in = uInt(packed.count)
    unsafe stream.next_out = memory.base.assumingMemoryBound(to: Bytef.self)
    unsafe stream.avail_out = uInt(memory.count)
    while true {
      let state = unsafe CZlib.inflate(&stream, Z_FINISH)
      guard state == Z_STREAM_END else { throw damaged("gzip") }
      if unsafe stream.avail_out == 0 { return }
      guard unsafe stream.avail_in > 0, unsafe inflateReset(&stream) == Z_OK else { throw damaged("gzip") }
    }
  }

  /// The CRC-32 a page's header may carry.
  static func checksum(_ bytes: ByteRun) -> UInt32 {
    UInt32(truncatingIfNeeded: unsafe crc32_z(0, bytes.pointer.assumingMemoryBound(to: Bytef.self), bytes.count))
  }
}

/// Snappy's block form: a length, then literals and copies of what was unpacked before.
private enum Snappy {
  static func unpack(_ packed: ByteRun, into memory: Memory) throws(Damage) {
    var reader = ThriftReader(packed)
    guard try reader.unsigned() == UInt64(memory.count) else { throw Codec.damaged("snappy") }
    var (position, written) = (reader.position, 0)
    while position < packed.count {
      let tag = Int(try packed.byte(position))
      position += 1
      var length = tag >> 2 + 1
      if tag & 3 == 0 {
        if length > 60 {
          let size = length - 60
          length = Int(try packed.number(position, size: size)) + 1
          position += size
        }
        guard length <= packed.count - position, length <= memory.count - written else { throw Codec.damaged("snappy") }
        unsafe (memory.base + written).copyMemory(from: packed.pointer + position, byteCount: length)
        position += length
      } else {
        let offset: Int
        switch tag & 3 {
        case 1:
          length = (tag >> 2) & 7 + 4
          offset = (tag >> 5) << 8 | Int(try packed.byte(position))
          position += 1
        case 2:
          offset = Int(try packed.number(position, size: 2))
          position += 2
        default:
          offset = Int(try packed.number(position, size: 4))
          position += 4
        }
        guard offset > 0, offset <= written, length <= memory.count - written else { throw Codec.damaged("snappy") }
        let target = unsafe memory.base + written
        if offset >= length {
          unsafe target.copyMemory(from: target - offset, byteCount: length)
        } else {
          // The copy reads what it writes.
          for index in 0..<length {
            let byte = unsafe (target - offset).load(fromByteOffset: index, as: UInt8.self)
            unsafe target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
          }
        }
      }
      written += length
    }
    guard written == memory.count else { throw Codec.damaged("snappy") }
  }
}
