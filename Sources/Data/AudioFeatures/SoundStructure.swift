// Whether a sound file is whole, as far as its container tells: decoders read what is there, and say nothing of the rest.
internal import Diagnostics

enum SoundStructure {
  /// Bytes that a header may promise beyond the file's end: some writers count the header in.
  static let slack = 64
  /// The same of an MP3, whose tag may count tags around the stream in.
  static let tagSlack = 4096

  /// Refuses a file that is cut short, or goes on after its first sound.
  static func check(_ file: borrowing FileBytes, path: String) throws(Diagnostic) {
    let start = afterID3(file)
    let head = file.bytes(at: start, count: 64)
    if head.holds("OggS", at: 0) { return try OggPages.check(file, path: path) }
    if head.holds("WAVE", at: 8) {
      if head.holds("RIFX", at: 0) { return try checkChunks(file, start, path, isBig: true, data: "data") }
      if ["RIFF", "RF64", "BW64"].contains(where: { head.holds($0, at: 0) }) {
        return try checkChunks(file, start, path, isBig: false, data: "data")
      }
    }
    if head.holds("FORM", at: 0), head.holds("AIF", at: 8) {
      return try checkChunks(file, start, path, isBig: true, data: "SSND")
    }
    if head.holds(".snd", at: 0), let offset = head.big(4, 4), let size = head.big(8, 4), !isUnknown(size) {
      return try compare(promised: size, held: file.count - start - Int(offset), slack: slack, path)
    }
    if head.count > 1, head[0] == 0xFF, head[1] & 0xE0 == 0xE0 { try checkMP3(file, start, path) }
  }

  /// What a file holds that is no sound, from its first bytes; nil if that cannot be said.
  static func guess(_ file: borrowing FileBytes) -> (fact: String, hint: String)? {
    let again = "the download went wrong; fetch it again"
    let head = file.bytes(at: 0, count: 4096)
    if file.count == 0 { return ("the file is empty", again) }
    if head.holds("version https://git-lfs", at: 0) {
      return ("it is a Git LFS pointer, not the file itself", "git lfs pull fetches the files themselves")
    }
    if head.allSatisfy({ $0 == 0 }) { return ("it begins with \(head.count) zeros", again) }
    let isText = head.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }
    guard isText else { return nil }
    let text = String(decoding: head, as: UTF8.self)
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let isPage = ["<!doctype", "<html", "<?xml"].contains { words.lowercased().hasPrefix($0) }
    return (isPage ? "it is a web page" : "it is text: '\(words.prefix(40))\(words.count > 40 ? "…" : "")'", again)
  }

  static func cut(_ fact: String, _ path: String) -> Diagnostic {
    Diagnostic("is cut short: \(fact)", at: SourceMark(file: path), hint: "fetch it again, or convert it again from its source")
  }

  static func followed(by what: String, at place: Int, _ path: String) -> Diagnostic {
    Diagnostic(
      "holds more than one sound: \(what) follows at byte \(place), and only the first would be heard",
      at: SourceMark(file: path), hint: "make one of them: ffmpeg -i IN OUT.wav, or cut off what follows")
  }

  /// A size that a program writes while it does not know the length: all ones, with or without the sign, or nearly so.
  private static func isUnknown(_ size: UInt64) -> Bool { size == 0 || size >= 0x7FFF_0000 }

  private static func compare(promised: UInt64, held: Int, slack: Int, _ path: String) throws(Diagnostic) {
    guard promised > UInt64(max(held, 0) + slack) else { return }
    throw cut("its header promises \(promised) bytes of sound, the file holds \(max(held, 0))", path)
  }

  /// Where the sound begins: behind an ID3 tag, if there is one.
  private static func afterID3(_ file: borrowing FileBytes) -> Int {
    let head = file.bytes(at: 0, count: 10)
    guard head.count == 10, head.holds("ID3", at: 0), head[6...9].allSatisfy({ $0 < 0x80 }) else { return 0 }
    let end = 10 + head[6...9].reduce(0) { $0 << 7 | Int($1) }
    // Writers pad a tag to whole words or more.
    let padding = file.bytes(at: end, count: 4096).prefix { $0 == 0 }.count
    return end + (padding < 4096 ? padding : 0)
  }

  /// RIFF and AIFF: chunks of a name, a size and so many bytes, padded to even sizes.
  private static func checkChunks(
    _ file: borrowing FileBytes, _ start: Int, _ path: String, isBig: Bool, data name: String
  ) throws(Diagnostic) {
    var place = start + 12
    var longSize: UInt64?
    for _ in 0..<4096 {
      let head = file.bytes(at: place, count: 24)
      guard let size = isBig ? head.big(4, 4) : head.little(4, 4) else { return }
      if head.holds("ds64", at: 0) { longSize = head.little(16, 8) }
      if head.holds("RIFF", at: 0) || head.holds("RF64", at: 0) || head.holds("FORM", at: 0) {
        throw followed(by: "another file", at: place, path)
      }
      if head.holds(name, at: 0) {
        if size == 0xFFFF_FFFF, let longSize {
          if longSize != 0 { try compare(promised: longSize, held: file.count - place - 8, slack: slack, path) }
          return
        }
        let held = file.count - place - 8
        if size == 0, held > slack {
          throw Diagnostic(
            "its header says that it holds no sound, though \(held) bytes follow", at: SourceMark(file: path),
            hint: "its recorder did not finish it: ffmpeg -i IN OUT.wav reads it all the same")
        }
        if isUnknown(size) { return }
        try compare(promised: size, held: file.count - place - 8, slack: slack, path)
      }
      place += 8 + Int(size) + Int(size & 1)
    }
  }

  /// The tag of LAME, libavformat and others in the first frame counts the bytes of the stream.
  private static func checkMP3(_ file: borrowing FileBytes, _ start: Int, _ path: String) throws(Diagnostic) {
    let head = file.bytes(at: start, count: 64)
    guard head.count == 64 else { return }
    let (isMPEG1, isMono) = (head[1] & 0x18 == 0x18, head[3] & 0xC0 == 0xC0)
    let tag = 4 + (isMPEG1 ? (isMono ? 17 : 32) : (isMono ? 9 : 17))
    guard head.holds("Xing", at: tag) || head.holds("Info", at: tag), let flags = head.big(tag + 4, 4), flags & 2 != 0,
      let bytes = head.big(tag + 8 + (flags & 1 != 0 ? 4 : 0), 4)
    else { return }
    try compare(promised: bytes, held: file.count - start, slack: tagSlack + start, path)
  }
}
