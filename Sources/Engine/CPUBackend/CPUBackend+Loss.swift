// Log-probabilities of chosen tokens, and their gradient.
public import TensorCore

extension CPUBackend {
  public func logProbabilities(
    _ x: Tensor, targets: [Int32], temperature: Float, into l: Tensor, logSumExp: Tensor, entropy: Tensor
  ) {
    let (rows, width) = (x.rowCount, x.width)
    precondition(targets.count == rows, "logProbabilities: \(targets.count) targets for \(rows) rows")
    for target in targets { precondition(target >= 0 && Int(target) < width, "logProbabilities: token \(target)") }
    let (x, l, lse, entropy) = (Matrix(x), Matrix(l).flat, Matrix(logSumExp).flat, Matrix(entropy).flat)
    let inverse = 1 / temperature
    parallel.ranges(rows, grain: max(1, 8192 / max(width, 1))) { range in
      for r in range {
        let x = x[r]
        var highest = Lanes(repeating: -.infinity)
        func raise(_ s: Lanes) { highest.replace(with: s, where: (s .> highest) .| (s .!= s)) }
        for i in x.wholeLanes { raise(x[lanes: i] * inverse) }
        if x.tailStart < width { raise(x.tail(neutral: -.infinity) * inverse) }
        let maximum = highest.laneMaximum
        // Σ e^(s - max), and Σ e^(s - max) (s - max) for the entropy
        var (sum, moment) = (Lanes.zero, Lanes.zero)
        func count(_ s: Lanes) {
          let centred = s * inverse - maximum
          let p = LaneFunctions.exp(centred)
          sum += p
          // A token that cannot be has no share: 0 · -∞ counts as 0.
          moment += (p * centred).replacing(with: 0, where: centred .== Lanes(repeating: -.infinity))
        }
        for i in x.wholeLanes { count(x[lanes: i]) }
        if x.tailStart < width { count(x.tail(neutral: -.infinity)) }
        let (total, logTotal) = (sum.laneSum, Float(Canonical.log(Double(sum.laneSum))))
        lse[r] = maximum + logTotal
        l[r] = x[Int(targets[r])] * inverse - (maximum + logTotal)
        entropy[r] = logTotal - moment.laneSum / total
      }
    }
  }

  public func logProbabilitiesBackward(
    _ x: Tensor, logSumExp: Tensor, targets: [Int32], temperature: Float, coefficients: [Float], into dx: Tensor
  ) {
    let (rows, width) = (x.rowCount, x.width)
    precondition(targets.count == rows && coefficients.count == rows, "logProbabilitiesBackward: \(rows) rows")
    requireShape(dx, rows, width, "logProbabilitiesBackward: gradient")
    let (x, dx, lse) = (Matrix(x), Matrix(dx), Matrix(logSumExp).flat)
    let inverse = 1 / temperature
    parallel.ranges(rows, grain: max(1, 8192 / max(width, 1))) { range in
      for r in range {
        let (x, dx, coefficient) = (x[r], dx[r], coefficients[r] * inverse)
        // forward: l = x[target]/T - lse, and dlse/dx[v] = p[v]/T
        func term(_ s: Lanes) -> Lanes { LaneFunctions.exp(s * inverse - lse[r]) * -coefficient }
        for i in x.wholeLanes { dx[lanes: i] = term(x[lanes: i]) }
        if x.tailStart < width { dx.setTail(term(x.tail())) }
        dx[Int(targets[r])] += coefficient
      }
    }
  }
}
