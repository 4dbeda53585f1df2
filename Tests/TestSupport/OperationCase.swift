// One list of calls for two questions: does an operation compute what it is defined to, and always the same bits.
public import TensorCore
public import Testing

/// A backend with inputs that are the same on every backend.
public struct Workbench {
  public let backend: any Backend

  public init(backend: any Backend) { self.backend = backend }

  /// Normal numbers that depend on the name and the shape alone.
  public func random(_ name: String, _ shape: Shape, scale: Double = 1, offset: Double = 0) -> Tensor {
    var numbers = RandomStream(seed: 11, purpose: name, question: "\(shape)").sequence
    return tensor((0..<shape.elementCount).map { _ in Float(offset + scale * numbers.normal()) }, shape)
  }

  public func tensor(_ values: [Float], _ shape: Shape) -> Tensor {
    let x = backend.empty(shape, .float32)
    backend.upload(values, to: x)
    return x
  }

  public func half(_ x: Tensor) -> Tensor {
    let y = backend.empty(x.shape, .bfloat16)
    backend.copy(x, to: y)
    return y
  }

  public func copy(_ x: Tensor) -> Tensor {
    let y = backend.empty(x.shape, .float32)
    backend.copy(x, to: y)
    return y
  }

  /// Numbers that an operation has to overwrite, or to add to.
  public func used(_ shape: Shape) -> Tensor { random("what stood there before", shape) }

  public func indices(_ name: String, _ count: Int, below limit: Int) -> [Int32] {
    var numbers = RandomStream(seed: 12, purpose: name, question: "\(count) \(limit)").sequence
    return (0..<count).map { _ in Int32(numbers.integer(in: 0..<limit)) }
  }
}

public struct OperationCase: Sendable, CustomTestStringConvertible {
  public var name: String
  /// Allowed difference from the definition, relative to the largest number of a result (or 1, if that is larger).
  public var tolerance: Double
  /// Forward and backward of one operation; every tensor it writes.
  public var run: @Sendable (Workbench) -> [Tensor]

  public init(_ name: String, tolerance: Double = 2e-6, _ run: @escaping @Sendable (Workbench) -> [Tensor]) {
    self.name = name
    self.tolerance = tolerance
    self.run = run
  }

  public var testDescription: String { name }

  public static let all =
    products + sharedProducts + rows + convolutions + elementwise + norms + rotations + losses
    + updates + AttentionCase.all.map(\.operation)

  /// Below, at and above the lanes and the panels; the last ones are cut into several tasks and chains.
  public static let widths = [1, 7, 16, 17, 33, 130]

  /// The rows of some questions: one in two ranges, one empty, one alone; row `gap` belongs to none.
  public static func questions(_ rows: Int) -> [[Range<Int>]] {
    guard rows > 4 else { return [[0..<rows]] }
    return [[0..<1, 3..<rows - 1], [], [1..<2], [rows - 1..<rows]]
  }
}

// MARK: - Products
extension OperationCase {
  public static let shapes = [
    (1, 1, 1), (7, 16, 17), (16, 33, 7), (17, 7, 33), (33, 17, 16), (1, 33, 640), (13, 65, 641), (12, 32, 1300),
    (5, 3, 0), (97, 130, 350), (9, 33, 1025), (13, 1040, 9),
    // Rows that begin on boundaries of sixteen bytes, in Float32 and in bfloat16.
    (70, 136, 200), (129, 132, 72), (9, 40, 264), (20, 260, 68),
    (2, 48, 31), (3, 130, 64), (4, 23, 33), (6, 37, 200), (8, 64, 161),
  ]

  public static let products = shapes.flatMap { m, n, k in
    [false, true].map { isHalf in
      OperationCase("linear \(m) \(n) \(k)\(isHalf ? " bfloat16" : "")", tolerance: 1e-5) { bench in
        let backend = bench.backend
        let (x, dy) = (bench.random("x", [m, k]), bench.random("dy", [m, n]))
        let (full, b) = (bench.random("w", [n, k]), bench.random("b", [n]))
        let w = isHalf ? bench.half(full) : full
        let (y, plain, dx, more) = (bench.used([m, n]), bench.used([m, n]), bench.used([m, k]), bench.used([m, k]))
        let (dw, db) = (bench.used([n, k]), bench.used([n]))
        backend.linear(x, weight: w, bias: b, into: y)
        backend.linear(x, weight: w, bias: nil, into: plain)
        backend.linearBackward(dy, weight: w, into: dx, adding: false)
        backend.linearBackward(dy, weight: w, into: more, adding: true)
        backend.linearBackward(dy, input: x, questions: questions(m), addingTo: dw, bias: db)
        return [y, plain, dx, more, dw, db]
      }
    }
  }

  /// Maps that share their input, with chains within a block of depth, of a little more, and of several blocks.
  public static let sharedProducts = [1, 29, 1030, 2100].map { rows in
    OperationCase("linear maps of one input, \(rows) rows", tolerance: 1e-5) { bench in
      let (backend, k, widths) = (bench.backend, 21, [40, 7, 33])
      let x = bench.random("x", [rows, k])
      let weights = widths.map { bench.random("w\($0)", [$0, k]) }
      let gradients = widths.map { bench.random("dy\($0)", [rows, $0]) }
      let (b, outputs) = (bench.random("b", [7]), widths.map { bench.used([rows, $0]) })
      backend.linear(
        x,
        through: zip(weights, outputs).enumerated().map { index, map in
          LinearOutput(weight: map.0, bias: index == 1 ? b : nil, output: map.1)
        })
      let (dws, db, dx, more) = (
        widths.map { bench.used([$0, k]) }, bench.used([7]), bench.used([rows, k]), bench.used([rows, k])
      )
      for (target, isAdding) in [(dx, false), (more, true)] {
        backend.linearBackward(
          zip(gradients, dws).enumerated().map { index, map in
            LinearGradient(dy: map.0, weight: map.1, bias: index == 1 ? db : nil)
          }, input: x, questions: questions(rows),
          inputGradient: LinearInputGradient(
            terms: zip(gradients, weights).map { ($0, $1) }, output: target, isAdding: isAdding))
      }
      return outputs + dws + [db, dx, more]
    }
  }
}

// MARK: - Rows
extension OperationCase {
  public static let rows = widths.flatMap { width in
    [1, 7, 33, 700].map { count in
      OperationCase("rows \(count) of \(width)") { bench in
        let (backend, table) = (bench.backend, bench.random("table", [17, width]))
        let (x, indices) = (bench.random("x", [count, width]), bench.indices("indices", count, below: 17))
        let (gathered, halves, sums, added) = (
          bench.used([count, width]), bench.used([count, width]), bench.used([17, width]), bench.copy(x)
        )
        backend.gatherRows(table, indices, into: gathered)
        backend.gatherRows(bench.half(table), indices, into: halves)
        backend.scatterAddRows(x, indices, addingTo: sums)
        backend.addRows(table, indices, addingTo: added)
        backend.addRows(bench.half(table), indices, addingTo: added)
        let distinct = (0..<count).map { Int32((count - 1 - $0) * 2) }
        let set = bench.used([count * 2, width])
        backend.setRows(x, distinct, into: set)
        let starts = (0..<count / 2).map { Int32($0 * 2 + count % 2) }
        let (pairs, spread) = (bench.used([count / 2, width]), bench.used([count, width]))
        backend.averagePairs(x, starts, into: pairs)
        backend.averagePairsBackward(bench.random("dy", [count / 2, width]), starts, into: spread)
        return [gathered, halves, sums, added, set, pairs, spread]
      }
    }
  }

  public static let convolutions = [1, 2].flatMap { stride in
    [1, 7, 16, 33].flatMap { width in
      [[0..<1], [0..<2, 2..<9], [1..<18, 20..<53]].map { inputs in
        OperationCase("unfold \(inputs) of width \(width) by \(stride)") { bench in
          var (chunks, outputs) = ([ConvolutionChunk](), 0)
          for input in inputs {
            chunks.append(ConvolutionChunk(input: input, outputStart: outputs))
            outputs += chunks[chunks.count - 1].outputCount(stride: stride)
          }
          let (x, dy) = (bench.random("x", [53, width]), bench.random("dy", [outputs, width * 3]))
          let (y, dx) = (bench.used([outputs, width * 3]), bench.used([53, width]))
          bench.backend.unfold(x, chunks: chunks, stride: stride, into: y)
          bench.backend.unfoldBackward(dy, chunks: chunks, stride: stride, into: dx)
          return [y, dx]
        }
      }
    }
  }
}

// MARK: - Elementwise
extension OperationCase {
  public static let elementwise = [1, 7, 16, 17, 33, 40_003].map { count in
    OperationCase("elementwise \(count)") { bench in
      let backend = bench.backend
      // Small, ordinary and far away.
      let spread = count < 100 ? 3.0 : 30
      let (x, u, dy) = (
        bench.random("x", [count], scale: spread), bench.random("u", [count]), bench.random("dy", [count])
      )
      let (sum, product, y, gated) = (bench.copy(u), bench.copy(x), bench.used([count]), bench.used([count]))
      let (dx, inPlace, dg, du) = (bench.used([count]), bench.copy(dy), bench.used([count]), bench.used([count]))
      backend.add(x, to: sum)
      backend.scale(product, by: 1.7)
      backend.gelu(x, into: y)
      backend.geluBackward(dy, input: x, into: dx)
      backend.geluBackward(inPlace, input: x, into: inPlace)
      backend.swiGLU(gate: x, up: u, into: gated)
      backend.swiGLUBackward(dy, gate: x, up: u, intoGate: dg, up: du)
      return [sum, product, y, gated, dx, inPlace, dg, du]
    }
  } + [
    OperationCase("elementwise at the edges") { bench in
      let values: [Float] = [0, -0.0, 1e-30, -1e-30, 1, -1, 10, -10, 88, -88, 100, -100, 1e4, -1e4, 1e30, -1e30, 0.5]
      let x = bench.tensor(values, [17])
      let (dy, y, dx, gated, dg, du) = (
        bench.tensor([Float](repeating: 1, count: 17), [17]), bench.used([17]), bench.used([17]), bench.used([17]),
        bench.used([17]), bench.used([17])
      )
      bench.backend.gelu(x, into: y)
      bench.backend.geluBackward(dy, input: x, into: dx)
      bench.backend.swiGLU(gate: x, up: dy, into: gated)
      bench.backend.swiGLUBackward(dy, gate: x, up: dy, intoGate: dg, up: du)
      return [y, dx, gated, dg, du]
    },
    OperationCase("copies between types", tolerance: 0) { bench in
      let x = bench.random("x", [33, 7])
      let half = bench.half(x)
      let (wide, again) = (bench.copy(half), bench.backend.empty([33, 7], .bfloat16))
      bench.backend.copy(half, to: again)
      let filled = bench.used([17])
      bench.backend.fill(filled, with: 2.5)
      return [half, wide, again, filled, bench.backend.zeros([7, 3])]
    },
  ]
}
