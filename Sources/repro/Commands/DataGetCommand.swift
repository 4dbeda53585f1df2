// `repro data get`: question files from where they are published, and what a person has to fetch.
import ArgumentParser
import Catalogue
import Diagnostics
import Foundation
import JSONText
import MicroWorld

struct DataGetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get",
    abstract: "Fetch question files from where they are published, and say what has to be fetched by hand.",
    discussion: """
      Files come into the data folder (REPRO_DATA, or data) whole and as published, or not at all: by their digest \
      where it is known, else by form and number. A broken download is gone on with by the same command. Files that are \
      there are never overwritten. Clips and weights are not fetched. Exits with 3 if anything could not be had.
      """)

  @Argument(help: "Sets, such as mmau-mini or mmar; 'all' takes every one.") var sets: [String]
  @Option(
    help: "A mirror with the data folder's layout, such as https://example.org/data (or REPRO_DATA_MIRROR).")
  var from: String?
  @Option(help: "Seconds without a byte before a request is given up.") var patience = 60
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    if !(1...3600).contains(patience) { throw ValidationError("--patience \(patience): from 1 to 3600 seconds") }
  }

  func run() throws {
    _ = try Catalogue.standard()
    let needs = try sets.flatMap { name throws(Diagnostic) -> [DataNeed] in
      if name == "all" { return DataNeed.all }
      guard let need = DataNeed.all.first(where: { $0.name == name }) else {
        throw Diagnostic(
          "'\(name)' is not a set", hint: suggestion(for: name, among: DataNeed.all.map(\.name) + ["all"]))
      }
      return [need]
    }
    let mirror = from ?? ProcessInfo.processInfo.environment["REPRO_DATA_MIRROR"].flatMap { $0.isEmpty ? nil : $0 }
    let fetcher = DataFetcher(mirror: mirror, patience: patience) { words in
      FileHandle.standardError.write(Data("repro: \(words)\n".utf8))
    }
    var mistakes = Diagnostics()
    var states: [PublishedFile: String] = [:]
    var objects: [JSONValue] = []
    var isWhole = true
    for need in needs {
      if !json { print(need.name) }
      var files: [JSONValue] = []
      for file in need.set.published {
        if states[file] == nil {
          do throws(Diagnostic) { states[file] = try fetcher.get(file).rawValue } catch {
            states[file] = "missing"
            mistakes.report(error)
          }
        }
        let state = states[file] ?? ""
        let path = DataNeed.root + "/" + file.path
        files.append(
          .object([
            "file": .string(path), "state": .string(state), "address": .string(file.address),
            "sha256": file.sha256.map { .string($0) } ?? .null,
          ]))
        if !json { print("  \(state): \(path)" + (state == "missing" ? "" : "; " + file.certainty)) }
      }
      let isThere = FileManager.default.fileExists(atPath: DataNeed.root + "/" + need.file)
      isWhole = isWhole && isThere
      let byHand = need.byHand
      objects.append(
        .object([
          "set": .string(need.name), "files": .array(files), "questions_present": .boolean(isThere),
          "by_hand": .array(byHand.map { .string($0) }),
        ]))
      if !json { for line in byHand { print("  by hand: \(line)") } }
    }
    if json {
      print(JSONValue.object(["root": .string(DataNeed.root), "sets": .array(objects)]).indentedText, terminator: "")
    }
    fflush(nil)
    try mistakes.throwIfAnyError()
    // A set whose question file nobody can fetch but its user.
    if !isWhole { throw ExitCode(3) }
  }
}
