// What a tokenizer's files say, put together and checked: every id once, every byte present, every merge
// between tokens there are.
internal import Diagnostics

/// The content of tokenizer files, in either of their forms, before it is checked.
struct TokenizerParts {
  /// Where vocabulary and merges were read, for messages.
  var vocabularyFile: String
  var mergesFile: String
  /// What stands before a token or a merge in messages, such as `model.vocab`.
  var vocabularyPath = ""
  var mergesPath = ""
  /// In the letters that stand for bytes.
  var vocabulary: [(text: String, id: Int)] = []
  /// By rank; `line` counts from 1 where the file has lines.
  var merges: [(left: Substring, right: Substring, line: Int?)] = []
  typealias Added = (text: String, id: Int, isSpecial: Bool)
  var added: [Added] = []
  /// The files that name added tokens, and how many each has.
  var sources: [(file: String, count: Int)] = []
  var addedFile: String
  var normalizes = true

  /// What a tokenizer works with.
  struct Checked {
    let table: TokenTable
    let merges: MergeTable
    let added: AddedTokens
    let normalizes: Bool
  }

  func checked() throws(Diagnostic) -> Checked {
    let addedTokens = try checkedAddedTokens()
    let added = AddedTokens(addedTokens)
    let table = try tokenTable(added)
    let merges = try mergeTable(table)
    for token in addedTokens {
      // A token of the vocabulary may be an added token too, under the same id and no other.
      let bytes = Array(token.text.utf8)
      if let id = table.find(bytes, 0..<bytes.count), id != token.id {
        throw Diagnostic(
          "'\(token.text)' is token \(id) of the vocabulary and added token \(token.id)",
          at: SourceMark(file: addedFile), path: "added_tokens")
      }
    }
    return Checked(table: table, merges: merges, added: added, normalizes: normalizes)
  }

  private func checkedAddedTokens() throws(Diagnostic) -> [AddedToken] {
    func mistake(_ fact: String) -> Diagnostic {
      Diagnostic(fact, at: SourceMark(file: addedFile), path: "added_tokens")
    }
    var ids: [Int: String] = [:]
    var idOf: [[UInt8]: Int] = [:]
    var tokens: [AddedToken] = []
    for (text, id, isSpecial) in added {
      guard !text.isEmpty else { throw mistake("token \(id) is empty") }
      guard 0..<TokenTable.idLimit ~= id else {
        throw mistake("the id \(id) of '\(text)' is outside 0..<\(TokenTable.idLimit)")
      }
      if let other = ids.updateValue(text, forKey: id) {
        throw mistake("the id \(id) belongs to '\(other)' and to '\(text)'")
      }
      if let other = idOf.updateValue(id, forKey: Array(text.utf8)) {
        throw mistake("'\(text)' has the ids \(other) and \(id)")
      }
      tokens.append(AddedToken(text: text, id: Int32(id), isSpecial: isSpecial))
    }
    return tokens
  }

  private func tokenTable(_ added: AddedTokens) throws(Diagnostic) -> TokenTable {
    func mistake(_ fact: String) -> Diagnostic {
      Diagnostic(fact, at: SourceMark(file: vocabularyFile), path: vocabularyPath)
    }
    var table = TokenTable(expectedCount: vocabulary.count)
    var bytes: [UInt8] = []
    for (text, id) in vocabulary {
      guard 0..<TokenTable.idLimit ~= id else {
        throw mistake("the id \(id) of '\(shortened(text))' is outside 0..<\(TokenTable.idLimit)")
      }
      if let token = added[Int32(id)], !token.text.utf8.elementsEqual(text.utf8) {
        throw mistake("the id \(id) belongs to '\(shortened(text))' and to the added token '\(token.text)'")
      }
      bytes.removeAll(keepingCapacity: true)
      guard ByteCharacters.append(text, to: &bytes) else {
        throw mistake("'\(shortened(text))' has a character that stands for no byte")
      }
      guard !bytes.isEmpty else { throw mistake("token \(id) is empty") }
      do throws(TokenTable.Refusal) {
        try table.add(bytes, id: id)
      } catch {
        switch error {
        case .idIsTaken:
          let other = ByteCharacters.text(table.token(id) ?? [])
          throw mistake("the id \(id) belongs to '\(shortened(other))' and to '\(shortened(text))'")
        case .bytesAreTaken(let other): throw mistake("'\(shortened(text))' has the ids \(other) and \(id)")
        case .tooLarge: throw mistake("its tokens take more than \(TokenTable.byteLimit) bytes")
        }
      }
    }
    return table
  }

  private func mergeTable(_ table: TokenTable) throws(Diagnostic) -> MergeTable {
    var byteIDs: [Int32] = []
    for byte in UInt8.min...UInt8.max {
      guard let id = table.find([byte], 0..<1) else {
        throw Diagnostic(
          "there is no token for byte \(byte), '\(ByteCharacters.text([byte]))'", at: SourceMark(file: vocabularyFile),
          path: vocabularyPath)
      }
      byteIDs.append(id)
    }
    var merges = MergeTable(byteIDs: byteIDs, expectedCount: self.merges.count)
    var bytes: [UInt8] = []
    for (index, (left, right, line)) in self.merges.enumerated() {
      func mistake(_ fact: String) -> Diagnostic {
        Diagnostic(
          fact, at: SourceMark(file: mergesFile, line: line), path: mergesPath.isEmpty ? "" : "\(mergesPath)[\(index)]")
      }
      func unknown(_ text: some StringProtocol) -> Diagnostic {
        mistake("the merge '\(shortened(left)) \(shortened(right))' names '\(shortened(text))', which is no token")
      }
      bytes.removeAll(keepingCapacity: true)
      guard ByteCharacters.append(left, to: &bytes) else { throw unknown(left) }
      let middle = bytes.count
      guard ByteCharacters.append(right, to: &bytes) else { throw unknown(right) }
      guard let leftID = table.find(bytes, 0..<middle) else { throw unknown(left) }
      guard let rightID = table.find(bytes, middle..<bytes.count) else { throw unknown(right) }
      guard let product = table.find(bytes, 0..<bytes.count) else { throw unknown(left + right) }
      guard merges.append(leftID, rightID, product: product) else {
        throw mistake("the merge '\(shortened(left)) \(shortened(right))' stands twice")
      }
    }
    return merges
  }
}

/// A token as messages show it.
private func shortened(_ token: some StringProtocol) -> String {
  token.count > 40 ? token.prefix(39) + "…" : String(token)
}
