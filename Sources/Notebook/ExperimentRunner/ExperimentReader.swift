// From an experiment file to an experiment under a profile: all mistakes at once, each with its place.
public import Diagnostics
internal import Evaluation
internal import Foundation
internal import GRPO
internal import Questions
internal import TensorCore
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

  public static func read(
    _ bytes: [UInt8], file: String, profile: Profile?, overrides: [Override] = [], neededBy: [String] = []
  ) throws(Diagnostics) -> Experiment {
    guard let root = try YAMLNode.parse(bytes, file: file) else {
      throw Diagnostics([Diagnostic("the file is empty", at: SourceMark(file: file))])
    }
    let mistakes = MistakeList()
    let profile = ExperimentBuilder.profile(of: root, given: profile, mistakes)
    let name = ((file as NSString).lastPathComponent as NSString).deletingPathExtension
    var needs = ExperimentNeeds(file: file, profile: profile, overrides: overrides, neededBy: neededBy)
    var builder = ExperimentBuilder(Experiment(name: name, profile: profile), mistakes)
    builder.read(root, &needs)
    builder.apply(overrides)
    needs.compare(with: builder.experiment, mistakes)
    try mistakes.list.throwIfAnyError()
    return builder.experiment
  }
}

struct ExperimentBuilder {
  var experiment: Experiment
  var mistakes: MistakeList

  init(_ experiment: Experiment, _ mistakes: MistakeList) {
    self.experiment = experiment
    self.mistakes = mistakes
  }

  /// The profile of a run: the command line's, the file's, or micro. The two may not contradict each other.
  static func profile(of root: YAMLNode, given: Profile?, _ mistakes: MistakeList) -> Profile {
    guard let node = root.mapping?.first(where: { $0.key == "profile" })?.value,
      var reader = NodeReader(root, path: "", mistakes)
    else { return given ?? .micro }
    guard let stated = reader.choice("profile", Profile.self, "a profile") else { return given ?? .micro }
    if let given, given != stated {
      mistakes.report(
        "the file is run under the \(stated.rawValue) profile; \(given.rawValue) was asked for", at: node.mark,
        path: "profile", hint: "leave out --profile \(given.rawValue), or take this line out of the file")
    }
    return stated
  }

  mutating func read(_ root: YAMLNode, _ needs: inout ExperimentNeeds) {
    guard var reader = NodeReader(root, path: "", mistakes) else { return }
    _ = reader.node("profile")
    reader.require("title")
    reader.require("cells")
    experiment.title = reader.text("title") ?? ""
    if let node = reader.node("reproduces"), var part = NodeReader(node, path: "reproduces", mistakes) {
      experiment.paperMark = part.node("paper")?.mark
      experiment.paper = part.text("paper")
      experiment.table = table(&part, "table")
      part.finish()
    }
    if let node = reader.node("profiles"), var profiles = NodeReader(node, path: "profiles", mistakes) {
      // Every profile is checked, one is applied.
      let before = experiment
      for profile in Profile.allCases {
        guard let overlay = profiles.node(profile.rawValue) else { continue }
        if profile == experiment.profile { continue }
        settings(overlay, path: "profiles." + profile.rawValue, origin: .profile(profile))
        experiment = before
      }
      base(&reader)
      if let overlay = profiles.node(experiment.profile.rawValue) {
        let path = "profiles." + experiment.profile.rawValue
        settings(overlay, path: path, origin: .profile(experiment.profile))
      }
      profiles.finish()
    } else {
      base(&reader)
    }
    for node in reader.list("needs") ?? [] { needs.read(node, mistakes) }
    experiment.cells = needs.cells
    if let node = reader.node("cells") { cells(node, needs.cells.compactMap(\.modelName)) }
    // A file that is needed itself hands all of it on.
    if needs.neededBy.isEmpty { leaveOutUnused(needs.cells) }
    reader.finish()
  }

  private mutating func base(_ reader: inout NodeReader) { sections(&reader, path: "", origin: .file) }

  mutating func settings(_ node: YAMLNode, path: String, origin: Origin) {
    guard var reader = NodeReader(node, path: path, mistakes) else { return }
    sections(&reader, path: path.isEmpty ? "" : path + ".", origin: origin)
    reader.finish()
  }

  private mutating func sections(_ reader: inout NodeReader, path: String, origin: Origin) {
    if let nodes = reader.list("seeds") {
      var seeds: [Int] = []
      for node in nodes {
        if let seed = node.integer, seed >= 0 { seeds.append(seed) } else {
          mistakes.report("\(node.kindName) where a seed from 0 is expected", at: node.mark, path: path + "seeds")
        }
      }
      if Set(seeds).count != seeds.count {
        mistakes.report("a seed stands twice", at: reader.mark(of: "seeds"), path: path + "seeds")
      }
      experiment.seeds = seeds
      experiment.origins["seeds"] = origin
    }
    if let node = reader.node("grpo"), var part = NodeReader(node, path: path + "grpo", mistakes) {
      grpo(&part, origin)
      part.finish()
    }
    if let node = reader.node("evaluation"), var part = NodeReader(node, path: path + "evaluation", mistakes) {
      set(part.integer("max_new_tokens", in: 1...4096), \.evaluation.maxNewTokens, "evaluation.max_new_tokens", origin)
      set(part.choice("scorer", AnswerScorer.self, "a scorer"), \.evaluation.scorer, "evaluation.scorer", origin)
      part.finish()
    }
    if let node = reader.node("data"), var part = NodeReader(node, path: path + "data", mistakes) {
      set(part.choice("subset", QuestionSubset.self, "a subset"), \.data.subset, "data.subset", origin)
      set(
        part.choice("training_subset", QuestionSubset.self, "a subset"), \.data.trainingSubset, "data.training_subset",
        origin)
      part.finish()
    }
    if let node = reader.node("prompt"), var part = NodeReader(node, path: path + "prompt", mistakes) {
      if let text = part.text("template") {
        for mark in ["{question}", "{choices}"] where !text.contains(mark) {
          mistakes.report("'\(mark)' is missing from the template", at: part.mark(of: "template"), path: path + "prompt.template")
        }
        set(text, \.prompt.template, "prompt.template", origin)
      }
      set(part.choice("choices", ChoiceStyle.self, "a style of choices"), \.prompt.choices, "prompt.choices", origin)
      set(part.boolean("audio_for_video"), \.prompt.audioForVideo, "prompt.audio_for_video", origin)
      if let system = part.text("system") { set(system, \.prompt.system, "prompt.system", origin) }
      part.finish()
    }
  }

  private mutating func set<T>(
    _ value: T?, _ target: WritableKeyPath<Experiment, T>, _ path: String, _ origin: Origin
  ) {
    guard let value else { return }
    experiment[keyPath: target] = value
    experiment.origins[path] = origin
  }

  private mutating func set<T>(
    _ value: T?, _ target: WritableKeyPath<Experiment, T?>, _ path: String, _ origin: Origin
  ) {
    guard let value else { return }
    experiment[keyPath: target] = value
    experiment.origins[path] = origin
  }

  private mutating func grpo(_ r: inout NodeReader, _ o: Origin) {
    set(r.integer("group_size", in: 2...1024), \.training.groupSize, "grpo.group_size", o)
    set(r.number("temperature", in: 0...100, excludesLower: true), \.training.temperature, "grpo.temperature", o)
    set(r.number("kl_coefficient", in: 0...1000), \.training.klCoefficient, "grpo.kl_coefficient", o)
    set(r.number("learning_rate", in: 0...1, excludesLower: true), \.training.learningRate, "grpo.learning_rate", o)
    set(r.integer("steps", in: 1...1_000_000), \.training.steps, "grpo.steps", o)
    if let node = r.node("steps_on"), var part = NodeReader(node, path: r.path + ".steps_on", mistakes) {
      var steps = experiment.training.stepsOn
      for name in TrainingSetName.allCases {
        if let value = part.integer(name.rawValue, in: 1...1_000_000) { steps[name] = value }
      }
      part.finish()
      set(steps, \.training.stepsOn, "grpo.steps_on", o)
    }
    set(r.integer("questions_per_step", in: 1...4096), \.training.questionsPerStep, "grpo.questions_per_step", o)
    set(r.integer("top_k", in: 0...1_000_000), \.training.topK, "grpo.top_k", o)
    set(r.number("top_p", in: 0...1, excludesLower: true), \.training.topP, "grpo.top_p", o)
    set(r.number("clip_range", in: 0...1, excludesLower: true), \.training.clipRange, "grpo.clip_range", o)
    set(
      r.integer("max_completion_length", in: 1...8192), \.training.maxCompletionLength, "grpo.max_completion_length", o)
    set(r.choice("loss", LossNormalisation.self, "a loss"), \.training.loss, "grpo.loss", o)
    set(
      r.number("log_probability_temperature", in: 0...100, excludesLower: true),
      \.training.logProbabilityTemperature, "grpo.log_probability_temperature", o)
    set(
      r.choice("advantage", AdvantageScaling.self, "a scaling of advantages"), \.training.advantage, "grpo.advantage", o)
    set(r.integer("iterations_per_rollout", in: 1...100), \.training.iterationsPerRollout, "grpo.iterations_per_rollout", o)
    set(
      r.integer("gradient_accumulation", in: 1...4096), \.training.gradientAccumulation, "grpo.gradient_accumulation", o)
    set(r.number("max_gradient_norm", in: 0...1e9), \.training.maxGradientNorm, "grpo.max_gradient_norm", o)
    set(r.number("weight_decay", in: 0...1), \.training.weightDecay, "grpo.weight_decay", o)
    set(r.integer("warm_up_steps", in: 0...1_000_000), \.training.warmUpSteps, "grpo.warm_up_steps", o)
    set(reward(&r), \.training.reward, "grpo.reward", o)
    set(r.choice("moments", ElementType.self, "a form of numbers"), \.training.moments, "grpo.moments", o)
    set(r.boolean("freeze_audio_tower"), \.training.freezeAudioTower, "grpo.freeze_audio_tower", o)
  }

  /// `contains`, or weights by rule: `{contains: 1, exact: 0.5}`.
  private func reward(_ r: inout NodeReader) -> RewardRule? {
    guard let node = r.node("reward") else { return nil }
    guard node.mapping != nil else {
      return r.choice(node, "reward", AnswerScorer.self, "a reward").map { RewardRule($0) }
    }
    guard var weights = NodeReader(node, path: r.path + ".reward", mistakes) else { return nil }
    let parts = AnswerScorer.allCases.compactMap { scorer in
      weights.number(scorer.rawValue, in: 0...1000, excludesLower: true).map { RewardRule.Part(scorer, weight: $0) }
    }
    weights.finish()
    guard !parts.isEmpty else {
      mistakes.report("no rule with a weight", at: node.mark, path: r.path + ".reward")
      return nil
    }
    return RewardRule(parts)
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
    guard var r = NodeReader(node, path: path, mistakes) else { return }
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
      if let text = r.text("note") {
        experiment.cells.append(.note(text.trimmingCharacters(in: .whitespacesAndNewlines)))
      }
    case "model":
      let model = r.choice("model", ModelName.self, "a model")
      let name = r.text("as") ?? model?.rawValue ?? ""
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
  private mutating func table(_ r: inout NodeReader, _ key: String) -> Int? {
    guard let node = r.node(key), let number = r.integer(key, in: 1...999) else { return nil }
    let path = r.path.isEmpty ? key : r.path + "." + key
    experiment.tableUses.append(TableUse(number: number, path: path, mark: node.mark))
    return number
  }

  private mutating func train(
    _ r: inout NodeReader, _ path: String, _ names: [String], _ claim: (String, SourceMark?) -> Void
  ) {
    let as_ = r.text("as")
    if as_ == nil { mistakes.report("'as' is missing: a trained model needs a name", at: r.mark, path: path) }
    if let as_ { claim(as_, r.mark(of: "as")) }
    guard let node = r.node("train"), var t = NodeReader(node, path: path + ".train", mistakes) else { return }
    for key in ["from", "on", "audio"] { t.require(key) }
    let from = t.node("from")
    let on = t.choice("on", TrainingSetName.self, "a training set")
    let audio = t.boolean("audio")
    let subset = t.choice("subset", QuestionSubset.self, "a subset")
    t.finish()
    if let from { checkName(from, names, path + ".train.from") }
    if on == .arcEasy, audio == true {
      mistakes.report("'arc-easy' has no sound", at: t.mark(of: "audio"), path: path + ".train.audio", hint: "set audio to false")
    }
    if let as_, let from = from?.text, let on, let audio {
      experiment.cells.append(.train(TrainCell(from: from, on: on, audio: audio, subset: subset), name: as_))
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

  private mutating func evaluate(_ r: inout NodeReader, _ path: String, _ names: [String]) {
    guard let node = r.node("evaluate"), var e = NodeReader(node, path: path + ".evaluate", mistakes) else { return }
    for key in ["models", "on", "audio"] { e.require(key) }
    let models = e.list("models") ?? []
    for model in models { checkName(model, names, path + ".evaluate.models") }
    let on = e.choice("on", BenchmarkName.self, "a benchmark")
    var audio: [Bool] = []
    for node in e.list("audio") ?? [] {
      if let value = node.boolean { audio.append(value) } else {
        mistakes.report("\(node.kindName) where true or false is expected", at: node.mark, path: path + ".evaluate.audio")
      }
    }
    let decoding = e.choice("decoding", AnswerDecoding.self, "a way of decoding") ?? .greedy
    let subset = e.choice("subset", QuestionSubset.self, "a subset")
    e.finish()
    if let on {
      experiment.cells.append(
        .evaluate(
          EvaluateCell(models: models.compactMap(\.text), on: on, audio: audio, decoding: decoding, subset: subset)))
    }
  }
}
