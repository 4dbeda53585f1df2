// What cannot work is said before anything runs; what goes wrong stops a step before it does harm.
import CPUBackend
import Generation
import Layers
import Models
import Optimizers
import TensorCore
import TestSupport
import Testing
import Training

@Suite("Settings and steps that cannot work")
struct StoppedStepTests {
  @Test("every bad setting has its own words")
  func mistakes() {
    func mistakes(_ change: (inout GRPOSettings) -> Void) -> [String] {
      var settings = GRPOSettings(limits: CompletionLimits(maximumTokens: 8, endTokens: [1]))
      change(&settings)
      return settings.mistakes
    }
    #expect(mistakes { _ in } == [])
    #expect(mistakes { $0.groupSize = 1 } == ["group_size: 1 gives no group to compare with; at least 2"])
    #expect(mistakes { $0.sampling.temperature = 0 } == ["temperature: 0.0 samples nothing; above 0"])
    #expect(mistakes { $0.sampling.temperature = .nan } == ["temperature: nan samples nothing; above 0"])
    #expect(mistakes { $0.klCoefficient = -0.04 } == ["kl_coefficient: -0.04 is below 0"])
    #expect(mistakes { $0.clipRange = 0 } == ["clip_range: 0.0 is outside 0...1"])
    #expect(mistakes { $0.logProbabilityTemperature = 0 } == ["log_probability_temperature: 0.0 is not above 0"])
    #expect(mistakes { $0.iterationsPerRollout = 0 } == ["iterations_per_rollout: 0 is below 1"])
    #expect(mistakes { $0.gradientAccumulation = 0 } == ["gradient_accumulation: 0 is below 1"])
    #expect(mistakes { $0.questionsPerPass = 0 } == ["questions_per_pass: 0 is below 1"])
    #expect(mistakes { $0.limits.maximumTokens = 0 } == ["max_completion_length: 0 is below 1"])
    #expect(mistakes { $0.groupSize = 0; $0.clipRange = 2 }.count == 2)
  }

  @Test("a policy with nothing to train, and a prompt beyond the context")
  func policies() throws {
    let task = TinyTask()
    let policy = try task.model()
    #expect(task.settings.mistakes(training: policy) == ["the policy has no trainable parameter"])
    policy.train()
    #expect(task.settings.mistakes(training: policy) == [])
    // The tiny model sees 512 positions, 6 of them for the completion.
    #expect(task.settings.mistake(promptTokens: 506, of: "q7", for: policy) == nil)
    #expect(
      task.settings.mistake(promptTokens: 507, of: "q7", for: policy)
        == "question 'q7': its prompt takes 507 tokens and a completion up to 6; the model sees 512")
  }

  /// Steps until `body` has spoilt something, then the failure and whether anything moved.
  private func failure(
    _ task: TinyTask, spoil: (GRPOTrainer) -> Void = { _ in }
  ) throws -> (error: String?, isUntouched: Bool, stepCount: Int) {
    let trainer = try task.trainer()
    _ = try trainer.step(0, task.questions(step: 0))
    spoil(trainer)
    func bits() -> [[UInt32]] { trainer.optimizer.state.map { $0.tensor.hostValues.map(\.bitPattern) } }
    let before = bits()
    let error = refusal { try trainer.step(1, task.questions(step: 1)) }
    return (error, bits() == before, trainer.optimizer.stepCount)
  }

  @Test("a loss or gradient that is no number stops the step, names its questions, and changes nothing")
  func notFinite() throws {
    let questions = "; questions of the step: q3, q4, q5"
    var task = TinyTask()
    task.reward = { step, tokens in step == 1 && tokens.count > 2 ? .nan : Double(tokens.count) }
    var result = try failure(task)
    #expect(result.error == "step 1: the loss is not a finite number" + questions)
    #expect(result.isUntouched && result.stepCount == 1)

    // The loss fits a Double; its gradient does not fit a Float32.
    task.reward = { step, tokens in step == 1 ? Double(tokens.first ?? 0) * 1e60 : Double(tokens.count) }
    task.settings.advantage = .none
    result = try failure(task)
    #expect(result.error == "step 1: the gradient norm is not a finite number" + questions)
    #expect(result.isUntouched && result.stepCount == 1)

    result = try failure(TinyTask()) { trainer in
      guard let parameter = trainer.objective.policy.trainedParameters.last else { return }
      var values = parameter.value.hostValues
      values[0] = .nan
      trainer.objective.policy.backend.upload(values, to: parameter.value)
    }
    #expect(result.error == "step 1: the loss is not a finite number" + questions)
    #expect(result.isUntouched && result.stepCount == 1)
  }

  @Test("a checkpoint that lacks a tensor, or has it in another shape, changes nothing")
  func restore() throws {
    let trainer = try TinyTask().trainer()
    _ = try trainer.step(0, TinyTask().questions(step: 0))
    let state = Dictionary(uniqueKeysWithValues: trainer.optimizer.state.map { ($0.name, $0.tensor) })
    let other = try TinyTask().trainer()
    func bits() -> [[UInt32]] { other.optimizer.state.map { $0.tensor.hostValues.map(\.bitPattern) } }
    let before = bits()
    let name = try #require(trainer.optimizer.state.dropFirst(7).first?.name)
    let backend = other.objective.policy.backend
    #expect(other.optimizer.restore(stepCount: 1, on: backend, find: { $0 == name ? nil : state[$0] }) == name)
    let short = backend.zeros([3])
    #expect(other.optimizer.restore(stepCount: 1, on: backend, find: { $0 == name ? short : state[$0] }) == name)
    #expect(bits() == before && other.optimizer.stepCount == 0)
    #expect(other.optimizer.restore(stepCount: 1, on: backend, find: { state[$0] }) == nil)
    #expect(bits() != before && other.optimizer.stepCount == 1)
  }
}
