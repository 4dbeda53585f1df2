// Fine-tuning on the answers of a set: -log p of every token of the answer and of its end.
internal import Diagnostics
internal import Evaluation
internal import Experiments
internal import Foundation
internal import Training
internal import JSONText
internal import Models
internal import Optimizers
internal import Questions

final class Supervision: FineTuning {
  private let trainer: SupervisedTrainer
  private let listener: Listener
  private let target: String

  init(
    _ settings: SupervisedSettings, model: AudioLanguageModel, _ listener: Listener, seed: Int, recomputes: Bool
  ) {
    self.listener = listener
    target = settings.target
    var optimizer = settings.optimizer
    optimizer.roundingSeed = UInt64(seed)
    trainer = SupervisedTrainer(
      model: model, optimizer: optimizer,
      learningRate: LearningRate(
        peak: settings.learningRate, schedule: settings.schedule, warmUpSteps: settings.warmUpSteps,
        stepCount: settings.steps),
      maximumGradientNorm: settings.maximumGradientNorm, recomputesActivations: recomputes)
  }

  var optimizer: AdamW { trainer.optimizer }
  var updatesPerStep: Int { trainer.objective.updatesPerStep }
  var rateName: String { "sft.learning_rate" }

  private func answer(_ question: AudioQuestion) throws(Diagnostic) -> [Int32] {
    try listener.answerTokens(target.replacing("{answer}", with: question.answer ?? ""))
  }

  func mistake(promptTokens count: Int, of question: AudioQuestion) -> String? {
    if question.answer?.isEmpty ?? true { return "question '\(question.id)': it has no answer to be imitated" }
    let context = trainer.objective.model.configuration.decoder.maximumPositions
    guard let answer = try? answer(question), count + answer.count > context else { return nil }
    return "question '\(question.id)': its prompt takes \(count) tokens and its answer \(answer.count); "
      + "the model sees \(context)"
  }

  func step(_ index: Int, _ questions: [AudioQuestion], prompts: [PromptInput]) throws -> FineTuningStep {
    let items = try zip(questions, prompts).map { question, prompt in
      SupervisedItem(
        id: question.id, prefix: prompt, turns: [SupervisedTurn(given: [], target: try answer(question))])
    }
    let record = try trainer.step(index, items)
    return FineTuningStep(record: record.json, note: String(format: "loss %.3f", record.loss), phases: trainer.phases)
  }
}

extension SupervisedStepRecord {
  var json: JSONValue {
    .object([
      "step": .integer(step), "learning_rate": .number(learningRate), "loss": .number(loss),
      "gradient_norm": .number(gradientNorm), "target_tokens": .integer(targetTokens),
    ])
  }
}
