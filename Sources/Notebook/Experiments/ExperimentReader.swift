// From an experiment file to an experiment under a profile: all mistakes at once, each with its place.
internal import Catalogue
public import Diagnostics
internal import Evaluation
internal import Foundation
internal import Records
internal import YAMLNodes

extension Experiment {
  /// Reads a file. A bare name is looked up in `Experiments/` by the caller.
  /// - Parameter profile: nil takes the file's own, or micro where it names none.
  public static func read(
    path: String, profile: Profile?, overrides: [Override] = []
  ) throws(Diagnostics) -> Experiment {
    try read(path: path, profile: profile, overrides: overrides, neededBy: [])
  }

  static func read(
    path: String, profile: Profile?, overrides: [Override], neededBy: [String]
  ) throws(Diagnostics) -> Experiment {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Diagnostics([Diagnostic("there is no such file", at: SourceMark(file: path))])
    }
    return try read(Array(data), file: path, profile: profile, overrides: overrides, neededBy: neededBy)
  }

  /// Reads an experiment file. Throws every mistake in it, each with its line.
  public static func read(
    _ bytes: [UInt8], file: String, profile: Profile?, overrides: [Override] = [], neededBy: [String] = []
  ) throws(Diagnostics) -> Experiment {
    guard let root = try YAMLNode.parse(bytes, file: file) else {
      throw Diagnostics([Diagnostic("the file is empty", at: SourceMark(file: file))])
    }
    let catalogue = try Catalogue.standard()
    let mistakes = MistakeCollector()
    let profile = ExperimentBuilder.profile(of: root, given: profile, mistakes)
    let name = ((file as NSString).lastPathComponent as NSString).deletingPathExtension
    var needs = ExperimentNeeds(file: file, profile: profile, overrides: overrides, neededBy: neededBy)
    var builder = ExperimentBuilder(Experiment(name: name, profile: profile), catalogue, mistakes)
    builder.read(root, &needs, overrides)
    needs.compare(with: builder.experiment, mistakes)
    try mistakes.found.throwIfAnyError()
    // A file that is needed by another hands all of it on.
    if neededBy.isEmpty { builder.forgetWithoutEffect() }
    return builder.experiment
  }
}

struct ExperimentBuilder {
  var experiment: Experiment
  let catalogue: Catalogue
  var mistakes: MistakeCollector
  /// Where the value of a setting stands that is not its default.
  var marks: [String: SourceMark] = [:]

  init(_ experiment: Experiment, _ catalogue: Catalogue, _ mistakes: MistakeCollector) {
    self.experiment = experiment
    self.catalogue = catalogue
    self.mistakes = mistakes
  }

  /// The profile of a run: the command line's, the file's, or micro. The two may not contradict each other.
  static func profile(of root: YAMLNode, given: Profile?, _ mistakes: MistakeCollector) -> Profile {
    guard let node = root.mapping?.first(where: { $0.key == "profile" })?.value,
      var reader = MappingReader(root, path: "", mistakes)
    else { return given ?? .micro }
    guard let stated = reader.choice("profile", Profile.self, "a profile") else { return given ?? .micro }
    if let given, given != stated {
      mistakes.report(
        "the file is run under the \(stated.rawValue) profile; \(given.rawValue) was asked for", at: node.mark,
        path: "profile", hint: "leave out --profile \(given.rawValue), or take this line out of the file")
    }
    return stated
  }

  /// Settings first, then what the command line puts in their place, then the cells, which may depend on both.
  mutating func read(_ root: YAMLNode, _ needs: inout ExperimentNeeds, _ overrides: [Override]) {
    guard var reader = MappingReader(root, path: "", mistakes) else { return }
    _ = reader.node("profile")
    _ = reader.required("title")
    _ = reader.required("cells")
    experiment.title = reader.text("title", orEmpty: true) ?? ""
    if let node = reader.node("reproduces"), var part = MappingReader(node, path: "reproduces", mistakes) {
      experiment.paperMark = part.node("paper")?.mark
      experiment.paper = part.text("paper", orEmpty: true)
      experiment.table = table(&part, "table")
      part.finish()
    }
    takePaper()
    settings(of: &reader, in: [needs.file], origin: .file)
    apply(overrides)
    checkBatch(experiment.training, marks["grpo.completions_per_step"], path: "grpo.completions_per_step")
    for node in reader.oneOrMore("needs") ?? [] { needs.read(node, mistakes) }
    experiment.cells = needs.cells
    if let node = reader.node("cells") { cells(node, needs.cells.compactMap(\.modelName)) }
    // A file that is needed itself hands all of it on.
    if needs.neededBy.isEmpty { leaveOutUnused(needs.cells) }
    reader.finish()
  }

  /// What the paper sets is where the experiment begins.
  private mutating func takePaper() {
    do throws(Diagnostics) { experiment.standard = try .of(experiment.paper) } catch {
      for mistake in error.list { mistakes.report(mistake) }
    }
    experiment.values = experiment.standard.values
  }

  private mutating func cells(_ node: YAMLNode, _ needed: [String]) {
    guard let nodes = node.sequence else {
      mistakes.report("\(node.kindName) where a list of cells is expected", at: node.mark, path: "cells")
      return
    }
    if nodes.isEmpty { mistakes.report("an empty list", at: node.mark, path: "cells") }
    var names = needed
    for (index, node) in nodes.enumerated() { cell(node, path: "cells[\(index + 1)]", &names) }
  }

  private mutating func cell(_ node: YAMLNode, path: String, _ names: inout [String]) {
    guard var r = MappingReader(node, path: path, mistakes) else { return }
    defer { r.finish() }
    let kinds = ["note", "model", "train", "evaluate", "table", "verify"]
    let present = kinds.filter { r.has($0) }
    guard present.count == 1 else {
      let fact = present.isEmpty ? "no kind of cell" : "two kinds of cell: " + present.joined(separator: ", ")
      mistakes.report(fact, at: node.mark, path: path, hint: "a cell is one of " + kinds.joined(separator: ", "))
      _ = r.node("as")
      return
    }
    let mistakes = self.mistakes
    func claim(_ name: String, _ mark: SourceMark?) {
      if names.contains(name) { mistakes.report("the name '\(name)' is taken", at: mark, path: path + ".as") } else {
        names.append(name)
      }
    }
    switch present[0] {
    case "note":
      if let text = r.text("note", orEmpty: true) {
        experiment.cells.append(.note(text.trimmingCharacters(in: .whitespacesAndNewlines)))
      }
    case "model":
      let model = r.row("model", among: catalogue.models, named: \.name, "a model")
      let name = r.text("as", orEmpty: true) ?? model?.name ?? ""
      claim(name, r.mark(of: "as") ?? node.mark)
      if r.has("weights") || r.has("training") || r.has("training_audio") {
        if let weights = weights(&r, of: model, path) { experiment.cells.append(.weights(weights, name: name)) }
      } else if let model {
        experiment.cells.append(.model(model, name: name))
      }
    case "train": train(&r, path, names, claim)
    case "evaluate": evaluate(&r, path, names)
    case "table": if let table = table(&r, "table") { experiment.cells.append(.table(table)) }
    default: if let table = table(&r, "verify") { experiment.cells.append(.verify(table)) }
    }
  }

  /// The number of a table. Whether the paper has it is seen when the paper is read.
  private mutating func table(_ r: inout MappingReader, _ key: String) -> Int? {
    guard let node = r.node(key), let number = r.integer(key, in: 1...999) else { return nil }
    let path = r.path.isEmpty ? key : r.path + "." + key
    experiment.tableUses.append(TableUse(number: number, path: path, mark: node.mark))
    return number
  }

  private mutating func train(
    _ r: inout MappingReader, _ path: String, _ names: [String], _ claim: (String, SourceMark?) -> Void
  ) {
    let as_ = r.text("as", orEmpty: true)
    if as_ == nil { mistakes.report("'as' is missing: a trained model needs a name", at: r.mark, path: path) }
    if let as_ { claim(as_, r.mark(of: "as")) }
    guard let node = r.node("train"), var t = MappingReader(node, path: path + ".train", mistakes) else { return }
    for key in ["from", "on", "audio"] { _ = t.required(key) }
    let method = t.choice("with", TrainingMethod.self, "a way of training") ?? .grpo
    let own = ownSettings(&t, section: method.rawValue)
    let from = t.node("from")
    let on = t.row("on", among: catalogue.trainingSets, named: \.name, "a training set")
    let audio = t.boolean("audio")
    let subset = t.choice("subset", QuestionSubset.self, "a subset")
    t.finish()
    if let from { checkName(from, names, path + ".train.from") }
    if let on, !on.hasSound, audio == true {
      mistakes.report("'\(on.name)' has no sound", at: t.mark(of: "audio"), path: path + ".train.audio", hint: "set audio to false")
    }
    if let as_, let from = from?.text, let on, let audio {
      let cell = TrainCell(from: from, on: on, audio: audio, method: method, own: own, subset: subset)
      experiment.cells.append(.train(cell, name: as_))
    }
  }

  private func checkName(_ node: YAMLNode, _ names: [String], _ path: String) {
    guard let text = node.text else {
      mistakes.report("\(node.kindName) where a model's name is expected", at: node.mark, path: path)
      return
    }
    if !names.contains(text) {
      mistakes.report(
        "no cell above is named '\(text)'", at: node.mark, path: path, hint: suggestion(for: text, among: names))
    }
  }

  private mutating func evaluate(_ r: inout MappingReader, _ path: String, _ names: [String]) {
    guard let node = r.node("evaluate") else { return }
    guard node.mapping?.contains(where: { $0.key == "grid" }) == true else { return evaluate(node, path, names) }
    readGrid(expanded(node, path: path + ".evaluate") ?? []) { $0.evaluate($1, path, names) }
  }

  private mutating func evaluate(_ node: YAMLNode, _ path: String, _ names: [String]) {
    guard var e = MappingReader(node, path: path + ".evaluate", mistakes) else { return }
    for key in ["models", "on", "audio"] { _ = e.required(key) }
    let models = e.oneOrMore("models") ?? []
    for model in models { checkName(model, names, path + ".evaluate.models") }
    let on = e.row("on", among: catalogue.benchmarks, named: \.name, "a benchmark")
    var audio: [Bool] = []
    for node in e.oneOrMore("audio") ?? [] {
      if let value = node.boolean { audio.append(value) } else {
        mistakes.report("\(node.kindName) where true or false is expected", at: node.mark, path: path + ".evaluate.audio")
      }
    }
    let own = ownSettings(&e, section: "evaluation")
    let decoding =
      e.choice("decoding", AnswerDecoding.self, "a way of decoding")
      ?? experiment.values.taking(own).evaluation.decoding
    let subset = e.choice("subset", QuestionSubset.self, "a subset")
    let levels = levels(&e, path + ".evaluate")
    e.finish()
    if let on {
      var cell = EvaluateCell(
        models: models.compactMap(\.text), on: on, audio: audio, decoding: decoding, own: own, subset: subset)
      cell.levels = levels
      experiment.cells.append(.evaluate(cell))
    }
  }
}
