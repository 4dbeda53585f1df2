// Fine-tuning on the answers of a set: -log p of every token of the answer and of its end.
internal import Diagnostics
internal import Estimates
internal import Evaluation
internal import Experiments
internal import Foundation
internal import JSONText
internal import Models
internal import Optimizers
internal import Questions
internal import TensorCore
internal import Training

final class Supervision: FineTuning {
  private let trainer: SupervisedTrainer
  private let listener: Listener
  private let target: String

  init(_ start: FineTuningStart) throws {
    let settings = start.values.supervised
    listener = start.listener
    target = settings.target
    var optimizer = settings.optimizer
    optimizer.roundingSeed = UInt64(start.seed)
    trainer = SupervisedTrainer(
      model: start.policy, optimizer: optimizer,
      learningRate: LearningRate(
        peak: settings.learningRate, schedule: settings.schedule, warmUpSteps: settings.warmUpSteps,
        stepCount: settings.steps),
      maximumGradientNorm: settings.maximumGradientNorm, recomputesActivations: start.recomputes)
  }

  static func needsReference(_ values: SettingValues) -> Bool { false }
  static func freezesTower(_ values: SettingValues) -> Bool { values.supervised.freezeAudioTower }
  static let lengthSetting: String? = nil

  static func stepSize(_ values: SettingValues, _ course: TrainingCourse) -> String { "\(course.questionsPerStep)" }

  static func count(_ values: SettingValues, into work: inout TrainingWork) {
    (work.hasReference, work.decodes) = (false, false)
    work.groupSize = 1
    // An answer is as long as it is.
    work.maximumTokens = work.tokens.answer
    work.momentBytes = values.supervised.optimizer.momentType.byteCount
  }

  static func measuredOperations(isMicro: Bool, hears: Bool) -> Double {
    isMicro ? (hears ? 1.3e10 : 2.5e9) : (hears ? 7e9 : 3e9)
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
