// How an experiment under the paper profile differs from the paper's: its settings, its weights, its questions.
internal import Catalogue
internal import Diagnostics
internal import Evaluation
internal import Layers
internal import Models
public import Publications
internal import Questions

extension Experiment {
  /// Settings that differ from the paper's, or from what is assumed where it leaves one open. Only those count that
  /// something in the experiment depends on; which questions of a set were taken is told by the scores themselves.
  public var departures: [Departure] {
    guard profile == .paper else { return [] }
    let papers = standard.values
    let sets = cells.compactMap { cell -> DataSet? in
      if case .train(let train, _) = cell, train.method == .grpo { train.on } else { nil }
    }
    var list: [Departure] = []
    for set in sets.reduce(into: [DataSet](), { if !$0.contains($1) { $0.append($1) } }) {
      let (own, wanted) = (values.training.on(set).steps, papers.training.on(set).steps)
      guard own != wanted else { continue }
      list.append(
        Departure(what: "grpo.steps on \(set.name)", value: "\(own)", papers: "\(wanted)", isStated: true))
    }
    let apart = ["grpo.steps", "grpo.steps_on"]
    for entry in SettingTable.entries where entry.section != "data" && !apart.contains(entry.path) {
      guard hasEffect(entry), !isStandard(entry, values), entry.isDerived(values) == nil else { continue }
      list.append(
        Departure(
          what: entry.path, value: entry.words(values), papers: entry.words(papers),
          isStated: standardOrigin(of: entry).isStated))
    }
    for (own, name) in ownSettings {
      for entry in SettingTable.entries where own.paths.contains(entry.path) && !isStandard(entry, own.values) {
        // What the paper has for this run alone is the paper's.
        if standard.ofRuns[name]?[entry.path] == entry.text(own.values) { continue }
        list.append(
          Departure(
            what: "\(entry.path) of \(name)", value: entry.words(own.values), papers: entry.words(papers),
            isStated: standardOrigin(of: entry).isStated))
      }
    }
    return list
  }

  /// Settings of cells alone, with the names of what is trained or asked.
  private var ownSettings: [(own: OwnSettings, name: String)] {
    cells.compactMap { cell in
      switch cell {
      case .train(let train, let name): train.own.map { ($0, name) }
      case .evaluate(let evaluate): evaluate.own.map { ($0, evaluate.models.joined(separator: ", ")) }
      case .note, .model, .weights, .table, .verify: nil
      }
    }
  }
}
