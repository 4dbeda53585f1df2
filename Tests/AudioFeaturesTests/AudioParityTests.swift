// The front end against the reference's numbers: decoding, resampling, log-mel.
import AudioFeatures
import Foundation
import SafeTensors
import TensorCore
import TestSupport
import Testing

private func worst(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { $1.0 == $1.1 ? $0 : max($0, abs($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) }
}

private func names(_ folder: String) -> [String] {
  let all = try? FileManager.default.contentsOfDirectory(atPath: Fixtures.folder.path + "/" + folder)
  return (all ?? []).filter { $0.hasSuffix(".wav") }.sorted()
}

@Suite("Parity of the front end", .enabled(if: Fixtures.areThere, "no reference fixtures: set REPRO_FIXTURES"))
struct AudioParityTests {
  @Test("decoding: every sample format, mean of channels and first channel", arguments: names("wav"))
  func decoding(_ name: String) throws {
    let path = Fixtures.folder.path + "/wav/" + name
    let expected = try SafeTensorsFile(path: Fixtures.folder.path + "/wav/wav.safetensors")
    let mean = try Waveform.load(path: path, pipeline: .qwen_omni_utils)
    let first = try Waveform.load(path: path, pipeline: .r1_aqa)
    // One rounding of a mean.
    #expect(worst(mean.samples, try expected.tensor(name + ".mono_mean").hostValues) <= 6e-8)
    #expect(first.samples == (try expected.tensor(name + ".channel0").hostValues))
  }

  @Test("resampling of both pipelines", arguments: names("resample"))
  func resampling(_ name: String) throws {
    let path = Fixtures.folder.path + "/resample/" + name
    let expected = try SafeTensorsFile(path: Fixtures.folder.path + "/resample/resample.safetensors")
    let stem = String(name.dropLast(4))
    // soxr may use other vector code than the reference's build: a few Float32 roundings at most.
    let soxr = try Waveform.load(path: path, pipeline: .qwen_omni_utils).samples
    #expect(worst(soxr, try expected.tensor(stem + ".soxr_hq").hostValues) <= 1e-5)
    // The reference's convolution is in Float32 with up to 900 taps.
    let sinc = try Waveform.load(path: path, pipeline: .r1_aqa).samples
    #expect(worst(sinc, try expected.tensor(stem + ".sinc_hann").hostValues) <= 1e-5)
  }

  @Test("log-mel of both processors", arguments: names("mel"))
  func logMel(_ name: String) throws {
    let waveform = try Waveform.load(path: Fixtures.folder.path + "/mel/" + name)
    let expected = try SafeTensorsFile(path: Fixtures.folder.path + "/mel/mel.safetensors")
    for (model, seconds) in [("omni", 300), ("qwen2_audio", 30)] {
      let mel = FrontEnd(chunkSeconds: seconds).logMel(waveform.samples)
      let tensor = try expected.tensor(String(name.dropLast(4)) + "." + model)
      let frames = tensor.shape.sizes[1]
      let theirs = tensor.hostValues
      #expect(mel.validFrameCount == (model == "omni" ? frames : frames - 4))
      #expect(mel.paddedFrameCount == seconds * 100)
      for frame in 0..<frames {
        for band in 0..<LogMel.bandCount {
          let ours = frame < mel.frameCount ? mel.values[frame * LogMel.bandCount + band] : mel.tailValue
          // The reference's transform is in Float32 (fixtures README).
          let difference = abs(ours - theirs[band * frames + frame])
          guard difference <= 1e-4 else {
            Issue.record("\(model) frame \(frame) band \(band): \(ours), not \(theirs[band * frames + frame])")
            return
          }
        }
      }
    }
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
