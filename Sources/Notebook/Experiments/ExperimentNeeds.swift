// `needs`: other experiment files whose models this one goes on with.
internal import Catalogue
internal import Diagnostics
internal import Foundation
internal import YAMLNodes

/// The models of needed files. A file is read under the same profile and overrides; of its cells only the models and
/// their fine-tunings are taken over, and the settings that those depend on have to be the same.
struct ExperimentNeeds {
  let file: String
  let profile: Profile
  let overrides: [Override]
  /// The files that led here, this one left out.
  let neededBy: [String]
  private(set) var cells: [Cell] = []
  private var experiments: [(experiment: Experiment, name: String, mark: SourceMark)] = []

  init(file: String, profile: Profile, overrides: [Override], neededBy: [String]) {
    self.file = file
    self.profile = profile
    self.overrides = overrides
    self.neededBy = neededBy
  }

  mutating func read(_ node: YAMLNode, _ mistakes: MistakeCollector) {
    guard let name = node.text, !name.isEmpty, !name.contains("/"), name.hasSuffix(".yaml") else {
      mistakes.report(
        "a needed file is the name of a file beside this one, such as avqa.yaml", at: node.mark, path: "needs")
      return
    }
    let folder = (file as NSString).deletingLastPathComponent
    let path = folder.isEmpty ? name : folder + "/" + name
    let chain = neededBy + [file]
    guard !chain.contains(path), chain.count < 16 else {
      let names = (chain + [path]).map { ($0 as NSString).lastPathComponent }
      mistakes.report("needs itself: " + names.joined(separator: " needs "), at: node.mark, path: "needs")
      return
    }
    do throws(Diagnostics) {
      let needed = try Experiment.read(path: path, profile: profile, overrides: overrides, neededBy: chain)
      experiments.append((needed, name, node.mark))
      for cell in needed.cells where cell.modelName != nil && !cells.contains(cell) {
        if cells.contains(where: { $0.modelName == cell.modelName }) {
          mistakes.report(
            "'\(name)' and another needed file have different cells named '\(cell.modelName ?? "")'", at: node.mark,
            path: "needs")
        } else {
          cells.append(cell)
        }
      }
    } catch { for mistake in error.list { mistakes.report(mistake) } }
  }

  /// Reports settings of needed files that differ from the file's own, of those that a model taken over depends on.
  func compare(with experiment: Experiment, _ mistakes: MistakeCollector) {
    for (needed, name, mark) in experiments {
      let trained = needed.cells.compactMap { if case .train(let cell, _) = $0 { cell } else { nil } }
      func report(_ path: String, _ theirs: String, _ ours: String) {
        mistakes.report(
          "'\(name)' has \(path) \(theirs), this file \(ours)", at: mark, path: "needs",
          hint: "a needed file has the same settings")
      }
      for entry in SettingTable.entries where entry.section != "data" && !entry.isSame(needed.values, experiment.values) {
        let isUsed = trained.contains { entry.reach.includes(.training($0), needed.values) }
        guard isUsed, entry.isDerived(needed.values) == nil || entry.isDerived(experiment.values) == nil else { continue }
        report(entry.path, entry.words(needed.values), entry.words(experiment.values))
      }
      let subsets = trained.map { (needed.data.subset($0), experiment.data.subset($0)) }
      if let (theirs, ours) = subsets.first(where: { $0 != $1 }) {
        report("data.training_subset", theirs.rawValue, ours.rawValue)
      }
    }
  }
}

extension ExperimentBuilder {
  /// Models of needed files that no cell here asks or trains are not made.
  mutating func leaveOutUnused(_ needed: [Cell]) {
    guard !needed.isEmpty else { return }
    var used: Set<String> = []
    for cell in experiment.cells.reversed() {
      switch cell {
      case .evaluate(let evaluate): used.formUnion(evaluate.models)
      // What a fine-tuning begins with is used if the fine-tuning is; those of this file are always made.
      case .train(let train, let name) where used.contains(name) || !needed.contains(cell): used.insert(train.from)
      case .train, .model, .weights, .note, .table, .verify: break
      }
    }
    experiment.cells.removeAll { cell in needed.contains(cell) && !used.contains(cell.modelName ?? "") }
  }
}

extension Cell {
  /// The published model that a cell brings in, as it is or as weights made elsewhere.
  var model: CatalogueModel? {
    switch self {
    case .model(let model, _): model
    case .weights(let weights, _): weights.model
    default: nil
    }
  }

  /// The name of the model a cell makes; nil if it makes none.
  var modelName: String? {
    switch self {
    case .model(_, let name), .weights(_, let name), .train(_, let name): name
    default: nil
    }
  }
}
