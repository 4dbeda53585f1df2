// `repro tables`: every table file of the results, from the results alone.
import ArgumentParser
import Diagnostics
import Foundation
import JSONText
import Publications
import Reports

struct TablesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tables",
    abstract: "Regenerate the tables from results alone, computing nothing.",
    discussion: """
      Reads scores and predictions of the newest version of each experiment and profile, prints its tables and writes \
      them into that version's folder: the bytes that are there already, unless somebody touched them. With --check \
      nothing is written, and a file that differs is named (exit 1).

      The answers of MMAU test-full are withheld: `repro export` writes what its server takes, and what the server \
      gives back is shown by --scores, a JSON file with the percentages as printed, one object a system:
        {"cells": [{"name": "server", "model": "qwen2.5-omni", "training": "avqa", "training_audio": true,
                    "benchmark": "mmau-full", "audio": true,
                    "reported": {"sound": "73.6", "music": "68.6", "speech": "70.1", "average": "70.8"}}]}
      The same file with counts instead: "n": 9000, "correct": 6372.
      """)

  @Argument(help: "Experiments, such as table4.yaml (default: all that have results).")
  var files: [String] = []
  @Option(help: "The folder of results.")
  var results = "results"
  @Option(help: "Only this profile.")
  var profile: String?
  @Option(help: "Only tables of this paper, by the name of its folder.")
  var paper: String?
  @Option(
    help: ArgumentHelp(
      "A file of scores from a benchmark's server, to be shown beside the results; writes nothing.",
      valueName: "file"))
  var scores: String?
  @Option(help: ArgumentHelp("What to print: text, markdown, csv, json or latex.", valueName: "form"))
  var format: TableFormat = .text
  @Flag(help: "Compare with the files that are there; write nothing.")
  var check = false
  @Flag(help: "Print JSON (the same as --format json).")
  var json = false

  enum TableFormat: String, ExpressibleByArgument, CaseIterable {
    case text, markdown, csv, json, latex
  }

  func run() throws {
    let shelf = try Papers.shelf()
    let runs = try ResultsFolder(path: results).newest(
      experiments: files.isEmpty ? nil : files, profile: profile
    )
    .filter { run in
      let isOfPaper = !run.tables.isEmpty && (paper == nil || (run.paper ?? shelf.standard) == paper)
      return isOfPaper || paper == nil && run.scores.cells.contains { !$0.levels.isEmpty }
    }
    var papers = PapersInUse(shelf)
    guard !runs.isEmpty else {
      throw Diagnostic("no tables in \(results)", hint: papers.runHint(paper), kind: .missing)
    }
    let extra = try scores.map { try ScoreFile.read($0, &papers) }
    var differing: [String] = []
    for run in runs {
      var measured = try run.measurements()
      let paper = try papers.paper(run.paper)
      if let extra, extra.paper ?? shelf.standard == paper.id { measured.cells = extra.cells + measured.cells }
      for table in run.resultTables(paper, measured) {
        show(table)
        guard extra == nil else { continue }
        for file in table.files where try !settle("\(run.path)/\(file.path)", file.text) {
          differing.append("\(run.name)/\(file.path)")
        }
      }
      let spreads = FactorSpread.all(run.scores.cells, outcomes: measured.outcomes)
      for spread in spreads { show(spread) }
      guard extra == nil else { continue }
      for file in FactorSpread.files(spreads) where try !settle("\(run.path)/\(file.path)", file.text) {
        differing.append("\(run.name)/\(file.path)")
      }
    }
    for file in differing {
      FileHandle.standardError.write(Data("\(check ? "differs" : "written"): \(file)\n".utf8))
    }
    if check, !differing.isEmpty { throw ExitCode(1) }
  }

  private func show(_ table: ResultTable) {
    switch json ? .json : format {
    case .text: print(table.terminalText(style: isTerminal, width: Terminal.width(limit: 120)), terminator: "\n")
    case .markdown: print(table.markdown)
    case .csv: print(table.csv, terminator: "")
    case .json: print(table.json.indentedText, terminator: "")
    case .latex: print(table.latex, terminator: "")
    }
  }

  /// A grid's table, in the forms that it has.
  private func show(_ spread: FactorSpread) {
    switch json ? .json : format {
    case .text: print(spread.text)
    case .markdown: print(spread.markdown)
    case .csv: print(spread.csv, terminator: "")
    case .json: print(spread.json.indentedText, terminator: "")
    case .latex: FileHandle.standardError.write(Data("a grid has no table in LaTeX: \(spread.title)\n".utf8))
    }
  }

  private var isTerminal: Bool { isatty(1) == 1 }

  /// Whether the file has these bytes already; if not, and unless only checking, it gets them, whole or not at all.
  private func settle(_ path: String, _ text: String) throws -> Bool {
    let data = Data(text.utf8)
    if FileManager.default.contents(atPath: path) == data { return true }
    guard !check else { return false }
    let url = URL(fileURLWithPath: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: url, options: .atomic)
    return false
  }
}
