// Weights made elsewhere: where they lie, and whether they are what the experiment says.
internal import Catalogue
internal import Diagnostics
internal import Experiments
internal import Models
internal import SafeTensors

extension DataSources {
  /// The folder of a model that was made elsewhere.
  /// - Throws: a diagnostic of kind `missing` where it is not on this machine; another if it is of another architecture.
  func folder(_ weights: ForeignWeights) throws(Diagnostics) -> String {
    let folder: String
    do throws(Diagnostic) { folder = try CheckpointLocation.resolve(weights.place) } catch { throw Diagnostics([error]) }
    let found = try Catalogue.standard().model(ofFolder: folder)
    guard found.family == weights.model.family else {
      throw Diagnostics([
        Diagnostic(
          "these are weights of \(found.name); the cell says \(weights.model.name)",
          at: SourceMark(file: folder + "/config.json"), path: weights.place,
          hint: "write 'model: \(found.name)', or name other weights")
      ])
    }
    return folder
  }
}
