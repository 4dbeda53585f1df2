// The checkpoint at the end of a fine-tuning: written beside its place, read again, and only then given its name. The
// saved state goes after the cell was marked as finished, so that no crash costs a step that was on disk.
internal import Diagnostics
internal import Evaluation
internal import Models
internal import ResultStore
internal import TensorCore

struct TrainedCheckpoint {
  static let partName = "model.part"
  /// The cell's folder.
  let cell: String

  /// Writes `model` whole, its weights in the form of `type`. What lay there before, of a run that died or an older
  /// program, is replaced.
  func keep(_ policy: AudioLanguageModel, _ template: CheckpointTemplate, storing type: ElementType) throws {
    let part = cell + "/" + Self.partName
    try AtomicFile.removeAll(part)
    try policy.write(to: part, template: template, storing: type)
    try policy.requireWhole(part)
    try Listener(folder: part, configuration: policy.configuration).requireChat()
    try AtomicFile.removeAll(cell + "/model")
    try AtomicFile.move(part, to: cell + "/model")
  }
}
