// Whisper's log-mel, as both models' processors compute it; in Double, rounded once.
//
//     X = STFT(x), Hann window of 400, hop 160, centred, reflected at the start
//     L = log₁₀ max(mel · |X|², 1e-10)       out = (max(L, max L - 8) + 4) / 4
//
// The processors pad every clip to a fixed length with zeros; only frames that can differ from the padding's are
// computed.
// Source: transformers `WhisperFeatureExtractor`; Slaney's mel scale.
internal import TensorCore

/// Log-mel energies of one clip, in the scale that the models take, 100 frames a second.
public struct LogMel: Sendable, Hashable {
  public static let bandCount = 128
  /// Row-major [frames, bandCount]: valid frames, and those after them that still hear the clip's end.
  public var values: [Float]
  public var validFrameCount: Int
  /// Frames of the padded clip.
  public var paddedFrameCount: Int
  /// What the bands of all later frames hold.
  public var tailValue: Float
  public var frameCount: Int { values.count / Self.bandCount }
  /// Frames that begin within a clip of so many samples.
  public static func validFrameCount(samples: Int) -> Int { (samples + FrontEnd.hop - 1) / FrontEnd.hop }
}

/// A model's front end.
public struct FrontEnd: Sendable {
  /// Samples a clip is cut or padded to.
  public let chunkSamples: Int
  private let transform = FourierTransform400()
  private let window: [Double]
  private let filters: [(first: Int, weights: [Double])]

  static let hop = 160  // samples, 10 ms at 16 kHz
  static let windowLength = 400  // samples, 25 ms

  /// - Parameter chunkSeconds: 30 for Qwen2-Audio, 300 for Qwen2.5-Omni.
  public init(chunkSeconds: Int) {
    chunkSamples = chunkSeconds * Waveform.sampleRate
    window = (0..<Self.windowLength).map { 0.5 - 0.5 * Canonical.cos(2 * .pi * Double($0) / Double(Self.windowLength)) }
    filters = Self.melFilters()
  }

  /// The log-mel of samples at 16 kHz.
  public func logMel(_ waveform: [Float]) -> LogMel {
    let n = min(waveform.count, chunkSamples)
    let padded = chunkSamples / Self.hop
    let valid = LogMel.validFrameCount(samples: n)
    // A frame reaches 200 samples to both sides, so the last to hear the clip starts before n + 200.
    let count = min(padded, max(valid, (n + 200 + Self.hop - 1) / Self.hop))
    var logs = [Double](repeating: 0, count: count * LogMel.bandCount)
    var (frame, power) = ([Double](repeating: 0, count: Self.windowLength), [Double](repeating: 0, count: 201))
    var highest = -10.0
    for t in 0..<count {
      for i in 0..<Self.windowLength {
        var position = t * Self.hop + i - 200
        if position < 0 { position = -position }
        if position >= chunkSamples { position = 2 * (chunkSamples - 1) - position }
        frame[i] = position < n ? Double(waveform[position]) * window[i] : 0
      }
      transform.power(frame, into: &power)
      for first in stride(from: 0, to: LogMel.bandCount, by: 8) {
        var sums = Canonical.Eight()
        for lane in 0..<8 {
          let filter = filters[first + lane]
          var sum = 0.0
          for (i, weight) in filter.weights.enumerated() { sum += weight * power[filter.first + i] }
          sums[lane] = max(sum, 1e-10)
        }
        let values = Canonical.log(sums) * 0.43429448190325182765
        for lane in 0..<8 {
          logs[t * LogMel.bandCount + first + lane] = values[lane]
          highest = max(highest, values[lane])
        }
      }
    }
    // Frames beyond hear only zeros: -10 before the floor.
    let floor = highest - 8
    return LogMel(
      values: logs.map { Float((max($0, floor) + 4) / 4) }, validFrameCount: valid, paddedFrameCount: padded,
      tailValue: Float((max(-10, floor) + 4) / 4))
  }

  /// Triangles between 130 corners equally spaced in mel from 0 to 8000 Hz, of unit area; rounded to Float32, as
  /// published.
  private static func melFilters() -> [(first: Int, weights: [Double])] {
    let logStep = Canonical.log(6.4) / 27
    func mel(_ hertz: Double) -> Double { hertz < 1000 ? hertz * 3 / 200 : 15 + Canonical.log(hertz / 1000) / logStep }
    func hertz(_ mel: Double) -> Double { mel < 15 ? mel * 200 / 3 : 1000 * Canonical.exp((mel - 15) * logStep) }
    let top = mel(8000)
    let corners = (0..<130).map { hertz(top * Double($0) / 129) }
    return (0..<LogMel.bandCount).map { m in
      let (low, centre, high) = (corners[m], corners[m + 1], corners[m + 2])
      let weights = (0...200).map { bin -> Double in
        let f = Double(bin) * 40
        let triangle = max(0, min((f - low) / (centre - low), (high - f) / (high - centre)))
        return Double(Float(triangle * 2 / (high - low)))
      }
      let first = weights.firstIndex { $0 > 0 } ?? 0
      let last = weights.lastIndex { $0 > 0 } ?? 0
      return (first, Array(weights[first...last]))
    }
  }
}
