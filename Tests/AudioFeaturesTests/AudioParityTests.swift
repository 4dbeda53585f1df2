// The front end against the reference's numbers: decoding, resampling, log-mel.
import AudioFeatures
import Foundation
import SafeTensors
import TensorCore
import TestSupport
import Testing

/// One sound of a set.
struct SoundCase: Sendable, CustomTestStringConvertible {
  var set: FixtureSet
  var folder: String
  var name: String
  var testDescription: String { "\(set)/\(folder)/\(name)" }
  var path: String { self.set.file(folder + "/" + name) }
  var stem: String { String(name.dropLast(4)) }

  static func all(_ folder: String) -> [SoundCase] {
    Fixtures.sets.flatMap { set in
      set.names(folder, suffix: ".wav").map { SoundCase(set: set, folder: folder, name: $0) }
    }
  }

  func expected(_ tensor: String) throws -> Tensor {
    try SafeTensorsFile(path: set.file("\(folder)/\(folder).safetensors")).tensor(tensor)
  }

  /// Where decoding differs, in words.
  func decodingDisagreements() throws -> [String] {
    let mean = try Waveform.load(path: path, pipeline: .qwen_omni_utils)
    let first = try Waveform.load(path: path, pipeline: .r1_aqa)
    // One rounding of a mean.
    let isMean = largestDifference(mean.samples, try expected(name + ".mono_mean").hostValues) <= 6e-8
    return (isMean ? [] : ["mono_mean"])
      + (first.samples == (try expected(name + ".channel0").hostValues) ? [] : ["channel0"])
  }

  func resamplingDisagreements() throws -> [String] {
    // soxr may use other vector code than the reference's build: a few Float32 roundings at most. The reference's
    // convolution is in Float32 with up to 900 taps.
    try [("soxr_hq", ListeningPipeline.qwen_omni_utils), ("sinc_hann", .r1_aqa)].compactMap { kind, pipeline in
      let ours = try Waveform.load(path: path, pipeline: pipeline).samples
      return largestDifference(ours, try expected("\(stem).\(kind)").hostValues) <= 1e-5 ? nil : kind
    }
  }

  func melDisagreements() throws -> [String] {
    let waveform = try Waveform.load(path: path)
    return try [("omni", 300), ("qwen2_audio", 30)].compactMap { model, seconds in
      let mel = FrontEnd(chunkSeconds: seconds).logMel(waveform.samples)
      let tensor = try expected(stem + "." + model)
      let frames = tensor.shape.sizes[1]
      let theirs = tensor.hostValues
      // Qwen2-Audio hears its padding, of which the fixture holds four frames.
      guard mel.validFrameCount == (model == "omni" ? frames : frames - 4), mel.paddedFrameCount == seconds * 100 else {
        return "\(model): \(mel.validFrameCount) valid frames"
      }
      for frame in 0..<frames {
        for band in 0..<LogMel.bandCount {
          let ours = frame < mel.frameCount ? mel.values[frame * LogMel.bandCount + band] : mel.tailValue
          // The reference's transform is in Float32.
          guard abs(ours - theirs[band * frames + frame]) <= 1e-4 else {
            return "\(model) frame \(frame) band \(band): \(ours), not \(theirs[band * frames + frame])"
          }
        }
      }
      return nil
    }
  }
}

@Suite("Parity of the front end")
struct AudioParityTests {
  @Test("decoding: every sample format, mean of channels and first channel", arguments: SoundCase.all("wav"))
  func decoding(_ test: SoundCase) throws { #expect(try test.decodingDisagreements() == []) }

  @Test("resampling of both pipelines", arguments: SoundCase.all("resample"))
  func resampling(_ test: SoundCase) throws { #expect(try test.resamplingDisagreements() == []) }

  @Test("log-mel of both processors", arguments: SoundCase.all("mel"))
  func logMel(_ test: SoundCase) throws { #expect(try test.melDisagreements() == []) }

  @Test("a number moved by ten times its tolerance is told")
  func moved() throws {
    let moved = try MovedFixtures(Fixtures.small)
    for (folder, tensor, distance) in [
      ("wav", "mono_mean", Float(6e-7)), ("wav", "channel0", 1e-7), ("resample", "soxr_hq", 1e-4),
      ("resample", "sinc_hann", 1e-4), ("mel", "omni", 1e-3), ("mel", "qwen2_audio", 1e-3),
    ] {
      let name = try #require(moved.set.names(folder, suffix: ".wav").first)
      let full = (folder == "wav" ? name : String(name.dropLast(4))) + "." + tensor
      try moved.move(full, of: "\(folder)/\(folder).safetensors", element: 17, by: distance)
    }
    func first(_ folder: String) throws -> SoundCase {
      SoundCase(set: moved.set, folder: folder, name: try #require(moved.set.names(folder, suffix: ".wav").first))
    }
    #expect(try first("wav").decodingDisagreements() == ["mono_mean", "channel0"])
    #expect(try first("resample").resamplingDisagreements() == ["soxr_hq", "sinc_hann"])
    #expect(try first("mel").melDisagreements().map { $0.split(separator: " ")[0] } == ["omni", "qwen2_audio"])
  }

  @Test("silence is -1.5 everywhere, and the range is at most 2")
  func laws() {
    let front = FrontEnd(chunkSeconds: 30)
    let silence = front.logMel([Float](repeating: 0, count: 8000))
    #expect(silence.values.allSatisfy { $0 == -1.5 })
    var random = RandomStream(seed: 1, purpose: "noise").sequence
    let noise = front.logMel((0..<16_000).map { _ in Float(random.normal() * 0.1) })
    let (low, high) = (noise.values.min() ?? 0, noise.values.max() ?? 0)
    #expect(high - low <= 2 && high > low)
  }
}
