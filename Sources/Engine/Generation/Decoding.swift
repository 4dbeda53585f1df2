// One token of each live branch through the decoder, against the cached keys and values of its trunk and itself.
internal import Layers
internal import Models
internal import TensorCore

/// The decoding steps of one `ForestPass`. Branch b of question q keeps its rows at
/// trunkRows + (q · groupSize + b) · maximumTokens + step of the pass's caches.
struct Decoding {
  struct Branch {
    var question: Int
    var index: Int
  }

  let pass: ForestPass
  let groupSize: Int
  let maximumTokens: Int

  init(_ pass: ForestPass, groupSize: Int, maximumTokens: Int) {
    self.pass = pass
    self.groupSize = groupSize
    self.maximumTokens = maximumTokens
    let needed = pass.trunkRowCount + pass.trunks.count * groupSize * maximumTokens
    precondition(pass.capacity >= needed, "decoding needs \(needed) rows, the forest has \(pass.capacity)")
  }

  /// Runs token `step` of each branch; the result is the logits that predict token `step + 1`, row-major.
  func step(_ step: Int, branches: [Branch], tokens: [Int32]) -> [Float] {
    let model = pass.model
    let backend = model.backend
    let sizes = model.configuration.decoder.sizes
    let count = branches.count
    let starts = branches.map { pass.trunkRowCount + ($0.question * groupSize + $0.index) * maximumTokens }
    let positions = branches.map { Int32(pass.trunks[$0.question].count + step) }
    let blocks = branches.enumerated().map { slot, branch in
      AttentionBlock(
        question: branch.question, queries: slot..<slot + 1, context: [pass.trunks[branch.question]],
        own: starts[slot]..<starts[slot] + step + 1, isCausal: true)
    }
    let placement = KeyValuePlacement.scattered(
      starts.map { Int32($0 + step) }, scratch: KeyValueRows(rows: count, sizes: sizes, on: backend))
    let activations = DecoderLayerActivations(rows: count, sizes: sizes, on: backend)
    var x = backend.empty([count, sizes.hiddenSize], .float32)
    var y = backend.empty([count, sizes.hiddenSize], .float32)
    backend.gatherRows(model.embedding.value, tokens, into: x)
    for (layer, cache) in zip(model.layers, pass.caches) {
      layer.forward(
        x, into: y, keeping: activations, cache: cache, placement: placement, positions: positions, blocks: blocks,
        on: backend)
      swap(&x, &y)
    }
    let inverse = backend.empty([count, 1], .float32)
    let logits = backend.empty([count, model.configuration.decoder.vocabularySize], .float32)
    model.finalNorm.forward(x, into: y, inverseRMS: inverse, on: backend)
    model.head.forward(y, into: logits, on: backend)
    return backend.download(logits)
  }
}
