// Reading a tokenizer: `tokenizer.json`, or the older `vocab.json` and `merges.txt` with their companions.
public import Diagnostics
internal import Foundation
internal import JSONText

extension Tokenizer {
  /// Reads the tokenizer of a checkpoint folder: `tokenizer.json` if there is one, else `vocab.json` and `merges.txt`.
  /// Added tokens are those of all files that name any, as transformers takes them: `tokenizer.json`, `added_tokens.json`
  /// and the `added_tokens_decoder` of `tokenizer_config.json`.
  public convenience init(folder: String) throws(Diagnostic) {
    var parts: TokenizerParts
    if let json = try readJSON(folder + "/tokenizer.json") {
      parts = try TokenizerParts(tokenizerJSON: json, file: folder + "/tokenizer.json")
    } else if let vocabulary = try readJSON(folder + "/vocab.json") {
      parts = try TokenizerParts(folder: folder, vocabulary: vocabulary)
    } else {
      throw Diagnostic(
        "there is neither tokenizer.json nor vocab.json", at: SourceMark(file: folder),
        hint: "a tokenizer comes with its checkpoint; name that folder", kind: .missing)
    }
    let first = parts
    do throws(Diagnostic) { try parts.readCompanions(folder) } catch {
      // What the first file contradicts by itself is told before what others say.
      _ = try first.checked()
      throw error
    }
    self.init(parts: try parts.checked(), folder: folder, sources: parts.sources)
  }
}

/// A JSON file; nil if there is none.
func readJSON(_ path: String) throws(Diagnostic) -> JSONValue? {
  guard FileManager.default.fileExists(atPath: path) else {
    guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { return nil }
    throw Diagnostic(
      "is a link to \(target), where nothing is", at: SourceMark(file: path), hint: "did its download end?", kind: .missing)
  }
  guard let bytes = FileManager.default.contents(atPath: path) else {
    throw Diagnostic("cannot be read", at: SourceMark(file: path))
  }
  if bytes.starts(with: "version https://git-lfs.github.com/spec/".utf8) {
    throw Diagnostic(
      "is a Git LFS pointer, not the file itself", at: SourceMark(file: path), hint: "git lfs pull gets it", kind: .missing)
  }
  return try JSONValue(parsing: [UInt8](bytes), file: path)
}

extension TokenizerParts {
  // MARK: - tokenizer.json

  /// Reads the form of the `tokenizers` library. What would give other ids than this engine's is refused by
  /// name.
  init(tokenizerJSON json: JSONValue, file: String) throws(Diagnostic) {
    self.init(vocabularyFile: file, mergesFile: file, addedFile: file)
    vocabularyPath = "model.vocab"
    mergesPath = "model.merges"
    func mistake(_ fact: String, _ path: String = "") -> Diagnostic {
      Diagnostic(fact, at: SourceMark(file: file), path: path)
    }
    guard json.object != nil else { throw mistake("expected an object, found \(json.kindName)") }
    guard let model = json["model"], model.object != nil else { throw mistake("there is no model") }
    try Self.checkModel(model, mistake)
    normalizes = try Self.normalizes(json["normalizer"] ?? .null, mistake)
    try Self.checkSplitting(json["pre_tokenizer"] ?? .null, mistake)
    if let processor = json["post_processor"], !processor.isNull, processor["type"]?.string != "ByteLevel" {
      throw mistake("it would add tokens around every text, which Qwen2's tokenizers do not", "post_processor")
    }
    guard let vocab = model["vocab"]?.object else { throw mistake("there is no object of tokens", vocabularyPath) }
    vocabulary = try Self.vocabulary(vocab, file, vocabularyPath)
    guard let list = model["merges"]?.array else { throw mistake("there is no list of merges", mergesPath) }
    merges.reserveCapacity(list.count)
    for (index, merge) in list.enumerated() {
      if let text = merge.string, let (left, right) = Self.halves(text[...]) {
        merges.append((left, right, nil))
      } else if let pair = merge.array, pair.count == 2, let left = pair[0].string, let right = pair[1].string {
        merges.append((left[...], right[...], nil))
      } else {
        throw mistake("a merge is two tokens, as 'a b' or [\"a\", \"b\"]", "\(mergesPath)[\(index)]")
      }
    }
    guard let tokens = (json["added_tokens"] ?? .array([])).array else {
      throw mistake("expected a list", "added_tokens")
    }
    for (index, token) in tokens.enumerated() {
      added.append(try Self.addedToken(token, id: token["id"]?.integer, file, "added_tokens[\(index)]"))
    }
    sources = [("tokenizer.json", added.count)]
  }

  private static func checkModel(
    _ model: JSONValue, _ mistake: (String, String) -> Diagnostic
  ) throws(Diagnostic) {
    if let type = model["type"], type.string != "BPE" {
      throw mistake("'\(type.string ?? type.kindName)' is not supported; BPE is", "model.type")
    }
    for flag in ["byte_fallback", "ignore_merges"] where model[flag]?.boolean == true {
      throw mistake("true is not supported; Qwen2's tokenizers have false", "model.\(flag)")
    }
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = model[name]?.string, !text.isEmpty {
        throw mistake("'\(text)' is not supported; Qwen2's tokenizers have none", "model.\(name)")
      }
    }
    if let dropout = model["dropout"]?.double, dropout != 0 {
      throw mistake("\(dropout) would make ids random; only none is supported", "model.dropout")
    }
  }

  private static func normalizes(
    _ normalizer: JSONValue, _ mistake: (String, String) -> Diagnostic
  ) throws(Diagnostic) -> Bool {
    if normalizer.isNull { return false }
    guard normalizer["type"]?.string == "NFC" else {
      throw mistake("'\(normalizer["type"]?.string ?? normalizer.kindName)' is not supported; NFC is", "normalizer")
    }
    return true
  }

  private static func checkSplitting(
    _ splitting: JSONValue, _ mistake: (String, String) -> Diagnostic
  ) throws(Diagnostic) {
    let steps = splitting["pretokenizers"]?.array ?? []
    guard splitting["type"]?.string == "Sequence", steps.count == 2, steps[0]["type"]?.string == "Split",
      steps[1]["type"]?.string == "ByteLevel", steps[0]["behavior"]?.string == "Isolated",
      steps[0]["invert"]?.boolean != true, steps[1]["add_prefix_space"]?.boolean != true,
      steps[1]["use_regex"]?.boolean == false
    else {
      throw mistake("is not Qwen2's: a Split by pattern, isolated, then ByteLevel without its own", "pre_tokenizer")
    }
    guard let pattern = steps[0]["pattern"]?["Regex"]?.string, pattern == PieceSplitter.pattern else {
      throw mistake("the pattern is not Qwen2's, so its ids would be others", "pre_tokenizer.pretokenizers[0]")
    }
  }

  // MARK: - vocab.json and merges.txt

  init(folder: String, vocabulary json: JSONValue) throws(Diagnostic) {
    let vocabularyFile = folder + "/vocab.json"
    let mergesFile = folder + "/merges.txt"
    self.init(vocabularyFile: vocabularyFile, mergesFile: mergesFile, addedFile: folder + "/added_tokens.json")
    guard let vocab = json.object else {
      throw Diagnostic("expected an object, found \(json.kindName)", at: SourceMark(file: vocabularyFile))
    }
    vocabulary = try Self.vocabulary(vocab, vocabularyFile, "")
    guard let data = FileManager.default.contents(atPath: mergesFile) else {
      throw Diagnostic("is not there, beside vocab.json", at: SourceMark(file: mergesFile), kind: .missing)
    }
    let bytes = [UInt8](data)
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Diagnostic("is not valid UTF-8", at: SourceMark(file: mergesFile))
    }
    try readMerges(bytes)
    let configuration = try readJSON(folder + "/tokenizer_config.json")
    if let name = configuration?["tokenizer_class"]?.string, !name.hasPrefix("Qwen2") {
      throw Diagnostic(
        "'\(name)' is not supported; Qwen2Tokenizer is", at: SourceMark(file: folder + "/tokenizer_config.json"),
        path: "tokenizer_class")
    }
  }

  /// By bytes: in Swift's characters a carriage return and a line feed are one, and a mark joins what it stands behind.
  private mutating func readMerges(_ bytes: [UInt8]) throws(Diagnostic) {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    for (index, line) in bytes[start...].split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let line = line.last == 0x0D ? line.dropLast() : line
      func mistake(_ fact: String) -> Diagnostic {
        Diagnostic(fact, at: SourceMark(file: mergesFile, line: index + 1))
      }
      if line.contains(0x0D) { throw mistake("a carriage return within a line; lines end with a line feed") }
      let text = String(decoding: line, as: UTF8.self)
      if line.isEmpty || (index == 0 && text.hasPrefix("#version")) { continue }
      guard let (left, right) = Self.halves(text[...]) else {
        throw mistake("a merge is two tokens with one space between them")
      }
      merges.append((left, right, index + 1))
    }
  }

  // MARK: - Common

  private static func vocabulary(
    _ vocab: JSONObject, _ file: String, _ path: String
  ) throws(Diagnostic) -> [(text: String, id: Int)] {
    var list: [(text: String, id: Int)] = []
    list.reserveCapacity(vocab.count)
    for (text, id) in vocab.pairs {
      guard let id = id.integer else {
        throw Diagnostic(
          "the id of '\(text.prefix(40))' is \(id.kindName), not a whole number", at: SourceMark(file: file), path: path)
      }
      list.append((text, id))
    }
    return list
  }

  private static func halves(_ text: Substring) -> (Substring, Substring)? {
    let bytes = text.utf8
    guard let space = bytes.firstIndex(of: 0x20) else { return nil }
    let left = text[..<space]
    let right = text[bytes.index(after: space)...]
    return left.isEmpty || right.isEmpty || right.utf8.contains(0x20) ? nil : (left, right)
  }
}
