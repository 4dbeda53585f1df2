// Everything a run at the paper's scale lacks, said at once and before the first hour of work.
internal import ContentHash
public import Diagnostics
internal import Evaluation
internal import JSONText
internal import MicroWorld
internal import Models
internal import Questions
internal import SafeTensors

extension DataSources {
  /// Looks for the weights, question files and clips of an experiment's cells. The other profiles make their own.
  /// - Throws: every input that is missing or faulty, each once; a set whose clips nothing hears needs none.
  func require(_ experiment: Experiment) throws(Diagnostics) {
    guard profile == .paper else { return }
    var mistakes = Diagnostics()
    for need in inputs(of: experiment) {
      do throws(Diagnostics) {
        switch need {
        case .weights(let model): try requireWeights(model)
        case .set(let set, let clips): try require(set, clips)
        }
      } catch { for mistake in error.list where !mistakes.list.contains(mistake) { mistakes.report(mistake) } }
    }
    try mistakes.throwIfAnyError()
  }

  /// Looks for the weights of a published model, and for what a download that did not end left out of them.
  private func requireWeights(_ model: ModelName) throws(Diagnostics) {
    let folder = try publishedFolder(model)
    try CheckpointFiles.require(folder, name: model.repository, hears: true)
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
    case weights(ModelName)
    case set(MicroSet, ClipNeed)
  }

  /// Which clips of a set have to be there.
  private enum ClipNeed: Int { case none, some, all }

  /// In the order of the cells; a set once, with the most that any cell needs of it.
  private func inputs(of experiment: Experiment) -> [Input] {
    var inputs: [Input] = []
    func add(_ set: MicroSet, _ subset: QuestionSubset?, isHeard: Bool) {
      let isWhole = (subset ?? experiment.data.subset) == .all
      inputs.append(.set(set, isWhole ? (isHeard ? .all : .none) : .some))
    }
    for cell in experiment.cells {
      switch cell {
      case .model(let model, _): inputs.append(.weights(model))
      case .train(let train, _): add(MicroSet(train.on), train.subset, isHeard: train.audio)
      case .evaluate(let evaluate): add(MicroSet(evaluate.on), evaluate.subset, isHeard: evaluate.audio.contains(true))
      case .note, .table, .verify: break
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

  private func require(_ set: MicroSet, _ clips: ClipNeed) throws(Diagnostics) {
    let file = try questionFile(set)
    let census = ClipCensus(file)
    guard clips != .none, !census.missing.isEmpty, clips == .all || census.present.isEmpty else { return }
    let isSome = clips == .some
    let fact =
      isSome
      ? "none of the \(census.count) clips of '\(set.rawValue)' is there, so that no subset is left"
      : "\(census.missing.count) of the \(census.count) clips of '\(set.rawValue)' are not there; "
        + "\(census.questionsWithout) of its \(file.questions.count) questions are about them"
    let others = isSome || census.present.isEmpty ? "" : "; data.subset=clips_present asks only about the others"
    throw Diagnostics([
      Diagnostic(
        fact, at: SourceMark(file: file.path), hint: "repro data check --json names every one" + others, kind: .missing)
    ])
  }

  /// The questions of a set with its form and revision checked.
  private func questionFile(_ set: MicroSet) throws(Diagnostics) -> QuestionFile {
    let path = try folder(set) + "/" + file(set)
    let file = try QuestionFile(path, form: set.form)
    if set.form == .mmau { try file.require(set.revises == nil ? .original : .revised) }
    return file
  }

  /// The questions of a set whose clips are here; nil where that is all of them.
  func presentQuestions(_ set: MicroSet) throws(Diagnostics) -> KeptQuestions? {
    guard profile == .paper else { return nil }
    let file = try questionFile(set)
    let missing = Set(ClipCensus(file).missing.map { ExactText($0) })
    let kept = file.questions.filter { !($0.audioPath.map { missing.contains(ExactText($0)) } ?? false) }.map(\.id)
    return kept.count == file.questions.count ? nil : KeptQuestions(ids: kept, of: file.questions.count)
  }
}

/// A declared subset of a set's questions.
struct KeptQuestions: Sendable, Hashable {
  var ids: [String]
  /// How many the whole set has.
  var total: Int

  init(ids: [String], of total: Int) {
    self.ids = ids
    self.total = total
  }

  func keep(_ questions: [AudioQuestion]) -> [AudioQuestion] {
    let kept = Set(ids.map { ExactText($0) })
    return questions.filter { kept.contains(ExactText($0.id)) }
  }

  /// What goes into keys and provenance.
  var json: JSONValue {
    .object([
      "rule": .string(QuestionSubset.clips_present.rawValue), "questions": .integer(ids.count), "of": .integer(total),
      "ids": .string(Digest(of: ids.joined(separator: "\n")).hexadecimal),
    ])
  }

  /// What marks a score.
  func mark(_ set: String) -> JSONValue {
    .object(["set": .string(set), "n": .integer(ids.count), "of": .integer(total)])
  }
}
