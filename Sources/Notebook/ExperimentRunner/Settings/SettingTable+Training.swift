// The section `grpo` of the table of settings.
internal import GRPO
internal import Generation
internal import Optimizers
internal import Questions
internal import TensorCore

extension SettingTable {
  static let grpo: [SettingEntry] = [
    .init("grpo.group_size", \.training.objective.groupSize, .whole(2...1024), .paper(settings), .training, key: .always),
    .init(
      "grpo.temperature", \.training.objective.sampling.temperature, .single(0...100, above: true), .paper(settings),
      .training, key: .always),
    .init(
      "grpo.kl_coefficient", \.training.objective.klCoefficient, .number(0...1000), .paper(settings), .training,
      key: .always),
    .init(
      "grpo.learning_rate", \.training.learningRate, .number(0...1, above: true), .paper(settings), .training, key: .always),
    .init("grpo.steps", \.training.steps, .whole(1...1_000_000), .paper(settings), .stepsOfOthers, key: .always),
    .init(
      "grpo.steps_on", \.training.stepsOn, .stepsBySet, .paper(settings), .stepsOfOwn, key: .elsewhere,
      merge: { $0.merging($1) { $1 } }),
    .init(
      "grpo.questions_per_step", \.training.questionsPerStep, .whole(1...4096),
      .reading("an effective batch of 8 counts questions; the other reading is completions_per_step: 8"), .training,
      key: .always,
      isDerived: { if case .completions = $0.training.batch { "by grpo.completions_per_step" } else { nil } }),
    .init(
      "grpo.completions_per_step", \.training.completionsPerStep, .whole(2...4_194_304),
      .reading("an effective batch of 8 counts questions"), .training, key: .elsewhere,
      isDerived: { if case .questions = $0.training.batch { "by grpo.questions_per_step" } else { nil } }),
    .init(
      "grpo.question_order", \.training.questionSequence, .choice("an order of questions"),
      .assumed("the trainer's default: shuffled once an epoch"), .training),
    .init("grpo.top_k", \.training.objective.sampling.topK, .whole(0...1_000_000), .assumed("the library's default at the time"), .training, key: .always),
    .init(
      "grpo.top_p", \.training.objective.sampling.topP, .single(0...1, above: true), .assumed("the library's default"),
      .training, key: .always),
    .init(
      "grpo.repetition_penalty", \.training.objective.sampling.repetitionPenalty, .single(0...100, above: true),
      .assumed("the library's default"), .training),
    .init(
      "grpo.clip_range", \.training.objective.clipRange, .number(0...1, above: true), .assumed("the trainer's default"),
      .training, key: .always),
    .init(
      "grpo.max_completion_length", \.training.objective.limits.maximumTokens, .whole(1...8192),
      .assumed("the trainer's default"), .training, key: .always),
    .init(
      "grpo.min_completion_length", \.training.objective.limits.minimumTokens, .whole(0...8192),
      .assumed("the library's default"), .training),
    .init(
      "grpo.loss", \.training.objective.loss, .choice("a loss"), .assumed("the first public trainer for this task"),
      .training, key: .always),
    .init(
      "grpo.log_probability_temperature", \.training.objective.logProbabilityTemperature, .single(0...100, above: true),
      .assumed("the first public trainer for this task"), .training, key: .always),
    .init(
      "grpo.advantage", \.training.objective.advantage, .choice("a scaling of advantages"),
      .assumed("the public trainers divide by n - 1; equation 1 leaves n or n - 1 open"), .training, key: .always),
    .init(
      "grpo.advantage_epsilon", \.training.objective.advantageEpsilon, .number(0...1),
      .assumed("the public trainers add it to the deviation; equation 1 does not"), .training),
    .init(
      "grpo.iterations_per_rollout", \.training.objective.iterationsPerRollout, .whole(1...100),
      .assumed("the trainer's default"), .training, key: .always),
    .init(
      "grpo.gradient_accumulation", \.training.objective.gradientAccumulation, .whole(1...4096), .paper(settings), .training,
      key: .always),
    .init(
      "grpo.max_gradient_norm", \.training.objective.maximumGradientNorm, .number(0...1e9),
      .assumed("the trainer's default"), .training, key: .always),
    .init(
      "grpo.weight_decay", \.training.optimizer.weightDecay, .number(0...1), .assumed("the trainer's default"), .training,
      key: .always),
    .init(
      "grpo.decays_vectors", \.training.optimizer.decaysVectors, .boolean,
      .assumed("the trainer's default: biases and norm weights do not decay"), .training),
    .init("grpo.adam_beta1", \.training.optimizer.beta1, .number(0...0.999_999), .assumed("the trainer's default"), .training),
    .init("grpo.adam_beta2", \.training.optimizer.beta2, .number(0...0.999_999), .assumed("the trainer's default"), .training),
    .init(
      "grpo.adam_epsilon", \.training.optimizer.epsilon, .number(0...1, above: true), .assumed("the trainer's default"),
      .training),
    .init(
      "grpo.schedule", \.training.schedule, .choice("a schedule"),
      .assumed("the trainer's default: falls to 0 over the steps"), .training),
    .init(
      "grpo.warm_up_steps", \.training.warmUpSteps, .whole(0...1_000_000), .assumed("the trainer's default"), .training,
      key: .always),
    .init(
      "grpo.reward", \.training.reward, .reward,
      .reading("equation 2; that letter case and outer space do not count is not said there"), .training, key: .always),
    .init(
      "grpo.moments", \.training.optimizer.momentType, .choice("a form of numbers"), .assumed("the optimiser's default"),
      // Moments that were rounded to the nearest bfloat16 had the name alone.
      .training, key: .unlessDefault(suffix: "-stochastic")),
    .init(
      "grpo.freeze_audio_tower", \.training.freezeAudioTower, .boolean,
      .reading("full fine-tuning, section III-A; a tower that hears nothing has no gradient, its position table is fixed"),
      .training, key: .always),
  ]

  /// Where the paper states them.
  private static let settings = "section IV-A"
}
