// Sound files that are none, or not what they say: one clear mistake each, no trap, no unbounded memory.
import AudioFeatures
import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite("Hostile sound files")
struct HostileSoundTests {
  private let folder: TemporaryFolder
  private var path: String { folder.file("t.wav") }

  init() throws { folder = try TemporaryFolder() }

  private func refusal(of bytes: [UInt8]) throws -> String? {
    try folder.write(bytes, to: "t.wav")
    return TestSupport.refusal { try Waveform.load(path: path) }?.replacingOccurrences(of: path, with: "t.wav")
  }

  @Test("nothing, no sound, no file, a folder")
  func unreadable() throws {
    let hint = "\n  hint: readable: WAV, FLAC, OGG, MP3, AIFF"
    let again = "\n  hint: the download went wrong; fetch it again"
    func refused(_ text: String) throws -> String? { try refusal(of: Array(text.utf8)) }
    let start = "t.wav: error: cannot be read as sound: "
    #expect(try refused("") == start + "the file is empty" + again)
    #expect(try refused("<!DOCTYPE html>\n<html>not found</html>") == start + "it is a web page" + again)
    #expect(try refused("{\"error\": \"no such\n clip\"}") == start + "it is text: '{\"error\": \"no such clip\"}'" + again)
    #expect(
      try refused("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 320044\n") == start
        + "it is a Git LFS pointer, not the file itself\n  hint: git lfs pull fetches the files themselves")
    #expect(try refusal(of: [UInt8](repeating: 0, count: 300)) == start + "it begins with 300 zeros" + again)
    #expect(try refusal(of: [0x89, 1, 2, 3, 4, 5]) == start + "format not recognised" + hint)
    try folder.remove("t.wav")
    #expect(
      TestSupport.refusal { try Waveform.load(path: path) }
        == "\(path): error: cannot be read as sound: no such file or directory" + hint)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(TestSupport.refusal { try Waveform.load(path: path) }?.contains("cannot be read as sound: it is no plain file") == true)
  }

  @Test("a header without samples, or cut anywhere")
  func empty() throws {
    let hint = "\n  hint: the file is empty or cut short"
    #expect(try refusal(of: SoundBytes().file([])) == "t.wav: error: holds no samples" + hint)
    let whole = SoundBytes().file((0..<100).map { sin(Double($0)) })
    for length in 0..<whole.count {
      // A header that promises some bytes more than there are may count itself in.
      let text = try refusal(of: Array(whole[..<length]))
      #expect(length >= 44 + 200 - 64 ? text == nil : text != nil, "\(length) bytes: \(text ?? "heard")")
    }
  }

  @Test("a sample that is no number")
  func notFinite() throws {
    for (bad, encoding) in [(Double.nan, SoundBytes.Encoding.float32), (.infinity, .float64), (-.infinity, .float32)] {
      for place in [0, 77, 70_000] {
        var samples = [Double](repeating: 0.25, count: 2 * 70_001)
        samples[2 * place + 1] = bad
        let text = try refusal(of: SoundBytes(encoding: encoding, channels: 2).file(samples))
        #expect(text == "t.wav: error: sample \(place) is not a finite number\n  hint: the file is damaged")
      }
    }
  }

  @Test("a sample louder than any sound, which a resampler would turn into none")
  func loud() throws {
    var samples = [Double](repeating: 0.25, count: 100)
    samples[7] = -3e38
    #expect(
      try refusal(of: SoundBytes(encoding: .float32, rate: 44_100).file(samples))
        == "t.wav: error: sample 7 is -3e+38; full scale is 1, no sound is beyond 1e12\n  hint: the file is damaged")
    samples[7] = 2_147_483_648
    #expect(try refusal(of: SoundBytes(encoding: .float32, rate: 44_100).file(samples)) == nil)
  }

  @Test("rates and channels that no sound has")
  func absurd() throws {
    let hint = "\n  hint: 1000 to 768000 Hz, 1 to 64 channels"
    #expect(
      try refusal(of: SoundBytes(rate: 999).file([0, 0]))
        == "t.wav: error: 999 Hz and 1 channels are no sound this program takes" + hint)
    #expect(
      try refusal(of: SoundBytes(rate: 2_000_000_000).file([0, 0]))
        == "t.wav: error: 2000000000 Hz and 1 channels are no sound this program takes" + hint)
    #expect(
      try refusal(of: SoundBytes(channels: 65).file([Double](repeating: 0, count: 65)))
        == "t.wav: error: 16000 Hz and 65 channels are no sound this program takes" + hint)
    #expect(try refusal(of: SoundBytes(channels: 0).file([0, 0])) != nil)
  }

  @Test("ten hours: said, or really there; only what a model hears is decoded", .timeLimit(.minutes(5)))
  func long() throws {
    // A header of ten hours before one second of samples.
    let hours = 36_000 * 16_000
    var sound = SoundBytes()
    sound.declaredByteCount = hours * 2
    #expect(
      try refusal(of: sound.file([Double](repeating: 0.5, count: 16_000))) == """
        t.wav: error: is cut short: its header promises 1152000000 bytes of sound, the file holds 32000
          hint: fetch it again, or convert it again from its source
        """)

    // Ten hours of silence: a hole in the file takes no room on the disk.
    try folder.write(sound.header(0), to: "t.wav")
    #expect(unsafe truncate(path, 44 + hours * 2) == 0)
    let waveform = try Waveform.load(path: path)
    #expect(waveform.samples.count == 300 * 16_000)
    #expect(waveform.sourceFrameCount == hours)
    #expect(try Waveform.load(path: path, limitSeconds: 30).samples.count == 30 * 16_000)
  }

  @Test("64 channels at 768 kHz take the memory of one")
  func wide() throws {
    let before = Self.peakMemory
    var sound = SoundBytes(rate: 768_000, channels: 64)
    sound.declaredByteCount = 768_000 * 64 * 2 * 3
    try folder.write(sound.header(0), to: "t.wav")
    #expect(unsafe truncate(path, 44 + 768_000 * 64 * 2 * 3) == 0)
    #expect(try Waveform.load(path: path).samples.count == 48_000)
    // All channels of three seconds would take 560 MiB.
    #expect(Self.peakMemory - before < 300)
  }

  /// MiB.
  private static var peakMemory: Int {
    let status = FileManager.default.contents(atPath: "/proc/self/status").map { String(decoding: $0, as: UTF8.self) }
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
  }
}

@Suite("Fuzzing sound", .enabled(if: Fuzzing.isOn, "REPRO_FUZZ_SECONDS is not set"))
struct SoundFuzzTests {
  @Test("damaged files are heard or refused, and what is heard is finite")
  func fuzzSound() throws {
    let folder = try TemporaryFolder()
    let samples = (0..<400).map { Float(sin(Double($0) * 0.1)) * 0.5 }
    var seeds: [[UInt8]] = [SoundBytes.silentMP3(frames: 3)]
    for format in SoundFormat.allCases {
      let name = "seed." + format.fileExtension
      try SoundFileWriter.write(samples, channelCount: 2, sampleRate: 22_050, format: format, to: folder.file(name))
      seeds.append(try folder.bytes(name))
    }
    let front = FrontEnd(chunkSeconds: 30)
    var heard = 0
    let rounds = try Fuzzing.run(
      seeds: seeds, dictionary: ["RIFF", "data", "fmt ", "\u{0}\u{0}\u{0}\u{0}", "fLaC", "OggS", "ID3", "\u{7F}\u{7F}\u{7F}\u{7F}", "LIST"]
    ) { round, bytes in
      try folder.write(bytes, to: "t.wav")
      for pipeline in ListeningPipeline.allCases {
        do {
          let waveform = try Waveform.load(path: folder.file("t.wav"), pipeline: pipeline, limitSeconds: 30)
          heard += 1
          #expect(waveform.samples.count <= 480_000)
          let mel = front.logMel(Array(waveform.samples.prefix(4000)))
          #expect(mel.values.allSatisfy { $0.isFinite }, "round \(round)")
        } catch { #expect((error as? Diagnostic)?.kind == .faulty, "round \(round)") }
      }
    }
    #expect(rounds > 50 && heard > 0)
  }
}
