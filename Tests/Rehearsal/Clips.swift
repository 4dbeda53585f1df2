// Clips as they are found in the wild: of many rates and channel counts, and some that are broken.
import CSndFile
import Foundation
import TensorCore

/// How a clip is stored.
struct ClipForm {
  var rate = 16_000
  var channels = 1
  /// Bits of a PCM sample: 8, 16 or 24.
  var bits = 16
  /// Seconds.
  var length = 0.5
  var isMP3 = false

  /// What a folder of clips holds, in turn.
  static let usual: [ClipForm] = [
    ClipForm(), ClipForm(rate: 44_100, channels: 2), ClipForm(rate: 8000, length: 0.8),
    ClipForm(rate: 48_000, channels: 6, length: 0.4),
    ClipForm(rate: 22_050), ClipForm(rate: 48_000, channels: 2, bits: 24), ClipForm(rate: 11_025, bits: 8, length: 1),
    ClipForm(rate: 32_000),
    ClipForm(rate: 44_100, length: 0.9, isMP3: true), ClipForm(rate: 24_000, bits: 24),
  ]
  static let halfMinute = ClipForm(rate: 22_050, length: 31)
  static let fiveMinutes = ClipForm(rate: 8000, length: 320)
}

enum Clips {
  /// A tone with an overtone that grows quieter, its pitch by `number`; every channel a little different.
  static func write(_ number: Int, _ form: ClipForm, to path: String) throws {
    let frames = Int(form.length * Double(form.rate))
    let pitch = 110 * Double(2 + number % 23)
    var values: [Float] = []
    values.reserveCapacity(frames * form.channels)
    for frame in 0..<frames {
      let time = Double(frame) / Double(form.rate)
      let loudness = 0.5 - 0.4 * Double(frame % form.rate) / Double(form.rate)
      let angle = 2 * Double.pi * (pitch * time).truncatingRemainder(dividingBy: 1)
      let value = loudness * (0.7 * Canonical.sin(angle) + 0.3 * Canonical.sin(3 * angle))
      for channel in 0..<form.channels { values.append(Float(value * (1 - 0.1 * Double(channel)))) }
    }
    if form.isMP3, try writeMP3(values, form, to: path) { return }
    try Files.write(wave(values, form), to: path)
  }

  /// RIFF with PCM.
  private static func wave(_ values: [Float], _ form: ClipForm) -> [UInt8] {
    let width = form.bits / 8
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var data: [UInt8] = []
    data.reserveCapacity(values.count * width)
    for value in values {
      let full = Int((Double(value) * Double(1 << (form.bits - 1))).rounded())
      data += form.bits == 8 ? [UInt8(clamping: full + 128)] : number(full, width)
    }
    let format =
      number(1, 2) + number(form.channels, 2) + number(form.rate, 4) + number(form.rate * form.channels * width, 4)
      + number(form.channels * width, 2) + number(form.bits, 2)
    let body = Array("WAVEfmt ".utf8) + number(format.count, 4) + format + Array("data".utf8) + number(data.count, 4) + data
    return Array("RIFF".utf8) + number(body.count, 4) + body
  }

  /// An MP3 stream under whatever name; false where this libsndfile cannot write one (before 1.1).
  private static func writeMP3(_ values: [Float], _ form: ClipForm, to path: String) throws -> Bool {
    try Files.makeFolder(of: path)
    var info = SF_INFO()
    info.samplerate = CInt(form.rate)
    info.channels = CInt(form.channels)
    info.format = 0x23_0000 | 0x82
    guard unsafe sf_format_check(&info) != 0, let file = unsafe sf_open(path, CInt(SFM_WRITE), &info)
    else { return false }
    let frames = values.count / form.channels
    let written = unsafe sf_writef_float(file, values, sf_count_t(frames))
    return unsafe sf_close(file) == 0 && Int(written) == frames
  }

  /// Clips that cannot be heard, each with the reason in its name.
  static func writeBroken(in folder: String) throws -> [String] {
    let whole = wave((0..<8000).map { Float($0 % 50) / 100 }, ClipForm())
    let broken: [(String, [UInt8])] = [
      ("empty", []), ("head-only", Array(whole.prefix(30))), ("text", Array("<html>404 Not Found</html>\n".utf8)),
      ("short", wave([Float](repeating: 0.25, count: 200), ClipForm())),
      ("no-samples", wave([], ClipForm())),
    ]
    for (name, bytes) in broken { try Files.write(bytes, to: folder + "/" + name + ".wav") }
    return broken.map(\.0)
  }
}
