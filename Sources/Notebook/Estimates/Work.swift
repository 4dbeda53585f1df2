// A fine-tuning and an evaluation, as their cost sees them: counts of tokens and questions, and the model's sizes.
internal import Layers
public import Models

/// Tokens of questions as they usually are.
public struct QuestionTokens: Sendable, Hashable {
  /// Of a clip, 25 a second: its valid frames alone, whatever a front end pads it to.
  public var audio: Int
  public var text: Int
  /// Of an answer.
  public var answer: Int

  /// A clip of ten seconds, as most of the sets have, a question with its choices, and a choice with its end.
  public init(audio: Int = 250, text: Int = 80, answer: Int = 12) {
    (self.audio, self.text, self.answer) = (audio, text, answer)
  }

  var prompt: Int { audio + text }
}

/// Sizes of the forest of one pass.
struct Forest {
  /// Rows of the trunks, of completions, and of clips behind the convolutions.
  var trunks, said, positions: Double

  var rows: Double { trunks + said }
}

extension ModelConfiguration {
  /// Bytes of keys and values of a row in all layers.
  private var cacheBytes: Double { Double(4 * 2 * decoder.layerCount) * Double(decoder.sizes.keyValueWidth) }

  /// Bytes of a row in what one layer computes.
  private var layerBytes: Double {
    let s = decoder.sizes
    return 4 * Double(3 * s.hiddenSize + 2 * s.queryWidth + 3 * s.intermediateSize)
  }

  private var towerLayerBytes: Double { 4 * Double(7 * tower.sizes.hiddenSize + 2 * tower.sizes.intermediateSize) }

  /// Bytes of a pass that keeps nothing, while it runs.
  func passingBytes(_ f: Forest, headRows: Double) -> Double {
    let hidden = Double(4 * decoder.sizes.hiddenSize)
    let decoding = f.rows * (cacheBytes + 2 * hidden + layerBytes) + headRows * Double(4 * decoder.vocabularySize)
    return max(decoding, f.positions * (towerLayerBytes + 20 * Double(tower.sizes.hiddenSize)) + f.trunks * cacheBytes)
  }

  /// Bytes of a fine-tuning's step: the policy's inputs of every layer, and the larger of the reference's forward and
  /// the policy's backward, which computes a layer again.
  func trainingBytes(_ f: Forest, hasReference: Bool, hears: Bool) -> Double {
    let s = decoder.sizes
    let hidden = Double(4 * s.hiddenSize)
    let logits = f.said * Double(4 * decoder.vocabularySize)
    let width = Double(4 * tower.sizes.hiddenSize)
    // The mel rows of both convolutions are twice as many as positions.
    let keptTower = hears ? f.positions * (width * Double(tower.layerCount + 12)) : 0
    let kept = f.rows * (cacheBytes + hidden * Double(decoder.layerCount + 1)) + logits + keptTower
    let referenced = hasReference ? passingBytes(f, headRows: f.said) : 0
    let scratch = 4 * Double(2 * s.hiddenSize + 2 * s.queryWidth + 2 * s.keyValueWidth + 3 * s.intermediateSize)
    let backward = max(f.rows * (layerBytes + scratch + 2 * hidden), hears ? f.positions * 2 * towerLayerBytes : 0)
    return kept + max(referenced, backward)
  }
}

/// A step of reinforcement, or of supervised training, with all weights of its model in Float32.
public struct TrainingWork: Sendable, Hashable {
  public var tokens = QuestionTokens()
  public var hears = true
  public var freezesTower = false
  public var hasReference = true
  /// Whether completions are drawn: else they are given.
  public var decodes = true
  public var groupSize = 4
  public var questionsPerStep = 8
  /// Questions whose activations are in memory together.
  public var questionsPerPass = 8
  public var iterations = 1
  public var maximumTokens = 256
  /// Bytes of a number of the optimiser's moments.
  public var momentBytes = 4
  public var steps = 1000
  /// Bytes of a weight in the checkpoint that is left.
  public var keptBytes = 4
  /// Whether the old state goes before the new one is written.
  public var statesInPlace = false

  public init() {}

  private func forest(answer: Int) -> Forest {
    let questions = Double(min(questionsPerStep, questionsPerPass))
    return Forest(
      trunks: questions * Double((hears ? tokens.audio : 0) + tokens.text),
      said: questions * Double(groupSize) * Double(min(answer, maximumTokens)),
      positions: hears ? questions * Double(2 * tokens.audio) : 0)
  }

  /// - Parameter stored: bytes of the weights as their file has them.
  public func memory(_ model: ModelConfiguration, stored: Int) -> MemoryParts {
    let counts = model.parameterCounts
    let trained = counts.trained(freezesTower: freezesTower || !hears)
    var parts = MemoryParts(program: 300_000_000)
    parts.weights = 4 * counts.total
    parts.gradients = 4 * trained
    parts.moments = 2 * momentBytes * trained
    parts.reference = hasReference ? stored : 0
    parts.inFiles = parts.reference
    let usual = model.trainingBytes(forest(answer: tokens.answer), hasReference: hasReference, hears: hears)
    let most = model.trainingBytes(forest(answer: maximumTokens), hasReference: hasReference, hears: hears)
    parts.rows = whole(usual)
    parts.moreRows = whole(most - usual)
    return parts
  }

  /// - Parameter carried: bytes of the checkpoint that a fine-tuning takes over as they are.
  public func disk(_ model: ModelConfiguration, carried: Int) -> DiskNeed {
    let counts = model.parameterCounts
    let trained = counts.trained(freezesTower: freezesTower || !hears)
    let state = (4 + 2 * momentBytes) * trained
    // Records of a step: the journal, the file made of it, and the times of its phases.
    let records = steps * 900
    let kept = keptBytes * counts.total + carried + Self.sideFiles + records
    return DiskNeed(kept: kept, atMost: max((statesInPlace ? 1 : 2) * state + records, state + kept), state: state,
      isStateTwice: !statesInPlace)
  }

  /// Tokenizer and configurations.
  static let sideFiles = 60_000

  /// Operations of a step: twice the weights a token forward, twice that again backward, and a forward more for what is
  /// computed again; decoding reads all weights for few rows.
  public func operations(_ model: ModelConfiguration) -> Double {
    let counts = model.parameterCounts
    let heard = Double(hears ? tokens.audio : 0)
    let branches = Double(groupSize) * Double(min(tokens.answer, maximumTokens))
    let prompt = heard + Double(tokens.text)
    // The rollout's prefill is the policy's forward of the prompt.
    let passes = Double(1 + 2 + (hasReference ? 1 : 0))
    let drawn = decodes ? prompt + branches * (1 + Self.decoding) : 0
    let rows = drawn + (prompt + branches) * (decodes ? passes : passes + 1)
    let towerPasses = Double(2 + (hasReference ? 1 : 0) + (freezesTower ? 0 : 3))
    let towerRows = 2 * heard * towerPasses
    let question = 2 * (Double(counts.decoder) * rows + Double(counts.tower) * towerRows)
    return question * Double(questionsPerStep) * Double(iterations)
  }

  /// Decoding a few rows at a time runs at a fifth of the rate of products.
  static let decoding = 5.0
}

/// Questions answered one batch after another.
public struct EvaluationWork: Sendable, Hashable {
  public var tokens = QuestionTokens()
  public var hears = true
  public var batch = 4
  public var maximumTokens = 64
  /// Whether every choice is weighed rather than an answer decoded.
  public var weighs = false
  public var questions = 1000

  public init() {}

  /// - Parameter stored: bytes of the weights as their file has them: Float32 after a fine-tuning.
  public func memory(_ model: ModelConfiguration, stored: Int) -> MemoryParts {
    func bytes(_ answer: Int) -> Double {
      let said = Double(batch) * Double(weighs ? 4 * 6 : answer)
      let f = Forest(
        trunks: Double(batch) * Double((hears ? tokens.audio : 0) + tokens.text), said: said,
        positions: hears ? Double(batch * 2 * tokens.audio) : 0)
      return model.passingBytes(f, headRows: weighs ? said : Double(batch))
    }
    var parts = MemoryParts(program: 300_000_000)
    (parts.weights, parts.inFiles) = (stored, stored)
    parts.rows = whole(bytes(min(tokens.answer, maximumTokens)))
    parts.moreRows = whole(bytes(maximumTokens)) - parts.rows
    return parts
  }

  /// Operations of a question.
  public func operations(_ model: ModelConfiguration) -> Double {
    let counts = model.parameterCounts
    let heard = Double(hears ? tokens.audio : 0)
    let said = weighs ? 4 * 6.0 : Double(min(tokens.answer, maximumTokens)) * TrainingWork.decoding
    return 2 * (Double(counts.decoder) * (heard + Double(tokens.text) + said) + Double(counts.tower) * 2 * heard)
  }
}
