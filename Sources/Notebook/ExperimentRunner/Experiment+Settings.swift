// Every setting of an experiment with where its value comes from: what `repro plan` shows and `repro diff` compares.
internal import Evaluation
internal import JSONText
internal import Questions
internal import TensorCore

/// One value of an experiment.
public struct Setting: Sendable, Hashable {
  /// Dotted path, as in the file.
  public var path: String
  public var value: String
  public var origin: String
  /// Whether the paper states what it should be.
  public var isStated = false
}

extension Experiment {
  /// In the order of the resolved file.
  public var settings: [Setting] {
    var list: [Setting] = []
    func add(_ path: String, _ value: String, _ standard: Origin) {
      let origin = (origins[path] ?? standard).text
      list.append(Setting(path: path, value: value, origin: origin, isStated: standard.isStated))
    }
    add("seeds", seeds.map(String.init).joined(separator: ", "), .assumed("the public trainer's seed"))
    let training = training.json
    for (key, origin) in TrainingSettings.origins {
      add("grpo." + key, words(training[key]), origin)
      guard key == "steps", !statedStepsOn.isEmpty else { continue }
      let parts = TrainingSetName.allCases.compactMap { set in
        statedStepsOn[set].map { "\(set.rawValue): \($0)" }
      }
      add("grpo.steps_on", parts.joined(separator: ", "), origin)
    }
    add("grpo.moments", self.training.moments.rawValue, .assumed("the optimiser's default"))
    add("evaluation.max_new_tokens", "\(evaluation.maxNewTokens)", .assumed("answers are short"))
    add("evaluation.scorer", evaluation.scorer.rawValue, .paper("section IV-B, string match"))
    add("prompt.template", JSONValue.string(prompt.template).canonicalText, .paper("section III-A"))
    add("prompt.choices", prompt.choices.rawValue, .assumed("the public trainer's form"))
    add("prompt.audio_for_video", "\(prompt.audioForVideo)", audioForVideoOrigin)
    add("data.subset", data.subset.rawValue, .paper("all questions of a set"))
    if let subset = data.trainingSubset { add("data.training_subset", subset.rawValue, .file) }
    if let system = prompt.system { add("prompt.system", JSONValue.string(system).canonicalText, .file) }
    return list
  }

  var audioForVideoOrigin: Origin {
    .assumed("the public trainer's rule" + (profile == .paper ? ", for AVQA's training questions alone" : ""))
  }

  private func words(_ json: JSONValue?) -> String {
    switch json {
    case .string(let text): text
    case .object(let object): object.pairs.map { "\($0.key): \($0.value.canonicalText)" }.joined(separator: ", ")
    case .some(let value): value.canonicalText
    case nil: "null"
    }
  }
}
