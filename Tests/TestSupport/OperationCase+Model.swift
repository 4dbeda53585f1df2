// Norms, rotations, losses and updates.
public import TensorCore

extension OperationCase {
  public static let norms = widths.flatMap { width in
    [1, 7, 33, 400].map { rows in
      OperationCase("norms of \(rows) rows of \(width)", tolerance: 1e-5) { bench in
        let backend = bench.backend
        let (x, dy) = (bench.random("x", [rows, width], offset: 0.5), bench.random("dy", [rows, width]))
        let (w, b) = (bench.random("w", [width], offset: 1), bench.random("b", [width]))
        let (y, s, half) = (bench.used([rows, width]), bench.used([rows, 1]), bench.used([rows, width]))
        let (dx, more, dw) = (bench.used([rows, width]), bench.used([rows, width]), bench.used([width]))
        backend.rmsNorm(x, weight: w, epsilon: 1e-3, into: y, inverseRMS: s)
        backend.rmsNorm(x, weight: bench.half(w), epsilon: 1e-3, into: half, inverseRMS: s)
        backend.rmsNormBackward(
          dy, input: x, weight: w, inverseRMS: s, questions: questions(rows), into: dx, adding: false,
          weightGradient: dw)
        backend.rmsNormBackward(
          dy, input: x, weight: w, inverseRMS: s, questions: questions(rows), into: more, adding: true,
          weightGradient: nil)
        let (ly, m, d) = (bench.used([rows, width]), bench.used([rows, 1]), bench.used([rows, 1]))
        let (lx, lmore, lw, lb) = (
          bench.used([rows, width]), bench.used([rows, width]), bench.used([width]), bench.used([width])
        )
        backend.layerNorm(x, weight: w, bias: b, epsilon: 1e-3, into: ly, mean: m, inverseDeviation: d)
        backend.layerNormBackward(
          dy, input: x, weight: w, mean: m, inverseDeviation: d, questions: questions(rows), into: lx, adding: false,
          weightGradient: lw, biasGradient: lb)
        backend.layerNormBackward(
          dy, input: x, weight: w, mean: m, inverseDeviation: d, questions: questions(rows), into: lmore, adding: true,
          weightGradient: nil, biasGradient: nil)
        // With one number a row the layer norm divides 0 by √ε: only what is well conditioned is compared.
        return [y, s, half, dx, more, dw, ly, m] + (width > 1 ? [d, lx, lmore, lw, lb] : [])
      }
    }
  }

  public static let rotations = [(2, 1), (16, 3), (34, 2), (128, 1)].flatMap { headSize, heads in
    [1, 7, 33, 300].map { rows in
      OperationCase("rotation of \(rows) rows, \(heads) heads of \(headSize)", tolerance: 1e-6) { bench in
        let positions = (0..<rows).map { Int32($0 * 37 % 1000) }
        let x = bench.random("x", [rows, headSize * heads])
        let back = bench.copy(x)
        bench.backend.rotate(x, headSize: headSize, positions: positions, theta: 1e6, inverse: false)
        bench.backend.rotate(back, headSize: headSize, positions: positions, theta: 1e4, inverse: true)
        return [x, back]
      }
    }
  }

  public static let losses = [1, 7, 16, 17, 33, 1000].flatMap { width in
    [Float(1), 1.2, 0.3].map { temperature in
      // logSumExp is rounded where it is stored; the colder, the larger it is.
      OperationCase("log-probabilities over \(width) at \(temperature)", tolerance: temperature < 1 ? 3e-5 : 3e-6) {
        bench in
        let rows = 19
        let x = bench.random("x", [rows, width], scale: 4)
        let targets = bench.indices("targets", rows, below: width)
        var values = bench.backend.download(x)
        // A token that cannot be, and one that must be.
        if width > 1 {
          values[(Int(targets[0]) + 1) % width] = -.infinity
          values[width + Int(targets[1])] = 200
        }
        bench.backend.upload(values, to: x)
        let (l, lse, entropy) = (bench.used([rows]), bench.used([rows]), bench.used([rows]))
        let coefficients = (0..<rows).map { Float($0 - 4) / 8 }
        let dx = bench.used([rows, width])
        bench.backend.logProbabilities(
          x, targets: targets, temperature: temperature, into: l, logSumExp: lse, entropy: entropy)
        bench.backend.logProbabilitiesBackward(
          x, logSumExp: lse, targets: targets, temperature: temperature, coefficients: coefficients, into: dx)
        bench.backend.logProbabilitiesBackward(
          x, logSumExp: lse, targets: targets, temperature: temperature, coefficients: coefficients, into: x)
        return [l, lse, entropy, dx, x]
      }
    }
  }

  /// Two parameters in one call, the second with a step of its own; both gradients are zero behind it.
  public static let updates = [1, 7, 16, 17, 33, 40_003].flatMap { count in
    [false, true].map { isHalf in
      // A moment in bfloat16 is rounded to 8 bits: a number near the middle may go either way.
      OperationCase("adamW of \(count)\(isHalf ? ", bfloat16 moments" : "")", tolerance: isHalf ? 0x1p-7 : 2e-6) {
        bench in
        let backend = bench.backend
        let sets = ["", "2"].map { name in
          let (w, g) = (bench.random("w" + name, [count]), bench.random("g" + name, [count], scale: 2))
          var (m, v) = (bench.random("m" + name, [count], scale: 0.1), backend.zeros([count]))
          backend.upload(backend.download(m).map { $0 * $0 }, to: v)
          if isHalf { (m, v) = (bench.half(m), bench.half(v)) }
          return (w: w, g: g, m: m, v: v)
        }
        let gradients = sets.map { backend.download($0.g) }
        let norms = backend.squaredNorms(sets.map(\.g))
        for t in 1...3 {
          var step = AdamWStep(
            rate: 1e-2, firstCorrection: [0.1, 0.19, 0.271][t - 1],
            secondCorrection: [1e-3, 1.999e-3, 2.997001e-3][t - 1])
          step.gradientScale = 0.7
          for (set, gradient) in zip(sets, gradients) { backend.upload(gradient, to: set.g) }
          backend.adamW(
            sets.map { set in
              step.weightDecay += 0.1
              return AdamWUpdate(step, parameter: set.w, gradient: set.g, firstMoment: set.m, secondMoment: set.v)
            })
        }
        return sets.flatMap { [$0.w, $0.m, $0.v, $0.g] }
          + [bench.tensor(norms.flatMap { [Float($0), Float($0.squareRoot())] }, [4])]
      }
    }
  }
}

/// Attention over one forest with one set of heads.
public struct AttentionCase: Sendable {
  public var name: String
  public var blocks: [AttentionBlock]
  public var keyRows: Int
  public var heads: AttentionHeads
  /// Blocks of a decoding step see rows of a cache, forward only.
  public var hasBackward = true

  public static func trunk(_ rows: Range<Int>, _ question: Int = 0) -> AttentionBlock {
    AttentionBlock(question: question, queries: rows, own: rows, isCausal: true)
  }
  public static func branch(_ rows: Range<Int>, of trunk: Range<Int>, _ question: Int = 0) -> AttentionBlock {
    AttentionBlock(question: question, queries: rows, context: [trunk], own: rows, isCausal: true)
  }
  public static func chunk(_ rows: Range<Int>, _ question: Int) -> AttentionBlock {
    AttentionBlock(question: question, queries: rows, own: rows, isCausal: false)
  }

  public static let forests: [(String, [AttentionBlock], Int, Bool)] = [
    ("one row", [trunk(0..<1)], 1, true),
    ("a trunk of 17", [trunk(0..<17)], 17, true),
    ("a trunk of 7 with branches", [trunk(0..<7), branch(7..<8, of: 0..<7), branch(8..<24, of: 0..<7)], 24, true),
    (
      "two trunks with branches",
      [trunk(0..<16), trunk(16..<49, 1), branch(49..<52, of: 0..<16), branch(52..<69, of: 16..<49, 1)], 69, true
    ),
    ("chunks that see all of themselves", [chunk(0..<33, 0), chunk(33..<34, 1), chunk(34..<50, 2)], 50, true),
    ("more rows than a unit of work", [trunk(0..<130), branch(130..<147, of: 0..<130)], 147, true),
    (
      "a decoding step",
      [
        AttentionBlock(question: 0, queries: 0..<1, context: [0..<20], own: 40..<43, isCausal: true),
        AttentionBlock(question: 1, queries: 1..<2, context: [20..<37], own: 60..<77, isCausal: true),
      ], 80, false
    ),
    (
      "context in two pieces",
      [AttentionBlock(question: 0, queries: 0..<5, context: [10..<13, 30..<47], own: 50..<60, isCausal: true)], 64,
      false
    ),
  ]

  public static let headings = [
    AttentionHeads(headCount: 1, keyValueHeadCount: 1, headSize: 2),
    AttentionHeads(headCount: 3, keyValueHeadCount: 3, headSize: 7),
    AttentionHeads(headCount: 4, keyValueHeadCount: 2, headSize: 17),
    AttentionHeads(headCount: 6, keyValueHeadCount: 2, headSize: 33),
    AttentionHeads(headCount: 2, keyValueHeadCount: 1, headSize: 20),
    AttentionHeads(headCount: 18, keyValueHeadCount: 1, headSize: 132),
  ]

  public static let all = forests.flatMap { name, blocks, keyRows, hasBackward in
    headings.map { heads in
      AttentionCase(name: name, blocks: blocks, keyRows: keyRows, heads: heads, hasBackward: hasBackward)
    }
  }

  public var operation: OperationCase {
    let title = "attention: \(name), \(heads.headCount) heads of \(heads.headSize)"
    return OperationCase(title, tolerance: 1e-5) { bench in
      let (backend, rows) = (bench.backend, blocks.map(\.queries.upperBound).max() ?? 0)
      let (width, narrow) = (heads.headCount * heads.headSize, heads.keyValueHeadCount * heads.headSize)
      let q = bench.random("q", [rows, width], scale: 2)
      let (k, v) = (bench.random("k", [keyRows, narrow]), bench.random("v", [keyRows, narrow]))
      let (o, lse) = (bench.used([rows, width]), bench.used([rows, heads.headCount]))
      let scale = 1 / Float(heads.headSize).squareRoot()
      backend.attention(
        query: q, key: k, value: v, blocks: blocks, heads: heads, scale: scale, into: o, logSumExp: lse)
      guard hasBackward else { return [o, lse] }
      let (dq, dk, dv) = (bench.used([rows, width]), bench.used([keyRows, narrow]), bench.used([keyRows, narrow]))
      backend.attentionBackward(
        bench.random("dO", [rows, width]), query: q, key: k, value: v, output: o, logSumExp: lse, blocks: blocks,
        heads: heads, scale: scale, intoQuery: dq, addingToKey: dk, addingToValue: dv)
      return [o, lse, dq, dk, dv]
    }
  }
}
