// The section `grpo` of the table of settings.
internal import Generation
internal import Optimizers
internal import Questions
internal import TensorCore
internal import Training

extension SettingTable {
  static let grpo: [SettingEntry] = [
    .init("grpo.group_size", \.training.objective.groupSize, .whole(2...1024), .grpo, key: .always),
    .init(
      "grpo.temperature", \.training.objective.sampling.temperature, .single(0...100, above: true), .grpo, key: .always),
    .init("grpo.kl_coefficient", \.training.objective.klCoefficient, .number(0...1000), .grpo, key: .always),
    .init("grpo.learning_rate", \.training.learningRate, .number(0...1, above: true), .grpo, key: .always),
    .init("grpo.steps", \.training.steps, .whole(1...1_000_000), .stepsOfOthers, key: .always),
    .init(
      "grpo.steps_on", \.training.stepsOn, .stepsBySet, .stepsOfOwn, key: .elsewhere, merge: { $0.merging($1) { $1 } }),
    .init(
      "grpo.questions_per_step", \.training.questionsPerStep, .whole(1...4096), .grpo, key: .always,
      isDerived: { if case .completions = $0.training.batch { "by grpo.completions_per_step" } else { nil } }),
    .init(
      "grpo.completions_per_step", \.training.completionsPerStep, .whole(2...4_194_304), .grpo, key: .elsewhere,
      isDerived: { if case .questions = $0.training.batch { "by grpo.questions_per_step" } else { nil } }),
    .init("grpo.question_order", \.training.questionSequence, .choice("an order of questions"), .grpo),
    .init("grpo.top_k", \.training.objective.sampling.topK, .whole(0...1_000_000), .grpo, key: .always),
    .init("grpo.top_p", \.training.objective.sampling.topP, .single(0...1, above: true), .grpo, key: .always),
    .init(
      "grpo.repetition_penalty", \.training.objective.sampling.repetitionPenalty, .single(0...100, above: true), .grpo),
    .init("grpo.clip_range", \.training.objective.clipRange, .number(0...1, above: true), .grpo, key: .always),
    .init(
      "grpo.max_completion_length", \.training.objective.limits.maximumTokens, .whole(1...8192), .grpo, key: .always),
    .init("grpo.min_completion_length", \.training.objective.limits.minimumTokens, .whole(0...8192), .grpo),
    .init("grpo.loss", \.training.objective.loss, .choice("a loss"), .grpo, key: .always),
    .init(
      "grpo.log_probability_temperature", \.training.objective.logProbabilityTemperature, .single(0...100, above: true),
      .grpo, key: .always),
    .init("grpo.advantage", \.training.objective.advantage, .choice("a scaling of advantages"), .grpo, key: .always),
    .init("grpo.advantage_epsilon", \.training.objective.advantageEpsilon, .number(0...1), .grpo),
    .init(
      "grpo.iterations_per_rollout", \.training.objective.iterationsPerRollout, .whole(1...100), .grpo, key: .always),
    .init(
      "grpo.gradient_accumulation", \.training.objective.gradientAccumulation, .whole(1...4096), .grpo, key: .always),
    .init("grpo.max_gradient_norm", \.training.objective.maximumGradientNorm, .number(0...1e9), .grpo, key: .always),
    .init("grpo.weight_decay", \.training.optimizer.weightDecay, .number(0...1), .grpo, key: .always),
    .init("grpo.decays_vectors", \.training.optimizer.decaysVectors, .boolean, .grpo),
    .init("grpo.adam_beta1", \.training.optimizer.beta1, .number(0...0.999_999), .grpo),
    .init("grpo.adam_beta2", \.training.optimizer.beta2, .number(0...0.999_999), .grpo),
    .init("grpo.adam_epsilon", \.training.optimizer.epsilon, .number(0...1, above: true), .grpo),
    .init("grpo.schedule", \.training.schedule, .choice("a schedule"), .grpo),
    .init("grpo.warm_up_steps", \.training.warmUpSteps, .whole(0...1_000_000), .grpo, key: .always),
    .init("grpo.reward", \.training.reward, .reward, .grpo, key: .always),
    .init(
      "grpo.moments", \.training.optimizer.momentType, .choice("a form of numbers"), .grpo,
      // Moments that were rounded to the nearest bfloat16 had the name alone.
      key: .unlessDefault(suffix: "-stochastic")),
    .init("grpo.freeze_audio_tower", \.training.freezeAudioTower, .boolean, .grpo, key: .always),
  ]
}
