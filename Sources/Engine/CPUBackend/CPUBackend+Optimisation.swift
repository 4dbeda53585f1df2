// Gradient norms and the AdamW update, of all tensors in one parallel region.
internal import CKernels
internal import Synchronization
public import TensorCore

/// A piece of one of several tensors, of a fixed size, so that threads cannot change the order of a sum.
private struct Chunk {
  /// A multiple of 64: random numbers for rounding come for so many elements at once.
  static let size = 16_384
  var tensor: Int
  var range: Range<Int>

  static func all(of counts: [Int]) -> [Chunk] {
    counts.enumerated().flatMap { tensor, count in
      stride(from: 0, to: count, by: size).map { Chunk(tensor: tensor, range: $0..<min($0 + size, count)) }
    }
  }
}

extension CPUBackend {
  public func squaredNorms(_ x: [Tensor]) -> [Double] {
    let chunks = Chunk.all(of: x.map(\.elementCount))
    let rows = x.map { Matrix($0).flat }
    let set = instructions.kernel
    let found = Mutex([Double](repeating: 0, count: chunks.count))
    parallel.tasks(chunks.count) { index in
      let chunk = chunks[index]
      let sum = set.squaredNorm(rows[chunk.tensor].part(chunk.range.lowerBound, chunk.range.count))
      found.withLock { $0[index] = sum }
    }
    let sums = found.withLock { $0 }
    var norms = [Double](repeating: 0, count: x.count)
    for (chunk, sum) in zip(chunks, sums) { norms[chunk.tensor] += sum }
    return norms
  }

  public func adamW(_ updates: [AdamWUpdate]) {
    for update in updates { update.requireShapes() }
    let chunks = Chunk.all(of: updates.map(\.parameter.elementCount))
    let set = instructions.kernel
    parallel.tasks(chunks.count) { index in
      set.adamW(updates[chunks[index].tensor], chunks[index].range, memory: memory)
    }
  }
}

extension CPUBackend: Backend {}
