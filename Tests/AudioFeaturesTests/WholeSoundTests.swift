// Whether a file is whole: cut anywhere, damaged, followed by another, or of a length nobody wrote down.
import AudioFeatures
import Foundation
import TestSupport
import Testing

@Suite("Whole sound files")
struct WholeSoundTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("t") }

  init() throws { folder = try TemporaryFolder() }

  private func refusal(_ bytes: [UInt8], byHead: Bool = false) throws -> String? {
    try folder.write(bytes, to: "t")
    return TestSupport.refusal {
      if byHead { try Waveform.look(path: path) } else { _ = try Waveform.clip(path: path) }
    }?.replacingOccurrences(of: path, with: "t")
  }

  private func words(_ value: Int, _ count: Int, isBig: Bool = false) -> [UInt8] {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    return isBig ? bytes.reversed() : bytes
  }

  private static let again = "\n  hint: fetch it again, or convert it again from its source"

  @Test("a WAV of which a part is missing; lengths that were not known when the header was written are no promise")
  func wav() throws {
    let whole = SoundBytes().file((0..<4000).map { sin(Double($0) * 0.1) })
    #expect(try refusal(whole) == nil)
    #expect(
      try refusal(Array(whole.prefix(4044)), byHead: true)
        == "t: error: is cut short: its header promises 8000 bytes of sound, the file holds 4000" + Self.again)
    for size in [0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_F000, 0xFFFF_FFDB] {
      var streamed = whole
      streamed.replaceSubrange(40..<44, with: words(size, 4))
      streamed.replaceSubrange(4..<8, with: words(0xFFFF_FFFF, 4))
      #expect(try refusal(streamed) == nil, "\(size)")
      #expect(try Waveform.load(path: path).samples.count == 4000, "\(size)")
    }
    var unfinished = whole
    unfinished.replaceSubrange(40..<44, with: words(0, 4))
    #expect(
      try refusal(unfinished, byHead: true) == """
        t: error: its header says that it holds no sound, though 8000 bytes follow
          hint: its recorder did not finish it: ffmpeg -i IN OUT.wav reads it all the same
        """)
    #expect(
      try refusal(SoundBytes().file([]), byHead: true)
        == "t: error: 0 samples at 16 kHz are too short for one audio token; 321 are needed")
    // Behind other chunks, and behind an ID3 tag.
    let list: [UInt8] = Array("LIST".utf8) + words(5, 4) + Array("INFOx".utf8) + [0]
    let tag: [UInt8] = Array("ID3".utf8) + [3, 0, 0, 0, 0, 0, 10] + [UInt8](repeating: 0, count: 10)
    let listed: [UInt8] = Array(whole[..<36]) + list + Array(whole[36...])
    for form in [listed, tag + whole] {
      #expect(try refusal(form) == nil)
      #expect(try refusal(Array(form.dropLast(4000)))?.contains("promises 8000 bytes of sound, the file holds 4000") == true)
    }
    let text = try refusal(whole + whole)
    #expect(
      text == "t: error: holds more than one sound: another file follows at byte 8044, and only the first would be heard\n"
        + "  hint: make one of them: ffmpeg -i IN OUT.wav, or cut off what follows")
  }

  @Test("RF64, AIFF and AU of which a part is missing")
  func others() throws {
    let pcm = SoundBytes().file((0..<4000).map { sin(Double($0) * 0.1) })[44...]
    func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    func big(_ value: Int, _ count: Int) -> [UInt8] { words(value, count, isBig: true) }
    let format: [[UInt8]] = [
      text("fmt "), words(16, 4), words(1, 2), words(1, 2), words(16_000, 4), words(32_000, 4), words(2, 2), words(16, 2),
    ]
    let long: [[UInt8]] = [
      text("RF64"), words(0xFFFF_FFFF, 4), text("WAVEds64"), words(28, 4), words(8072, 8), words(8000, 8), words(4000, 8),
      words(0, 4),
    ]
    let rf64 = (long + format + [text("data"), words(0xFFFF_FFFF, 4)]).flatMap(\.self)
    let rate: [UInt8] = [0x40, 0x0C, 0xFA, 0, 0, 0, 0, 0, 0, 0]
    let apple: [[UInt8]] = [
      text("FORM"), big(8046, 4), text("AIFFCOMM"), big(18, 4), big(1, 2), big(4000, 4), big(16, 2), rate, text("SSND"),
      big(8008, 4), words(0, 8),
    ]
    let aiff = apple.flatMap(\.self)
    let au = text(".snd") + [24, 8000, 3, 16_000, 1].flatMap { big($0, 4) }
    for head in [rf64, aiff, au] {
      #expect(try refusal(head + pcm) == nil)
      #expect(try refusal(head + pcm.dropLast(5000), byHead: true)?.contains("error: is cut short: ") == true)
    }
    let open = text(".snd") + [24, 0xFFFF_FFFF, 3, 16_000, 1].flatMap { big($0, 4) }
    #expect(try refusal(open + pcm.dropLast(5000)) == nil)
  }

  @Test("FLAC: cut at any place, or with a byte changed, it is not heard")
  func flac() throws {
    var noise = SystemNoise()
    let samples = (0..<40_000).map { _ in noise.next() }
    try SoundFileWriter.write(samples, channelCount: 1, sampleRate: 16_000, format: .flac16, to: path)
    let whole = try folder.bytes("t")
    #expect(try refusal(whole) == nil)
    for share in [0.1, 0.5, 0.9, 0.999] {
      #expect(try refusal(Array(whole.prefix(Int(Double(whole.count) * share)))) != nil, "\(share)")
    }
    for place in [whole.count / 3, whole.count / 2, whole.count - 5000] {
      var bad = whole
      bad[place] ^= 0x10
      #expect(try refusal(bad) != nil, "byte \(place)")
    }
  }

  @Test("Ogg: one stream from its head to its last page")
  func ogg() throws {
    let sound = OggBytes()
    let whole = sound.file
    #expect(try refusal(whole) == nil)
    #expect(try Waveform.load(path: path).samples.count > 15_000)
    #expect(try refusal(whole + Array("TAG".utf8) + [UInt8](repeating: 0x20, count: 125)) == nil)
    let second = OggBytes(serial: 8).file
    #expect(
      try refusal(whole + second, byHead: true)
        == "t: error: holds more than one sound: a second Ogg stream follows at byte \(whole.count), and only the first "
        + "would be heard\n  hint: make one of them: ffmpeg -i IN OUT.wav, or cut off what follows")
    #expect(try refusal(whole + whole)?.contains("a second Ogg stream follows") == true)
    let cut = "t: error: is cut short: its Ogg stream has no last page, so where it ends is unknown" + Self.again
    #expect(try refusal(OggBytes(hasLastPage: false).file, byHead: true) == cut)
    #expect(try refusal(OggBytes(hasLastPage: false).file + second)?.contains("a second Ogg stream") == true)
    for missing in [1, 20, 45, 100] { #expect(try refusal(Array(whole.dropLast(missing))) == cut, "\(missing)") }
    var bad = whole
    bad[whole.count - 60] ^= 1
    #expect(try refusal(bad)?.contains("error: is damaged: a page does not match its checksum, at byte ") == true)
    let hole = sound.pages[0] + sound.pages[1] + [1, 2, 3] + sound.pages[2] + [UInt8](repeating: 9, count: 40)
    #expect(try refusal(hole)?.contains("error: is damaged: no page where one is expected, at byte ") == true)
  }

  @Test("MP3 whose first frame counts the bytes")
  func mp3() throws {
    var frames = SoundBytes.silentMP3(frames: 120)
    // Of one channel, MPEG 1: the tag stands behind 17 bytes.
    frames.replaceSubrange(21..<33, with: Array("Info".utf8) + words(2, 4, isBig: true) + words(frames.count, 4, isBig: true))
    #expect(try refusal(frames) == nil)
    #expect(try refusal(frames + Array("TAG".utf8) + [UInt8](repeating: 0, count: 125)) == nil)
    #expect(try refusal(Array(frames.prefix(frames.count / 2)), byHead: true)?.contains("error: is cut short: ") == true)
  }

  @Test("less than an audio token; exactly one")
  func short() throws {
    let text = "t: error: 320 samples at 16 kHz are too short for one audio token; 321 are needed"
    for byHead in [true, false] {
      #expect(try refusal(SoundBytes().file([Double](repeating: 0.1, count: 320)), byHead: byHead) == text)
      #expect(try refusal(SoundBytes().file([Double](repeating: 0.1, count: 321)), byHead: byHead) == nil)
      // 320.4 samples at 16 kHz round up.
      #expect(try refusal(SoundBytes(rate: 44_100).file([Double](repeating: 0.1, count: 883)), byHead: byHead) == nil)
    }
  }

  @Test("a little file of much silence takes little memory", .timeLimit(.minutes(10)))
  func silence() throws {
    // 120 s at 655,350 Hz: a hole in the file takes no room on the disk, its samples would take 300 MiB.
    let rate = 655_350
    var sound = SoundBytes(rate: rate)
    sound.declaredByteCount = 120 * rate * 2
    try folder.write(sound.header(0), to: "t")
    #expect(unsafe truncate(path, 44 + 120 * rate * 2) == 0)
    let before = peakMemory()
    #expect(try Waveform.clip(path: path).samples.count == 120 * 16_000)
    #expect(peakMemory() - before < 60)
  }
}

/// Samples of a fixed noise in [-0.5, 0.5].
private struct SystemNoise {
  var state: UInt64 = 1
  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 24) - 0.5
  }
}

/// MiB.
private func peakMemory() -> Int {
  let status = FileManager.default.contents(atPath: "/proc/self/status").map { String(decoding: $0, as: UTF8.self) }
  let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
  return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
}
