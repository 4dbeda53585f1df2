// The checkpoint at the end of a fine-tuning: written beside its place, read again, and only then given its name. The
// saved state goes after the cell was marked as finished, so that no crash costs a step that was on disk.
internal import Diagnostics
internal import Evaluation
internal import Models
internal import ResultStore

struct TrainedCheckpoint {
  static let partName = "model.part"
  /// The cell's folder.
  let cell: String

  /// Writes `model` whole. What lay there before, of a run that died or an older program, is replaced.
  func keep(_ policy: AudioLanguageModel, _ template: CheckpointTemplate) throws {
    let part = cell + "/" + Self.partName
    try AtomicFile.removeAll(part)
    try policy.write(to: part, template: template)
    try policy.requireWhole(part)
    try Listener(folder: part, configuration: policy.configuration).requireChat()
    try AtomicFile.removeAll(cell + "/model")
    try AtomicFile.move(part, to: cell + "/model")
  }
}
