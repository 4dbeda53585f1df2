// The power spectrum of 400 real samples, in Double, without tables of anybody's library.
internal import TensorCore

/// A transform of 400 = 16 · 25 points by Cooley and Tukey: 25 transforms of 16, twiddles, 16 transforms of 25. The 16
/// outputs d of the first and inputs of the second lie side by side; each is a chain of its own, in one fixed order.
struct FourierTransform400 {
  typealias Sixteen = SIMD16<Double>
  static let size = 400
  private let small: [(re: Sixteen, im: Sixteen)]  // [a], lane d: e^(-2πi a d / 16)
  private let twiddle: [(re: Sixteen, im: Sixteen)]  // [b], lane d: e^(-2πi b d / 400)
  private let large: [(re: Double, im: Double)]  // e^(-2πi j / 25)

  init() {
    func root(_ index: Int, _ n: Int) -> (re: Double, im: Double) {
      let angle = 2 * .pi * Double(index) / Double(n)
      return (Canonical.cos(angle), -Canonical.sin(angle))
    }
    func lanes(_ n: Int, _ index: (Int) -> Int) -> (re: Sixteen, im: Sixteen) {
      var (re, im) = (Sixteen.zero, Sixteen.zero)
      for d in 0..<16 { (re[d], im[d]) = root(index(d), n) }
      return (re, im)
    }
    small = (0..<16).map { a in lanes(16) { (a * $0) & 15 } }
    twiddle = (0..<25).map { b in lanes(400) { b * $0 } }
    large = (0..<25).map { root($0, 25) }
  }

  /// |X[k]|² for k = 0 … 200. Sample n = 25 a + b, bin k = 16 c + d.
  func power(_ x: [Double], into power: inout [Double]) {
    precondition(x.count == Self.size && power.count == 201, "400 samples give 201 powers")
    var middle = [(re: Sixteen, im: Sixteen)](repeating: (.zero, .zero), count: 25)
    for b in 0..<25 {
      var (re, im) = (Sixteen.zero, Sixteen.zero)
      for a in 0..<16 {
        let sample = x[25 * a + b]
        re += small[a].re * sample
        im += small[a].im * sample
      }
      let w = twiddle[b]
      middle[b] = (re * w.re - im * w.im, re * w.im + im * w.re)
    }
    for c in 0...12 {
      var (re, im) = (Sixteen.zero, Sixteen.zero)
      var turn = 0
      for b in 0..<25 {
        let (w, m) = (large[turn], middle[b])
        re += m.re * w.re - m.im * w.im
        im += m.re * w.im + m.im * w.re
        turn += c
        if turn >= 25 { turn -= 25 }
      }
      let squares = re * re + im * im
      for d in 0..<min(16, 201 - 16 * c) { power[16 * c + d] = squares[d] }
    }
  }
}
