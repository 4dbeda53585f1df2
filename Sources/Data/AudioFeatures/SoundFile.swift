// Sound files in and out, by libsndfile. The only file that talks to it.
internal import CSndFile
public import Diagnostics

/// Which channels of a file are heard.
enum ChannelMix: Sendable { case mean, first }

/// An open sound file, closed when it goes.
@safe struct SoundFile: ~Copyable {
  @unsafe private let handle: OpaquePointer
  private let info: SF_INFO
  let path: String

  /// Hz.
  var sampleRate: Int { Int(info.samplerate) }
  var channelCount: Int { Int(info.channels) }
  /// Frames the header says there are; nil where it does not say.
  var declaredFrameCount: Int? {
    guard (0..<Self.unknownFrameCount).contains(Int(info.frames)) else { return nil }
    let form = info.format & Int32(SF_FORMAT_TYPEMASK)
    // A FLAC written to a pipe says 0.
    return info.frames == 0 && (form == Int32(SF_FORMAT_FLAC) || !isExactlyCounted) ? nil : Int(info.frames)
  }
  /// From here on a count of frames stands for none: beyond what any file holds.
  private static let unknownFrameCount = 1 << 48
  /// Whether a header counts exactly what the decoder gives; those of MPEG and Ogg count padding, or nothing.
  private var isExactlyCounted: Bool {
    let form = info.format & Int32(SF_FORMAT_TYPEMASK)
    return form != Int32(SF_FORMAT_OGG) && form != Int32(SF_FORMAT_MPEG)
  }

  static var library: String { unsafe String(cString: sf_version_string()) }

  /// Limits of what is taken for sound: anything beyond is a broken header.
  static let sampleRates = 1000...768_000
  static let channelCounts = 1...64
  /// Full scale is 1; files of unscaled integers reach 2³¹. Beyond this a resampler's sums would leave Float32.
  static let loudest: Float = 1e12

  /// - Throws: what is no sound, is cut short or damaged as far as the container tells, or has more than one sound.
  init(reading path: String) throws(Diagnostic) {
    var info = SF_INFO()
    func refuse(_ fact: String, _ hint: String = "readable: WAV, FLAC, OGG, MP3, AIFF") -> Diagnostic {
      Diagnostic("cannot be read as sound: \(fact)", at: SourceMark(file: path), hint: hint)
    }
    let bytes: FileBytes
    do throws(FileBytes.Refusal) { bytes = try FileBytes(path) } catch { throw refuse(error.reason) }
    guard let handle = unsafe sf_open(path, Int32(SFM_READ), &info) else {
      if let guess = SoundStructure.guess(bytes) { throw refuse(guess.fact, guess.hint) }
      try SoundStructure.check(bytes, path: path)
      let reason = unsafe sf_strerror(nil).map { unsafe String(cString: $0) } ?? "unknown error"
      throw refuse(reason.lowercased().trimmingSuffix("."))
    }
    do throws(Diagnostic) { try SoundStructure.check(bytes, path: path) } catch {
      unsafe sf_close(handle)
      throw error
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

  /// Up to `limit` frames from the start, mixed down and handed on block by block: memory grows neither with the
  /// channels nor with the length.
  /// - Returns: how many frames there were.
  /// - Throws: samples that are none, a decoder's complaints, fewer frames than the header promises, none at all.
  mutating func read(limit: Int, mix: ChannelMix, each: (borrowing [Float]) -> Void) throws(Diagnostic) -> Int {
    let channels = channelCount
    let block = min(65_536, limit)
    var buffer = [Float](repeating: 0, count: block * channels)
    var mono: [Float] = []
    mono.reserveCapacity(block)
    var count = 0
    while count < limit {
      let wanted = min(block, limit - count)
      let got = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
        unsafe Int(sf_readf_float(handle, buffer.baseAddress, sf_count_t(wanted)))
      }
      if unsafe sf_error(handle) != 0 {
        let reason = unsafe sf_strerror(handle).map { unsafe String(cString: $0) } ?? "unknown error"
        throw damaged("near frame \(count): \(reason.lowercased().trimmingSuffix("."))")
      }
      guard got > 0 else { break }
      if let bad = buffer[..<(got * channels)].firstIndex(where: { !(abs($0) <= Self.loudest) }) {
        throw Diagnostic(
          "sample \(count + bad / channels) is "
            + (buffer[bad].isFinite ? "\(buffer[bad]); full scale is 1, no sound is beyond 1e12" : "not a finite number"),
          at: SourceMark(file: path), hint: "the file is damaged")
      }
      mono.removeAll(keepingCapacity: true)
      for frame in 0..<got {
        guard channels > 1, mix == .mean else {
          mono.append(buffer[frame * channels])
          continue
        }
        var sum = 0.0
        for channel in 0..<channels { sum += Double(buffer[frame * channels + channel]) }
        mono.append(Float(sum / Double(channels)))
      }
      each(mono)
      count += got
    }
    guard count > 0 else {
      throw Diagnostic("holds no samples", at: SourceMark(file: path), hint: "the file is empty or cut short")
    }
    if let declaredFrameCount, count < limit, count < declaredFrameCount, isExactlyCounted {
      throw SoundStructure.cut("its header promises \(declaredFrameCount) frames, the file holds \(count)", path)
    }
    return count
  }

  private func damaged(_ fact: String) -> Diagnostic {
    Diagnostic("is damaged \(fact)", at: SourceMark(file: path), hint: "fetch it again, or convert it again from its source")
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

/// Writes sound files that a decoder gives back sample by sample.
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
