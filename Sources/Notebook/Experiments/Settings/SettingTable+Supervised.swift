// The section `sft` of the table of settings.
internal import Optimizers
internal import TensorCore

extension SettingTable {
  static let sft: [SettingEntry] = [
    .init("sft.target", \.supervised.target, .template(["{answer}"]), .sft, .assumed(sftText), key: .always),
    .init("sft.learning_rate", \.supervised.learningRate, .number(0...1, above: true), .sft, .assumed(sftRate), key: .always),
    .init("sft.steps", \.supervised.steps, .whole(1...1_000_000), .sft, .assumed("as many as of reinforcement"), key: .always),
    .init(
      "sft.questions_per_step", \.supervised.questionsPerStep, .whole(1...4096), .sft, .assumed("as many as of reinforcement"), key: .always),
    .init(
      "sft.question_order", \.supervised.questionSequence, .choice("an order of questions"),
      .sft, .assumed("shuffled once an epoch")),
    .init("sft.schedule", \.supervised.schedule, .choice("a schedule"), .sft, .assumed("falls to 0 over the steps")),
    .init("sft.warm_up_steps", \.supervised.warmUpSteps, .whole(0...1_000_000), .sft, .assumed("none")),
    .init(
      "sft.max_gradient_norm", \.supervised.maximumGradientNorm, .number(0...1e9), .sft, .assumed(usual), key: .always),
    .init("sft.weight_decay", \.supervised.optimizer.weightDecay, .number(0...1), .sft, .assumed(usual), key: .always),
    .init(
      "sft.decays_vectors", \.supervised.optimizer.decaysVectors, .boolean,
      .sft, .assumed("biases and norm weights do not decay in the usual trainers")),
    .init("sft.adam_beta1", \.supervised.optimizer.beta1, .number(0...0.999_999), .sft, .assumed(usual)),
    .init("sft.adam_beta2", \.supervised.optimizer.beta2, .number(0...0.999_999), .sft, .assumed(usual)),
    .init("sft.adam_epsilon", \.supervised.optimizer.epsilon, .number(0...1, above: true), .sft, .assumed(usual)),
    .init("sft.moments", \.supervised.optimizer.momentType, .choice("a form of numbers"), .sft, .assumed(usual)),
    .init(
      "sft.freeze_audio_tower", \.supervised.freezeAudioTower, .boolean,
      .sft, .assumed("all of a model's weights are trained"), key: .always),
  ]

  private static let usual = "the usual trainers' default"
  private static let sftText = "the answer alone, as its choice has it"
  private static let sftRate = "a usual rate for all weights of such a model"
}
