// Who sees whom in the packed forest. Attention alone reads this; every other operation sees only rows.

/// Query rows that share what they see: first all of `context`, then their own rows.
///
/// A trunk is a block with no context and itself, causal. A branch has its trunk as context and itself, causal. A chunk
/// of the audio tower sees all of itself. A decoding step is one query that sees its trunk and its branch so far.
/// Key number j of a query counts through the context ranges, then `own`; reductions over keys use lane j mod 16, so a
/// branch alone, in a group, or as the tail of a longer trunk gives the same bits.
public struct AttentionBlock: Sendable, Hashable {
  /// Blocks with the same number may share keys; blocks of different questions never do.
  public var question: Int
  /// Rows of the query matrix.
  public var queries: Range<Int>
  /// Rows of the key and value matrices that every query sees, in order.
  public var context: [Range<Int>]
  /// Rows seen as far as `isCausal` allows: query i of n sees `own` up to index own.count - n + i.
  public var own: Range<Int>
  /// Whether a query sees no key of `own` behind its own place.
  public var isCausal: Bool

  public init(question: Int, queries: Range<Int>, context: [Range<Int>] = [], own: Range<Int>, isCausal: Bool) {
    precondition(!isCausal || own.count >= queries.count, "a causal block needs a key for each query")
    self.question = question
    self.queries = queries
    self.context = context
    self.own = own
    self.isCausal = isCausal
  }

  /// The number of keys query `index` of this block sees.
  @inlinable public func visibleKeyCount(query index: Int) -> Int {
    var count = isCausal ? own.count - queries.count + index + 1 : own.count
    for range in context { count += range.count }
    return count
  }
}

/// Heads of an attention layer: query head i reads key-value head i / (headCount / keyValueHeadCount).
public struct AttentionHeads: Sendable, Hashable {
  /// Of the queries.
  public var headCount: Int
  /// Of keys and values; divides `headCount`.
  public var keyValueHeadCount: Int
  /// Numbers of one head.
  public var headSize: Int

  public init(headCount: Int, keyValueHeadCount: Int, headSize: Int) {
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headSize = headSize
  }
}

/// Rows convolved together: kernel 3, zero padding of one row at both ends, so that neighbours are not seen.
public struct ConvolutionChunk: Sendable, Hashable {
  /// Rows that are read.
  public var input: Range<Int>
  /// First row of the output; (input.count - 1) / stride + 1 rows are written.
  public var outputStart: Int

  public init(input: Range<Int>, outputStart: Int) {
    self.input = input
    self.outputStart = outputStart
  }

  /// Rows that are written.
  public func outputCount(stride: Int) -> Int { input.isEmpty ? 0 : (input.count - 1) / stride + 1 }
}
