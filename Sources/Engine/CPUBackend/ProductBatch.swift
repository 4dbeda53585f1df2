// Several matrix products in two parallel regions: all left operands are packed, then panels of the right operands are
// packed and run against all of the left.
//
// A task owns some columns of an output for the whole of k, so neither tasks nor threads can change a bit.
internal import CKernels
internal import TensorCore

/// One operand, and along which axis its panels lie.
@safe struct Operand {
  @unsafe var matrix: ck_matrix
  /// Whether the rows of the matrix are lanes of a panel (its elements go down the panel), or its columns are.
  var hasRowLanes: Bool
}

/// Lists in lists would be retained and released by every task: they lie flat, and their owners know their ranges.
struct ProductBatch {
  /// Rows of outputs: packed once, whatever number of products read it.
  @safe struct Left {
    @unsafe var operand: Operand
    var rows: Int
    var depth: Int
  }

  /// Where the rows of a left operand end up.
  @safe struct Output {
    var left: Int
    @unsafe var base: Floats
    var stride: Int
    @unsafe var bias: Floats?
  }

  /// One right operand against some left operands of its depth.
  @safe struct Term {
    @unsafe var right: Operand
    var chains: Range<Int>
    var outputs: Range<Int>
    var isAdding: Bool
  }

  /// Terms over the same columns, one after another.
  struct Job {
    var columns: Int
    var terms: Range<Int>
  }

  private(set) var lefts: [Left] = []
  private(set) var outputs: [Output] = []
  private(set) var chains: [Range<Int>] = []
  private(set) var terms: [Term] = []
  private(set) var jobs: [Job] = []

  /// Adds an operand; the result names it.
  mutating func left(_ operand: Operand, rows: Int, depth: Int) -> Int {
    lefts.append(Left(operand: operand, rows: rows, depth: depth))
    return lefts.count - 1
  }

  /// Adds a term, for the next job.
  /// - Parameter chains: parts of k in order, each a chain of its own that is added to what is there before the next
  ///   begins.
  mutating func term(_ right: Operand, chains: [Range<Int>], outputs: [Output], isAdding: Bool) {
    terms.append(
      Term(
        right: right, chains: self.chains.count..<self.chains.count + chains.count,
        outputs: self.outputs.count..<self.outputs.count + outputs.count, isAdding: isAdding))
    self.chains += chains
    self.outputs += outputs
  }

  /// Makes a job of the terms that were added since the last one.
  mutating func job(columns: Int) {
    let first = jobs.last?.terms.upperBound ?? 0
    if first < terms.count { jobs.append(Job(columns: columns, terms: first..<terms.count)) }
  }

  /// Multiply-adds of all jobs.
  fileprivate var work: Int {
    jobs.reduce(0) { sum, job in
      job.terms.reduce(sum) { sum, term in
        terms[term].outputs.reduce(sum) { sum, output in
          let left = lefts[outputs[output].left]
          return sum + left.rows * left.depth * job.columns
        }
      }
    }
  }

  fileprivate func longestChain(_ term: Term) -> Int { term.chains.reduce(0) { max($0, chains[$1].count) } }
  fileprivate func rows(_ term: Term) -> Int { term.outputs.reduce(0) { $0 + lefts[outputs[$1].left].rows } }
}

/// How deep and how tall the blocks are that stay in a core's own cache while panels are run against them.
private enum Blocks {
  /// Rows of k.
  static let depth = 1024
  /// Panels of the right that a task packs together.
  static let group = 2
  /// Panels of the left, of `depth` rows of k: 672 KiB of a second-level cache of 1 MiB or more.
  static func panels(depth: Int) -> Int { max(1, 14 * Blocks.depth / depth) }
}

extension CPUBackend {
  func run(_ batch: ProductBatch) {
    let (mr, nr) = (Int(CK_MR), Int(CK_NR))
    let set = instructions.kernel
    // All left panels one after another.
    var starts: [Int] = []
    var floatCount = 0
    var panels: [(left: Int, panel: Int)] = []
    for (index, left) in batch.lefts.enumerated() {
      starts.append(floatCount)
      let count = (left.rows + mr - 1) / mr
      floatCount += count * mr * left.depth
      for panel in 0..<count { panels.append((index, panel)) }
    }
    let work = batch.work
    guard work > 0 else { return }
    let storage = memory.storage(byteCount: floatCount * 4)
    defer { withExtendedLifetime(storage) {} }
    let packed = unsafe storage.base.assumingMemoryBound(to: Float.self)
    let isSmall = work < 60_000 || parallel.threadCount == 1

    func packLeft(_ index: Int) {
      let (number, panel) = panels[index]
      let left = batch.lefts[number]
      let (first, k) = (panel * mr, left.depth)
      let target = unsafe packed + starts[number] + panel * mr * k
      unsafe pack(left.operand, first, min(mr, left.rows - first), 0..<k, width: mr, into: target, set)
    }
    if isSmall || floatCount < 32_768 {
      for panel in panels.indices { packLeft(panel) }
    } else {
      parallel.tasks(panels.count, packLeft)
    }

    // Two panels of the right a task, or one where there are too few for all threads.
    let rightPanels = batch.jobs.reduce(0) { $0 + ($1.columns + nr - 1) / nr }
    let group = rightPanels >= Blocks.group * parallel.threadCount * 3 ? Blocks.group : 1
    var tasks: [(job: Int, panels: Range<Int>)] = []
    for (index, job) in batch.jobs.enumerated() {
      let count = (job.columns + nr - 1) / nr
      for first in stride(from: 0, to: count, by: group) { tasks.append((index, first..<min(first + group, count))) }
    }
    func perform(_ index: Int) {
      let task = tasks[index]
      let job = batch.jobs[task.job]
      let most = job.terms.reduce(0) { max($0, scratchCount(batch.terms[$1], of: batch)) }
      let scratch = memory.storage(byteCount: most * task.panels.count * 4)
      let floats = unsafe scratch.base.assumingMemoryBound(to: Float.self)
      for term in job.terms {
        unsafe run(batch.terms[term], of: batch, columns: job.columns, panels: task.panels, packed, starts, floats)
      }
      withExtendedLifetime(scratch) {}
    }
    if isSmall {
      for task in tasks.indices { perform(task) }
    } else {
      parallel.tasks(tasks.count, perform)
    }
  }

  @unsafe private func pack(
    _ operand: Operand, _ first: Int, _ count: Int, _ depth: Range<Int>, width: Int, into target: Floats,
    _ set: ck_instructions
  ) {
    if operand.hasRowLanes {
      unsafe ck_pack_rows(set, operand.matrix, first, count, depth.lowerBound, depth.count, Int32(width), target)
    } else {
      unsafe ck_pack_columns(set, operand.matrix, first, count, depth.lowerBound, depth.count, Int32(width), target)
    }
  }

  /// Numbers that a term needs for each panel: of the right, packed, and, as the output's old value comes last, of the
  /// partial sums of long chains that are added.
  private func scratchCount(_ term: ProductBatch.Term, of batch: ProductBatch) -> Int {
    let longest = batch.longestChain(term)
    let height = term.isAdding && longest > Blocks.depth ? batch.rows(term) : 0
    return (min(longest, Blocks.depth) + height) * Int(CK_NR)
  }

  /// Some column panels of one term.
  @unsafe private func run(
    _ term: ProductBatch.Term, of batch: ProductBatch, columns: Int, panels: Range<Int>, _ packed: Floats,
    _ starts: [Int], _ right: Floats
  ) {
    let (mr, nr) = (Int(CK_MR), Int(CK_NR))
    let set = instructions.kernel
    let most = min(batch.longestChain(term), Blocks.depth)
    let height = scratchCount(term, of: batch) / nr - most
    let partials = unsafe right + most * nr * panels.count

    for number in term.chains {
      let chain = batch.chains[number]
      let usesScratch = term.isAdding && chain.count > Blocks.depth
      for k0 in stride(from: chain.lowerBound, to: chain.upperBound, by: Blocks.depth) {
        let depth = min(Blocks.depth, chain.upperBound - k0)
        let isLast = k0 + depth == chain.upperBound
        for panel in panels {
          let first = panel * nr
          let target = unsafe right + (panel - panels.lowerBound) * most * nr
          unsafe pack(term.right, first, min(nr, columns - first), k0..<k0 + depth, width: nr, into: target, set)
        }
        let mode = k0 > chain.lowerBound ? CK_CONTINUE : term.isAdding && !usesScratch ? CK_ADD : CK_ASSIGN
        let step = Blocks.panels(depth: depth)
        var above = 0
        for number in term.outputs {
          let output = batch.outputs[number]
          let left = batch.lefts[output.left]
          defer { above += left.rows }
          let leftPanels = (left.rows + mr - 1) / mr
          for block in stride(from: 0, to: leftPanels, by: step) {
            for panel in panels {
              let first = panel * nr
              let width = Int32(min(nr, columns - first))
              let b = unsafe right + (panel - panels.lowerBound) * most * nr
              let partial = unsafe partials + ((panel - panels.lowerBound) * height + above) * nr
              let bias = unsafe isLast ? output.bias.map { unsafe UnsafePointer($0 + first) } : nil
              for row in block..<min(block + step, leftPanels) {
                let a = unsafe packed + starts[output.left] + row * mr * left.depth + k0 * mr
                let c = unsafe usesScratch ? partial + row * mr * nr : output.base + row * mr * output.stride + first
                unsafe ck_tile(
                  set, depth, a, b, c, usesScratch ? nr : output.stride, Int32(min(mr, left.rows - row * mr)), width,
                  mode, bias)
              }
            }
          }
        }
      }
      if usesScratch { unsafe add(partials, height, to: term, of: batch, columns: columns, panels: panels) }
    }
  }

  /// Adds the partial sums of a long chain, `height` rows a panel, to the outputs of a term.
  @unsafe private func add(
    _ partials: Floats, _ height: Int, to term: ProductBatch.Term, of batch: ProductBatch, columns: Int,
    panels: Range<Int>
  ) {
    let nr = Int(CK_NR)
    for panel in panels {
      let first = panel * nr
      var partial = unsafe partials + (panel - panels.lowerBound) * height * nr
      for number in term.outputs {
        let output = batch.outputs[number]
        for i in 0..<batch.lefts[output.left].rows {
          for j in 0..<min(nr, columns - first) { unsafe output.base[i * output.stride + first + j] += partial[j] }
          unsafe partial += nr
        }
      }
    }
  }
}
