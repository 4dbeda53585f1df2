// What a model hears: mono samples at 16 kHz, by the rules of one of the two public pipelines.
public import Diagnostics
internal import Dispatch
internal import Synchronization

/// How a file becomes a waveform.
public enum ListeningPipeline: String, Sendable, Hashable, CaseIterable {
  /// The models' own utilities: mean of the channels, soxr HQ.
  case qwen_omni_utils
  /// R1-AQA's training code: windowed sinc, then the first channel.
  case r1_aqa
}

/// Mono samples at 16 kHz; full scale is 1, which float files and resampling may exceed.
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
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * samples.count)
    for sample in samples {
      let bits = sample.bitPattern
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
    }
    return bytes
  }

  /// Samples that one audio token needs: three frames of 160, of which the last begins at 320.
  public static let leastSampleCount = 321

  /// What is said of a clip that has no audio token.
  public static func tooShort(_ count: Int, path: String) -> Diagnostic {
    Diagnostic(
      "\(count) samples at 16 kHz are too short for one audio token; \(leastSampleCount) are needed",
      at: SourceMark(file: path))
  }

  /// Samples at 16 kHz of a file as long as its header says, up to the limit, which is taken where it does not say.
  /// Nothing is decoded.
  public static func declaredSampleCount(path: String, limitSeconds: Int = 300) throws(Diagnostic) -> Int {
    let file = try SoundFile(reading: path)
    let limit = limitSeconds * file.sampleRate
    let frames = min(file.declaredFrameCount ?? limit, limit)
    return Resampling.outputCount(frames, from: file.sampleRate, to: sampleRate)
  }

  /// Refuses what the head and the container of a clip tell without decoding: no sound, cut short, too short, followed by
  /// another. What only a decoder finds is found by `clip`.
  public static func look(path: String) throws(Diagnostic) {
    let count = try declaredSampleCount(path: path)
    guard count >= leastSampleCount else { throw tooShort(count, path: path) }
  }

  /// What is wrong with files by their heads, by path; on all processors.
  public static func faults(ofHeads paths: [String]) -> [String: Diagnostic] {
    let faults = Mutex<[String: Diagnostic]>([:])
    DispatchQueue.concurrentPerform(iterations: paths.count) { index in
      do throws(Diagnostic) { try look(path: paths[index]) } catch { faults.withLock { $0[paths[index]] = error } }
    }
    return faults.withLock { $0 }
  }

  /// What the models' own utilities make of the clip of a question: up to 300 s, the longest that a model hears.
  /// - Throws: all that makes a clip unusable, a clip without one audio token included.
  public static func clip(
    path: String, pipeline: ListeningPipeline = .qwen_omni_utils
  ) throws(Diagnostic) -> Waveform {
    let waveform = try load(path: path, pipeline: pipeline)
    guard waveform.samples.count >= leastSampleCount else { throw tooShort(waveform.samples.count, path: path) }
    return waveform
  }

  /// Reads, mixes and resamples a file, block by block. No more than `limitSeconds` and a margin for the resampler are
  /// decoded, and no more than what comes out is held, whatever the file's length, rate and channels; the samples up to
  /// the limit are those of the whole file.
  public static func load(
    path: String, pipeline: ListeningPipeline = .qwen_omni_utils, limitSeconds: Int = 300
  ) throws(Diagnostic) -> Waveform {
    var file = try SoundFile(reading: path)
    let rate = file.sampleRate
    var resampler = Resampler(pipeline, from: rate, to: sampleRate)
    // Both filters reach less than a tenth of a second of input; one second is a safe margin.
    let count = try file.read(limit: (limitSeconds + 1) * rate, mix: pipeline == .qwen_omni_utils ? .mean : .first) {
      resampler.take($0)
    }
    var samples = resampler.finish()
    let limit = limitSeconds * sampleRate
    if samples.count > limit { samples.removeLast(samples.count - limit) }
    var waveform = Waveform(samples: samples)
    waveform.sourceSampleRate = rate
    waveform.sourceChannelCount = file.channelCount
    waveform.sourceFrameCount = max(file.declaredFrameCount ?? 0, count)
    return waveform
  }
}
