// Everything a run at the paper's scale lacks, said at once and before the first hour of work.
internal import Catalogue
public import Diagnostics
internal import Evaluation
public import Experiments
internal import JSONText
internal import Models
internal import Questions
internal import SafeTensors

extension DataSources {
  /// Looks for the weights, question files and clips of an experiment's cells. The other profiles make their own.
  /// - Throws: every input that is missing or faulty, each once; a set whose clips nothing hears needs none.
  func require(_ experiment: Experiment) throws(Diagnostics) {
    var mistakes = Diagnostics()
    // What was made elsewhere has no stand-in under any profile.
    for case .weights(let weights, _) in experiment.cells {
      do throws(Diagnostics) {
        let hubName = weights.source == weights.place ? weights.place : nil
        try CheckpointFiles.require(try folder(weights), name: hubName, hears: true)
      } catch {
        for mistake in error.list where !mistakes.list.contains(mistake) { mistakes.report(mistake) }
      }
    }
    for mistake in missingStandIns(experiment) { mistakes.report(mistake) }
    guard profile == .paper else { return try mistakes.throwIfAnyError() }
    for need in inputs(of: experiment) {
      do throws(Diagnostics) {
        switch need {
        case .weights(let model): try requireWeights(model)
        case .set(let set, let clips): try require(set, clips)
        }
      } catch { for mistake in error.list where !mistakes.list.contains(mistake) { mistakes.report(mistake) } }
    }
    for mistake in faultyClips(of: experiment) where !mistakes.list.contains(mistake) { mistakes.report(mistake) }
    try mistakes.throwIfAnyError()
  }

  /// Looks for the weights of a published model, and for what a download that did not end left out of them.
  private func requireWeights(_ model: CatalogueModel) throws(Diagnostics) {
    let folder = try publishedFolder(model)
    try CheckpointFiles.require(folder, name: model.weights, hears: true)
    // The rest can be wrong without anything missing: sizes, the tokenizer, the front end.
    let listener = try Listener(folder: folder, configuration: try ModelConfiguration(folder: folder))
    do throws(Diagnostic) { try listener.requireChat() } catch { throw Diagnostics([error]) }
  }

  /// Names what is missing of weights of which a part is on this machine; says nothing of those that are not.
  public func requireWholeWeights(_ experiment: Experiment) throws(Diagnostics) {
    guard profile == .paper else { return }
    var mistakes = Diagnostics()
    for case .weights(let model) in inputs(of: experiment) where (try? publishedFolder(model)) != nil {
      do throws(Diagnostics) { try requireWeights(model) } catch {
        for mistake in error.list { mistakes.report(mistake) }
      }
    }
    try mistakes.throwIfAnyError()
  }

  private enum Input: Hashable {
    case weights(CatalogueModel)
    case set(DataSet, ClipNeed)
  }

  /// Which clips of a set have to be there.
  private enum ClipNeed: Int { case none, some, all }

  /// In the order of the cells; a set once, with the most that any cell needs of it.
  private func inputs(of experiment: Experiment) -> [Input] {
    var inputs: [Input] = []
    func add(_ set: DataSet, _ subset: QuestionSubset, isHeard: Bool) {
      inputs.append(.set(set, subset == .all ? (isHeard ? .all : .none) : .some))
    }
    for cell in experiment.cells {
      switch cell {
      case .model(let model, _): inputs.append(.weights(model))
      case .train(let train, _): add(train.on, experiment.data.subset(train), isHeard: train.audio)
      case .evaluate(let evaluate):
        add(
          evaluate.on, experiment.data.subset(evaluate), isHeard: evaluate.audio.contains(true))
      case .weights, .note, .table, .verify: break
      }
    }
    var seen: Set<Input> = []
    return inputs.filter { input in
      if case .set(let set, let need) = input {
        let isMost = !inputs.contains { other in
          if case .set(set, let more) = other { more.rawValue > need.rawValue } else { false }
        }
        if !isMost { return false }
      }
      return seen.insert(input).inserted
    }
  }

  private func require(_ set: DataSet, _ clips: ClipNeed) throws(Diagnostics) {
    let file = try questionFile(set)
    let census = ClipCensus(file)
    guard clips != .none, !census.missing.isEmpty, clips == .all || census.present.isEmpty else { return }
    let isSome = clips == .some
    let fact =
      isSome
      ? "none of the \(census.count) clips of '\(set.name)' is there, so that no subset is left"
      : "\(census.missing.count) of the \(census.count) clips of '\(set.name)' are not there; "
        + "\(census.questionsWithout) of its \(file.questions.count) questions are about them"
    let kept = file.questions.count - census.questionsWithout
    let others =
      isSome || census.present.isEmpty
      ? "" : "; " + (set.role == .training ? Self.trainingRemedy(kept, of: file.questions.count) : Self.presentRemedy)
    throw Diagnostics([
      Diagnostic(
        fact, at: SourceMark(file: file.path),
        hint: (file.unpackCommand.map { "they stand in the file itself: \($0)" } ?? "repro data check --json names every one")
          + others, kind: .missing)
    ])
  }

  /// The questions of a set with its form and revision checked.
  private func questionFile(_ set: DataSet) throws(Diagnostics) -> QuestionFile {
    let path = try folder(set) + "/" + (try file(set))
    let file = try QuestionFile(path, form: set.form)
    if let wanted = set.revision { try file.require(wanted) }
    return file
  }

  private static let presentRemedy = "data.subset=clips_present asks only about the others"

  /// How to train on what is left of a set.
  static func trainingRemedy(_ kept: Int, of total: Int) -> String {
    "--set data.training_subset=clips_usable trains on the other \(kept), "
      + (2 * kept >= total
        ? "and its rows stay comparable, with a note of the count" : "less than half: its rows are not comparable")
  }

  /// The questions of a set that a rule keeps; nil where that is all of them.
  func keptQuestions(_ set: DataSet, _ rule: QuestionSubset) throws(Diagnostics) -> KeptQuestions? {
    guard profile == .paper, rule != .all else { return nil }
    let questions = try questions(set)
    let missing = Set(ClipCensus(questions, in: DataFolder(try folder(set))).missing.map { ExactText($0) })
    var reasons = Dictionary(uniqueKeysWithValues: missing.map { ($0, "its clip is not there") })
    if rule == .clips_usable {
      let there = Set(questions.compactMap { $0.audioPath.map { ExactText($0) } }).subtracting(missing).map(\.text)
      for (name, fault) in try faults(ofClips: there, in: folder(set)) { reasons[ExactText(name)] = fault.fact }
    }
    let leftOut = questions.compactMap { question in
      question.audioPath.flatMap { clip in
        reasons[ExactText(clip)].map { KeptQuestions.LeftOut(id: question.id, clip: clip, reason: $0) }
      }
    }
    guard !leftOut.isEmpty else { return nil }
    let gone = Set(leftOut.map { ExactText($0.id) })
    return KeptQuestions(rule: rule, ids: questions.map(\.id).filter { !gone.contains(ExactText($0)) }, leftOut: leftOut)
  }
}
