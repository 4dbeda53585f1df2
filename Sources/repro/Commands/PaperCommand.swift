// `repro paper`: the reproduction report as PDF and HTML, every number from the tables and the results.
import ArgumentParser
import Diagnostics
import Foundation
import Publications
import Reports
import Site

struct PaperCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "paper",
    abstract: "Build the reproduction report from the results.",
    discussion: """
      Writes report.tex with everything it includes and report.html, then builds report.pdf with latexmk or pdflatex. \
      Installs nothing: where neither is there, it says so and exits with 3, and the rest is written all the same.
      """)

  @Option(help: "The folder of results.")
  var results = "results"
  @Argument(help: "The paper, by the name of its folder (default: the one that papers.yaml names).")
  var paper: String?
  @Option(help: "Where to write (default: paper/build, for another paper than the default one paper/build/PAPER).")
  var output: String?
  @Flag(help: "Write the sources and the HTML page only.")
  var noPDF = false

  func run() throws {
    let shelf = try Papers.shelf()
    let published = try shelf.paper(paper)
    let isStandard = published.id == shelf.standard
    let output = output ?? (isStandard ? "paper/build" : "paper/build/" + published.id)
    let runs = try measuredTables { ($0.paper ?? shelf.standard) == published.id }
    let pieces = PaperPieces(published, option: isStandard ? "" : published.id, runs: runs)
    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    for file in PaperFolder(pieces).files + [("report.html", ReportPage(pieces).html)] {
      try Data(file.text.utf8).write(to: URL(fileURLWithPath: "\(output)/\(file.path)"), options: .atomic)
    }
    print("\(output)/report.html")
    guard !noPDF else { return }
    try buildPDF(output)
    print("\(output)/report.pdf")
  }

  /// The run that measures each table: at the paper's scale if there is one, else the micro profile's; a run under the
  /// paper profile that is not the paper's experiment only where there is no other.
  private func measuredTables(
    _ isOwn: (RunResults) -> Bool
  ) throws -> [Int: MeasuredRun] {
    func rank(_ run: RunResults) -> Int {
      if run.profile == "paper" { return run.scores.departures.contains(where: \.isStated) ? 2 : 0 }
      return run.profile == "micro" ? 1 : 3
    }
    let runs = try ResultsFolder(path: results).newest().filter(isOwn).sorted {
      (rank($0), $0.name) < (rank($1), $1.name)
    }
    var chosen: [Int: MeasuredRun] = [:]
    for run in runs {
      let open = run.tables.filter { chosen[$0] == nil }
      guard !open.isEmpty else { continue }
      let found = MeasuredRun(run: run, measured: try run.measurements(), training: try run.trainingCurves())
      for number in open { chosen[number] = found }
    }
    return chosen
  }

  private func buildPDF(_ output: String) throws {
    let tools: [(name: String, arguments: [String], runs: Int)] = [
      ("latexmk", ["-pdf", "-interaction=nonstopmode", "-halt-on-error", "-silent", "report.tex"], 1),
      ("pdflatex", ["-interaction=nonstopmode", "-halt-on-error", "report.tex"], 2),
    ]
    guard let (tool, path) = tools.lazy.compactMap({ tool in Self.find(tool.name).map { (tool, $0) } }).first else {
      throw Diagnostic(
        "neither latexmk nor pdflatex is there, so report.pdf was not built", path: "paper",
        hint: "apt-get install texlive-latex-base texlive-latex-recommended texlive-pictures, or read \(output)/report.html",
        kind: .missing)
    }
    for _ in 0..<tool.runs {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = tool.arguments
      process.currentDirectoryURL = URL(fileURLWithPath: output)
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      // The PDF's own dates would differ from run to run.
      process.environment = ProcessInfo.processInfo.environment.merging(
        ["SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"]) { $1 }
      try process.run()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else {
        throw Diagnostic(
          "\(tool.name) ended with \(process.terminationStatus)", path: "paper", hint: "read \(output)/report.log",
          kind: .ours)
      }
    }
  }

  private static func find(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
