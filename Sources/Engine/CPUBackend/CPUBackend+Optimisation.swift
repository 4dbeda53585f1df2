// Gradient norms and the AdamW update.
public import TensorCore

extension CPUBackend {
  /// Chunks of fixed size, so that threads cannot change the order of the sum.
  public func squaredNorm(_ x: Tensor) -> Double {
    let chunk = 16_384
    let x = Matrix(x).flat
    let count = (x.count + chunk - 1) / chunk
    var sums = [Double](repeating: 0, count: count)
    unsafe sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = unsafe sums
      parallel.tasks(count) { index in
        let part = x.part(index * chunk, min(chunk, x.count - index * chunk))
        var lanes = SIMD16<Double>.zero
        for i in part.wholeLanes {
          let wide = SIMD16<Double>(part[lanes: i])
          lanes += wide * wide
        }
        if part.tailStart < part.count {
          let wide = SIMD16<Double>(part.tail())
          lanes += wide * wide
        }
        let eight = lanes.lowHalf + lanes.highHalf
        let four = eight.lowHalf + eight.highHalf
        let two = four.lowHalf + four.highHalf
        unsafe sums[index] = two.x + two.y
      }
    }
    return sums.reduce(0, +)
  }

  public func adamW(_ step: AdamWStep, parameter: Tensor, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor) {
    parameter.noteChange()
    let count = parameter.elementCount
    precondition(
      gradient.elementCount == count && firstMoment.elementCount == count && secondMoment.elementCount == count,
      "adamW: parameter \(parameter.shape), gradient \(gradient.shape)")
    let update = AdamWUpdate(step)
    let (w, g) = (Matrix(parameter).flat, Matrix(gradient).flat)
    let isHalf = firstMoment.elementType == .bfloat16
    let (wideM, wideV) = (wide(firstMoment), wide(secondMoment))
    let (m, v) = (Matrix(wideM).flat, Matrix(wideV).flat)
    parallel.ranges((count + 15) / 16, grain: 512) { range in
      let start = range.lowerBound * 16
      let length = min(range.upperBound * 16, count) - start
      let (w, g, m, v) = (w.part(start, length), g.part(start, length), m.part(start, length), v.part(start, length))
      for i in w.wholeLanes {
        var (weight, first, second) = (w[lanes: i], m[lanes: i], v[lanes: i])
        update.apply(&weight, g[lanes: i], &first, &second)
        (w[lanes: i], m[lanes: i], v[lanes: i]) = (weight, first, second)
      }
      if w.tailStart < length {
        var (weight, first, second) = (w.tail(), m.tail(), v.tail())
        update.apply(&weight, g.tail(), &first, &second)
        w.setTail(weight)
        m.setTail(first)
        v.setTail(second)
      }
    }
    if isHalf {
      copy(wideM, to: firstMoment)
      copy(wideV, to: secondMoment)
    }
    withExtendedLifetime((wideM, wideV)) {}
  }
}

/// The constants of an update in Float32, each rounded once from Double.
private struct AdamWUpdate {
  let scale, beta1, beta2, keep1, keep2, decay, rate, correction, epsilon: Float

  init(_ s: AdamWStep) {
    scale = s.gradientScale
    (beta1, beta2) = (Float(s.beta1), Float(s.beta2))
    (keep1, keep2) = (Float(1 - s.beta1), Float(1 - s.beta2))
    decay = Float(1 - s.rate * s.weightDecay)
    rate = Float(s.rate / s.firstCorrection)
    correction = Float(1 / s.secondCorrection.squareRoot())
    epsilon = Float(s.epsilon)
  }

  @inline(__always) func apply(_ w: inout Lanes, _ gradient: Lanes, _ m: inout Lanes, _ v: inout Lanes) {
    let g = gradient * scale
    m = m * beta1 + g * keep1
    v = v * beta2 + g * g * keep2
    w = w * decay - m * rate / (v.squareRoot() * correction + epsilon)
  }
}

extension CPUBackend: Backend {}
