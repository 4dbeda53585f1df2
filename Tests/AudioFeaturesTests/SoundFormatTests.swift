// Every format a clip may come in: rates from 8 to 192 kHz, 1 to 8 channels, 8 to 64 bits.
import AudioFeatures
import Foundation
import TestSupport
import Testing

@Suite("Sound formats")
struct SoundFormatTests {
  /// A tone of 440 Hz, channel c louder by c.
  private func tone(_ rate: Int, channels: Int, seconds: Double = 0.25) -> [Double] {
    (0..<Int(Double(rate) * seconds)).flatMap { frame in
      (0..<channels).map { 0.05 * Double($0 + 1) * sin(2 * .pi * 440 * Double(frame) / Double(rate)) }
    }
  }

  /// The largest difference from the tone as it should sound at 16 kHz, the ends left out: there filters hear silence.
  private func error(_ samples: [Float], amplitude: Double) -> Double {
    (400..<samples.count - 400).reduce(0.0) { worst, i in
      max(worst, abs(Double(samples[i]) - amplitude * sin(2 * .pi * 440 * Double(i) / 16_000)))
    }
  }

  @Test("any rate and any number of channels gives the tone that was written",
    arguments: [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000])
  func rates(_ rate: Int) throws {
    let folder = try TemporaryFolder()
    for channels in [1, 2, 3, 5, 8] {
      try folder.write(
        SoundBytes(encoding: .float32, rate: rate, channels: channels).file(tone(rate, channels: channels)), to: "t.wav")
      for pipeline in ListeningPipeline.allCases {
        let waveform = try Waveform.load(path: folder.file("t.wav"), pipeline: pipeline)
        #expect(waveform.samples.count == 4000)
        #expect(waveform.sourceSampleRate == rate && waveform.sourceChannelCount == channels)
        #expect(waveform.sourceFrameCount == rate / 4)
        let amplitude = pipeline == .r1_aqa ? 0.05 : 0.05 * Double(channels + 1) / 2
        // The sidelobes of a sinc in a Hann window are 44 dB down.
        let allowed = pipeline == .r1_aqa ? 1e-2 : 1e-4
        #expect(error(waveform.samples, amplitude: amplitude) < allowed * amplitude, "\(channels) channels, \(pipeline)")
      }
    }
  }

  @Test("every width of a sample is read to its own precision", arguments: SoundBytes.Encoding.allCases)
  func widths(_ encoding: SoundBytes.Encoding) throws {
    let folder = try TemporaryFolder()
    let values = [0, 0.5, -0.5, 0.999, -0.999, 0.001, -0.001]
    let step: Double =
      switch encoding {
      case .unsigned8: 1 / 127.0
      case .signed16: 2 / 32_767.0
      default: 1e-6
      }
    for channels in [1, 4] {
      let samples = values.flatMap { value in (0..<channels).map { _ in value } }
      try folder.write(SoundBytes(encoding: encoding, channels: channels).file(samples), to: "t.wav")
      let waveform = try Waveform.load(path: folder.file("t.wav"))
      #expect(waveform.samples.count == values.count)
      for (read, value) in zip(waveform.samples, values) { #expect(abs(Double(read) - value) <= step) }
    }
  }

  @Test("what this program writes reads back, in every lossless format", arguments: SoundFormat.allCases)
  func written(_ format: SoundFormat) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("t." + format.fileExtension)
    let samples = (0..<3000).map { Float(sin(Double($0) * 0.05)) * 0.9 }
    try SoundFileWriter.write(samples, channelCount: 2, sampleRate: 16_000, format: format, to: path)
    let first = try folder.bytes("t." + format.fileExtension)
    let left = try Waveform.load(path: path, pipeline: .r1_aqa)
    let step: Float = format == .wavFloat ? 0 : format == .wav24 ? 4e-7 : 6e-5
    #expect(left.samples.count == 1500)
    for (i, sample) in left.samples.enumerated() { #expect(abs(sample - samples[2 * i]) <= step) }
    try SoundFileWriter.write(samples, channelCount: 2, sampleRate: 16_000, format: format, to: path)
    #expect(try folder.bytes("t." + format.fileExtension) == first)
  }

  @Test("MP3 data is MP3 data, whatever the file is called")
  func disguised() throws {
    let folder = try TemporaryFolder()
    try folder.write(SoundBytes.silentMP3(frames: 40), to: "clip.wav")
    let waveform = try Waveform.load(path: folder.file("clip.wav"))
    #expect(waveform.sourceSampleRate == 44_100 && waveform.sourceChannelCount == 1)
    // 40 frames of 1152 samples, up to the decoder's delay.
    #expect((14_000...16_720).contains(waveform.samples.count))
    #expect(waveform.samples.allSatisfy { $0 == 0 })
  }

  @Test("the cut at the limit keeps the samples of the whole file", arguments: ListeningPipeline.allCases)
  func limit(_ pipeline: ListeningPipeline) throws {
    let folder = try TemporaryFolder()
    try folder.write(SoundBytes(encoding: .float32, rate: 44_100).file(tone(44_100, channels: 1, seconds: 3)), to: "t.wav")
    let whole = try Waveform.load(path: folder.file("t.wav"), pipeline: pipeline)
    let cut = try Waveform.load(path: folder.file("t.wav"), pipeline: pipeline, limitSeconds: 1)
    #expect(whole.samples.count == 48_000 && cut.samples == Array(whole.samples[..<16_000]))
    #expect(cut.seconds == 1 && cut.sourceFrameCount == 132_300)
  }

  @Test("rates without a common divisor need no more memory than others")
  func coprime() throws {
    let folder = try TemporaryFolder()
    for rate in [44_101, 191_999] {
      try folder.write(SoundBytes(encoding: .float32, rate: rate).file(tone(rate, channels: 1)), to: "t.wav")
      let waveform = try Waveform.load(path: folder.file("t.wav"), pipeline: .r1_aqa)
      #expect(waveform.samples.count >= 4000 - 1)
      #expect(error(waveform.samples, amplitude: 0.05) < 1e-2 * 0.05)
    }
  }
}
