// A small tokenizer from a list of words, in the published form, for models that are trained here.
public import Diagnostics
internal import Foundation
internal import JSONText

/// Learns merges until every word, at the start of a text and after a space, is one token.
///
/// Ids: the 256 bytes in the order of the characters that stand for them, then the merges in the order learned, then the
/// special tokens. The same words, in any order, give the same files.
///
/// Source: Sennrich, Haddow & Birch 2016, algorithm 1, over distinct words, ties broken by the older tokens.
public struct TokenizerBuilder {
  public let specialTokens: [String]
  private var table = TokenTable(expectedCount: 2048)
  private var merger: PairMerger
  private var pairs: [(left: Int32, right: Int32)] = []

  /// A word that the pattern splits, such as `don't` or `42`, becomes one token per part.
  /// - Precondition: special tokens are distinct, and none is empty.
  public init(words: [String], specialTokens: [String] = ChatToken.allCases.map(\.rawValue)) {
    precondition(
      Set(specialTokens).count == specialTokens.count && !specialTokens.contains(""), "special tokens \(specialTokens)")
    self.specialTokens = specialTokens
    let order = (UInt8.min...UInt8.max).sorted {
      ByteCharacters.characters[Int($0)] < ByteCharacters.characters[Int($1)]
    }
    var byteIDs = [Int32](repeating: 0, count: 256)
    for (id, byte) in order.enumerated() { byteIDs[Int(byte)] = Int32(id) }
    merger = PairMerger(merges: MergeTable(byteIDs: byteIDs, expectedCount: 2048))
    for byte in order { _ = token([byte]) }
    // Bare words first: those that follow a space then need one merge more each.
    learn(Self.pieces(of: words))
    learn(Self.pieces(of: words.map { " " + $0 }))
  }

  /// How many tokens there are, the special ones included.
  public var vocabularySize: Int { table.idCount + specialTokens.count }

  private static func pieces(of words: [String]) -> [[UInt8]] {
    let splitter = PieceSplitter()
    var pieces: Set<[UInt8]> = []
    for word in words {
      let text = Array(normalFormC(word).utf8)
      var start = 0
      while start < text.count {
        let end = splitter.pieceEnd(text, from: start, to: text.count)
        pieces.insert(Array(text[start..<end]))
        start = end
      }
    }
    return pieces.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Merges the most frequent pair of what is not yet one token, again and again. A new merge ranks last, so it takes up
  /// where the earlier ones leave a piece: pieces that are one token stay so, and every round shortens some.
  private mutating func learn(_ pieces: [[UInt8]]) {
    var open = pieces.map { (bytes: $0, ids: encode($0)) }.filter { $0.ids.count > 1 }
    while !open.isEmpty {
      var counts: [UInt64: Int] = [:]
      for (_, ids) in open {
        for index in 1..<ids.count { counts[UInt64(ids[index - 1]) << 32 | UInt64(ids[index]), default: 0] += 1 }
      }
      let best = counts.min { a, b in a.value != b.value ? a.value > b.value : a.key < b.key }
      guard let best else { return }
      let (left, right) = (Int32(best.key >> 32), Int32(best.key & 0xFFFF_FFFF))
      let product = token(Array(table.token(Int(left)) ?? []) + (table.token(Int(right)) ?? []))
      pairs.append((left, right))
      _ = merger.merges.append(left, right, product: product)
      for index in open.indices where open[index].ids.contains(left) {
        open[index].ids = encode(open[index].bytes)
      }
      open.removeAll { $0.ids.count == 1 }
    }
  }

  private mutating func encode(_ piece: [UInt8]) -> [Int32] {
    var ids: [Int32] = []
    merger.encode(piece, 0..<piece.count, into: &ids)
    return ids
  }

  /// The id of the token with these bytes, new if need be.
  private mutating func token(_ bytes: [UInt8]) -> Int32 {
    if let id = table.find(bytes, 0..<bytes.count) { return id }
    let id = table.idCount
    do { try table.add(bytes, id: id) } catch { preconditionFailure("token \(id): \(error)") }
    return Int32(id)
  }

  // MARK: - Writing

  /// Writes `tokenizer.json`, `vocab.json`, `merges.txt`, `added_tokens.json`, `special_tokens_map.json` and
  /// `tokenizer_config.json`, as published checkpoints have them.
  public func write(to folder: String) throws(Diagnostic) {
    func spelling(_ id: Int32) -> String { ByteCharacters.text(table.token(Int(id)) ?? []) }
    let vocabulary = JSONValue.object(
      JSONObject((0..<table.idCount).map { (spelling(Int32($0)), .integer($0)) }))
    let lines = pairs.map { spelling($0.left) + " " + spelling($0.right) }
    let added = specialTokens.enumerated().map { (text: $1, id: table.idCount + $0) }
    let files: [(String, String)] = [
      ("tokenizer.json", tokenizerJSON(vocabulary, lines, added).indentedText),
      ("vocab.json", vocabulary.indentedText),
      ("merges.txt", (["#version: 0.2"] + lines).joined(separator: "\n") + "\n"),
      ("added_tokens.json", JSONValue.object(JSONObject(added.map { ($0.text, .integer($0.id)) })).indentedText),
      ("special_tokens_map.json", specialTokensMap.indentedText),
      ("tokenizer_config.json", configuration(added).indentedText),
    ]
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for (name, text) in files {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name), options: .atomic)
      }
    } catch {
      throw Diagnostic("the tokenizer cannot be written: \(error.localizedDescription)", at: SourceMark(file: folder))
    }
  }

  private func description(_ text: String) -> JSONObject {
    JSONObject([
      ("content", .string(text)), ("single_word", false), ("lstrip", false), ("rstrip", false), ("normalized", false),
      ("special", true),
    ])
  }

  private func tokenizerJSON(
    _ vocabulary: JSONValue, _ merges: [String], _ added: [(text: String, id: Int)]
  ) -> JSONValue {
    let addedTokens = added.map { token in
      var entry = description(token.text)
      entry["id"] = .integer(token.id)
      return JSONValue.object(entry)
    }
    return .object([
      "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": .array(addedTokens),
      "normalizer": .object(["type": "NFC"]),
      "pre_tokenizer": .object([
        "type": "Sequence",
        "pretokenizers": .array([
          .object([
            "type": "Split", "pattern": .object(["Regex": .string(PieceSplitter.pattern)]), "behavior": "Isolated",
            "invert": false,
          ]),
          .object(["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false]),
        ]),
      ]),
      "post_processor": .null,
      "decoder": .object(["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true]),
      "model": .object([
        "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
        "end_of_word_suffix": .null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
        "vocab": vocabulary, "merges": .array(merges.map { .string($0) }),
      ]),
    ])
  }

  private var specialTokensMap: JSONValue {
    var map = JSONObject([("additional_special_tokens", .array(specialTokens.dropFirst().map { .string($0) }))])
    if specialTokens.contains(ChatToken.messageEnd.rawValue) { map["eos_token"] = .string(ChatToken.messageEnd.rawValue) }
    if specialTokens.contains(ChatToken.endOfText.rawValue) { map["pad_token"] = .string(ChatToken.endOfText.rawValue) }
    return .object(map)
  }

  private func configuration(_ added: [(text: String, id: Int)]) -> JSONValue {
    var configuration = specialTokensMap.object ?? JSONObject()
    configuration["added_tokens_decoder"] = .object(
      JSONObject(added.map { ($0.id.description, .object(description($0.text))) }))
    configuration["tokenizer_class"] = "Qwen2Tokenizer"
    for name in ["add_bos_token", "add_prefix_space", "clean_up_tokenization_spaces", "split_special_tokens"] {
      configuration[name] = false
    }
    for name in ["bos_token", "unk_token"] { configuration[name] = .null }
    return .object(configuration)
  }
}
