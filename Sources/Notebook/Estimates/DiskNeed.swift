// What a cell leaves on disk, and what lies there while it is made.
public import JSONText

/// Bytes of disk that a cell takes.
public struct DiskNeed: Sendable, Hashable {
  /// Bytes that stay when the cell is finished.
  public var kept: Int
  /// Bytes at most while it is made.
  public var atMost: Int
  /// The saved state of a fine-tuning.
  public var state: Int
  /// Whether a new state is whole before the old one goes.
  public var isStateTwice: Bool

  public init(kept: Int, atMost: Int, state: Int = 0, isStateTwice: Bool = true) {
    self.kept = kept
    self.atMost = max(atMost, kept)
    self.state = state
    self.isStateTwice = isStateTwice
  }

  public static let nothing = DiskNeed(kept: 0, atMost: 0)

  public var json: JSONValue { .object(["kept": .integer(kept), "at_most": .integer(atMost), "state": .integer(state)]) }
}

extension DiskNeed {
  /// Of an evaluation of `questions` questions: a line each, in the journal and in the file made of it.
  /// - Parameter line: bytes of a line.
  public static func predictions(_ questions: Int, line: Int) -> DiskNeed {
    let bytes = questions * (2 * line + 17)
    return DiskNeed(kept: bytes, atMost: bytes)
  }
}
