// `repro view`: results as a page to look at.
public import ArgumentParser
import Diagnostics
import Experiments
import Foundation
import Reports
import Runner
public import Site

struct ViewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "view",
    abstract: "Write results as a static site: tables, curves, every question with its clip and all answers.",
    discussion: """
      Nothing is computed again, and the site asks nothing of the network: open index.html from the disk, or put the \
      folder on any web server. Results are experiments such as table4.yaml, or versions as repro diff takes them \
      (table4/micro/v0001, a folder); without any the newest of every experiment, smoke left out. Clips are linked to \
      where they lie on this machine; --clips copy makes a folder that can be sent, --clips none leaves them out.
      """)

  @Argument(help: "Experiments or versions of results.") var shown: [String] = []
  @Option(help: "The folder of results.") var results = "results"
  @Option(help: "Where the site is written; an earlier site there is replaced.") var output = "site"
  @Option(help: "What becomes of the clips: copy, link or none.") var clips: ClipMode = .link
  @Flag(help: "Open it in the browser.") var open = false

  func run() throws {
    let folder = ResultsFolder(path: results)
    var runs: [RunResults]
    if shown.isEmpty {
      runs = try folder.newest()
      let telling = runs.filter { $0.profile != Profile.smoke.rawValue }
      if !telling.isEmpty { runs = telling }
    } else {
      runs = try shown.map { name in
        let isFile = name.hasSuffix(".yaml") || name.hasSuffix(".yml")
        return try folder.version(isFile ? ResultsFolder.experimentName(name) : name)
      }
    }
    guard !runs.isEmpty else {
      throw Diagnostic("no results in \(results)", hint: "repro run table4.yaml", kind: .missing)
    }
    let page = try SitePage.write(try SitePage.site(runs, clips: clips), to: output)
    print(page)
    if open { try SitePage.open(page) }
  }
}

extension ClipMode: ExpressibleByArgument {}
