// To 16 kHz, in the two ways of the public pipelines, block by block.
internal import CSoxr
internal import TensorCore

enum Resampling {
  static var library: String { unsafe String(cString: soxr_version()) }

  /// Frames after resampling: ⌈n · to / from⌉.
  static func outputCount(_ count: Int, from: Int, to: Int) -> Int { (count * to + from - 1) / from }
}

/// Resamples what it is given; blocks of any size give the same samples as all at once.
struct Resampler: ~Copyable {
  private let from: Int
  private let to: Int
  private var soxr: SoxrStream?
  private var sinc: WindowedSinc?
  private var taken = 0
  private var output: [Float] = []

  init(_ pipeline: ListeningPipeline, from: Int, to: Int) {
    self.from = from
    self.to = to
    guard from != to else { return }
    switch pipeline {
    case .qwen_omni_utils: soxr = SoxrStream(from: from, to: to)
    case .r1_aqa: sinc = WindowedSinc(from: from, to: to)
    }
  }

  mutating func take(_ block: borrowing [Float]) {
    taken += block.count
    if from == to {
      output.append(contentsOf: copy block)
    } else {
      soxr?.take(block, into: &output)
      sinc?.take(block, into: &output)
    }
  }

  /// All samples, of the exact count.
  consuming func finish() -> [Float] {
    guard from != to, taken > 0 else { return output }
    let count = Resampling.outputCount(taken, from: from, to: to)
    soxr?.finish(into: &output)
    sinc?.finish(count, into: &output)
    // librosa pads or cuts to the exact length.
    if output.count > count { output.removeLast(output.count - count) }
    output += [Float](repeating: 0, count: count - output.count)
    return output
  }
}

/// soxr at quality HQ, as librosa's `soxr_hq`. Picks its code by processor: the digest of what comes out is recorded.
@safe struct SoxrStream: ~Copyable {
  @unsafe private let handle: OpaquePointer
  private var piece = [Float](repeating: 0, count: 16_384)

  init(from: Int, to: Int) {
    var quality = unsafe soxr_quality_spec(UInt(SOXR_HQ), 0)
    var io = unsafe soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I)
    guard let handle = unsafe soxr_create(Double(from), Double(to), 1, nil, &io, &quality, nil) else {
      preconditionFailure("soxr refused \(from) to \(to) Hz")
    }
    unsafe self.handle = handle
  }

  deinit { unsafe soxr_delete(handle) }

  mutating func take(_ block: borrowing [Float], into output: inout [Float]) {
    var done = 0
    while done < block.count {
      var (consumed, made) = (0, 0)
      let failure = unsafe block.withUnsafeBufferPointer { input in
        unsafe piece.withUnsafeMutableBufferPointer { piece in
          unsafe soxr_process(
            handle, input.baseAddress.map { unsafe $0 + done }, input.count - done, &consumed, piece.baseAddress,
            piece.count,
            &made)
        }
      }
      precondition(unsafe failure == nil, "soxr stopped")
      output += piece[..<made]
      done += consumed
      if consumed == 0, made == 0 { break }
    }
  }

  mutating func finish(into output: inout [Float]) {
    while true {
      var made = 0
      let failure = unsafe piece.withUnsafeMutableBufferPointer { piece in
        unsafe soxr_process(handle, nil, 0, nil, piece.baseAddress, piece.count, &made)
      }
      precondition(unsafe failure == nil, "soxr stopped")
      if made == 0 { return }
      output += piece[..<made]
    }
  }
}

/// A windowed sinc: Hann-squared window, width 6, rolloff 0.99, the filter of torchaudio's `resample`.
///
///     b = 0.99 min(o, q), W = ⌈6 o / b⌉, t = clamp(b (i/o - p/q), -6, 6)
///     k[p, i] = (b/o) cos²(π t / 12) sinc(t),  i = -W … W + o - 1,  p = 0 … q - 1
///
/// o = from/g, q = to/g, g their greatest common divisor.
struct WindowedSinc {
  private let (o, q, width): (Int, Int, Int)
  private let kernels: [(first: Int, weights: [Float])]
  /// Samples that later outputs hear, from `start` on.
  private var held: [Float] = []
  private var start = 0
  private var made = 0

  init(from: Int, to: Int) {
    var (a, b) = (from, to)
    while b != 0 { (a, b) = (b, a % b) }
    let (o, q) = (from / a, to / a)
    let base = 0.99 * Double(min(o, q))
    let width = Int((6 * Double(o) / base).rounded(.up))
    // A weight beyond |t| = 6 is 0: only those within are kept, at most 2 · 6 o / b + 1 a phase.
    let reach = 6 * Double(o) / base
    kernels = (0..<q).map { p in
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
    (self.o, self.q, self.width) = (o, q, width)
  }

  mutating func take(_ block: borrowing [Float], into output: inout [Float]) {
    held.append(contentsOf: copy block)
    while place(made) + kernels[made % q].weights.count <= start + held.count { output.append(next()) }
    let needless = min(max(place(made) - start, 0), held.count)
    held.removeFirst(needless)
    start += needless
  }

  /// The rest of `count` samples; beyond the last there is silence.
  mutating func finish(_ count: Int, into output: inout [Float]) {
    while made < count { output.append(next()) }
  }

  /// Where the filter of an output begins.
  private func place(_ n: Int) -> Int { (n / q) * o + kernels[n % q].first - width }

  private mutating func next() -> Float {
    let first = place(made)
    let weights = kernels[made % q].weights
    var sum = 0.0
    let end = start + held.count
    for i in max(0, -first)..<max(0, -first, min(weights.count, end - first)) {
      sum += Double(held[first + i - start]) * Double(weights[i])
    }
    made += 1
    return Float(sum)
  }
}
