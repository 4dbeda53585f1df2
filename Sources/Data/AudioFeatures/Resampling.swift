// To 16 kHz, in the two ways of the public pipelines.
internal import CSoxr
internal import TensorCore

enum Resampling {
  static var library: String { unsafe String(cString: soxr_version()) }

  /// Frames after resampling: ⌈n · to / from⌉.
  static func outputCount(_ count: Int, from: Int, to: Int) -> Int { (count * to + from - 1) / from }

  /// soxr at quality HQ, as librosa's `soxr_hq`. Picks its code by processor: the digest of what comes out is recorded.
  static func soxrHQ(_ samples: [Float], from: Int, to: Int) -> [Float] {
    guard from != to, !samples.isEmpty else { return samples }
    let count = outputCount(samples.count, from: from, to: to)
    var output = [Float](repeating: 0, count: count + 64)
    var done = 0
    var consumed = 0
    var quality = unsafe soxr_quality_spec(UInt(SOXR_HQ), 0)
    var io = unsafe soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I)
    let failure = unsafe samples.withUnsafeBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        unsafe soxr_oneshot(
          Double(from), Double(to), 1, input.baseAddress, input.count, &consumed, output.baseAddress, output.count,
          &done, &io, &quality, nil)
      }
    }
    precondition(unsafe failure == nil, "soxr refused \(from) to \(to) Hz")
    output.removeLast(output.count - min(done, output.count))
    // librosa pads or cuts to the exact length.
    if output.count > count { output.removeLast(output.count - count) }
    output += [Float](repeating: 0, count: count - output.count)
    return output
  }

  /// A windowed sinc: Hann-squared window, width 6, rolloff 0.99, the filter of torchaudio's `resample`.
  ///
  ///     b = 0.99 min(o, q), W = ⌈6 o / b⌉, t = clamp(b (i/o - p/q), -6, 6)
  ///     k[p, i] = (b/o) cos²(π t / 12) sinc(t),  i = -W … W + o - 1,  p = 0 … q - 1
  ///
  /// o = from/g, q = to/g, g their greatest common divisor.
  static func windowedSinc(_ samples: [Float], from: Int, to: Int) -> [Float] {
    guard from != to, !samples.isEmpty else { return samples }
    var (a, b) = (from, to)
    while b != 0 { (a, b) = (b, a % b) }
    let (o, q) = (from / a, to / a)
    let base = 0.99 * Double(min(o, q))
    let width = Int((6 * Double(o) / base).rounded(.up))
    // A weight beyond |t| = 6 is 0: only those within are kept, at most 2 · 6 o / b + 1 a phase.
    let reach = 6 * Double(o) / base
    let kernels = (0..<q).map { p -> (first: Int, weights: [Float]) in
      let centre = Double(o) * Double(p) / Double(q) + Double(width)
      let range = max(0, Int((centre - reach).rounded(.down)))...Int((centre + reach).rounded(.up))
      let weights = range.map { index -> Float in
        let position = Double(index - width) / Double(o) - Double(p) / Double(q)
        let t = min(max(base * position, -6), 6)
        let window = Canonical.cos(t * .pi / 12)
        let sinc = t == 0 ? 1 : Canonical.sin(t * .pi) / (t * .pi)
        return Float(window * window * sinc * base / Double(o))
      }
      return (range.lowerBound, weights)
    }
    let count = outputCount(samples.count, from: from, to: to)
    return (0..<count).map { n in
      let kernel = kernels[n % q]
      let start = (n / q) * o + kernel.first - width
      var sum = 0.0
      for i in max(0, -start)..<max(0, -start, min(kernel.weights.count, samples.count - start)) {
        sum += Double(samples[start + i]) * Double(kernel.weights[i])
      }
      return Float(sum)
    }
  }
}
