// `repro tokenize`: the tokenizer by itself.
internal import ArgumentParser
internal import Diagnostics
internal import Foundation
internal import JSONText
internal import SafeTensors
internal import Tokenization

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Text to token ids and back.",
    discussion: """
      Prints one line of ids for each text. With --jsonl, lines of {"text": …} are read from standard input and lines of \
      {"ids": […]} printed; with --decode too, lines of {"ids": […]} become lines of {"text": …}. With --decode alone, the \
      arguments are ids.
      """)

  @Option(help: "The model whose tokenizer to use: a folder, or a name in the Hugging Face cache.")
  var model: String?
  @Option(help: "The folder of a tokenizer.")
  var tokenizer: String?
  @Flag(help: "Read JSON lines from standard input and print JSON lines.")
  var jsonl = false
  @Flag(help: "From ids to text.")
  var decode = false
  @Flag(help: "When decoding, leave out special tokens such as <|im_end|>.")
  var skipSpecial = false
  @Option(help: .hidden)
  var bench: String?
  @Argument(help: "Texts; with --decode, ids.")
  var text: [String] = []

  func validate() throws {
    if (model == nil) == (tokenizer == nil) {
      throw ValidationError("name either --model or --tokenizer, the folder that holds tokenizer.json")
    }
    if jsonl, !text.isEmpty { throw ValidationError("--jsonl reads standard input; it takes no texts") }
    if !jsonl, text.isEmpty, bench == nil { throw ValidationError("name a text, or use --jsonl") }
  }

  func run() throws {
    let folder = try CheckpointLocation.resolve(model ?? tokenizer ?? "")
    let start = DispatchTime.now().uptimeNanoseconds
    let tokenizer = try Tokenizer(folder: folder)
    let loading = seconds(since: start)
    if let bench {
      try time(tokenizer, loading: loading, file: bench)
    } else if jsonl {
      try convertLines(tokenizer)
    } else if decode {
      print(tokenizer.decode(try text.map(id), skipSpecialTokens: skipSpecial))
    } else {
      for text in text { print(JSONValue.array(tokenizer.encode(text).map { .integer(Int($0)) }).canonicalText) }
    }
  }

  private func id(_ text: String) throws -> Int32 {
    guard let id = Int32(text) else { throw ValidationError("'\(text)' is no token id") }
    return id
  }

  private func convertLines(_ tokenizer: Tokenizer) throws {
    var number = 0
    let input = "standard input"
    while let line = readLine(strippingNewline: true) {
      number += 1
      if line.allSatisfy(\.isWhitespace) { continue }
      let mark = SourceMark(file: input, line: number)
      let json = try JSONValue(parsing: Array(line.utf8), file: input, firstLine: number)
      if decode {
        guard let list = json["ids"]?.array else { throw Diagnostic("expected {\"ids\": […]}", at: mark) }
        let ids = try list.enumerated().map { index, value in
          guard let id = value.integer.flatMap(Int32.init(exactly:)) else {
            throw Diagnostic("is no token id", at: mark, path: "ids[\(index)]")
          }
          return id
        }
        write(["text": .string(tokenizer.decode(ids, skipSpecialTokens: skipSpecial))])
      } else {
        guard let text = json["text"]?.string else { throw Diagnostic("expected {\"text\": \"…\"}", at: mark) }
        write(["ids": .array(tokenizer.encode(text).map { .integer(Int($0)) })])
      }
    }
  }

  private func write(_ pairs: KeyValuePairs<String, JSONValue>) { print(JSONValue.object(pairs).canonicalText) }

  /// Times encoding of a file on one thread, line by line and whole; the best of five.
  private func time(_ tokenizer: Tokenizer, loading: Double, file: String) throws {
    guard let bytes = FileManager.default.contents(atPath: file), !bytes.isEmpty else {
      throw Diagnostic("cannot be read, or is empty", at: SourceMark(file: file), kind: .missing)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.split(separator: "\n").map(String.init)
    var whole = Double.infinity, byLine = Double.infinity
    var count = 0
    for _ in 0..<5 {
      var start = DispatchTime.now().uptimeNanoseconds
      count = tokenizer.encode(text).count
      whole = min(whole, seconds(since: start))
      start = DispatchTime.now().uptimeNanoseconds
      for line in lines { _ = tokenizer.encode(line) }
      byLine = min(byLine, seconds(since: start))
    }
    let megabytes = Double(bytes.count) * 1e-6
    write([
      "loading_seconds": .number(loading), "bytes": .integer(bytes.count), "tokens": .integer(count),
      "megabytes_per_second": .number(megabytes / whole), "megabytes_per_second_by_line": .number(megabytes / byLine),
    ])
  }

  private func seconds(since start: UInt64) -> Double { Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 }
}
