// Fine-tuning by GRPO.
internal import Diagnostics
internal import Estimates
internal import Evaluation
internal import Experiments
internal import Foundation
internal import Generation
internal import JSONText
internal import Models
internal import Optimizers
internal import Questions
internal import TensorCore
internal import Training

final class Reinforcement: FineTuning {
  private let trainer: GRPOTrainer
  private let listener: Listener
  private let reward: RewardRule
  private let options = OptionTally()

  init(_ start: FineTuningStart) throws {
    let (training, policy) = (start.values.training, start.policy)
    listener = start.listener
    reward = training.reward
    var settings = training.objective
    settings.limits.endTokens = try listener.endTokens()
    settings.limits.suppressedTokens = listener.suppressedTokens(
      vocabularySize: policy.configuration.decoder.vocabularySize)
    settings.recomputesActivations = start.recomputes
    let mistakes = settings.mistakes(training: policy)
    guard mistakes.isEmpty else { throw Diagnostics(mistakes.map { Diagnostic($0, path: "grpo") }) }
    trainer = GRPOTrainer(
      policy: policy, reference: start.reference, settings: settings, optimizer: training.optimizer,
      learningRate: LearningRate(
        peak: training.learningRate, schedule: training.schedule, warmUpSteps: training.warmUpSteps,
        stepCount: training.steps),
      seed: UInt64(start.seed))
  }

  static func needsReference(_ values: SettingValues) -> Bool { values.training.klCoefficient > 0 }
  static func freezesTower(_ values: SettingValues) -> Bool { values.training.freezeAudioTower }
  static let lengthSetting: String? = "max_completion_length"

  static func stepSize(_ values: SettingValues, _ course: TrainingCourse) -> String {
    let s = values.training
    return "\(s.questionsPerStep)x\(s.groupSize)x\(s.maxCompletionLength)x\(s.iterationsPerRollout)"
  }

  static func count(_ values: SettingValues, into work: inout TrainingWork) {
    let s = values.training
    work.hasReference = needsReference(values)
    work.groupSize = s.groupSize
    work.iterations = s.iterationsPerRollout
    work.maximumTokens = s.maxCompletionLength
    work.momentBytes = s.moments.byteCount
  }

  static func measuredOperations(isMicro: Bool, hears: Bool) -> Double {
    isMicro ? (hears ? 2.4e10 : 7e9) : (hears ? 1.2e10 : 5.5e9)
  }

  var optimizer: AdamW { trainer.optimizer }
  var updatesPerStep: Int { trainer.objective.updatesPerStep }
  var rateName: String { "grpo.learning_rate" }

  func mistake(promptTokens count: Int, of question: AudioQuestion) -> String? {
    trainer.objective.settings.mistake(promptTokens: count, of: question.id, for: trainer.objective.policy)
  }

  func step(_ index: Int, _ questions: [AudioQuestion], prompts: [PromptInput]) throws -> FineTuningStep {
    let asked = zip(questions, prompts).map { question, prompt in
      GRPOQuestion(id: question.id, prompt: prompt) { [listener, options, reward] tokens in
        let said = listener.text(tokens)
        options.add(question.namedOptionCount(in: said))
        return reward.reward(said, answer: question.answer ?? "", choices: question.choices)
      }
    }
    let record = try trainer.step(index, asked)
    let several = options.takeShare()
    return FineTuningStep(
      record: record.json,
      note: String(format: "reward %.2f, KL %.3f", record.rewardMean, record.kl)
        + (several > 0 ? ", \(percentText(several)) name several options" : ""),
      phases: trainer.phases, severalOptions: several)
  }
}

/// "12 %", and "0.4 %" of a share that would be rounded to none.
func percentText(_ share: Double) -> String {
  String(format: share > 0 && share < 0.01 ? "%.1f %%" : "%.0f %%", 100 * share)
}

extension GRPOStepRecord {
  var json: JSONValue {
    .object([
      "step": .integer(step), "learning_rate": .number(learningRate), "reward": .number(rewardMean),
      "reward_deviation": .number(rewardDeviation), "zero_advantage_share": .number(zeroAdvantageShare),
      "completion_length": .number(completionLengthMean), "truncated_share": .number(truncatedShare),
      "prompt_tokens": .integer(promptTokens), "completion_tokens": .integer(completionTokens),
      "loss": .number(loss), "kl": .number(kl), "entropy": .number(entropy), "ratio": .number(ratioMean),
      "clip_share": .number(clipShare), "gradient_norm": .number(gradientNorm),
    ])
  }
}
