// The pages of an Ogg file, as far as they tell whether it is whole.
internal import Diagnostics

/// Ogg: pages of up to 64 KiB, each with its own checksum; the last of a stream says so.
enum OggPages {
  /// Walks through all pages: is there one after the other, whole, up to the last, and nothing behind it?
  static func check(_ file: borrowing FileBytes, path: String) throws(Diagnostic) {
    var place = 0
    var open: Set<UInt64> = []
    var isPastHeads = false
    while place < file.count {
      let head = file.bytes(at: place, count: 27 + 255)
      guard head.holds("OggS", at: 0) else {
        // Behind the last page stand tags of other programs; a page that was begun and not finished is short.
        if open.isEmpty, isPastHeads { return }
        if head.count < 27 { break }
        throw damaged("no page where one is expected", place, path)
      }
      guard head.count >= 27, head.count >= 27 + Int(head[26]), let serial = head.little(14, 4),
        let sum = head.little(22, 4)
      else { break }
      let size = head[27..<(27 + Int(head[26]))].reduce(27 + Int(head[26])) { $0 + Int($1) }
      var page = file.bytes(at: place, count: size)
      guard page.count == size else { break }
      for i in 22..<26 { page[i] = 0 }
      guard checksum(page) == UInt32(truncatingIfNeeded: sum) else {
        throw damaged("a page does not match its checksum", place, path)
      }
      if page[5] & 2 != 0 {
        if isPastHeads { throw SoundStructure.followed(by: "a second Ogg stream", at: place, path) }
        open.insert(serial)
      } else {
        isPastHeads = true
      }
      if page[5] & 4 != 0 { open.remove(serial) }
      place += size
    }
    if !open.isEmpty || !isPastHeads {
      throw SoundStructure.cut("its Ogg stream has no last page, so where it ends is unknown", path)
    }
  }

  private static func damaged(_ fact: String, _ place: Int, _ path: String) -> Diagnostic {
    Diagnostic("is damaged: \(fact), at byte \(place)", at: SourceMark(file: path), hint: "fetch it again")
  }

  /// The CRC of polynomial 04C11DB7, not reflected.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.reduce(0) { sum, byte in sum << 8 ^ table[Int(sum >> 24) ^ Int(byte)] }
  }

  private static let table: [UInt32] = (0..<256).map { value in
    (0..<8).reduce(UInt32(value) << 24) { sum, _ in sum & 0x8000_0000 != 0 ? sum << 1 ^ 0x04C1_1DB7 : sum << 1 }
  }
}
