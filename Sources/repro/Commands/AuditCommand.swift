// `repro audit`: the published tables against arithmetic, and the paper's claims against its tables.
import ArgumentParser
import JSONText
import Publications

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Check the published tables against arithmetic and against the paper's own claims.",
    discussion: """
      For every published accuracy: the counts k of n that print as it, and whether only an unusual rounding or none \
      does. For every average: whether the recovered counts give it. For every claim: whether the tables bear it out. \
      Exits with 1 if anything is impossible or fails, since that is the finding.
      """)

  @Option(help: "The paper, by the name of its folder (default: the one that papers.yaml names).")
  var paper: String?
  @Flag(help: "Print instead which of its own claims the paper's questions could show, with one training each.")
  var power = false
  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  func run() throws {
    let paper = try Papers.paper(paper)
    if power { return show(paper) }
    let audit = PaperAudit(paper)
    print(json ? audit.json.indentedText : audit.text(width: Terminal.width(limit: 100)), terminator: "")
    if audit.hasFailures { throw ExitCode(1) }
  }

  /// What the paper's own numbers of questions show of its claims: its outcomes are not published, so that on how many
  /// questions two models disagree is assumed.
  private func show(_ paper: PublishedPaper) {
    let run = PlannedRun(seeds: 1, isMeasured: false) { benchmark, category in
      paper.benchmark(benchmark)?.questionCount(of: category)
    }
    let power = paper.power(run, tables: paper.tables.map(\.number))
    guard !json else {
      print(JSONValue.object(["paper": .string(paper.id), "claims": .array(power.map(\.json))]).indentedText, terminator: "")
      return
    }
    let width = Terminal.width(limit: 100)
    let lines = ["What the questions of \(paper.id) could show of its own claims"]
      + wrapped("  " + [ClaimPower].method, indent: 2, width: width) + power.lines(width: width)
    print(lines.joined(separator: "\n"))
  }
}
