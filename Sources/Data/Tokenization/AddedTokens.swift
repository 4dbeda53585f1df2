// Tokens that stand above the vocabulary: they are cut out of the text before anything else happens to it.

/// A token found in the text as it stands, such as `<|im_start|>`.
public struct AddedToken: Sendable, Hashable {
  public let text: String
  public let id: Int32
  /// Left out when decoding with `skipSpecialTokens`.
  public let isSpecial: Bool
}

/// Finds added tokens: of those that start leftmost, the longest.
struct AddedTokens: Sendable {
  private struct Node: Sendable {
    var children: [UInt8: Int32] = [:]
    /// The token that ends here, as an index of `list`.
    var token: Int32 = -1
  }

  /// By id.
  let list: [AddedToken]
  private var nodes = [Node()]
  private var startsOne = [Bool](repeating: false, count: 256)
  private var indexOf: [Int32: Int] = [:]

  init(_ tokens: [AddedToken]) {
    list = tokens.sorted { $0.id < $1.id }
    for (index, token) in list.enumerated() {
      indexOf[token.id] = index
      var node = 0
      for byte in token.text.utf8 {
        if node == 0 { startsOne[Int(byte)] = true }
        if let child = nodes[node].children[byte] {
          node = Int(child)
        } else {
          nodes.append(Node())
          nodes[node].children[byte] = Int32(truncatingIfNeeded: nodes.count - 1)
          node = nodes.count - 1
        }
      }
      nodes[node].token = Int32(truncatingIfNeeded: index)
    }
  }

  subscript(id: Int32) -> AddedToken? { indexOf[id].map { list[$0] } }

  /// The first added token at or after `start`.
  func first(in text: [UInt8], from start: Int) -> (range: Range<Int>, id: Int32)? {
    var place = start
    while place < text.count {
      if startsOne[Int(text[place])], let found = longest(in: text, at: place) { return found }
      place += 1
    }
    return nil
  }

  private func longest(in text: [UInt8], at start: Int) -> (range: Range<Int>, id: Int32)? {
    var node = 0
    var place = start
    var found: (range: Range<Int>, id: Int32)?
    while place < text.count, let child = nodes[node].children[text[place]] {
      node = Int(child)
      place += 1
      if nodes[node].token >= 0 { found = (start..<place, list[Int(nodes[node].token)].id) }
    }
    return found
  }
}
