// Text to token ids and back, as the published tokenizers of Qwen2 do it: added tokens are cut out of the raw
// text, the rest is normalised to NFC, split into pieces, and each piece's bytes are merged. Nothing is put
// before or behind.
//
// Left out, and refused where a file asks for it: dropout, byte fallback, unknown tokens, other normalisers and
// patterns, added tokens that strip white space around them.
public import Diagnostics
internal import Synchronization

/// A byte-level byte-pair tokenizer.
public final class Tokenizer: Sendable {
  /// What the tokenizer was read from, for messages.
  public let folder: String
  /// One more than the largest id. A model's table may have more rows.
  public let vocabularySize: Int
  let table: TokenTable
  let merges: MergeTable
  let added: AddedTokens
  let normalizes: Bool
  /// How many added tokens each file of the folder has, in words.
  private let addedIn: String
  private let splitter = PieceSplitter()
  private let work: Mutex<Work>

  /// Memory of earlier pieces; it changes no result.
  private struct Work {
    var cache: PieceCache
    var merger: PairMerger
  }

  init(parts: TokenizerParts.Checked, folder: String, sources: [(file: String, count: Int)]) {
    self.folder = folder
    addedIn =
      sources.isEmpty ? "no file there names any" : sources.map { "\($0.file) has \($0.count)" }.joined(separator: ", ")
    table = parts.table
    merges = parts.merges
    added = parts.added
    normalizes = parts.normalizes
    vocabularySize = max(table.idCount, Int(added.list.last?.id ?? -1) + 1)
    work = Mutex(Work(cache: PieceCache(slotCountLog2: 14), merger: PairMerger(merges: merges)))
  }

  /// Tokens that are cut out of the raw text, by id.
  public var addedTokens: [AddedToken] { added.list }

  /// The token ids of a text.
  /// - Complexity: n for n bytes; n log n for a single piece of n bytes.
  public func encode(_ text: String) -> [Int32] {
    let bytes = Array(text.utf8)
    let result = work.withLockIfAvailable { work in encode(bytes, &work) }
    if let result { return result }
    var own = Work(cache: PieceCache(slotCountLog2: 8), merger: PairMerger(merges: merges))
    return encode(bytes, &own)
  }

  private func encode(_ text: [UInt8], _ work: inout Work) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(text.count / 3 + 8)
    var start = 0
    while let (range, id) = added.first(in: text, from: start) {
      encodePlain(text, start..<range.lowerBound, &work, into: &ids)
      ids.append(id)
      start = range.upperBound
    }
    encodePlain(text, start..<text.count, &work, into: &ids)
    return ids
  }

  private func encodePlain(_ text: [UInt8], _ range: Range<Int>, _ work: inout Work, into ids: inout [Int32]) {
    if normalizes, mayNeedNormalising(text, range) {
      let normal = normalised(text, range)
      encodePieces(normal, 0..<normal.count, &work, into: &ids)
    } else {
      encodePieces(text, range, &work, into: &ids)
    }
  }

  private func encodePieces(_ text: [UInt8], _ range: Range<Int>, _ work: inout Work, into ids: inout [Int32]) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = splitter.pieceEnd(text, from: start, to: range.upperBound)
      work.cache.encode(text, start..<end, into: &ids, by: &work.merger)
      start = end
    }
  }

  /// The text of token ids. Ids without a token are left out; bytes that are no UTF-8 become U+FFFD, one for
  /// each longest part that could begin a character.
  public func decode(_ ids: some Sequence<Int32>, skipSpecialTokens: Bool = false) -> String {
    var bytes: [UInt8] = []
    for id in ids {
      if let token = added[id] {
        if !(skipSpecialTokens && token.isSpecial) { bytes += token.text.utf8 }
      } else if let token = table.token(Int(id)) {
        bytes += token
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The id of the token that is exactly this text.
  public func tokenID(of text: String) -> Int32? {
    if let token = added.list.first(where: { $0.text.utf8.elementsEqual(text.utf8) }) { return token.id }
    let bytes = Array(text.utf8)
    return table.find(bytes, 0..<bytes.count)
  }

  /// The bytes of a token; nil if there is none of this id.
  public func bytes(of id: Int32) -> [UInt8]? {
    added[id].map { Array($0.text.utf8) } ?? table.token(Int(id)).map(Array.init)
  }

  /// The id of a token that chats need.
  public func id(of token: ChatToken) throws(Diagnostic) -> Int32 {
    guard let id = added.list.first(where: { $0.text == token.rawValue })?.id else {
      throw Diagnostic(
        "the tokenizer has no added token '\(token.rawValue)'; \(addedIn)", at: SourceMark(file: folder),
        hint: "is this the tokenizer of an audio language model, and is all of it there?")
    }
    return id
  }
}

/// Normal form C, line by line, of the lines that may need it: nothing composes with a line feed.
private func normalised(_ text: [UInt8], _ range: Range<Int>) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(range.count)
  var start = range.lowerBound
  while start < range.upperBound {
    let end = text[start..<range.upperBound].firstIndex(of: 0x0A).map { $0 + 1 } ?? range.upperBound
    if mayNeedNormalising(text, start..<end) {
      result += normalFormC(String(decoding: text[start..<end], as: UTF8.self)).utf8
    } else {
      result += text[start..<end]
    }
    start = end
  }
  return result
}

/// Whether NFC could change this text: a mark or a conjoining letter in it, or a character that NFC replaces.
/// False for nearly everything people type, so that it need not be copied.
private func mayNeedNormalising(_ text: [UInt8], _ range: Range<Int>) -> Bool {
  var index = range.lowerBound
  while index < range.upperBound {
    let byte = text[index]
    // Lead bytes up to 0xCB: the code points below U+0300, which NFC leaves as they are.
    if byte < 0xCC {
      index += byte < 0x80 ? 1 : 2
      continue
    }
    let length = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
    var point = UInt32(byte) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
    for tail in text[index + 1..<index + length] { point = point << 6 | UInt32(tail & 0x3F) }
    index += length
    if let scalar = Unicode.Scalar(point), mayChange(scalar) { return true }
  }
  return false
}

private func mayChange(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x300, 0x2010...0x2027, 0x3041...0x3098, 0x309B...0x30FF, 0x4E00...0x9FFF, 0xAC00...0xD7A3: return false
  case 0x1100...0x11FF: return true
  default:
    let properties = scalar.properties
    if properties.isFullCompositionExclusion || properties.canonicalCombiningClass != .notReordered { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: return true
    default: return false
    }
  }
}
