// What says that the program makes other bytes than it did.
internal import MicroModels

/// A version for each cell type that is work: raised when the bytes it produces change, so that its cells, and what
/// builds on them, run again.
public struct CellVersions: Sendable, Hashable {
  public var model: Int
  public var train: Int
  public var evaluate: Int

  public init(model: Int, train: Int, evaluate: Int) {
    self.model = model
    self.train = train
    self.evaluate = evaluate
  }

  /// As `--version` prints them: two programs of the same versions make the same bytes.
  public var text: String { "model \(model), train \(train), evaluate \(evaluate)" }

  public static let current = CellVersions(model: MicroRecipe.version, train: 1, evaluate: 3)
}
