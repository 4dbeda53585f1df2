// One forward of the model over a packed forest, and its backward.
//
// Rows: the trunks of all questions one after another, then the branches, question by question. A trunk is encoded once
// for all its branches, by whichever pass comes first: a rollout's prefill is the policy's forward. Linear layers, norms
// and the head see rows; attention reads the blocks.
public import Layers
public import TensorCore

/// The tokens of a prompt with its audio placeholders written out, and the clips they stand for, in reading order.
public struct PromptInput: Sendable, Hashable {
  /// One placeholder stands for each audio token.
  public var tokens: [Int32]
  public var clips: [MelClip]

  public init(tokens: [Int32], clips: [MelClip] = []) {
    self.tokens = tokens
    self.clips = clips
  }
}

/// Which rows' outputs a pass gives.
public enum ForestOutputs: Sendable, Hashable {
  case everyRow
  /// Those that predict a token of a completion: the last row of each trunk, and all rows of branches. The last layer is
  /// run for these only.
  case completions
}

/// Hidden rows of a packed forest, and what their gradients need.
public final class ForestPass {
  public let model: AudioLanguageModel
  let backend: any Backend
  /// What is kept for the backward.
  public let keeping: ActivationKeeping
  /// Which rows' outputs are computed.
  public let outputs: ForestOutputs
  /// Rows there is room for.
  public private(set) var capacity: Int
  /// Whether room for branches is made as they come; the rows of `caches` are then the decoding's own to arrange.
  public let growsWithBranches: Bool
  /// Bytes up to which room for branches is reserved at once: making it later would only cost time.
  @TaskLocal public static var reservedBytes = 64 << 20
  /// Tokens of each branch that room is made for at first, where it is made as they come.
  @TaskLocal public static var firstTokens = 32

  /// One a row.
  public private(set) var tokens: [Int32] = []
  /// One a row: a branch counts on from the end of its trunk.
  public private(set) var positions: [Int32] = []
  /// Trunks first, then branches, as attention reads them.
  public private(set) var blocks: [AttentionBlock] = []
  /// Rows of each question's trunk.
  public private(set) var trunks: [Range<Int>] = []
  /// Rows of each branch of each question.
  public private(set) var branches: [[Range<Int>]] = []

  /// Keys and values of each layer.
  public private(set) var caches: [KeyValueRows]
  private let prompts: [PromptInput]
  private var towerPass: TowerPass?
  private var audioRows: [Int32] = []
  /// Input of each layer, and the output of the last; only two alternate if nothing is kept.
  private var hidden: [Tensor] = []
  private var kept: [DecoderLayerActivations] = []
  /// Of the last layer, if only completions are needed.
  private var keptLast: SomeRowsActivations?

  /// Runs the trunks, and their branches with them where they are known.
  /// - Parameter branchCapacity: the most rows of branches that are added later.
  /// - Precondition: every prompt has a token, and as many placeholders as its clips have audio tokens.
  public init(
    _ model: AudioLanguageModel, prompts: [PromptInput], branches known: [[[Int32]]]? = nil, branchCapacity: Int = 0,
    keeping: ActivationKeeping, outputs: ForestOutputs = .everyRow
  ) {
    self.model = model
    self.prompts = prompts
    self.keeping = keeping
    self.outputs = outputs
    backend = model.backend
    let sizes = model.configuration.decoder.sizes
    let backend = self.backend
    for (question, prompt) in prompts.enumerated() {
      precondition(!prompt.tokens.isEmpty, "a prompt without tokens")
      let rows = tokens.count..<tokens.count + prompt.tokens.count
      let placeholders = prompt.tokens.indices.filter { prompt.tokens[$0] == model.configuration.audioTokenID }
      let audioTokens = prompt.clips.reduce(0) { $0 + $1.tokenCount }
      precondition(
        placeholders.count == audioTokens,
        "prompt \(question) has \(placeholders.count) audio placeholders for \(audioTokens) audio tokens")
      audioRows += placeholders.map { Int32(rows.lowerBound + $0) }
      tokens += prompt.tokens
      positions += prompt.tokens.indices.map { Int32($0) }
      blocks.append(AttentionBlock(question: question, queries: rows, own: rows, isCausal: true))
      trunks.append(rows)
      branches.append([])
    }
    let hiddenCount = keeping == .nothing ? min(2, model.layers.count + 1) : model.layers.count + 1
    var rowWidth = model.layers.count * 2 * sizes.keyValueWidth + hiddenCount * sizes.hiddenSize
    if keeping == .everything {
      rowWidth += model.layers.count * (3 * sizes.hiddenSize + 2 * sizes.queryWidth + 3 * sizes.intermediateSize)
    }
    growsWithBranches = known == nil && 4 * rowWidth * branchCapacity > Self.reservedBytes
    let branchCapacity =
      growsWithBranches ? 0 : known.map { $0.joined().reduce(0) { $0 + $1.count } } ?? branchCapacity
    let capacity = tokens.count + branchCapacity
    self.capacity = capacity
    caches = model.layers.map { _ in KeyValueRows(rows: capacity, sizes: sizes, on: backend) }
    hidden = (0..<hiddenCount).map { _ in backend.empty([capacity, sizes.hiddenSize], .float32) }
    if keeping == .everything {
      let count = model.layers.count - (outputs == .completions ? 1 : 0)
      kept = (0..<count).map { _ in DecoderLayerActivations(rows: capacity, sizes: sizes, on: backend) }
      if outputs == .completions {
        keptLast = SomeRowsActivations(
          rows: capacity, needed: prompts.count + branchCapacity, sizes: sizes, on: backend)
      }
    }
    if let known { place(known) }
    run()
  }

  /// Rows of all trunks and branches.
  public var rowCount: Int { tokens.count }
  /// Rows of all trunks; they come first.
  public var trunkRowCount: Int { trunks.last?.upperBound ?? 0 }

  /// Output of the last layer, before the final norm: [rowCount, hiddenSize]. Rows that `outputs` leaves out are
  /// undefined.
  public var output: Tensor { hidden(model.layers.count).rows(0..<rowCount) }

  private func hidden(_ index: Int) -> Tensor { hidden[keeping == .nothing ? index % 2 : index] }

  private func run() {
    let clips = prompts.flatMap(\.clips)
    if !clips.isEmpty {
      let owners = prompts.enumerated().flatMap { question, prompt in prompt.clips.map { _ in question } }
      towerPass = TowerPass(model.tower, clips: clips, questions: owners, keeping: keeping, on: backend)
    }
    embed(0..<rowCount)
    if let towerPass { backend.setRows(towerPass.embeddings, audioRows, into: hidden(0)) }
    runLayers(0..<rowCount, blocks: blocks)
  }

  private func embed(_ rows: Range<Int>) {
    backend.gatherRows(model.embedding.value, Array(tokens[rows]), into: hidden(0).rows(rows))
  }

  private func runLayers(_ rows: Range<Int>, blocks: [AttentionBlock]) {
    let sizes = model.configuration.decoder.sizes
    let shared = keeping == .everything ? nil : DecoderLayerActivations(rows: rows.count, sizes: sizes, on: backend)
    let relative = blocks.map { block in
      var block = block
      block.queries = block.queries.lowerBound - rows.lowerBound..<block.queries.upperBound - rows.lowerBound
      return block
    }
    for (index, layer) in model.layers.enumerated() {
      let (x, y) = (hidden(index).rows(rows), hidden(index + 1).rows(rows))
      let positions = Array(positions[rows])
      if outputs == .completions, index == model.layers.count - 1 {
        let needed = needed(rows)
        let kept =
          keptLast?.rows(rows, needed: needed.range)
          ?? SomeRowsActivations(rows: rows.count, needed: needed.range.count, sizes: sizes, on: backend)
        layer.forward(
          x, needing: needed.rows, into: y, keeping: kept, cache: caches[index], range: rows, positions: positions,
          on: backend)
      } else {
        layer.forward(
          x, into: y, keeping: shared ?? kept[index].rows(rows), cache: caches[index], placement: .rows(rows),
          positions: positions, blocks: relative, on: backend)
      }
    }
  }

  /// The needed ones of `rows`, counted from the first of them, and their places among all needed rows: trunks first, one
  /// a question, then the rows of branches. `rows` are the trunks, the branches, or both.
  private func needed(_ rows: Range<Int>) -> (rows: NeededRows, range: Range<Int>) {
    let (trunkRows, questionCount) = (trunkRowCount, trunks.count)
    func place(_ row: Int) -> Int { questionCount + row - trunkRows }
    let hasTrunks = rows.lowerBound == 0
    let first = hasTrunks ? 0 : place(rows.lowerBound)
    let range = first..<place(rows.upperBound)
    var list: [Int32] = hasTrunks ? trunks.map { Int32($0.upperBound - 1) } : []
    list += (max(rows.lowerBound, trunkRows)..<rows.upperBound).map { Int32($0 - rows.lowerBound) }
    let shown = blocks.compactMap { block -> AttentionBlock? in
      guard rows.contains(block.queries.lowerBound) else { return nil }
      var block = block
      let isTrunk = block.queries.lowerBound < trunkRows
      let place = isTrunk ? block.question : place(block.queries.lowerBound)
      block.queries = place - first..<place - first + (isTrunk ? 1 : block.queries.count)
      return block
    }
    let ranges = questions.enumerated().map { question, ranges in
      [question..<question + 1] + ranges.dropFirst().map { place($0.lowerBound)..<place($0.upperBound) }
    }
    return (NeededRows(rows: list, blocks: shown, questions: ranges), range)
  }

  /// Adds branches to each question and runs them; each sees its trunk and itself. May be called once.
  /// Row t of a branch predicts its token t + 1.
  /// - Precondition: there is room for them, and the cache of the trunks is as the prefill left it.
  public func addBranches(_ completions: [[[Int32]]]) {
    let first = rowCount
    if growsWithBranches { makeRoom(first + completions.joined().reduce(0) { $0 + $1.count }) }
    place(completions)
    guard rowCount > first else { return }
    embed(first..<rowCount)
    runLayers(first..<rowCount, blocks: Array(blocks[trunks.count...]))
  }

  /// New caches of `rows` rows with those of the trunks, and others of the old ones at new places. A layer at a time, so
  /// that only one is there twice.
  public func rearrangeCaches(rows: Int, moving moves: [(from: Range<Int>, to: Int)]) {
    let trunks = 0..<trunkRowCount
    for index in caches.indices {
      let (old, new) = (
        caches[index], KeyValueRows(rows: rows, sizes: model.configuration.decoder.sizes, on: backend)
      )
      for (from, to) in [(old.key, new.key), (old.value, new.value)] {
        backend.copy(from.rows(trunks), to: to.rows(trunks))
        for move in moves {
          backend.copy(from.rows(move.from), to: to.rows(move.to..<move.to + move.from.count))
        }
      }
      caches[index] = new
    }
  }

  /// Makes room for `rows` rows in all; those of the trunks are kept.
  private func makeRoom(_ rows: Int) {
    let (sizes, trunkRows) = (model.configuration.decoder.sizes, trunkRowCount)
    rearrangeCaches(rows: rows, moving: [])
    for index in hidden.indices {
      let longer = backend.empty([rows, sizes.hiddenSize], .float32)
      backend.copy(hidden[index].rows(0..<trunkRows), to: longer.rows(0..<trunkRows))
      hidden[index] = longer
    }
    for index in kept.indices {
      kept[index] = kept[index].extended(to: rows, keeping: trunkRows, sizes: sizes, on: backend)
    }
    keptLast = keptLast?.extended(
      to: rows, needed: prompts.count + rows - trunkRows, keepingRows: trunkRows, needed: prompts.count, sizes: sizes,
      on: backend)
    capacity = rows
  }

  private func place(_ completions: [[[Int32]]]) {
    precondition(completions.count == trunks.count, "\(completions.count) questions' branches for \(trunks.count) trunks")
    precondition(branches.allSatisfy(\.isEmpty), "branches can be added once")
    for (question, list) in completions.enumerated() {
      for completion in list {
        let rows = tokens.count..<tokens.count + completion.count
        tokens += completion
        positions += completion.indices.map { Int32(trunks[question].count + $0) }
        branches[question].append(rows)
        if !rows.isEmpty {
          blocks.append(
            AttentionBlock(question: question, queries: rows, context: [trunks[question]], own: rows, isCausal: true))
        }
      }
    }
    precondition(rowCount <= capacity, "\(rowCount) rows in a forest for \(capacity)")
  }

  /// The row ranges of each question, its trunk first: the order of its gradient chain.
  public var questions: [[Range<Int>]] {
    zip(trunks, branches).map { trunk, branches in
      guard let first = branches.first, let last = branches.last else { return [trunk] }
      return [trunk, first.lowerBound..<last.upperBound]
    }
  }

  /// Accumulates all parameter gradients below the head from `dOutput`, the gradient of `output`, which is consumed.
  /// - Precondition: the pass kept something.
  public func backward(_ dOutput: Tensor) {
    precondition(keeping != .nothing, "this pass kept nothing for a backward")
    let sizes = model.configuration.decoder.sizes
    let all = 0..<rowCount
    let scratch = DecoderLayerScratch(rows: rowCount, sizes: sizes, on: backend)
    let again = keeping == .layerInputs ? DecoderLayerActivations(rows: rowCount, sizes: sizes, on: backend) : nil
    let unused = again.map { _ in backend.empty([rowCount, sizes.hiddenSize], .float32) }
    for index in model.layers.indices.reversed() {
      let layer = model.layers[index]
      let input = hidden(index).rows(all)
      if outputs == .completions, index == model.layers.count - 1 {
        backwardLast(dOutput, layer, input: input, scratch: scratch)
        continue
      }
      let activations: DecoderLayerActivations
      if let again, let unused {
        layer.forward(
          input, into: unused, keeping: again, cache: caches[index], placement: .rows(all), positions: positions,
          blocks: blocks, on: backend)
        activations = again
      } else {
        activations = kept[index].rows(all)
      }
      layer.backward(
        dOutput, input: input, kept: activations, cache: caches[index], positions: positions, blocks: blocks,
        questions: questions, scratch: scratch, on: backend)
    }
    backwardEmbedding(dOutput)
    if let towerPass, model.tower.projection.weight.isTrained {
      let dAudio = backend.empty(towerPass.embeddings.shape, .float32)
      backend.gatherRows(dOutput, audioRows, into: dAudio)
      towerPass.backward(dAudio)
    }
  }

  private func backwardLast(_ dOutput: Tensor, _ layer: DecoderLayer, input: Tensor, scratch: DecoderLayerScratch) {
    let sizes = model.configuration.decoder.sizes
    let cache = caches[model.layers.count - 1]
    let all = 0..<rowCount
    let needed = needed(all)
    let activations: SomeRowsActivations
    if let keptLast {
      activations = keptLast.rows(all, needed: needed.range)
    } else {
      activations = SomeRowsActivations(rows: rowCount, needed: needed.range.count, sizes: sizes, on: backend)
      let unused = backend.empty([rowCount, sizes.hiddenSize], .float32)
      layer.forward(
        input, needing: needed.rows, into: unused, keeping: activations, cache: cache, range: all,
        positions: positions, on: backend)
    }
    layer.backward(
      dOutput, input: input, needing: needed.rows, kept: activations, cache: cache, positions: positions,
      questions: questions, scratch: scratch, on: backend)
  }

  /// forward: hidden[row] = embedding[token], audio rows replaced. Rows go question by question, so that packing does not
  /// reorder the sums of a token that several questions share.
  private func backwardEmbedding(_ d: Tensor) {
    guard let gradient = model.embedding.gradient else { return }
    let isAudio = Set(audioRows)
    let rows = questions.flatMap { $0.flatMap { $0.map { Int32($0) } } }.filter { !isAudio.contains($0) }
    let ordered = backend.empty([rows.count, d.width], .float32)
    backend.gatherRows(d, rows, into: ordered)
    backend.scatterAddRows(ordered, rows.map { tokens[Int($0)] }, addingTo: gradient)
  }
}
