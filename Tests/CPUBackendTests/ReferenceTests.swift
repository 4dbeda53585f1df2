// The reference's own backward formulas against central differences of its forward, all in Double.
import Foundation
import TensorCore
import TestSupport
import Testing

@Suite("The reference of the backend's contract")
struct ReferenceTests {
  /// Random numbers by name.
  private func grid(_ name: String, _ rows: Int, _ width: Int) -> Grid {
    var numbers = RandomStream(seed: 13, purpose: name).sequence
    return Grid(rows, width, (0..<rows * width).map { _ in numbers.normal() })
  }

  /// The largest difference between `gradient` and the slope of Σ dy · f(x), relative to the largest slope.
  private func error(_ x: Grid, _ gradient: Grid, _ dy: Grid, _ f: (Grid) -> Grid) -> Double {
    let h = 1e-5
    func sum(_ x: Grid) -> Double { zip(f(x).values, dy.values).reduce(0) { $0 + $1.0 * $1.1 } }
    var (worst, largest) = (0.0, 0.0)
    for i in x.values.indices {
      var (up, down) = (x, x)
      up.values[i] += h
      down.values[i] -= h
      let slope = (sum(up) - sum(down)) / (2 * h)
      worst = max(worst, abs(slope - gradient.values[i]))
      largest = max(largest, abs(slope))
    }
    return gradient.rows == x.rows && gradient.width == x.width ? worst / max(largest, 1e-3) : .infinity
  }

  @Test("products, convolutions and pairs")
  func linearMaps() {
    let (x, w, dy) = (grid("x", 5, 7), grid("w", 3, 7), grid("dy", 5, 3))
    let sums = Reference.linearBackward(dy, input: x, questions: [[0..<2], [2..<5]])
    #expect(error(x, Reference.linearBackward(dy, weight: w), dy) { Reference.linear($0, weight: w, bias: nil) } < 1e-7)
    #expect(error(w, sums.weight, dy) { Reference.linear(x, weight: $0, bias: nil) } < 1e-7)
    #expect(
      error(grid("b", 1, 3), Grid(1, 3, sums.bias), dy) { Reference.linear(x, weight: w, bias: $0.values) } < 1e-7)
    for stride in [1, 2] {
      let chunks = [ConvolutionChunk(input: 0..<3, outputStart: 0), ConvolutionChunk(input: 3..<9, outputStart: 3)]
      let (x, dy) = (grid("x", 10, 2), grid("dy", 9, 6))
      let dx = Reference.unfoldBackward(dy, chunks: chunks, stride: stride, inputRows: 10)
      #expect(error(x, dx, dy) { Reference.unfold($0, chunks: chunks, stride: stride, outputRows: 9) } < 1e-7)
    }
    let pairs = grid("pairs", 2, 7)
    #expect(
      error(x, Reference.averagePairsBackward(pairs, [0, 3], inputRows: 5), pairs) { Reference.averagePairs($0, [0, 3]) }
        < 1e-7)
  }

  @Test("activations and norms")
  func functions() {
    let (x, u, dy) = (grid("x", 6, 9), grid("u", 6, 9), grid("dy", 6, 9))
    func map(_ a: Grid, _ b: Grid, _ f: (Double, Double) -> Double) -> Grid {
      Grid(a.rows, a.width, zip(a.values, b.values).map(f))
    }
    #expect(
      error(x, map(x, dy) { Reference.geluSlope($0) * $1 }, dy) { Grid(6, 9, $0.values.map(Reference.gelu)) } < 1e-7)
    let slopes = zip(x.values, u.values).map(Reference.swiGLUSlopes)
    #expect(
      error(x, Grid(6, 9, zip(slopes, dy.values).map { $0.gate * $1 }), dy) { map($0, u, Reference.swiGLU) } < 1e-7)
    #expect(error(u, Grid(6, 9, zip(slopes, dy.values).map { $0.up * $1 }), dy) { map(x, $0, Reference.swiGLU) } < 1e-7)

    let (w, b, questions) = (grid("w", 1, 9), grid("b", 1, 9), [[0..<2], [2..<6]])
    let rms = Reference.rmsNorm(x, weight: w.values, epsilon: 1e-2)
    let drms = Reference.rmsNormBackward(
      dy, input: x, weight: w.values, inverseRMS: rms.inverseRMS, questions: questions)
    #expect(error(x, drms.dx, dy) { Reference.rmsNorm($0, weight: w.values, epsilon: 1e-2).y } < 1e-7)
    #expect(
      error(w, Grid(1, 9, drms.dw), dy) { Reference.rmsNorm(x, weight: $0.values, epsilon: 1e-2).y } < 1e-7)
    func layer(_ x: Grid, _ w: Grid, _ b: Grid) -> Grid {
      Reference.layerNorm(x, weight: w.values, bias: b.values, epsilon: 1e-2).y
    }
    let norm = Reference.layerNorm(x, weight: w.values, bias: b.values, epsilon: 1e-2)
    let dnorm = Reference.layerNormBackward(
      dy, input: x, weight: w.values, mean: norm.mean, inverseDeviation: norm.inverseDeviation, questions: questions)
    #expect(error(x, dnorm.dx, dy) { layer($0, w, b) } < 1e-7)
    #expect(error(w, Grid(1, 9, dnorm.dw), dy) { layer(x, $0, b) } < 1e-7)
    #expect(error(b, Grid(1, 9, dnorm.db), dy) { layer(x, w, $0) } < 1e-7)
  }

  @Test("rotation, attention and log-probabilities")
  func attention() {
    let positions: [Int32] = [0, 1, 5, 900]
    let (x, dx) = (grid("x", 4, 12), grid("dx", 4, 12))
    func rotate(_ x: Grid, _ inverse: Bool) -> Grid {
      Reference.rotate(x, headSize: 6, positions: positions, theta: 1e4, inverse: inverse)
    }
    #expect(error(x, rotate(dx, true), dx) { rotate($0, false) } < 1e-7)

    let blocks = [
      AttentionCase.trunk(0..<5), AttentionCase.branch(5..<7, of: 0..<5), AttentionCase.chunk(7..<10, 1),
    ]
    let heads = AttentionHeads(headCount: 4, keyValueHeadCount: 2, headSize: 3)
    let (q, k, v, dO) = (grid("q", 10, 12), grid("k", 10, 6), grid("v", 10, 6), grid("dO", 10, 12))
    func attend(_ q: Grid, _ k: Grid, _ v: Grid) -> Grid {
      Reference.attention(q, k, v, blocks: blocks, heads: heads, scale: 0.6).o
    }
    let d = Reference.attentionBackward(dO, q, k, v, blocks: blocks, heads: heads, scale: 0.6)
    #expect(error(q, d.dq, dO) { attend($0, k, v) } < 1e-7)
    #expect(error(k, d.dk, dO) { attend(q, $0, v) } < 1e-7)
    #expect(error(v, d.dv, dO) { attend(q, k, $0) } < 1e-7)

    let (targets, c): ([Int32], Grid) = ([3, 0, 11, 5], grid("c", 1, 4))
    let scores = Reference.logProbabilities(x, targets: targets, temperature: 1.2)
    let slope = Reference.logProbabilitiesBackward(
      x, logSumExp: scores.logSumExp, targets: targets, temperature: 1.2, coefficients: c.values)
    #expect(
      error(x, slope, c) { Grid(1, 4, Reference.logProbabilities($0, targets: targets, temperature: 1.2).l) } < 1e-7)
    // The probabilities of all tokens sum to 1, and the entropy is theirs.
    for r in 0..<4 {
      let all = (0..<12).map { v in
        Reference.logProbabilities(Grid(1, 12, x.row(r)), targets: [Int32(v)], temperature: 1.2).l[0]
      }
      #expect(abs(all.reduce(0) { $0 + exp($1) } - 1) < 1e-12)
      #expect(abs(all.reduce(0) { $0 - exp($1) * $1 } - scores.entropy[r]) < 1e-12)
    }
  }
}
