// What `.ci/rehearsal` walks through: a hub cache and data sets as they are published, made small, and a chat server that
// fails at times.
//   rehearsal make DIR [--full COUNT]     the hub cache, the data sets, the captions
//   rehearsal serve LOG                   the chat server; prints its port and ends with its standard input
//   rehearsal get FILE KEY…               one value of a JSON file, for the script
//   rehearsal rows RESULTS                every measured row of every table: a number, or the reason why there is none
import Foundation
import JSONText

@main
struct Rehearsal {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      switch arguments.first {
      case "make" where arguments.count >= 2:
        let count = arguments.count == 4 && arguments[2] == "--full" ? Int(arguments[3]) : nil
        try make(arguments[1], fullCount: count ?? 9000)
      case "serve" where arguments.count == 2: try ChatServer(log: arguments[1]).serve()
      case "get" where arguments.count >= 2: try get(arguments[1], Array(arguments.dropFirst(2)))
      case "rows" where arguments.count == 2: try MeasuredRows(results: arguments[1]).print()
      default: throw Mistake("usage: rehearsal make DIR [--full COUNT] | serve LOG | get FILE KEY… | rows RESULTS")
      }
    } catch {
      FileHandle.standardError.write(Data("rehearsal: \(error)\n".utf8))
      exit(2)
    }
  }

  /// The world of the rehearsal: `hub`, `models` (a folder without vision), `data`, `clips`, `captions`.
  static func make(_ folder: String, fullCount: Int) throws {
    let words = Words.all
    let omni = SmallCheckpoint(.omni, words: words, hasVision: true)
    try HubCache(folder + "/hub").add(omni.repository, try omni.files(in: folder + "/scratch"))
    let audio = SmallCheckpoint(.qwen2Audio, words: words, hasVision: false)
    try HubCache(folder + "/hub").add(audio.repository, try audio.files(in: folder + "/scratch"))
    let blind = SmallCheckpoint(.omni, words: words, hasVision: false)
    try HubCache.addFolder(
      folder + "/models/Qwen2.5-Omni-7B", try blind.files(in: folder + "/scratch"))
    try FileManager.default.removeItem(atPath: folder + "/scratch")
    try PublishedSets(root: folder, fullCount: fullCount).write()
  }

  /// Prints the value under the keys: a text bare, a list or an object as JSON; nothing where there is none.
  static func get(_ path: String, _ keys: [String]) throws {
    var value: JSONValue? = try JSONValue(parsing: Files.read(path), file: path)
    for key in keys {
      let item = Int(key).flatMap { index in value?.array.map { $0.indices ~= index ? $0[index] : nil } }
      value = item ?? value?[key]
    }
    if let value { print(value.string ?? value.canonicalText) }
  }
}

struct Mistake: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Files and folders, made with the folders above them.
enum Files {
  static func read(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  static func write(_ bytes: [UInt8], to path: String) throws {
    try makeFolder(of: path)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

  static func link(_ path: String, to target: String) throws {
    try makeFolder(of: path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
  }

  static func makeFolder(of path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
  }
}
