// A model cell with `weights`: a fine-tuned model that was made elsewhere.
//
//     - model: qwen2.5-omni
//       weights: OWNER/NAME@REVISION      # or a folder
//       training: avqa-gpt                # optional: the row of the paper it stands in
//       training_audio: true              # optional: false if it was trained without the sound
//       as: released-avqa-gpt
internal import Catalogue
internal import YAMLNodes

extension ExperimentBuilder {
  /// Nil, with a mistake reported, if the cell is faulty.
  func weights(_ r: inout MappingReader, of model: CatalogueModel?, _ path: String) -> ForeignWeights? {
    let place = r.text("weights", orEmpty: true)
    let training = r.row("training", among: catalogue.trainingSets, named: \.name, "a training set")
    let hasTraining = r.has("training")
    let audio = r.boolean("training_audio")
    if !r.has("weights") {
      mistakes.report(
        "'weights' is missing: what a model was trained on is said of weights made elsewhere", at: r.mark, path: path,
        hint: "name a repository or a folder, or train the model here with a 'train' cell")
    } else if place?.isEmpty == true {
      mistakes.report("an empty text", at: r.mark(of: "weights"), path: path + ".weights")
    }
    if !r.has("as") {
      mistakes.report("'as' is missing: weights made elsewhere need a name", at: r.mark, path: path)
    }
    if audio != nil, !hasTraining {
      mistakes.report("'training' is missing, which 'training_audio' is about", at: r.mark(of: "training_audio"), path: path)
    }
    if let training, !training.hasSound, audio == true {
      mistakes.report(
        "'\(training.name)' has no sound", at: r.mark(of: "training_audio"), path: path + ".training_audio",
        hint: "set training_audio to false")
    }
    guard let model, let place, !place.isEmpty else { return nil }
    return ForeignWeights(
      model: model, place: place, training: training, trainingAudio: audio ?? (training?.hasSound ?? false))
  }
}
