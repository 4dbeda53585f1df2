// Added tokens stand in up to three files of a checkpoint, and none of them need be whole: what they say is put together,
// as transformers does it, and has to agree.
internal import Diagnostics
internal import JSONText

extension TokenizerParts {
  /// Reads `added_tokens.json`, and the `added_tokens_decoder` of `tokenizer_config.json`, whose marks go before others'.
  mutating func readCompanions(_ folder: String) throws(Diagnostic) {
    let simple = folder + "/added_tokens.json"
    if let json = try readJSON(simple) {
      guard let tokens = json.object else {
        throw Diagnostic("expected an object, found \(json.kindName)", at: SourceMark(file: simple))
      }
      var list: [Added] = []
      for (text, id) in tokens.pairs {
        guard let id = id.integer else {
          throw Diagnostic("its id is \(id.kindName), not a whole number", at: SourceMark(file: simple), path: text)
        }
        list.append((text, id, text.hasPrefix("<|") && text.hasSuffix("|>")))
      }
      try join(list, of: simple, "added_tokens.json", marksCount: false)
    }
    let full = folder + "/tokenizer_config.json"
    if let decoder = try readJSON(full)?["added_tokens_decoder"], !decoder.isNull {
      guard let tokens = decoder.object else {
        throw Diagnostic(
          "expected an object, found \(decoder.kindName)", at: SourceMark(file: full), path: "added_tokens_decoder")
      }
      var list: [Added] = []
      for (key, token) in tokens.pairs {
        list.append(try Self.addedToken(token, id: Int(key), full, "added_tokens_decoder.\(key)"))
      }
      try join(list, of: full, "tokenizer_config.json", marksCount: true)
    }
  }

  /// Adds the tokens of a file to those of the files before it.
  private mutating func join(
    _ list: [Added], of file: String, _ name: String, marksCount: Bool
  ) throws(Diagnostic) {
    // What one file says twice is told of that file, by the check of all.
    if added.isEmpty { addedFile = file }
    let others = sources.map(\.file).joined(separator: " or ")
    var places: [[UInt8]: Int] = [:]
    var owners: [Int: String] = [:]
    for (place, token) in added.enumerated() {
      places[Array(token.text.utf8)] = place
      owners[token.id] = token.text
    }
    for token in list {
      func mistake(_ fact: String) -> Diagnostic {
        Diagnostic(
          fact, at: SourceMark(file: file), path: "added tokens",
          hint: "one of the two files belongs to another tokenizer")
      }
      if let place = places[Array(token.text.utf8)] {
        guard added[place].id == token.id else {
          throw mistake("'\(token.text)' has the id \(token.id) here and \(added[place].id) in \(others)")
        }
        if marksCount { added[place].isSpecial = token.isSpecial }
      } else if let other = owners[token.id] {
        throw mistake("the id \(token.id) belongs to '\(token.text)' here and to '\(other)' in \(others)")
      } else {
        added.append(token)
      }
    }
    sources.append((name, list.count))
  }

  static func addedToken(
    _ token: JSONValue, id: Int?, _ file: String, _ path: String
  ) throws(Diagnostic) -> Added {
    func mistake(_ fact: String) -> Diagnostic { Diagnostic(fact, at: SourceMark(file: file), path: path) }
    guard let id else { throw mistake("its id is no whole number") }
    guard let text = token["content"]?.string else { throw mistake("there is no content") }
    // A token that is looked for in normalised text is found in the same places where it is plain ASCII.
    let flags = ["lstrip", "rstrip", "single_word"] + (text.utf8.allSatisfy { $0 < 0x80 } ? [] : ["normalized"])
    for flag in flags where token[flag]?.boolean == true {
      throw mistake("'\(flag)' is not supported for '\(text)'; Qwen2's tokenizers have false")
    }
    return (text, id, token["special"]?.boolean ?? false)
  }
}
