// Sound files in and out, by libsndfile. The only file that talks to it.
internal import CSndFile
public import Diagnostics

/// Which channels of a file are heard.
enum ChannelMix: Sendable { case mean, first }

/// One channel of Float32 samples, as a decoder gave them.
struct DecodedSound: Sendable {
  var samples: [Float]
  /// Of the file.
  var channelCount: Int
  /// Frames the file says it has; more than were decoded if the decoding was bounded.
  var declaredFrameCount: Int
}

/// An open sound file, closed when it goes.
@safe struct SoundFile: ~Copyable {
  @unsafe private let handle: OpaquePointer
  private let info: SF_INFO
  let path: String

  /// Hz.
  var sampleRate: Int { Int(info.samplerate) }
  /// Frames the header says there are.
  var declaredFrameCount: Int { max(Int(clamping: info.frames), 0) }

  static var library: String { unsafe String(cString: sf_version_string()) }

  /// Limits of what is taken for sound: anything beyond is a broken header.
  static let sampleRates = 1000...768_000
  static let channelCounts = 1...64
  /// Full scale is 1; files of unscaled integers reach 2³¹. Beyond this a resampler's sums would leave Float32.
  static let loudest: Float = 1e12

  init(reading path: String) throws(Diagnostic) {
    var info = SF_INFO()
    guard let handle = unsafe sf_open(path, Int32(SFM_READ), &info) else {
      let reason = unsafe sf_strerror(nil).map { unsafe String(cString: $0) } ?? "unknown error"
      throw Diagnostic(
        "cannot be read as sound: \(reason.lowercased().trimmingSuffix("."))", at: SourceMark(file: path),
        hint: "readable: WAV, FLAC, OGG, MP3, AIFF")
    }
    guard Self.sampleRates.contains(Int(info.samplerate)), Self.channelCounts.contains(Int(info.channels)) else {
      unsafe sf_close(handle)
      throw Diagnostic(
        "\(info.samplerate) Hz and \(info.channels) channels are no sound this program takes",
        at: SourceMark(file: path), hint: "1000 to 768000 Hz, 1 to 64 channels")
    }
    unsafe self.handle = handle
    self.info = info
    self.path = path
  }

  deinit { unsafe sf_close(handle) }

  /// Up to `limit` frames from the start, mixed down block by block: memory does not grow with the channels. Reads what
  /// is there, whatever the header says.
  mutating func read(limit: Int, mix: ChannelMix) throws(Diagnostic) -> DecodedSound {
    let channels = Int(info.channels)
    let block = 65_536
    var buffer = [Float](repeating: 0, count: min(block, limit) * channels)
    var samples: [Float] = []
    while samples.count < limit {
      let wanted = min(block, limit - samples.count)
      let got = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
        unsafe Int(sf_readf_float(handle, buffer.baseAddress, sf_count_t(wanted)))
      }
      guard got > 0 else { break }
      if let bad = buffer[..<(got * channels)].firstIndex(where: { !(abs($0) <= Self.loudest) }) {
        throw Diagnostic(
          "sample \(samples.count + bad / channels) is "
            + (buffer[bad].isFinite ? "\(buffer[bad]); full scale is 1, no sound is beyond 1e12" : "not a finite number"),
          at: SourceMark(file: path), hint: "the file is damaged")
      }
      if channels == 1 {
        samples += buffer[..<got]
      } else {
        for frame in 0..<got {
          guard mix == .mean else {
            samples.append(buffer[frame * channels])
            continue
          }
          var sum = 0.0
          for channel in 0..<channels { sum += Double(buffer[frame * channels + channel]) }
          samples.append(Float(sum / Double(channels)))
        }
      }
    }
    guard !samples.isEmpty else {
      throw Diagnostic("holds no samples", at: SourceMark(file: path), hint: "the file is empty or cut short")
    }
    return DecodedSound(samples: samples, channelCount: channels, declaredFrameCount: declaredFrameCount)
  }
}

/// Lossless formats this program writes.
public enum SoundFormat: String, Sendable, Hashable, CaseIterable {
  case wav16, wav24, wavFloat, flac16

  public var fileExtension: String { self == .flac16 ? "flac" : "wav" }

  fileprivate var code: Int32 {
    switch self {
    case .wav16: Int32(SF_FORMAT_WAV | SF_FORMAT_PCM_16)
    case .wav24: Int32(SF_FORMAT_WAV | SF_FORMAT_PCM_24)
    case .wavFloat: Int32(SF_FORMAT_WAV | SF_FORMAT_FLOAT)
    case .flac16: Int32(SF_FORMAT_FLAC | SF_FORMAT_PCM_16)
    }
  }
}

public enum SoundFileWriter {
  /// Writes interleaved samples in [-1, 1]; the same bytes for the same samples (no time stamps).
  public static func write(
    _ samples: [Float], channelCount: Int, sampleRate: Int, format: SoundFormat, to path: String
  ) throws(Diagnostic) {
    precondition(channelCount > 0 && samples.count % channelCount == 0, "whole frames are written")
    var info = SF_INFO()
    info.samplerate = Int32(sampleRate)
    info.channels = Int32(channelCount)
    info.format = format.code
    guard let handle = unsafe sf_open(path, Int32(SFM_WRITE), &info) else {
      let reason = unsafe sf_strerror(nil).map { unsafe String(cString: $0) } ?? "unknown error"
      throw Diagnostic("cannot be written: \(reason.lowercased())", at: SourceMark(file: path), kind: .missing)
    }
    defer { unsafe _ = sf_close(handle) }
    // The PEAK chunk of float files holds the time of writing.
    unsafe sf_command(handle, Int32(SFC_SET_ADD_PEAK_CHUNK), nil, Int32(SF_FALSE))
    unsafe sf_command(handle, Int32(SFC_SET_CLIPPING), nil, Int32(SF_TRUE))
    let frames = samples.count / channelCount
    let written = unsafe samples.withUnsafeBufferPointer {
      unsafe sf_writef_float(handle, $0.baseAddress, sf_count_t(frames))
    }
    guard written == sf_count_t(frames) else {
      throw Diagnostic("only \(written) of \(frames) frames could be written", at: SourceMark(file: path),
        hint: "check the disk's free space", kind: .missing)
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
