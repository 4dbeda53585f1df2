// What a model hears: mono samples at 16 kHz, by the rules of one of the two public pipelines.
public import Diagnostics

/// How a file becomes a waveform.
public enum ListeningPipeline: String, Sendable, Hashable, CaseIterable {
  /// The models' own utilities: mean of the channels, soxr HQ.
  case qwen_omni_utils
  /// R1-AQA's training code: windowed sinc, then the first channel.
  case r1_aqa
}

public struct Waveform: Sendable, Hashable {
  /// Hz, of every waveform.
  public static let sampleRate = 16_000

  public var samples: [Float]
  /// Of the file it came from.
  public var sourceSampleRate: Int
  public var sourceChannelCount: Int
  public var sourceFrameCount: Int

  public init(samples: [Float]) {
    self.samples = samples
    sourceSampleRate = Self.sampleRate
    sourceChannelCount = 1
    sourceFrameCount = samples.count
  }

  /// The libraries that decode and resample: other versions may give other samples.
  public static var libraries: String { SoundFile.library + " " + Resampling.library }

  public var seconds: Double { Double(samples.count) / Double(Self.sampleRate) }

  /// Little-endian Float32, for digests.
  public var sampleBytes: [UInt8] {
    samples.flatMap { sample in (0..<4).map { UInt8(truncatingIfNeeded: sample.bitPattern >> (8 * $0)) } }
  }

  /// Samples at 16 kHz of a file as long as its header says, up to the limit; nothing is decoded.
  public static func declaredSampleCount(path: String, limitSeconds: Int = 300) throws(Diagnostic) -> Int {
    let file = try SoundFile(reading: path)
    let frames = min(file.declaredFrameCount, limitSeconds * file.sampleRate)
    return Resampling.outputCount(frames, from: file.sampleRate, to: sampleRate)
  }

  /// Reads, mixes and resamples a file. No more than `limitSeconds` and a margin for the resampler are decoded, whatever
  /// the file's length; the samples up to the limit are those of the whole file.
  public static func load(
    path: String, pipeline: ListeningPipeline = .qwen_omni_utils, limitSeconds: Int = 300
  ) throws(Diagnostic) -> Waveform {
    var file = try SoundFile(reading: path)
    let rate = file.sampleRate
    // Both filters reach less than a tenth of a second of input; one second is a safe margin.
    let sound = try file.read(
      limit: (limitSeconds + 1) * rate, mix: pipeline == .qwen_omni_utils ? .mean : .first)
    var samples =
      pipeline == .qwen_omni_utils
      ? Resampling.soxrHQ(sound.samples, from: rate, to: sampleRate)
      : Resampling.windowedSinc(sound.samples, from: rate, to: sampleRate)
    let limit = limitSeconds * sampleRate
    if samples.count > limit { samples.removeLast(samples.count - limit) }
    var waveform = Waveform(samples: samples)
    waveform.sourceSampleRate = rate
    waveform.sourceChannelCount = sound.channelCount
    waveform.sourceFrameCount = max(sound.declaredFrameCount, sound.samples.count)
    return waveform
  }
}
