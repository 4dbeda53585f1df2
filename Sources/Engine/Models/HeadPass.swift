// The vocabulary head, only where a token needs it: log-probabilities of chosen tokens, and their gradient.
internal import Layers
public import TensorCore

/// Final norm and head over some rows of a `ForestPass`.
public final class HeadPass {
  private let pass: ForestPass
  private let rows: [Int32]
  private let questions: [[Range<Int>]]
  private let gathered, normed, inverse: Tensor
  /// [rows, vocabularySize]; overwritten by `backward`.
  public let logits: Tensor

  /// - Parameter rowsByQuestion: rows of `pass.output`, question by question; a row may be named more than once.
  public init(_ pass: ForestPass, rowsByQuestion: [[Int]]) {
    self.pass = pass
    let backend = pass.backend
    rows = rowsByQuestion.flatMap { $0.map { Int32($0) } }
    var questions: [[Range<Int>]] = []
    var start = 0
    for list in rowsByQuestion {
      questions.append([start..<start + list.count])
      start += list.count
    }
    self.questions = questions
    precondition(
      pass.outputs == .everyRow
        || rowsByQuestion.joined().allSatisfy { row in
          row >= pass.trunkRowCount || pass.trunks.contains { $0.upperBound - 1 == row }
        }, "a row whose output was not asked for")
    let output = pass.output
    gathered = backend.empty([rows.count, output.width], .float32)
    normed = backend.empty([rows.count, output.width], .float32)
    inverse = backend.empty([rows.count, 1], .float32)
    logits = backend.empty([rows.count, pass.model.configuration.decoder.vocabularySize], .float32)
    backend.gatherRows(output, rows, into: gathered)
    pass.model.finalNorm.forward(gathered, into: normed, inverseRMS: inverse, on: backend)
    pass.model.head.forward(normed, into: logits, on: backend)
  }

  /// The rows after the final norm, [rows, hiddenSize].
  public var hidden: Tensor { normed }

  /// Of each scored token, in the order given.
  public struct Scores: Sendable {
    /// Natural logarithms, one a row.
    public var logProbabilities: [Float]
    /// Of the whole distribution, in nats.
    public var entropies: [Float]
    fileprivate var targets: [Int32]
    fileprivate var temperature: Float
    fileprivate var logSumExp: Tensor
  }

  /// Scores one token a row under softmax(logits / temperature).
  public func score(_ targets: [Int32], temperature: Float = 1) -> Scores {
    precondition(targets.count == rows.count, "\(targets.count) tokens to score for \(rows.count) rows")
    let backend = pass.backend
    let l = backend.empty([rows.count], .float32)
    let logSumExp = backend.empty([rows.count], .float32)
    let entropy = backend.empty([rows.count], .float32)
    backend.logProbabilities(
      logits, targets: targets, temperature: temperature, into: l, logSumExp: logSumExp, entropy: entropy)
    return Scores(
      logProbabilities: backend.download(l), entropies: backend.download(entropy), targets: targets,
      temperature: temperature, logSumExp: logSumExp)
  }

  /// Accumulates the head's and norm's gradients of Σ coefficients · log-probabilities, and returns the gradient of the
  /// pass's output. `logits` are consumed.
  public func backward(_ scores: Scores, coefficients: [Float]) -> Tensor {
    let backend = pass.backend
    backend.logProbabilitiesBackward(
      logits, logSumExp: scores.logSumExp, targets: scores.targets, temperature: scores.temperature,
      coefficients: coefficients, into: logits)
    let dNormed = backend.empty(normed.shape, .float32)
    let dGathered = backend.empty(normed.shape, .float32)
    // forward: logits = rmsNorm(gathered) Wᵀ
    pass.model.head.backward(logits, input: normed, questions: questions, into: dNormed, on: backend)
    pass.model.finalNorm.backward(
      dNormed, input: gathered, inverseRMS: inverse, questions: questions, into: dGathered, adding: false, on: backend)
    // forward: gathered[i] = output[rows[i]]
    let dOutput = backend.zeros(pass.output.shape)
    backend.scatterAddRows(dGathered, rows, addingTo: dOutput)
    return dOutput
  }
}
