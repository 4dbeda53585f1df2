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
  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  func run() throws {
    let audit = PaperAudit(try Papers.paper(paper))
    print(json ? audit.json.indentedText : audit.text(width: Terminal.width(limit: 100)), terminator: "")
    if audit.hasFailures { throw ExitCode(1) }
  }
}
