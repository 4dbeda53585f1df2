// Sound files made byte by byte, so that no writer's habits are tested with the reader's.
import Foundation

/// A RIFF file of one format.
struct SoundBytes {
  enum Encoding: String, CaseIterable, Sendable { case unsigned8, signed16, signed24, signed32, float32, float64 }

  var encoding = Encoding.signed16
  var rate = 16_000
  var channels = 1
  /// Bytes the header declares for the data, where that is a lie.
  var declaredByteCount: Int?

  var bytesPerSample: Int {
    switch encoding {
    case .unsigned8: 1
    case .signed16: 2
    case .signed24: 3
    case .signed32, .float32: 4
    case .float64: 8
    }
  }

  /// One sample as its little-endian bytes.
  func bytes(of sample: Double) -> [UInt8] {
    func little(_ value: some FixedWidthInteger, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    switch encoding {
    case .unsigned8: return [UInt8(clamping: Int((sample * 127).rounded()) + 128)]
    case .signed16: return little(Int16(clamping: Int((sample * 32_767).rounded())), 2)
    case .signed24: return little(Int32((sample * 8_388_607).rounded()), 3)
    case .signed32: return little(Int32(clamping: Int((sample * 2_147_483_647).rounded())), 4)
    case .float32: return little(Float(sample).bitPattern, 4)
    case .float64: return little(sample.bitPattern, 8)
    }
  }

  func file(_ samples: [Double]) -> [UInt8] { header(samples.count) + samples.flatMap(bytes(of:)) }

  func header(_ sampleCount: Int) -> [UInt8] {
    func word(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let size = declaredByteCount ?? sampleCount * bytesPerSample
    let isFloat = encoding == .float32 || encoding == .float64
    return Array("RIFF".utf8) + word(min(36 + size, 0xFFFF_FFFF), 4) + Array("WAVEfmt ".utf8) + word(16, 4)
      + word(isFloat ? 3 : 1, 2) + word(channels, 2) + word(rate, 4) + word(rate * channels * bytesPerSample, 4)
      + word(channels * bytesPerSample, 2) + word(bytesPerSample * 8, 2) + Array("data".utf8)
      + word(min(size, 0xFFFF_FFFF), 4)
  }

  /// Frames of MPEG-1 layer III at 128 kbit/s and 44.1 kHz, mono, without a spectrum: silence.
  static func silentMP3(frames: Int) -> [UInt8] {
    (0..<frames).flatMap { _ in [0xFF, 0xFB, 0x90, 0xC4] + [UInt8](repeating: 0, count: 413) }
  }
}
