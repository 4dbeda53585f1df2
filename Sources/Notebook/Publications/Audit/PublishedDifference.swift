// The differences that the paper's text rests on, with what its totals say about chance.

/// Two published cells over the same questions, with recovered counts.
public struct PublishedDifference: Sendable, Hashable {
  public var pair: CellPair
  public var base: PrintedNumber
  public var value: PrintedNumber
  public var questionCount: Int
  /// As if the two had answered different questions.
  public var interval: Interval
  public var paired: McNemarRange
}

extension PublishedPaper {
  /// Every change the claims speak of whose counts can be recovered, each once.
  public var differences: [PublishedDifference] {
    var seen: Set<CellPair> = []
    return claims.flatMap { Self.changes($0.expression) }.filter { seen.insert($0).inserted }.compactMap { pair in
      guard let base = value(pair.base), let value = value(pair.cell), let a = counts(pair.base),
        let b = counts(pair.cell), a.n == b.n
      else { return nil }
      return PublishedDifference(
        pair: pair, base: base, value: value, questionCount: a.n,
        interval: differenceInterval(b.k, of: b.n, minus: a.k, of: a.n), paired: McNemarRange(a.k, b.k, of: a.n))
    }
  }

  private static func changes(_ expression: ClaimExpression) -> [CellPair] {
    switch expression {
    case .change(let pair, _, _, _): [pair]
    case .all(let parts): parts.flatMap(changes)
    default: []
    }
  }
}
