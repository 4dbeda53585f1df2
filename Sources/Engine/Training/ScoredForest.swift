// A forest with its completions as branches, and the log-probability of every completion token.
internal import Generation
internal import Models

struct ScoredForest {
  let pass: ForestPass
  let head: HeadPass
  /// In the order question, completion, token.
  let scores: HeadPass.Scores
  private let lengths: [[Int]]

  /// The branches of `pass` are the completions without their last token, whose row would predict nothing. The first
  /// token of every completion is predicted by the trunk's last row.
  init(_ pass: ForestPass, groups: [CompletionGroup], temperature: Float) {
    self.pass = pass
    lengths = groups.map { $0.completions.map(\.tokens.count) }
    let rows = groups.indices.map { question in
      groups[question].completions.indices.flatMap { index in
        groups[question].completions[index].tokens.isEmpty
          ? [] : [pass.trunks[question].upperBound - 1] + Array(pass.branches[question][index])
      }
    }
    head = HeadPass(pass, rowsByQuestion: rows)
    scores = head.score(groups.flatMap { $0.completions.flatMap(\.tokens) }, temperature: temperature)
  }

  /// Log-probabilities of one question's completions.
  func byCompletion(of question: Int) -> [[Float]] {
    var start = lengths[..<question].joined().reduce(0, +)
    return lengths[question].map { length in
      defer { start += length }
      return Array(scores.logProbabilities[start..<start + length])
    }
  }
}

extension GRPOSettings {
  var keeping: ActivationKeeping { recomputesActivations ? .layerInputs : .everything }

  /// The questions of a step in runs of at most `questionsPerPass`.
  func parts(of count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: questionsPerPass).map { $0..<min($0 + questionsPerPass, count) }
  }
}
