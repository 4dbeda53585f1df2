// How many bytes of a checkpoint are what, by the headers of its files alone.
public import Diagnostics
internal import SafeTensors

/// Bytes of a checkpoint's tensors by what becomes of them.
public struct CheckpointBytes: Sendable, Hashable {
  /// Of the weights that hearing and answering use, as they are stored.
  public var model: Int
  /// Of what a fine-tuned checkpoint takes over as it is, such as a vision tower.
  public var carried: Int

  /// - Throws: where the folder holds no checkpoint that can be read.
  public init(folder: String) throws(Diagnostics) {
    let checkpoint = try Checkpoint(folder: folder)
    model = checkpoint.byteCount { !ParameterNames.isUnused($0) }
    carried = checkpoint.byteCount { name in
      ParameterNames.isUnused(name) && !name.hasSuffix("rotary_emb.inv_freq") && ParameterNames.carried(name) != nil
    }
  }
}
