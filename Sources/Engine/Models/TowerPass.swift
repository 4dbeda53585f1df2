// One forward of the tower over a pack of clips, and its backward.
internal import Layers
public import TensorCore

/// How much a pass keeps for its backward.
public enum ActivationKeeping: Sendable, Hashable {
  /// Nothing: inference.
  case nothing
  /// Each layer's input; the rest is computed again in the backward, to the same bits.
  case layerInputs
  case everything
}

/// Audio tokens of some clips, and what their gradients need.
public final class TowerPass {
  let tower: AudioTower
  let backend: any Backend
  let keeping: ActivationKeeping
  /// Rows of the mel, convolved and pooled matrices of each clip, and the question each belongs to.
  private var melRows: [Range<Int>] = []
  private var positionRows: [Range<Int>] = []
  /// Rows of each clip's audio tokens.
  public private(set) var tokenRows: [Range<Int>] = []
  private let clipQuestions: [Int]
  private var firstChunks: [ConvolutionChunk] = []
  private var secondChunks: [ConvolutionChunk] = []
  private var blocks: [AttentionBlock] = []
  private var pairStarts: [Int32] = []

  private let unfoldedMel, firstInner, firstActivated, unfoldedSecond, secondInner: Tensor
  private var layerInputs: [Tensor] = []
  private var kept: [TowerLayerActivations] = []
  private let pooled, normed, mean, inverse: Tensor
  /// [audio tokens, decoder hiddenSize], clips in order.
  public let embeddings: Tensor

  /// Runs the tower. `clips` are in reading order; `questions[i]` is the question of clip i, not decreasing.
  public init(
    _ tower: AudioTower, clips: [MelClip], questions: [Int], keeping: ActivationKeeping, on backend: any Backend
  ) {
    self.tower = tower
    self.backend = backend
    self.keeping = keeping
    clipQuestions = questions
    let c = tower.configuration
    let (d, bands) = (c.sizes.hiddenSize, c.melBandCount)
    func matrix(_ rows: Int, _ width: Int) -> Tensor { backend.empty([rows, width], .float32) }

    let plan = TowerPlan(clips: clips, configuration: c)
    (melRows, positionRows, tokenRows) = (plan.melRows, plan.positionRows, plan.tokenRows)
    (firstChunks, secondChunks) = (plan.firstChunks, plan.secondChunks)
    (blocks, pairStarts) = (plan.blocks, plan.pairStarts)
    let (melCount, positionCount, tokenCount) = (plan.melCount, plan.positionCount, plan.tokenCount)

    let melTensor = matrix(melCount, bands)
    backend.upload(plan.mel, to: melTensor)
    unfoldedMel = matrix(melCount, bands * 3)
    firstInner = matrix(melCount, d)
    firstActivated = matrix(melCount, d)
    unfoldedSecond = matrix(positionCount, d * 3)
    secondInner = matrix(positionCount, d)
    backend.unfold(melTensor, chunks: firstChunks, stride: 1, into: unfoldedMel)
    tower.firstConvolution.forward(unfoldedMel, into: firstInner, on: backend)
    backend.gelu(firstInner, into: firstActivated)
    backend.unfold(firstActivated, chunks: secondChunks, stride: 2, into: unfoldedSecond)
    tower.secondConvolution.forward(unfoldedSecond, into: secondInner, on: backend)

    var x = matrix(positionCount, d)
    backend.gelu(secondInner, into: x)
    backend.addRows(tower.positions, plan.positionIndices, addingTo: x)
    let shared =
      keeping == .everything ? nil : TowerLayerActivations(rows: positionCount, sizes: c.sizes, on: backend)
    for layer in tower.layers {
      let y = matrix(positionCount, d)
      let activations = shared ?? TowerLayerActivations(rows: positionCount, sizes: c.sizes, on: backend)
      layer.forward(x, into: y, keeping: activations, blocks: blocks, on: backend)
      if keeping != .nothing { layerInputs.append(x) }
      if keeping == .everything { kept.append(activations) }
      x = y
    }
    pooled = matrix(tokenCount, d)
    normed = matrix(tokenCount, d)
    mean = matrix(tokenCount, 1)
    inverse = matrix(tokenCount, 1)
    embeddings = matrix(tokenCount, tower.projection.outputSize)
    backend.averagePairs(x, pairStarts, into: pooled)
    tower.finalNorm.forward(pooled, into: normed, mean: mean, inverseDeviation: inverse, on: backend)
    tower.projection.forward(normed, into: embeddings, on: backend)
  }

  /// Accumulates the gradients of all trained tower parameters from that of `embeddings`.
  /// - Precondition: the pass kept something.
  public func backward(_ dEmbeddings: Tensor) {
    precondition(keeping != .nothing, "this tower pass kept nothing for a backward")
    let c = tower.configuration
    let d = c.sizes.hiddenSize
    func matrix(_ rows: Int, _ width: Int) -> Tensor { backend.empty([rows, width], .float32) }
    let positionCount = secondInner.rowCount
    // forward: e = norm(pool(x)) Wp + bp
    let dNormed = matrix(normed.rowCount, d)
    let dPooled = matrix(normed.rowCount, d)
    let tokenQuestions = grouped(tokenRows)
    tower.projection.backward(dEmbeddings, input: normed, questions: tokenQuestions, into: dNormed, on: backend)
    tower.finalNorm.backward(
      dNormed, input: pooled, mean: mean, inverseDeviation: inverse, questions: tokenQuestions, into: dPooled,
      adding: false, on: backend)
    let dx = matrix(positionCount, d)
    backend.averagePairsBackward(dPooled, pairStarts, into: dx)

    let positionQuestions = grouped(positionRows)
    let scratch = TowerLayerScratch(rows: positionCount, sizes: c.sizes, on: backend)
    let again = keeping == .layerInputs ? TowerLayerActivations(rows: positionCount, sizes: c.sizes, on: backend) : nil
    let unused = again.map { _ in matrix(positionCount, d) }
    for index in tower.layers.indices.reversed() {
      let layer = tower.layers[index]
      let activations: TowerLayerActivations
      if let again, let unused {
        layer.forward(layerInputs[index], into: unused, keeping: again, blocks: blocks, on: backend)
        activations = again
      } else {
        activations = kept[index]
      }
      layer.backward(
        dx, input: layerInputs[index], kept: activations, blocks: blocks, questions: positionQuestions,
        scratch: scratch, on: backend)
    }
    // forward: x = gelu(conv2(gelu(conv1(mel)))) + positions; the positions are not trained
    backend.geluBackward(dx, input: secondInner, into: dx)
    let dUnfolded = matrix(positionCount, d * 3)
    tower.secondConvolution.backward(
      dx, input: unfoldedSecond, questions: positionQuestions, into: dUnfolded, on: backend)
    let dFirst = matrix(firstInner.rowCount, d)
    backend.unfoldBackward(dUnfolded, chunks: secondChunks, stride: 2, into: dFirst)
    backend.geluBackward(dFirst, input: firstInner, into: dFirst)
    tower.firstConvolution.backward(
      dFirst, input: unfoldedMel, questions: grouped(melRows), into: nil, on: backend)
  }

  /// Row ranges by question, in order.
  private func grouped(_ ranges: [Range<Int>]) -> [[Range<Int>]] {
    var groups: [[Range<Int>]] = []
    var last: Int?
    for (range, question) in zip(ranges, clipQuestions) {
      if question == last { groups[groups.count - 1].append(range) } else { groups.append([range]) }
      last = question
    }
    return groups
  }
}
