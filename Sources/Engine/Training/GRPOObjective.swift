// One step of GRPO: rollout, rewards, advantages, loss, gradients, update.
//
// Deviations from the paper, and what it leaves open:
// 1. Advantages divide by s + 1e-4 rather than s, so that equal rewards give 0 (public trainers).
// 2. The old policy is the policy itself on the first iteration: the ratio is 1, its gradient is not 0.
// 3. The prompt is encoded once for its G completions in rollout, policy and reference (packed forest): the same numbers.
// 4. KL, clip and loss are taken over completion tokens up to and including the end token.
public import Generation
public import Layers
public import Models
public import Optimizers
public import TensorCore

/// A question of a training step, as the engine sees it: tokens in, reward out.
public struct GRPOQuestion {
  /// Names the question in the keys of its random numbers and in what goes wrong.
  public var id: String
  public var prompt: PromptInput
  /// The reward of a completion's tokens.
  public var reward: ([Int32]) -> Double

  public init(id: String, prompt: PromptInput, reward: @escaping ([Int32]) -> Double) {
    self.id = id
    self.prompt = prompt
    self.reward = reward
  }
}

/// The completions of one prompt with what is known of them.
public struct CompletionGroup: Sendable {
  public var prompt: PromptInput
  public var completions: [Completion]
  /// One a completion.
  public var rewards: [Double]
  /// One a completion; see `groupAdvantages`.
  public var advantages: [Double]
  /// Log-probabilities under the policy that sampled; nil stands for the policy as it is.
  public var oldLogProbabilities: [[Float]]?

  public init(
    prompt: PromptInput, completions: [Completion], rewards: [Double], advantages: [Double],
    oldLogProbabilities: [[Float]]? = nil
  ) {
    self.prompt = prompt
    self.completions = completions
    self.rewards = rewards
    self.advantages = advantages
    self.oldLogProbabilities = oldLogProbabilities
  }
}

/// Group relative policy optimisation on the packed forest.
public final class GRPOObjective: TrainingObjective {
  /// The model that is trained.
  public let policy: AudioLanguageModel
  /// Frozen; nil without a KL term.
  public let reference: AudioLanguageModel?
  public let settings: GRPOSettings
  /// Keys the draws of completions.
  public let seed: UInt64

  /// A step's completions, and the prefilled passes that its first update uses up.
  public struct Prepared {
    var groups: [CompletionGroup]
    var passes: [ForestPass]
    var sums = LossSums()
  }

  /// - Precondition: the policy's trained parameters have gradients (`train()`), and `settings.mistakes` is empty.
  public init(policy: AudioLanguageModel, reference: AudioLanguageModel?, settings: GRPOSettings, seed: UInt64) {
    let mistakes = settings.mistakes(training: policy)
    precondition(mistakes.isEmpty, "GRPO settings: " + mistakes.joined(separator: "; "))
    self.policy = policy
    self.reference = settings.klCoefficient > 0 ? reference : nil
    self.settings = settings
    self.seed = seed
  }

  public var parameters: [Parameter] { policy.trainedParameters }
  public var backend: any Backend { policy.backend }
  public var updatesPerStep: Int { settings.iterationsPerRollout }
  public var maximumGradientNorm: Double { settings.maximumGradientNorm }

  public func name(of question: GRPOQuestion) -> String { question.id }
  public func finishGradients() { policy.finishGradients() }
  public func clearGradients() { policy.clearGradients() }

  public func prepare(step: Int, _ questions: [GRPOQuestion], _ phases: inout PhaseTimes) -> Prepared {
    let (groups, passes) = rollOut(step: step, questions: questions, &phases)
    return Prepared(groups: groups, passes: passes)
  }

  public func accumulate(_ prepared: inout Prepared, _ phases: inout PhaseTimes) -> Double {
    prepared.sums = accumulate(&prepared.groups, passes: &prepared.passes, &phases)
    return prepared.sums.loss
  }

  public func record(
    _ prepared: Prepared, step: Int, learningRate: Double, gradientNorm: Double
  ) -> GRPOStepRecord {
    var record = GRPOStepRecord(step: step, learningRate: learningRate, groups: prepared.groups)
    record.add(prepared.sums, gradientNorm: gradientNorm)
    return record
  }

  /// Completions of all questions, a few questions a pass. Where one pass holds the whole step, its prefill is kept: it
  /// is the policy's forward of the trunks.
  private func rollOut(
    step: Int, questions: [GRPOQuestion], _ phases: inout PhaseTimes
  ) -> ([CompletionGroup], [ForestPass]) {
    let rollout = Rollout(sampling: settings.sampling, limits: settings.limits, groupSize: settings.groupSize)
    let keeps = questions.count <= settings.questionsPerPass
    // The same question again, as happens in sets smaller than a step, has numbers of its own.
    var seen: [String: Int] = [:]
    var (groups, passes): ([CompletionGroup], [ForestPass]) = ([], [])
    for part in settings.parts(of: questions.count) {
      let chosen = Array(questions[part])
      let prompts = chosen.map(\.prompt)
      let pass = phases.measure("prefill", on: policy.backend) {
        ForestPass(
          policy, prompts: prompts, branchCapacity: rollout.branchCapacity(questionCount: prompts.count),
          keeping: keeps ? settings.keeping : .nothing, outputs: .completions)
      }
      let keys = chosen.map { question in
        defer { seen[question.id, default: 0] += 1 }
        return RolloutKey(seed: seed, step: step, question: question.id, occurrence: seen[question.id] ?? 0)
      }
      let completions = phases.measure("decode", on: policy.backend) {
        rollout.complete(pass, prompts: prompts, keys: keys)
      }
      for (question, list) in zip(chosen, completions) {
        let rewards = list.map { question.reward($0.tokens) }
        groups.append(
          CompletionGroup(
            prompt: question.prompt, completions: list, rewards: rewards,
            advantages: groupAdvantages(rewards, scaling: settings.advantage, epsilon: settings.advantageEpsilon)))
      }
      if keeps { passes.append(pass) }
    }
    return (groups, passes)
  }

  /// Adds the gradients of the step's loss to the policy's, and remembers the old log-probabilities of each group.
  /// - Parameter passes: prefilled passes of the parts, used up; without them the trunks are encoded anew.
  public func accumulate(
    _ groups: inout [CompletionGroup], passes: inout [ForestPass], _ phases: inout PhaseTimes
  ) -> LossSums {
    let weights = LossWeights(settings, lengths: groups.map { $0.completions.map(\.tokens.count) })
    var sums = LossSums()
    for part in settings.parts(of: groups.count) {
      let chosen = Array(groups[part])
      let branches = chosen.map { $0.completions.map { Array($0.tokens.dropLast()) } }
      func score(_ pass: ForestPass) -> ScoredForest {
        ScoredForest(pass, groups: chosen, temperature: settings.logProbabilityTemperature)
      }
      func pass(_ model: AudioLanguageModel, keeping: ActivationKeeping) -> ForestPass {
        ForestPass(
          model, prompts: chosen.map(\.prompt), branches: branches, keeping: keeping, outputs: .completions)
      }
      let scored = phases.measure("policy_fwd", on: policy.backend) {
        guard let prefilled = passes.popLast() else { return score(pass(policy, keeping: settings.keeping)) }
        prefilled.addBranches(branches)
        return score(prefilled)
      }
      let referenced = phases.measure("ref_fwd", on: policy.backend) {
        reference.map { score(pass($0, keeping: .nothing)).scores.logProbabilities }
      }
      var coefficients: [Float] = []
      var token = 0
      for (offset, group) in chosen.enumerated() {
        let question = part.lowerBound + offset
        if group.oldLogProbabilities == nil {
          groups[question].oldLogProbabilities = scored.byCompletion(of: offset)
        }
        for (index, completion) in group.completions.enumerated() {
          let weight = weights.weight(question: question, completion: index)
          for position in completion.tokens.indices {
            let lp = Double(scored.scores.logProbabilities[token])
            let loss = TokenLoss(
              logProbability: lp, old: group.oldLogProbabilities.map { Double($0[index][position]) } ?? lp,
              reference: referenced.map { Double($0[token]) }, advantage: group.advantages[index],
              clipRange: settings.clipRange, klCoefficient: settings.klCoefficient)
            sums.add(loss, weight: weight, entropy: Double(scored.scores.entropies[token]))
            coefficients.append(Float(weight * loss.derivative))
            token += 1
          }
        }
      }
      phases.measure("backward", on: policy.backend) {
        let dOutput = scored.head.backward(scored.scores, coefficients: coefficients)
        scored.pass.backward(dOutput)
      }
    }
    return sums
  }
}

extension GRPOObjective {
  /// The same, untimed.
  public func accumulate(_ groups: inout [CompletionGroup], passes: inout [ForestPass]) -> LossSums {
    var phases = PhaseTimes()
    return accumulate(&groups, passes: &passes, &phases)
  }
}

extension Trainer where Objective == GRPOObjective {
  /// The seed of rollouts is that of the moments' rounding too.
  public convenience init(
    policy: AudioLanguageModel, reference: AudioLanguageModel?, settings: GRPOSettings,
    optimizer: AdamWSettings = AdamWSettings(), learningRate: LearningRate, seed: UInt64
  ) {
    var optimizer = optimizer
    optimizer.roundingSeed = seed
    self.init(
      GRPOObjective(policy: policy, reference: reference, settings: settings, seed: seed), optimizer: optimizer,
      learningRate: learningRate)
  }
}

public typealias GRPOTrainer = Trainer<GRPOObjective>
