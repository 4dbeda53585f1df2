// Ogg files made byte by byte.

/// One Ogg Opus stream of silence.
struct OggBytes {
  var serial = 7
  /// Packets of 20 ms.
  var packetCount = 50
  var hasLastPage = true

  /// Its pages: head, tags, and ten packets each.
  var pages: [[UInt8]] {
    let head = Array("OpusHead".utf8) + [1, 1, 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0]
    let tags = Array("OpusTags".utf8) + [1, 0, 0, 0, 0x78, 0, 0, 0, 0]
    var pages = [page([head], flags: 2, granule: 0, number: 0), page([tags], flags: 0, granule: 0, number: 1)]
    for first in stride(from: 0, to: packetCount, by: 10) {
      let count = min(10, packetCount - first)
      let isLast = first + count == packetCount && hasLastPage
      pages.append(
        page(
          [[UInt8]](repeating: [0xF8, 0xFF, 0xFE], count: count), flags: isLast ? 4 : 0,
          granule: 960 * (first + count), number: 2 + first / 10))
    }
    return pages
  }

  var file: [UInt8] { pages.flatMap(\.self) }

  private func page(_ packets: [[UInt8]], flags: UInt8, granule: Int, number: Int) -> [UInt8] {
    func word(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    var page = Array("OggS".utf8) + [0, flags] + word(granule, 8) + word(serial, 4) + word(number, 4) + word(0, 4)
    page += [UInt8(packets.count)] + packets.map { UInt8($0.count) } + packets.flatMap(\.self)
    var sum: UInt32 = 0
    for byte in page {
      sum ^= UInt32(byte) << 24
      for _ in 0..<8 { sum = sum & 0x8000_0000 == 0 ? sum << 1 : (sum << 1) ^ 0x04C1_1DB7 }
    }
    page.replaceSubrange(22..<26, with: word(Int(sum), 4))
    return page
  }
}
