// Activations, norms and rotations in Double.
internal import Foundation

extension Reference {
  public static func gelu(_ x: Double) -> Double { x / 2 * (1 + erf(x / 2.0.squareRoot())) }
  public static func geluSlope(_ x: Double) -> Double {
    (1 + erf(x / 2.0.squareRoot())) / 2 + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
  }

  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
  public static func swiGLU(_ gate: Double, _ up: Double) -> Double { gate * sigmoid(gate) * up }
  /// ∂/∂gate and ∂/∂up.
  public static func swiGLUSlopes(_ gate: Double, _ up: Double) -> (gate: Double, up: Double) {
    let s = sigmoid(gate)
    return (up * s * (1 + gate * (1 - s)), gate * s)
  }

  public static func rmsNorm(_ x: Grid, weight w: [Double], epsilon: Double) -> (y: Grid, inverseRMS: [Double]) {
    var y = x
    let scales = (0..<x.rows).map { r in
      1 / (x.row(r).reduce(0) { $0 + $1 * $1 } / Double(x.width) + epsilon).squareRoot()
    }
    for r in 0..<x.rows { for c in 0..<x.width { y[r, c] *= scales[r] * w[c] } }
    return (y, scales)
  }

  public static func rmsNormBackward(
    _ dy: Grid, input x: Grid, weight w: [Double], inverseRMS s: [Double], questions: [[Range<Int>]]
  ) -> (dx: Grid, dw: [Double]) {
    var (dx, dw) = (Grid(x.rows, x.width), [Double](repeating: 0, count: x.width))
    for r in 0..<x.rows {
      let dot = (0..<x.width).reduce(0) { $0 + dy[r, $1] * w[$1] * x[r, $1] }
      for c in 0..<x.width {
        dx[r, c] = s[r] * dy[r, c] * w[c] - s[r] * s[r] * s[r] * x[r, c] * dot / Double(x.width)
      }
    }
    for r in questions.joined().joined() { for c in 0..<x.width { dw[c] += dy[r, c] * x[r, c] * s[r] } }
    return (dx, dw)
  }

  public static func layerNorm(
    _ x: Grid, weight w: [Double], bias b: [Double], epsilon: Double
  ) -> (y: Grid, mean: [Double], inverseDeviation: [Double]) {
    var y = x
    let means = (0..<x.rows).map { x.row($0).reduce(0, +) / Double(x.width) }
    let scales = (0..<x.rows).map { r in
      1 / (x.row(r).reduce(0) { $0 + ($1 - means[r]) * ($1 - means[r]) } / Double(x.width) + epsilon).squareRoot()
    }
    for r in 0..<x.rows { for c in 0..<x.width { y[r, c] = (x[r, c] - means[r]) * scales[r] * w[c] + b[c] } }
    return (y, means, scales)
  }

  public static func layerNormBackward(
    _ dy: Grid, input x: Grid, weight w: [Double], mean m: [Double], inverseDeviation s: [Double],
    questions: [[Range<Int>]]
  ) -> (dx: Grid, dw: [Double], db: [Double]) {
    var dx = Grid(x.rows, x.width)
    var (dw, db) = ([Double](repeating: 0, count: x.width), [Double](repeating: 0, count: x.width))
    for r in 0..<x.rows {
      let normal = x.row(r).map { ($0 - m[r]) * s[r] }
      let g = (0..<x.width).map { dy[r, $0] * w[$0] }
      let meanG = g.reduce(0, +) / Double(x.width)
      let meanGN = zip(g, normal).reduce(0) { $0 + $1.0 * $1.1 } / Double(x.width)
      for c in 0..<x.width { dx[r, c] = s[r] * (g[c] - meanG - normal[c] * meanGN) }
    }
    for r in questions.joined().joined() {
      for c in 0..<x.width {
        dw[c] += dy[r, c] * (x[r, c] - m[r]) * s[r]
        db[c] += dy[r, c]
      }
    }
    return (dx, dw, db)
  }

  /// The angle of a pair is a Float32 product of a Float32 frequency, as the published models have it.
  public static func rotate(
    _ x: Grid, headSize: Int, positions: [Int32], theta: Double, inverse: Bool
  ) -> Grid {
    var y = x
    let half = headSize / 2
    for r in 0..<x.rows {
      for head in stride(from: 0, to: x.width, by: headSize) {
        for i in 0..<half {
          let frequency = 1 / Float(pow(theta, Double(Float(2 * i) / Float(headSize))))
          let angle = Double(Float(positions[r]) * frequency) * (inverse ? -1 : 1)
          let (a, b) = (x[r, head + i], x[r, head + half + i])
          y[r, head + i] = a * cos(angle) - b * sin(angle)
          y[r, head + half + i] = b * cos(angle) + a * sin(angle)
        }
      }
    }
    return y
  }

  /// Log-probabilities of the targets, logarithms of the sums, entropies.
  public static func logProbabilities(
    _ x: Grid, targets: [Int32], temperature: Double
  ) -> (l: [Double], logSumExp: [Double], entropy: [Double]) {
    var (l, lse, entropy) = ([Double](), [Double](), [Double]())
    for r in 0..<x.rows {
      let scaled = x.row(r).map { $0 / temperature }
      let highest = scaled.max() ?? 0
      let sum = highest + log(scaled.reduce(0) { $0 + exp($1 - highest) })
      lse.append(sum)
      l.append(scaled[Int(targets[r])] - sum)
      entropy.append(scaled.reduce(0) { $1 == -.infinity ? $0 : $0 - exp($1 - sum) * ($1 - sum) })
    }
    return (l, lse, entropy)
  }

  public static func logProbabilitiesBackward(
    _ x: Grid, logSumExp: [Double], targets: [Int32], temperature: Double, coefficients: [Double]
  ) -> Grid {
    var dx = Grid(x.rows, x.width)
    for r in 0..<x.rows {
      for v in 0..<x.width {
        let one: Double = v == Int(targets[r]) ? 1 : 0
        dx[r, v] = coefficients[r] / temperature * (one - exp(x[r, v] / temperature - logSumExp[r]))
      }
    }
    return dx
  }
}
