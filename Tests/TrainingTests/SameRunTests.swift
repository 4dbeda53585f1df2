// One run is one run: on any number of threads, in passes of any size, and however often it was stopped.
import Generation
import Layers
import Models
import Optimizers
import TensorCore
import TestSupport
import Testing
import Training

@Suite("A run of GRPO, bit for bit")
struct SameRunTests {
  /// Settings that go through every part of a step.
  static let tasks: [(String, TinyTask)] = {
    var iterations = TinyTask()
    iterations.settings.iterationsPerRollout = 2
    iterations.settings.gradientAccumulation = 3
    iterations.settings.loss = .bnpo
    iterations.optimizer.momentType = .bfloat16
    iterations.optimizer.weightDecay = 0.01
    iterations.tiesWordEmbeddings = true
    var text = TinyTask()
    text.freezesTower = true
    text.settings.klCoefficient = 0
    text.settings.loss = .dapo
    text.settings.advantage = .none
    text.settings.logProbabilityTemperature = 1.2
    return [("plain", TinyTask()), ("two iterations, bfloat16 moments, tied words", iterations), ("frozen tower", text)]
  }()
  static let expected = tasks.map { try? $0.1.run() }

  @Test("the run itself learns and moves", arguments: tasks.indices)
  func sanity(_ index: Int) throws {
    let result = try #require(Self.expected[index])
    let rewards = result.records.map(\.rewardMean)
    let (early, late) = (rewards.prefix(10).reduce(0, +), rewards.suffix(10).reduce(0, +))
    #expect(late > early + 0.5)
    #expect(result.records.allSatisfy { $0.loss.isFinite && $0.gradientNorm > 0 })
    #expect(Set(result.records.map(\.gradientNorm)).count == 30)
  }

  @Test("threads 1 and 2, and passes of one question, two, or the whole step", arguments: tasks.indices)
  func ways(_ index: Int) throws {
    let expected = try #require(Self.expected[index])
    for (threads, questionsPerPass, recomputes) in [(1, 2, false), (2, 1, false), (2, 3, true), (1, 8, false)] {
      var task = Self.tasks[index].1
      task.threads = threads
      task.settings.questionsPerPass = questionsPerPass
      task.settings.recomputesActivations = recomputes
      #expect(try task.run() == expected, "\(threads) threads, \(questionsPerPass) questions a pass")
    }
  }

  @Test("stopped at ten random moments and resumed from the last checkpoint each time", arguments: tasks.indices)
  func resumed(_ index: Int) throws {
    let (_, task) = Self.tasks[index]
    let expected = try #require(Self.expected[index])
    for (interval, seed) in [(1, UInt64(1)), (7, 2)] {
      var random = RandomStream(seed: seed, purpose: "stops").sequence
      let stops = (0..<10).map { _ in random.integer(in: 0..<30) }
      let (result, steps) = try task.run(stoppingAt: stops, interval: interval, in: try TemporaryFolder())
      #expect(result == expected, "a checkpoint every \(interval) steps, stops at \(stops.sorted())")
      // Without this the test could pass by never stopping.
      #expect(interval == 1 ? steps == 30 : steps > 40)
    }
  }

  @Test("the GPU's kernels, to the last bit of weights and moments", arguments: tasks.indices, TestDevice.here)
  func devices(_ index: Int, _ device: TestDevice) throws {
    var task = Self.tasks[index].1
    let steps = device == .emulated ? 5 : 30
    let expected = try task.run(steps: steps)
    task.device = device
    #expect(expected.records.count == steps)
    #expect(try task.run(steps: steps) == expected)
  }

  @Test("room for completions that is made as they come changes no bit", arguments: tasks.indices)
  func growing(_ index: Int) throws {
    let task = Self.tasks[index].1
    let expected = try task.run(steps: 6)
    for first in [1, 3] {
      let grown = try ForestPass.$reservedBytes.withValue(0) {
        try ForestPass.$firstTokens.withValue(first) { try task.run(steps: 6) }
      }
      #expect(grown == expected)
    }
  }

  @Test("stopped on the processor and gone on with on a GPU, and the other way round", arguments: TestDevice.here)
  func moved(_ device: TestDevice) throws {
    // bfloat16 moments, tied words: what a checkpoint holds in other forms too.
    var task = Self.tasks[1].1
    task.stepCount = 5
    let expected = try task.run()
    var devices: [TestDevice?] = [nil, device, nil, device]
    let (result, steps) = try task.run(stoppingAt: [1, 2, 4], interval: 1, in: try TemporaryFolder()) { task in
      task.device = devices.removeFirst()
    }
    #expect(result == expected && steps == 5 && devices.isEmpty)
  }

  @Test("tokens of a large vocabulary, chosen on all processors, are those chosen one by one")
  func largeVocabulary() throws {
    var task = TinyTask()
    task.vocabularySize = 60_000
    // Four completions are chosen one by one, twelve at once.
    task.settings.questionsPerPass = 1
    let alone = try task.run(steps: 2)
    task.settings.questionsPerPass = 3
    #expect(try task.run(steps: 2) == alone)
    #expect(alone.records.allSatisfy { $0.completionTokens > 12 })
  }

  @Test("another seed is another run")
  func seeds() throws {
    var task = TinyTask()
    task.seed = 8
    let other = try task.run()
    let expected = try #require(Self.expected[0])
    #expect(other.records[0] != expected.records[0] && other.state != expected.state)
  }
}

@Suite("Random numbers of a rollout")
struct RolloutRandomTests {
  /// The first numbers of a completion's stream, as the rollout draws them.
  private func numbers(_ seed: UInt64, _ step: Int, _ question: String, _ completion: Int) -> [UInt64] {
    let stream = RandomStream(
      seed: seed, purpose: "rollout", step: step, question: question, completion: completion)
    return (0..<4).map { stream.uniform(at: $0).bitPattern }
  }

  @Test("no two completions share a number: over seeds, steps, questions, members of a group and positions")
  func keys() {
    var seen: Set<UInt64> = []
    var count = 0
    for seed in [0, 1, 2, 42, 43, UInt64.max] {
      for step in 0..<12 {
        for question in ["", "0", "1", "q1", "q10", "1q"] {
          for completion in 0..<8 {
            let list = numbers(seed, step, question, completion)
            seen.formUnion(list)
            count += list.count
          }
        }
      }
    }
    #expect(count == 6 * 12 * 6 * 8 * 4)
    #expect(seen.count == count)
  }

  @Test("the streams are what they were: a change would change every result")
  func pinned() {
    #expect(
      numbers(42, 3, "q1", 2).map { Double(bitPattern: $0) }
        == [0.7361688303318336, 0.8647670146402558, 0.27441641644082915, 0.0618468118200477])
  }

  @Test("a resumed step draws what it drew before, and members of a group draw apart")
  func resumed() throws {
    var task = TinyTask()
    task.settings.groupSize = 16
    task.settings.limits.minimumTokens = 6
    // Warm, and all tokens allowed: two completions that agree in six tokens share their numbers.
    task.settings.sampling = SamplingSettings(temperature: 100)
    let model = try task.model()
    let rollout = Rollout(sampling: task.settings.sampling, limits: task.settings.limits, groupSize: 16)
    func completions(_ seed: UInt64, _ steps: [Int]) -> [[Int32]] {
      steps.flatMap { step in
        let pass = ForestPass(
          model, prompts: [task.prompt(1), task.prompt(1)], branchCapacity: rollout.branchCapacity(questionCount: 2),
          keeping: .nothing)
        let keys = ["a", "b"].map { RolloutKey(seed: seed, step: step, question: $0) }
        return rollout.complete(pass, prompts: [task.prompt(1), task.prompt(1)], keys: keys).joined().map(\.tokens)
      }
    }
    let run = completions(1, [0, 1, 2])
    #expect(Set(run).count == 96)
    #expect(completions(1, [2]) == Array(run[64...]))
    #expect(Set(run).isDisjoint(with: completions(2, [0, 1, 2])))
  }
}
