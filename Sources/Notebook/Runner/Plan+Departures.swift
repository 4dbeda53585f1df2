// How a run under the paper profile differs from the paper's experiment: settings, weights and questions together.
internal import Catalogue
internal import Evaluation
internal import Experiments
internal import Layers
internal import Models
internal import Publications
internal import Questions

extension Plan {
  /// Settings, weights and questions that are not the paper's.
  var departures: [Departure] {
    guard experiment.profile == .paper else { return [] }
    return experiment.departures + weightDepartures + questionDepartures
  }

  /// Checkpoints of another shape than the published model's.
  private var weightDepartures: [Departure] {
    jobs.compactMap { job in
      guard case .base(let model) = job.work, let shape = model.shape, let folder = try? sources.publishedFolder(model),
        let decoder = try? ModelConfiguration(folder: folder).decoder
      else { return nil }
      func words(_ layers: Int, _ width: Int) -> String { "\(layers) layers of \(width)" }
      let (found, published) = (
        words(decoder.layerCount, decoder.sizes.hiddenSize),
        words(shape.layers, shape.width)
      )
      return found == published
        ? nil : Departure(what: "weights of \(model.name)", value: found, papers: published, isStated: true)
    }
  }

  /// Question files of MMAU's test-mini that do not ask what the revision the experiment names asks. Revisions of
  /// test-full cannot be told apart, and its answers are withheld.
  private var questionDepartures: [Departure] {
    var names: [DataSet] = []
    for job in jobs {
      if case .evaluate(let name, _, _) = job.work, !names.contains(name) { names.append(name) }
    }
    return names.compactMap { name in
      guard name.isToldApart, let wanted = name.revision else { return nil }
      guard let finding = try? sources.benchmark(name, progress: { _ in }).revision, finding.remark(wanted) != nil
      else { return nil }
      return Departure(
        what: "questions of \(name.name)", value: finding.text, papers: wanted.name, isStated: true)
    }
  }
}
