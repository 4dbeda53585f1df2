// A question that stands twice in a step, and a step that fails behind an update.
import Models
import Optimizers
import TestSupport
import Testing
import Training

@Suite("Questions and iterations within a step")
struct RepeatedQuestionTests {
  /// The completions of a question that stands so many times in a step.
  private func said(_ count: Int) throws -> [[[Int32]]] {
    let task = TinyTask()
    let trainer = try task.trainer()
    var said: [[Int32]] = []
    let question = GRPOQuestion(id: "q0", prompt: task.prompt(0)) { tokens in
      said.append(tokens)
      return Double(tokens.count)
    }
    _ = try trainer.step(0, [GRPOQuestion](repeating: question, count: count))
    let size = task.settings.groupSize
    return (0..<count).map { Array(said[$0 * size..<($0 + 1) * size]) }
  }

  @Test("the same question twice in a step has two draws; the first is that of a question that stands once")
  func repeated() throws {
    let once = try said(1)
    let thrice = try said(3)
    #expect(thrice[0] == once[0])
    #expect(thrice[1] != thrice[0] && thrice[2] != thrice[0] && thrice[2] != thrice[1])
    #expect(try said(2) == Array(thrice[..<2]))
  }

  @Test("a second iteration that is no number is told apart by the count of updates")
  func secondIteration() throws {
    var task = TinyTask()
    task.settings.iterationsPerRollout = 2
    let policy = try task.model()
    let reference = policy.copy()
    policy.train(freezingTower: false)
    let trainer = GRPOTrainer(
      policy: policy, reference: reference, settings: task.settings, optimizer: task.optimizer,
      learningRate: LearningRate(peak: 1e30, stepCount: 4), seed: 7)
    let error = refusal { try trainer.step(0, task.questions(step: 0)) }
    #expect(error?.contains("is not a finite number") == true)
    // One update of two was made: what the trainer holds is the state of no step.
    #expect(trainer.optimizer.stepCount == 1)
  }
}
