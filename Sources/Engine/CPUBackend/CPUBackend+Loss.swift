// Log-probabilities of chosen tokens, and their gradient.
internal import CKernels
public import TensorCore

extension CPUBackend {
  public func logProbabilities(
    _ x: Tensor, targets: [Int32], temperature: Float, into l: Tensor, logSumExp: Tensor, entropy: Tensor
  ) {
    let (rows, width) = (x.rowCount, x.width)
    precondition(targets.count == rows, "logProbabilities: \(targets.count) targets for \(rows) rows")
    for target in targets { precondition(target >= 0 && Int(target) < width, "logProbabilities: token \(target)") }
    let (x, l, lse, entropy) = (Matrix(x), Matrix(l).flat, Matrix(logSumExp).flat, Matrix(entropy).flat)
    let (inverse, set) = (1 / temperature, instructions.kernel)
    parallel.ranges(rows, grain: max(1, 8192 / max(width, 1))) { range in
      for r in range {
        let x = x[r]
        // Σ e^(s - max), and Σ e^(s - max) (s - max) for the entropy
        let (maximum, total, moment) = set.entropyTerms(x, scale: inverse)
        let logTotal = Float(Canonical.log(Double(total)))
        lse[r] = maximum + logTotal
        l[r] = x[Int(targets[r])] * inverse - (maximum + logTotal)
        entropy[r] = logTotal - moment / total
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
    let (inverse, set) = (1 / temperature, instructions.kernel)
    parallel.ranges(rows, grain: max(1, 8192 / max(width, 1))) { range in
      for r in range {
        let (x, dx, coefficient) = (x[r], dx[r], coefficients[r] * inverse)
        // forward: l = x[target]/T - lse, and dlse/dx[v] = p[v]/T
        set.shares(x, into: dx, scale: inverse, logSumExp: lse[r], factor: -coefficient)
        dx[Int(targets[r])] += coefficient
      }
    }
  }
}
