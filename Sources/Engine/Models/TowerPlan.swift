// Where the frames, positions and tokens of each clip stand in a tower pass.
internal import Layers
internal import TensorCore

struct TowerPlan {
  /// Frames of all clips one after another, each with its padding as far as it is heard.
  var mel: [Float] = []
  /// Rows of the mel, convolved and pooled matrices of each clip.
  var melRows: [Range<Int>] = []
  var positionRows: [Range<Int>] = []
  var tokenRows: [Range<Int>] = []
  /// Frames of each window, and rows of the first convolution that the second one reads.
  var firstChunks: [ConvolutionChunk] = []
  var secondChunks: [ConvolutionChunk] = []
  /// Attention of each window.
  var blocks: [AttentionBlock] = []
  /// Row of the position table for each position.
  var positionIndices: [Int32] = []
  /// The first of the two positions that make each token.
  var pairStarts: [Int32] = []
  var (melCount, positionCount, tokenCount) = (0, 0, 0)

  init(clips: [MelClip], configuration c: AudioTowerConfiguration) {
    for clip in clips { append(clip, c) }
  }

  private mutating func append(_ clip: MelClip, _ c: AudioTowerConfiguration) {
    let bands = c.melBandCount
    let positions = MelClip.positionCount(frames: clip.validFrameCount)
    // With padding, output c - 1 of the second convolution reads row 2c - 1 of the first, which reads frame 2c.
    let frames = c.halfWindow == nil ? min(clip.paddedFrameCount, 2 * positions + 1) : clip.validFrameCount
    let given = clip.values.prefix(frames * bands)
    mel += given
    mel += [Float](repeating: clip.tailValue, count: frames * bands - given.count)
    let window = c.halfWindow.map { 2 * $0 } ?? frames
    var start = 0
    while start < frames {
      let rows = melCount + start..<melCount + min(start + window, frames)
      firstChunks.append(ConvolutionChunk(input: rows, outputStart: rows.lowerBound))
      let limit = c.halfWindow == nil ? melCount + min(frames, 2 * positions) : rows.upperBound
      let outputStart = positionCount + start / 2
      let chunk = ConvolutionChunk(input: rows.lowerBound..<limit, outputStart: outputStart)
      secondChunks.append(chunk)
      let count = chunk.outputCount(stride: 2)
      let own = outputStart..<outputStart + count
      blocks.append(AttentionBlock(question: blocks.count, queries: own, own: own, isCausal: false))
      positionIndices += (0..<count).map { Int32($0) }
      start += window
    }
    let tokens = clip.tokenCount
    pairStarts += (0..<tokens).map { Int32(positionCount + 2 * $0) }
    melRows.append(melCount..<melCount + frames)
    positionRows.append(positionCount..<positionCount + positions)
    tokenRows.append(tokenCount..<tokenCount + tokens)
    melCount += frames
    positionCount += positions
    tokenCount += tokens
  }
}
