// Gradient norms and the AdamW update, of all tensors in one parallel region.
internal import CKernels
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
    let bases = unsafe x.map { unsafe $0.floats }
    let set = instructions.kernel
    var sums = [Double](repeating: 0, count: chunks.count)
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = unsafe sums
      parallel.tasks(chunks.count) { index in
        let chunk = chunks[index]
        unsafe sums[index] = ck_squared_norm(set, bases[chunk.tensor] + chunk.range.lowerBound, chunk.range.count)
      }
    }
    var norms = [Double](repeating: 0, count: x.count)
    for (chunk, sum) in zip(chunks, sums) { norms[chunk.tensor] += sum }
    return norms
  }

  public func adamW(_ updates: [AdamWUpdate]) {
    for update in updates { update.requireShapes() }
    let chunks = Chunk.all(of: updates.map(\.parameter.elementCount))
    let set = instructions.kernel
    parallel.tasks(chunks.count) { index in
      let (u, range) = (updates[chunks[index].tensor], chunks[index].range)
      var constants = ck_adamw(AdamWConstants(u.step))
      let (start, count) = (range.lowerBound, range.count)
      let (w, g) = unsafe (u.parameter.floats + start, u.gradient.floats + start)
      guard u.firstMoment.elementType == .bfloat16 else {
        unsafe ck_adamw_update(
          set, &constants, w, g, u.firstMoment.floats + start, u.secondMoment.floats + start, count)
        return
      }
      let moments = unsafe [u.firstMoment, u.secondMoment].map { unsafe $0.halves + start }
      let scratch = memory.storage(byteCount: 2 * Chunk.size * 4)
      defer { withExtendedLifetime(scratch) {} }
      let wide = unsafe scratch.base.assumingMemoryBound(to: Float.self)
      for i in 0..<count {
        unsafe wide[i] = BFloat16(bitPattern: moments[0][i]).float
        unsafe wide[Chunk.size + i] = BFloat16(bitPattern: moments[1][i]).float
      }
      unsafe ck_adamw_update(set, &constants, w, g, wide, wide + Chunk.size, count)
      let stream = u.step.rounding
      var rounding = ck_rounding(key: (stream.key.x, stream.key.y), high: (stream.high.x, stream.high.y))
      unsafe ck_round_moments(set, &rounding, start, wide, wide + Chunk.size, moments[0], moments[1], count)
    }
  }
}

extension ck_adamw {
  init(_ c: AdamWConstants) {
    self.init(
      scale: c.scale, beta1: c.beta1, beta2: c.beta2, keep1: c.keep1, keep2: c.keep2, decay: c.decay, rate: c.rate,
      correction: c.correction, epsilon: c.epsilon)
  }
}

extension CPUBackend: Backend {}
