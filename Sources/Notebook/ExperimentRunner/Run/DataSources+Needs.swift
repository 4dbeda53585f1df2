// Everything a run at the paper's scale lacks, said at once and before the first hour of work.
internal import Diagnostics
internal import MicroWorld
internal import Questions

extension DataSources {
  /// Looks for the weights, question files and clips of an experiment's cells. The other profiles make their own.
  /// - Throws: every input that is missing or faulty, each once; a set whose clips nothing hears needs none.
  func require(_ experiment: Experiment) throws(Diagnostics) {
    guard profile == .paper else { return }
    var mistakes = Diagnostics()
    for need in inputs(of: experiment) {
      do throws(Diagnostics) {
        switch need {
        case .weights(let model): _ = try publishedFolder(model)
        case .set(let set, let isHeard): try require(set, isHeard: isHeard)
        }
      } catch { for mistake in error.list where !mistakes.list.contains(mistake) { mistakes.report(mistake) } }
    }
    try mistakes.throwIfAnyError()
  }

  private enum Input: Hashable {
    case weights(ModelName)
    case set(MicroSet, isHeard: Bool)
  }

  /// In the order of the cells; a set that is heard anywhere only as heard.
  private func inputs(of experiment: Experiment) -> [Input] {
    var inputs: [Input] = []
    for cell in experiment.cells {
      switch cell {
      case .model(let model, _): inputs.append(.weights(model))
      case .train(let train, _): inputs.append(.set(MicroSet(train.on), isHeard: train.audio))
      case .evaluate(let evaluate): inputs.append(.set(MicroSet(evaluate.on), isHeard: evaluate.audio.contains(true)))
      case .note, .table, .verify: break
      }
    }
    var seen: Set<Input> = []
    return inputs.filter { input in
      if case .set(let set, isHeard: false) = input, inputs.contains(.set(set, isHeard: true)) { return false }
      return seen.insert(input).inserted
    }
  }

  private func require(_ set: MicroSet, isHeard: Bool) throws(Diagnostics) {
    let path = try folder(set) + "/" + set.file
    let form: DataForm =
      switch set {
      case .avqa, .avqaGPT, .vggsGPT: .avqa
      case .arcEasy: .arc
      case .mmauMini, .mmauFull, .mmauMiniRevised, .mmauFullRevised: .mmau
      case .mmar: .mmar
      }
    let file = try QuestionFile(path, form: form)
    if form == .mmau { try file.require(set.revises == nil ? .original : .revised) }
    let census = ClipCensus(file)
    guard isHeard, !census.missing.isEmpty else { return }
    throw Diagnostics([
      Diagnostic(
        "\(census.missing.count) of the \(census.count) clips of '\(set.rawValue)' are not there; "
          + "\(census.questionsWithout) of its \(file.questions.count) questions are about them",
        at: SourceMark(file: path), hint: "repro data check --json names every one", kind: .missing)
    ])
  }
}
