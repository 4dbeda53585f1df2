// `repro features`: the log-mel front end by itself.
internal import ArgumentParser
internal import AudioFeatures
internal import ContentHash
internal import Diagnostics
internal import Foundation
internal import JSONText
internal import Models

struct FeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "What a model hears of a file: its log-mel spectrogram.",
    discussion: """
      Decodes, mixes and resamples the file to 16 kHz, and computes the log-mel of one model's processor. Frames after \
      those shown hold the tail value up to the padded length. The digest is the SHA-256 of the values as little-endian \
      Float32, [bands, frames]: what numpy's tobytes() gives.
      """)

  /// Whose processor it is.
  enum Processor: String, ExpressibleByArgument, CaseIterable {
    case qwen2Audio = "qwen2-audio"
    case omni = "qwen2.5-omni"
    var chunkSeconds: Int {
      switch self {
      case .qwen2Audio: ModelArchitecture.qwen2Audio.family.standardChunkSeconds
      case .omni: ModelArchitecture.qwen25Omni.family.standardChunkSeconds
      }
    }
  }

  @Argument(help: "A sound file: WAV, FLAC, OGG, MP3, AIFF.") var file: String
  @Option(help: "Whose processor: qwen2-audio or qwen2.5-omni.") var model: Processor = .omni
  @Option(help: "How a file becomes a waveform: qwen_omni_utils or r1_aqa.")
  var pipeline: ListeningPipeline = .qwen_omni_utils
  @Option(help: "Write the values to a file that NumPy reads (.npy).") var out: String?
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let waveform = try Waveform.load(path: file, pipeline: pipeline, limitSeconds: model.chunkSeconds)
    var mel = FrontEnd(chunkSeconds: model.chunkSeconds).logMel(waveform.samples)
    // The processor of Omni hands on the valid frames only.
    if model == .omni { mel.values.removeLast((mel.frameCount - mel.validFrameCount) * LogMel.bandCount) }
    if let out {
      do { try Data(mel.numPyFile).write(to: URL(fileURLWithPath: out)) } catch {
        throw Diagnostic("cannot be written: \(error.localizedDescription)", at: SourceMark(file: out))
      }
    }
    let (low, high) = (mel.values.min() ?? 0, mel.values.max() ?? 0)
    let digest = Digest(of: mel.bandMajorBytes).hexadecimal
    let sound = Digest(of: waveform.sampleBytes).hexadecimal
    let tokens = MelClip.tokenCount(frames: mel.validFrameCount)
    guard json else {
      print(
        """
        file           \(waveform.sourceFrameCount) frames, \(waveform.sourceSampleRate) Hz, \
        \(waveform.sourceChannelCount) channels
        waveform       \(waveform.samples.count) samples at 16000 Hz, sha256 \(sound)
        log-mel        [\(LogMel.bandCount), \(mel.frameCount)], \(mel.validFrameCount) valid of \
        \(mel.paddedFrameCount) padded frames
        values         \(low) to \(high), later frames \(mel.tailValue), sha256 \(digest)
        audio tokens   \(tokens)
        """)
      return
    }
    print(
      JSONValue.object([
        "model": .string(model.rawValue), "pipeline": .string(pipeline.rawValue),
        "source": .object([
          "frames": .integer(waveform.sourceFrameCount), "sample_rate": .integer(waveform.sourceSampleRate),
          "channels": .integer(waveform.sourceChannelCount),
        ]),
        "samples": .integer(waveform.samples.count), "waveform_sha256": .string(sound),
        "shape": .array([.integer(LogMel.bandCount), .integer(mel.frameCount)]),
        "valid_frames": .integer(mel.validFrameCount), "padded_frames": .integer(mel.paddedFrameCount),
        "min": .number(Double(low)), "max": .number(Double(high)), "tail": .number(Double(mel.tailValue)),
        "sha256": .string(digest), "audio_tokens": .integer(tokens),
      ]).indentedText, terminator: "")
  }
}
