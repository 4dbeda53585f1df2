import Foundation
import Publications
import Reports
import TestSupport
import Testing

@Suite("The reproduction report")
struct PaperTests {
  private func pieces() throws -> PaperPieces { PaperPieces(try ProjectPapers.paper(), runs: [:]) }

  /// What a reader sees of the template: behind the preamble, without comments and names of files and macros.
  private var prose: String {
    let text = PaperFolder.template
    guard let start = text.firstRange(of: "\\begin{document}") else { return text }
    return text[start.upperBound...].split(separator: "\n").filter { !$0.hasPrefix("%") }.joined(separator: "\n")
  }

  @Test("no number in the text is typed by hand, in digits or in words")
  func noNumbers() {
    #expect(prose.filter { $0.isNumber } == "")
    let words = Set(prose.lowercased().split { !$0.isLetter }.map(String.init))
    let numbers = [
      "eight", "sixteen", "ten", "eleven", "twelve", "fifty", "hundred", "thousand", "percent", "dozen", "five", "six", "seven", "nine",
    ]
    #expect(words.isDisjoint(with: numbers))
  }

  @Test("every macro and every included file of the text is generated, and every generated one is used")
  func complete() throws {
    let pieces = try pieces()
    for macro in pieces.macros {
      #expect(macro.name.filter { !$0.isLetter } == "")
      #expect(PaperFolder.template.contains("\\\(macro.name)"), "\(macro.name) is not used")
    }
    let known = Set(pieces.macros.map(\.name) + ["section", "fittable", "includelist", "maketitle", "end", "begin"])
    for part in prose.split(separator: "\\").dropFirst(prose.hasPrefix("\\") ? 0 : 1) {
      let name = String(part.prefix { $0.isLetter })
      #expect(known.contains(name), "\\\(name) is not generated")
    }
    for include in pieces.includes {
      let isUsed = ["fittable", "includelist"].contains { command in
        ([prose] + pieces.includes.map(\.latex)).contains { $0.contains("\\\(command){\(include.name)}") }
      }
      #expect(isUsed, "\(include.name) is not included")
    }
    let shown = ([prose] + pieces.includes.map(\.latex)).joined()
    #expect(shown.matches(of: /\\(fittable|includelist)\{/).count == pieces.includes.count)
  }

  @Test("the template that is embedded is the one in paper/report")
  func embedded() throws {
    let url = Fixtures.packageRoot.appendingPathComponent("paper/report/report.tex")
    #expect(try String(contentsOf: url, encoding: .utf8) == PaperFolder.template)
  }

  @Test("without results the report says that nothing was measured")
  func empty() throws {
    let files = PaperFolder(try pieces()).files
    func file(_ name: String) -> String { files.first { $0.path == name }?.text ?? "" }
    #expect(file("numbers.tex").contains("\\newcommand{\\cellCount}{208}\n"))
    #expect(file("numbers.tex").contains("\\newcommand{\\scaleSentence}{Nothing has been measured yet.}\n"))
    #expect(file("numbers.tex").contains("values that the paper took from others; none is of its own runs.}"))
    #expect(file("table4.tex").contains("(published; not measured)"))
    #expect(file("control.tex") == "The control has not been measured.\n")
  }

  @Test("plots are pictures of LaTeX with what they show in words; intervals of each table, curves of its fine-tunings")
  func plots() throws {
    let committed = CommittedResults.shared
    let newest = try #require(committed.newest("table4", "smoke"))
    let run = try ResultsFolder(path: committed.path).version("table4/smoke/\(newest)")
    let found = MeasuredRun(run: run, measured: try run.measurements(), training: try run.trainingCurves())
    let pieces = PaperPieces(try ProjectPapers.paper(), runs: [4: found])
    let files = PaperFolder(pieces).files
    func file(_ name: String) -> String { files.first { $0.path == name }?.text ?? "" }
    #expect(file("maintables.tex").contains("\\fittable{table4}\n\n\\includelist{table4plots}\n"))
    #expect(file("report.tex").contains("\\includelist{training}"))
    for (name, count, start) in [("table4plots.tex", 2, "Interval plot. Table"), ("training.tex", 2, "Curves. ")] {
      let text = file(name)
      let plots = text.components(separatedBy: "\\begin{plotpicture}{FEFF").dropFirst()
      #expect(plots.count == count && text.components(separatedBy: "\\end{plotpicture}").count == count + 1)
      for plot in plots {
        let digits = Array(plot.prefix { $0.isHexDigit })
        let units = stride(from: 0, to: digits.count, by: 4).compactMap { UInt16(String(digits[$0..<$0 + 4]), radix: 16) }
        #expect(String(decoding: units, as: UTF16.self).hasPrefix(start))
      }
      #expect(text.allSatisfy(\.isASCII) && text.count { $0 == "{" } == text.count { $0 == "}" })
    }
    let intervals = try #require(pieces.includes.first { $0.name == "table4plots" }).html
    // What was measured, its interval, and what was published, in words.
    let words = #/aria-label="Interval plot\. [^"]* [0-9.]+, interval [0-9.]+ to [0-9.]+[^"]*published, of another scale [0-9.]+/#
    #expect(intervals.contains(words))
  }

  @Test("the same input is the same bytes")
  func deterministic() throws {
    let first = PaperFolder(try pieces()).files.map(\.text), second = PaperFolder(try pieces()).files.map(\.text)
    #expect(first == second)
  }

  @Test("text becomes LaTeX that prints it")
  func escaping() throws {
    let files = PaperFolder(try pieces()).files.filter { $0.path.hasSuffix(".tex") && $0.path != "report.tex" }
    for file in files {
      // What the font lacks would be an error of pdflatex.
      let odd = file.text.unicodeScalars.filter { !$0.isASCII }
      #expect(odd.isEmpty, "\(file.path) has \(odd.map { String($0) })")
    }
  }
}
