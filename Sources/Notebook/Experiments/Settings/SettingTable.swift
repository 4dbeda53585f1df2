// The one table of settings: reading, writing, `--set`, `repro plan`, keys and comparison go over it. A new setting is a
// value in `SettingValues`, or in what the engine takes, and a line here; tests hold the two to each other.
internal import AudioFeatures
internal import Evaluation
internal import Generation
package import JSONText
internal import Questions
internal import Tokenization

package enum SettingTable {
  /// In the order of the file.
  static let entries =
    top + TrainingMethod.allCases.flatMap(\.entries) + evaluation + prompt + audio + answers + precision + data
  static let defaults = SettingValues()
  static let sections =
    TrainingMethod.allCases.map(\.rawValue) + ["evaluation", "prompt", "audio", "answers", "precision", "data"]

  static func entries(in section: String) -> [SettingEntry] { bySection[section] ?? [] }
  private static let bySection = Dictionary(grouping: entries, by: \.section)

  private static let top: [SettingEntry] = [
    .init("seeds", \.seeds, .seeds, .training, key: .elsewhere)
  ]

  private static let evaluation: [SettingEntry] = [
    .init("evaluation.max_new_tokens", \.evaluation.maxNewTokens, .whole(1...4096), .evaluation, key: .always),
    .init("evaluation.scorer", \.evaluation.scorer, .choice("a scorer"), .evaluation, key: .always),
    .init("evaluation.answer_tag", \.evaluation.answerTag, .tag, .evaluation),
    .init(
      "evaluation.option_probabilities", \.evaluation.optionProbabilities, .flag,
      .evaluation, .assumed("nothing of it is scored")),
    .init(
      "evaluation.decoding", \.evaluation.decoding, .choice("a way of decoding"),
      .undecidedEvaluation, key: .elsewhere),
    .init(
      "evaluation.temperature", \.evaluation.sampling.temperature, .single(0...100, above: true),
      .sampledAnswers, key: .always),
    .init("evaluation.top_k", \.evaluation.sampling.topK, .whole(0...1_000_000), .sampledAnswers, key: .always),
    .init("evaluation.top_p", \.evaluation.sampling.topP, .single(0...1, above: true), .sampledAnswers, key: .always),
    .init(
      "evaluation.repetition_penalty", \.evaluation.sampling.repetitionPenalty, .single(0...100, above: true),
      .freeAnswers),
    .init("evaluation.seed", \.evaluation.seed, .whole(0...4_294_967_295), .sampledAnswers, key: .always),
  ]

  private static let prompt: [SettingEntry] = [
    .init("prompt.template", \.prompt.template, .template(["{question}", "{choices}"]), .everything, key: .always),
    .init("prompt.choices", \.prompt.choices, .choice("a style of choices"), .everything, key: .always),
    .init("prompt.audio_for_video", \.prompt.audioForVideo, .boolean, .everything, key: .always),
    .init(
      "prompt.system", \.prompt.system, .text(standard: ChatTemplate.defaultSystemText),
      .everything, key: .nullAtDefault),
    .init("prompt.system_of", \.prompt.systemOf, .textsByModel, .everything),
  ]

  private static let audio: [SettingEntry] = [
    .init("audio.pipeline", \.audio.pipeline, .choice("a way of listening"), .hearing),
    .init("audio.limit", \.audio.limit, .choice("a limit of clips"), .hearing),
  ]

  private static let answers: [SettingEntry] = [
    .init("answers.end_tokens", \.answers.ends, .choice("a set of end tokens"), .everything),
    .init("answers.suppressed_tokens", \.answers.suppressed, .choice("a set of suppressed tokens"), .everything),
  ]

  /// One value each but of what is kept: the program computes in no other form.
  private static let precision: [SettingEntry] = [
    .init(
      "precision.trained_weights", \.precision.trainedWeights, .choice("a form of trained weights"),
      .training, .program("the trainer of this task loads Float32 too, and computes in bfloat16")),
    .init(
      "precision.activations", \.precision.activations, .choice("a form of activations"),
      .everything, .program("the trainer of this task computes in bfloat16")),
    .init(
      "precision.gradients", \.precision.gradients, .choice("a form of gradients"),
      .training, .program("sums in Float32, in one order")),
    .init(
      "precision.checkpoint", \.precision.checkpoint, .choice("a form of numbers"),
      .training, .assumed("a fine-tuned model is asked with the weights that were trained")),
    .init(
      "precision.reference", \.precision.reference, .choice("a form of the reference's weights"),
      .training, .program("as the files have them")),
    .init(
      "precision.asked_weights", \.precision.askedWeights, .choice("a form of the weights of a model that is asked"),
      .evaluation, .program("as the files have them")),
  ]

  private static let data: [SettingEntry] = [
    .init("data.subset", \.data.subset, .choice("a subset"), .questions, key: .elsewhere),
    .init("data.training_subset", \.data.trainingSubset, .optionalSubset, .training, key: .elsewhere),
  ]

  /// What a key says of a section: settings that bear on the work and have a place in keys.
  package static func key(_ section: String, _ values: SettingValues, for use: SettingUse) -> JSONObject {
    var object = JSONObject()
    for entry in entries(in: section) where entry.reach.includes(use, values) {
      switch entry.key {
      case .always: object[entry.name] = entry.json(values) ?? .null
      case .nullAtDefault: object[entry.name] = entry.isDefault(values) ? .null : entry.json(values) ?? .null
      case .unlessDefault(let suffix):
        guard !entry.isDefault(values), let json = entry.json(values) else { continue }
        object[entry.name] = json.string.map { .string($0 + suffix) } ?? json
      case .elsewhere: continue
      }
    }
    return object
  }

  /// Sections that stand in a key only where something in them is not at its default.
  package static let addedSections = ["audio", "answers", "precision"]
}
