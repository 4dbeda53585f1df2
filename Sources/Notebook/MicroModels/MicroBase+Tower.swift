// The audio tower that both bases begin with: trained once, on what is in the clips, then read.
internal import ContentHash
internal import Foundation
internal import JSONText
internal import Layers
internal import MicroWorld
internal import Models
internal import Optimizers
internal import SafeTensors
internal import TensorCore
internal import Training

extension MicroBase {
  /// Gives the model its tower. It is always trained within the base of Qwen2-Audio, so that its bytes do not depend on
  /// which base is made first.
  func prepareTower(_ beginning: Beginning) throws {
    let key = Digest(of: recipe.towerSettings.canonicalText).hexadecimal.prefix(16)
    let path = cache + "/micro-tower/\(key).safetensors"
    if (try? SafeTensorsFile(path: path)) == nil {
      try FileManager.default.createDirectory(atPath: cache + "/micro-tower", withIntermediateDirectories: true)
      let teaching = MicroRecipe.qwen2Audio(recipe.size, seed: recipe.seed)
      if recipe.architecture == teaching.architecture {
        try trainTower(beginning, path: path)
      } else {
        let scratch = cache + "/micro-tower/\(key).scratch"
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let teacher = MicroBase(
          recipe: teaching, cache: cache, backend: backend, threads: threads,
          progress: progress)
        try teacher.trainTower(try teacher.begin(at: scratch), path: path)
      }
    }
    let file = try SafeTensorsFile(path: path)
    for (index, parameter) in beginning.model.tower.parameters.enumerated() {
      backend.copy(try file.tensor("\(index)"), to: parameter.value)
    }
  }

  private func trainTower(_ beginning: Beginning, path: String) throws {
    let trainer = Trainer(
      ClipLabelObjective(model: beginning.model, classCounts: ClipContent.classCounts, seed: recipe.seed),
      learningRate: LearningRate(
        peak: 2e-3, schedule: .cosine, warmUpSteps: min(20, recipe.towerSteps), stepCount: recipe.towerSteps))
    for step in 0..<recipe.towerSteps {
      var numbers = RandomStream(seed: recipe.seed, purpose: "tower batch", step: step).sequence
      let batch = (0..<recipe.towerClips).compactMap { _ in
        let clip = numbers.element(of: beginning.clips)
        return beginning.mels[clip.id].map { LabelledClip(id: clip.id, clip: $0, classes: clip.content.classes) }
      }
      let record = try trainer.step(step, batch)
      let shares = record.right.map { "\(Int($0 * 100))" }.joined(separator: "/")
      try progress(
        WorkProgress(
          what: "tower", done: step + 1, total: recipe.towerSteps, note: "loss \(short(record.loss)), right \(shares) %"))
    }
    let parameters = beginning.model.tower.parameters
    for parameter in parameters { parameter.freeze() }
    try SafeTensorsWriter.write(parameters.enumerated().map { ("\($0.offset)", $0.element.value) }, to: path)
  }
}
