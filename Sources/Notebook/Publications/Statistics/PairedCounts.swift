// Two systems on the same questions, as the four counts that matter.

/// How often both were right, only one, or neither.
public struct PairedCounts: Sendable, Hashable {
  public var both: Int
  public var onlyFirst: Int
  public var onlySecond: Int
  public var neither: Int

  public init(both: Int, onlyFirst: Int, onlySecond: Int, neither: Int) {
    self.both = both
    self.onlyFirst = onlyFirst
    self.onlySecond = onlySecond
    self.neither = neither
  }

  /// Counts pairs of outcomes; the shorter list decides how many there are.
  public init(_ first: [Bool], _ second: [Bool]) {
    self.init(both: 0, onlyFirst: 0, onlySecond: 0, neither: 0)
    for (a, b) in zip(first, second) {
      switch (a, b) {
      case (true, true): both += 1
      case (true, false): onlyFirst += 1
      case (false, true): onlySecond += 1
      case (false, false): neither += 1
      }
    }
  }

  public var count: Int { both + onlyFirst + onlySecond + neither }
  public var discordant: Int { onlyFirst + onlySecond }
  /// Accuracy of the first less that of the second, as a fraction.
  public var difference: Double { count == 0 ? 0 : Double(onlyFirst - onlySecond) / Double(count) }
}
