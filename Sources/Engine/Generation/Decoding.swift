// One token of each live branch through the decoder, against the cached keys and values of its trunk and itself.
internal import Layers
internal import Models
internal import TensorCore

/// The decoding steps of one `ForestPass`. Each branch keeps its rows together in the pass's caches, behind those of the
/// trunks. Where the pass grows with its branches there is room for `firstTokens` at first; whenever it is used up, the
/// branches that still go on get twice as much, and those that have ended give up theirs.
struct Decoding {
  struct Branch {
    var question: Int
    var index: Int
  }

  let pass: ForestPass
  let groupSize: Int
  let maximumTokens: Int
  /// Tokens a branch has room for.
  private var room: Int
  /// The first row of each branch, question by question.
  private var starts: [Int]

  init(_ pass: ForestPass, groupSize: Int, maximumTokens: Int) {
    self.pass = pass
    self.groupSize = groupSize
    self.maximumTokens = maximumTokens
    room = pass.growsWithBranches ? 0 : maximumTokens
    let (first, room) = (pass.trunkRowCount, room)
    starts = (0..<pass.trunks.count * groupSize).map { first + $0 * room }
    let needed = pass.trunkRowCount + pass.trunks.count * groupSize * room
    precondition(pass.capacity >= needed, "decoding needs \(needed) rows, the forest has \(pass.capacity)")
  }

  /// Gives each of the branches room for more than `step` tokens.
  private mutating func makeRoom(_ branches: [Branch], step: Int) {
    let more = min(max(2 * room, ForestPass.firstTokens), maximumTokens)
    var moves: [(from: Range<Int>, to: Int)] = []
    for (slot, branch) in branches.enumerated() {
      let place = branch.question * groupSize + branch.index
      let start = pass.trunkRowCount + slot * more
      if step > 0 { moves.append((starts[place]..<starts[place] + step, start)) }
      starts[place] = start
    }
    pass.rearrangeCaches(rows: pass.trunkRowCount + branches.count * more, moving: moves)
    room = more
  }

  /// Runs token `step` of each branch; the result is the logits that predict token `step + 1`, row-major. A branch that
  /// is left out once has ended.
  mutating func step(_ step: Int, branches: [Branch], tokens: [Int32]) -> [Float] {
    let model = pass.model
    let backend = model.backend
    let sizes = model.configuration.decoder.sizes
    let count = branches.count
    if step >= room { makeRoom(branches, step: step) }
    let starts = branches.map { branch in self.starts[branch.question * groupSize + branch.index] }
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
