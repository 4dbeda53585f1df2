// The power spectrum of 400 real samples, in Double, without tables of anybody's library.
internal import TensorCore

/// A transform of 400 = 16 · 25 points by Cooley and Tukey: 25 transforms of 16, twiddles, 16 transforms of 25.
struct FourierTransform400 {
  static let size = 400
  private let small: [(re: Double, im: Double)]  // e^(-2πi j k / 16)
  private let large: [(re: Double, im: Double)]  // e^(-2πi j k / 25)
  private let twiddle: [(re: Double, im: Double)]  // e^(-2πi j k / 400)

  init() {
    func roots(_ n: Int) -> [(re: Double, im: Double)] {
      (0..<n).map { (Canonical.cos(2 * .pi * Double($0) / Double(n)), -Canonical.sin(2 * .pi * Double($0) / Double(n))) }
    }
    small = roots(16)
    large = roots(25)
    twiddle = roots(400)
  }

  /// |X[k]|² for k = 0 … 200. Sample n = 25 a + b, bin k = 16 c + d.
  func power(_ x: [Double], into power: inout [Double]) {
    var middle = [(re: Double, im: Double)](repeating: (0, 0), count: 400)  // [d][b]
    for b in 0..<25 {
      for d in 0..<16 {
        var (re, im) = (0.0, 0.0)
        for a in 0..<16 {
          let w = small[(a * d) & 15]
          let sample = x[25 * a + b]
          re += sample * w.re
          im += sample * w.im
        }
        let w = twiddle[b * d]
        middle[d * 25 + b] = (re * w.re - im * w.im, re * w.im + im * w.re)
      }
    }
    for k in 0...200 {
      let (c, d) = (k >> 4, k & 15)
      var (re, im) = (0.0, 0.0)
      var turn = 0
      for b in 0..<25 {
        let (w, m) = (large[turn], middle[d * 25 + b])
        re += m.re * w.re - m.im * w.im
        im += m.re * w.im + m.im * w.re
        turn += c
        if turn >= 25 { turn -= 25 }
      }
      power[k] = re * re + im * im
    }
  }
}
