// Weights made elsewhere: where they lie, and whether they are what the experiment says.
internal import Diagnostics
internal import Models
internal import SafeTensors

extension DataSources {
  /// The folder of a model that was made elsewhere.
  /// - Throws: a diagnostic of kind `missing` where it is not on this machine; another if it is of another architecture.
  func folder(_ weights: ForeignWeights) throws(Diagnostics) -> String {
    let folder: String
    do throws(Diagnostic) { folder = try CheckpointLocation.resolve(weights.place) } catch { throw Diagnostics([error]) }
    let found = try ModelName(folder: folder)
    guard found == weights.model else {
      throw Diagnostics([
        Diagnostic(
          "these are weights of \(found.rawValue); the cell says \(weights.model.rawValue)",
          at: SourceMark(file: folder + "/config.json"), path: weights.place,
          hint: "write 'model: \(found.rawValue)', or name other weights")
      ])
    }
    return folder
  }
}
