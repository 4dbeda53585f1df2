// What of the micro world stands in for models and data sets that are published.
internal import Catalogue
internal import Diagnostics
internal import Experiments
internal import MicroWorld

extension DataSources {
  /// - Throws: where the catalogue names none: what is real has no stand-in of its own accord.
  func standIn(_ model: CatalogueModel) throws(Diagnostics) -> CatalogueModel.StandIn {
    if let standIn = model.standIn { return standIn }
    throw Diagnostics([without("model '\(model.name)'")])
  }

  func standIn(_ set: DataSet) throws(Diagnostics) -> MicroSet {
    if let standIn = set.standIn { return standIn }
    throw Diagnostics([without("data set '\(set.name)'")])
  }

  /// Refuses a set that a small profile does not have.
  func requireStandIn(_ set: DataSet) throws(Diagnostics) { if profile != .paper { _ = try standIn(set) } }

  private func without(_ what: String) -> Diagnostic {
    Diagnostic(
      "the \(what) has no stand-in in the micro world", path: "stand_in",
      hint: "run it under --profile paper, or name a stand_in in the catalogue")
  }

  /// Every model and set of an experiment that a small profile does not have.
  func missingStandIns(_ experiment: Experiment) -> [Diagnostic] {
    guard profile != .paper else { return [] }
    var mistakes: [Diagnostic] = []
    func add(_ name: String, _ isThere: Bool) {
      let mistake = without(name)
      if !isThere, !mistakes.contains(mistake) { mistakes.append(mistake) }
    }
    for cell in experiment.cells {
      switch cell {
      case .model(let model, _): add("model '\(model.name)'", model.standIn != nil)
      case .train(let train, _): add("data set '\(train.on.name)'", train.on.standIn != nil)
      case .evaluate(let evaluate): add("data set '\(evaluate.on.name)'", evaluate.on.standIn != nil)
      case .weights, .note, .table, .verify: break
      }
    }
    return mistakes
  }

  /// The clips of a set's stand-in.
  func worldClips(_ set: DataSet) -> [Clip] { set.standIn.map { world.clips(of: $0) } ?? [] }
}
