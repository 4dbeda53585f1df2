// Reading settings by their table: a file's own, those of a file it extends, a profile's, one cell's, the command line's.
package import Catalogue
internal import Diagnostics
internal import Foundation
internal import Training
internal import YAMLNodes

extension ExperimentBuilder {
  /// The settings of a file under the experiment's profile. What a file says itself goes over what it extends.
  /// - Parameter chain: the files that led here, the last being this one.
  mutating func settings(of reader: inout MappingReader, in chain: [String], origin: Origin) {
    if let node = reader.node("extends") { extend(node, chain) }
    guard let node = reader.node("profiles"), var profiles = MappingReader(node, path: "profiles", mistakes) else {
      return sections(&reader, origin: origin)
    }
    // Every profile is checked, one is applied.
    let before = self
    for profile in Profile.allCases where profile != experiment.profile {
      guard let overlay = profiles.node(profile.rawValue) else { continue }
      settings(overlay, path: "profiles." + profile.rawValue, origin: .profile(profile))
      self = before
    }
    sections(&reader, origin: origin)
    if let overlay = profiles.node(experiment.profile.rawValue) {
      let path = "profiles." + experiment.profile.rawValue
      settings(overlay, path: path, origin: .profile(experiment.profile))
    }
    profiles.finish()
  }

  /// A mapping that has nothing but settings.
  mutating func settings(_ node: YAMLNode, path: String, origin: Origin) {
    guard var reader = MappingReader(node, path: path, mistakes) else { return }
    sections(&reader, origin: origin)
    reader.finish()
  }

  private mutating func sections(_ reader: inout MappingReader, origin: Origin) {
    for entry in SettingTable.entries(in: "") { read(entry, from: &reader, as: entry.name, origin) }
    for section in SettingTable.sections {
      guard var part = reader.part(section) else { continue }
      let entries = SettingTable.entries(in: section)
      for entry in entries { read(entry, from: &part, as: entry.name, origin) }
      if section == "grpo", part.has("questions_per_step"), part.has("completions_per_step") {
        part.report("the batch is said in questions_per_step too", "completions_per_step", at: part.mark(of: "completions_per_step"))
      }
      part.finish()
    }
  }

  private mutating func read(_ entry: SettingEntry, from reader: inout MappingReader, as key: String, _ origin: Origin) {
    guard entry.read(&reader, key, &experiment.values) else { return }
    experiment.origins[entry.path] = origin
    marks[entry.path] = reader.mark(of: key)
    // One of two ways to say a batch replaces the other.
    for other in SettingTable.entries(in: entry.section) where other.isDerived(experiment.values) != nil {
      experiment.origins[other.path] = nil
    }
  }

  /// `extends: FILE`: the settings and profiles of another file, which has nothing else.
  private mutating func extend(_ node: YAMLNode, _ chain: [String]) {
    let path = "extends"
    guard let name = node.text, name.hasSuffix(".yaml"), !name.hasPrefix("/"),
      !name.split(separator: "/", omittingEmptySubsequences: false).contains(where: { $0 == ".." || $0.isEmpty })
    else {
      return mistakes.report(
        "an extended file is named from this file's folder, such as shared/settings.yaml", at: node.mark, path: path)
    }
    let folder = ((chain.last ?? "") as NSString).deletingLastPathComponent
    let file = folder.isEmpty ? name : folder + "/" + name
    guard !chain.contains(file), chain.count < 16 else {
      let names = (chain + [file]).map { ($0 as NSString).lastPathComponent }
      return mistakes.report("extends itself: " + names.joined(separator: " extends "), at: node.mark, path: path)
    }
    guard let data = FileManager.default.contents(atPath: file) else {
      return mistakes.report("there is no file \(file)", at: node.mark, path: path)
    }
    do throws(Diagnostics) {
      guard let root = try YAMLNode.parse(Array(data), file: file), var reader = MappingReader(root, path: "", mistakes)
      else { return mistakes.report("\(file) is empty", at: node.mark, path: path) }
      settings(of: &reader, in: chain + [file], origin: .extended(name))
      reader.finish()
    } catch { for mistake in error.list { mistakes.report(mistake) } }
  }

  /// `set:` of a cell: keys of its own section (`grpo`, `sft` or `evaluation`), or dotted paths of `prompt`.
  func ownSettings(_ cell: inout MappingReader, section: String) -> OwnSettings? {
    guard var reader = cell.part("set") else { return nil }
    // Read over the experiment's own, so that what is set shows as what differs.
    var own = OwnSettings(paths: [], values: SettingValues())
    for entry in SettingTable.entries(in: section) + SettingTable.entries(in: "prompt") {
      let key = entry.section == section ? entry.name : entry.path
      if entry.read(&reader, key, &own.values) { own.paths.append(entry.path) }
    }
    if reader.has("questions_per_step"), reader.has("completions_per_step") {
      reader.report("the batch is said in questions_per_step too", "completions_per_step", at: reader.mark(of: "completions_per_step"))
    }
    let whole = experiment.values.taking(own)
    if section == "grpo" { checkBatch(whole.training, reader.mark(of: "completions_per_step") ?? reader.mark, path: reader.path) }
    reader.finish()
    return own.paths.isEmpty ? nil : own
  }

  /// A batch of completions is of whole questions.
  func checkBatch(_ training: TrainingSettings, _ mark: SourceMark?, path: String) {
    guard case .completions(let count) = training.batch, count % training.groupSize != 0 else { return }
    mistakes.report(
      "\(count) completions are no whole number of questions with \(training.groupSize) completions each", at: mark,
      path: path, hint: "a multiple of grpo.group_size, or set grpo.questions_per_step")
  }

  /// Puts settings back that nothing in the experiment depends on: they make no new version of its results.
  mutating func forgetWithoutEffect() {
    experiment.given = GivenSettings(values: experiment.values, origins: experiment.origins)
    for entry in SettingTable.entries where !experiment.hasEffect(entry) {
      if experiment.origins[entry.path] == .commandLine { experiment.withoutEffect.append(entry.path) }
      // Of two that say the same, the one that has the default's word says it for both.
      let standard = experiment.standard.values
      if entry.isDerived(standard) == nil { entry.copy(standard, &experiment.values) }
      experiment.origins[entry.path] = nil
    }
    // Of values by training set or by model, those stay whose set or model is there.
    let trained = experiment.cells.compactMap { cell -> String? in
      if case .train(let cell, _) = cell, cell.method == .grpo { cell.on.name } else { nil }
    }
    experiment.training.stepsOn = experiment.training.stepsOn.filter { trained.contains($0.key) }
    let models = experiment.cells.compactMap(\.model?.name)
    experiment.prompt.systemOf = experiment.prompt.systemOf.filter { models.contains($0.key) }
  }
}

extension SettingValues {
  /// With a cell's own settings in their places. Steps of its own are its set's steps too.
  package func taking(_ own: OwnSettings?) -> SettingValues {
    guard let own else { return self }
    var values = self
    if own.paths.contains("grpo.steps") { values.training.stepsOn = [:] }
    for entry in SettingTable.entries where own.paths.contains(entry.path) { entry.copy(own.values, &values) }
    return values
  }
}

extension Experiment {
  /// What reinforcement is made with: a cell's own settings over the experiment's, steps on its set.
  public func trainingSettings(of cell: TrainCell) -> TrainingSettings { values.taking(cell.own).training.on(cell.on) }

  /// All settings of a fine-tuning of a model.
  package func values(of cell: TrainCell, from model: CatalogueModel) -> SettingValues {
    var values = values.taking(cell.own)
    values.training = values.training.on(cell.on)
    values.prompt = values.prompt.asking(model, cell.on, in: profile)
    return values
  }

  /// All settings of asking a model the questions of a benchmark.
  package func values(on benchmark: DataSet, _ own: OwnSettings?, for model: CatalogueModel) -> SettingValues {
    var values = values.taking(own)
    values.prompt = values.prompt.asking(model, benchmark, in: profile)
    return values
  }

  /// Whether anything is trained; without it the seeds name nothing.
  public var trains: Bool { cells.contains { if case .train = $0 { true } else { false } } }

  /// Whether a cell depends on a setting of the experiment.
  func hasEffect(_ entry: SettingEntry) -> Bool {
    cells.contains { cell in
      switch cell {
      case .train(let train, _):
        !entry.isReplaced(by: train.own)
          && entry.reach.includes(.training(train), values.taking(train.own))
      case .evaluate(let evaluate):
        !entry.isReplaced(by: evaluate.own)
          && evaluate.audio.contains { hasAudio in
            entry.reach.includes(
              .evaluation(decoding: evaluate.decoding, hasAudio: hasAudio), values.taking(evaluate.own))
          }
      case .note, .model, .weights, .table, .verify: false
      }
    }
  }
}
