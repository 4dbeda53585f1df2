import JSONText
import Publications
import Records
import Reports
import TestSupport
import Testing

/// Two rows of table 4 measured with three seeds, and the control.
private func measurements() -> Measurements {
  func cell(_ training: String?, seed: Int?, _ correct: Int, _ decoding: AnswerDecoding = .greedy) -> ScoreCell {
    ScoreCell(
      name: "\(training ?? "base")-\(seed ?? 0)-\(decoding)",
      run: .init(model: "qwen2.5-omni", training: training, trainingAudio: training == nil ? nil : true),
      benchmark: "mmau-mini", audio: true, decoding: decoding, seed: seed, questionCount: 900,
      correctCount: correct)
  }
  return Measurements(
    scale: .other("micro"),
    cells: [
      cell(nil, seed: nil, 585), cell(nil, seed: nil, 651, .constrained), cell("avqa", seed: 1, 645),
      cell("avqa", seed: 2, 630), cell("avqa", seed: 3, 640),
    ])
}

@Suite("Tables")
struct TableTests {
  let paper: PublishedPaper
  init() throws { paper = try ProjectPapers.paper() }

  private func table(_ number: Int = 4) throws -> ResultTable {
    ResultTable(try #require(paper.table(number)), of: paper, measurements())
  }

  private func line(_ text: String, _ start: String) -> String? {
    text.split(separator: "\n").map(String.init).first { $0.hasPrefix(start) }
  }

  @Test("a row stacks what was measured, its counts, interval, seeds and what was published")
  func terminal() throws {
    let lines = try table().terminalText(width: 120).split(separator: "\n").map(String.init)
    let start = try #require(lines.firstIndex { $0.hasPrefix("Qwen2.5-Omni  yes") })
    let words = lines[start..<start + 5].map { $0.split(separator: " ").joined(separator: " ") }
    #expect(
      words == [
        "Qwen2.5-Omni yes AVQA 70.9 —", "right of all, all seeds 1915/2700", "95 % interval 67.9–73.8",
        "lowest to highest seed 70.0–71.7", "published 68.6 51.7",
      ])
    #expect(lines.contains { $0.contains("options only (control, ours)") && $0.contains("72.3") })
    #expect(lines.contains { $0.contains("only directions can be compared") })
    #expect(lines.contains { $0.hasPrefix("Qwen2.5-Omni, asked with audio: format alone") })
    #expect(lines.contains("A dash (—) where a cell that can be measured was not."))
  }

  @Test("every table fits the terminal, down to 80 columns", arguments: [80, 100, 120, 200])
  func widths(_ width: Int) throws {
    for number in 1...4 {
      let lines = try table(number).terminalText(width: width).split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= width }, "table \(number): \(lines.map(\.count).max() ?? 0)")
    }
    let styled = try table().terminalText(style: true, width: width)
    #expect(styled.contains("\u{1B}[1m70.9\u{1B}[0m") && styled.contains("\u{1B}[4m65.0\u{1B}[0m"))
  }

  @Test("narrow: a model is a heading, an interval two lines, and nothing else is lost but counts")
  func narrow() throws {
    let lines = try table().terminalText(width: 40).split(separator: "\n").map {
      $0.split(separator: " ").joined(separator: " ")
    }
    let start = try #require(lines.firstIndex { $0.hasSuffix(" 70.9 —") })
    #expect(
      lines[start + 1..<start + 6] == [
        "95 % from 67.9", "95 % to 73.8", "lowest seed 70.0", "highest seed 71.7", "published 68.6 51.7",
      ])
  }

  @Test("best and second best as the paper marks them, measured and published apart, the control in no race")
  func marks() throws {
    let table = try table()
    func row(_ id: String) throws -> ResultTable.Row { try #require(table.rows.first { $0.id == id }) }
    #expect(try row("omni-avqa").cells[0].measuredMark == .best)
    #expect(try row("omni-base").cells[0].measuredMark == .second)
    #expect(try row("omni-avqa").cells[0].publishedMark == .best)
    #expect(try row("omni-arc-text").cells[0].publishedMark == .second)
    #expect(try row("omni-base").cells[1].publishedMark == .second)
    #expect(try row("omni-avqa").cells[1].publishedMark == .best)
    #expect(try row("omni-arc-text").cells[1].publishedMark == .best)
    #expect(try row("qwen2.5-omni-control-constrained").cells[0].measuredMark == nil)
    let first = try self.table(1)
    let human = try #require(first.rows.first { $0.id == "human" })
    #expect(human.origin == .human && human.cells.allSatisfy { $0.publishedMark == nil })
    let kimi = try #require(first.rows.first { $0.id == "kimi-audio" })
    #expect(kimi.cells[0].publishedMark == .best && kimi.origin == .published)
  }

  @Test("Markdown")
  func markdown() throws {
    let text = try table().markdown
    #expect(
      line(text, "| Qwen2.5-Omni | yes")
        == "| Qwen2.5-Omni | yes | AVQA | **70.9**<br>645, 630, 640/900<br>67.9–73.8<br>seeds 70.0–71.7<br>published **68.6** "
        + "| —<br>published **51.7** |")
    #expect(try table(1).markdown.contains("| - | Human *(people)* | 86.3 |"))
  }

  @Test("LaTeX")
  func latex() throws {
    let text = try table().latex
    #expect(
      text.hasPrefix("\\begin{tabular}{lllrr}\n\\toprule\n") && text.hasSuffix("\\bottomrule\n\\end{tabular}\n")
    )
    #expect(
      line(text, "Qwen2.5-Omni & yes") == "Qwen2.5-Omni & yes & AVQA & \\textbf{70.9} & --- \\\\")
    #expect(latexEscaped("tables --check") == "tables -{}-check")
    #expect(latexEscaped("5 % of a_b & <c> – −1") == "5 \\% of a\\_b \\& $<$c$>$ -- $-$1")
    for number in 1...4 {
      let rows = try self.table(number).latex.split(separator: "\n").filter {
        $0.hasSuffix("\\\\") && !$0.contains("multicolumn")
      }
      #expect(Set(rows.map { $0.replacing("\\&", with: "").count { $0 == "&" } }).count == 1)
    }
  }

  @Test("CSV and JSON")
  func data() throws {
    let table = try table()
    #expect(
      line(table.csv, "omni-avqa,")
        == "omni-avqa,Qwen2.5-Omni,Qwen2.5-Omni,yes,AVQA,reproduction,with_audio,mmau-mini,,yes,900,645 630 640,70.9,"
        + "67.88,73.80,1 2 3,70.00,71.67,68.6,this paper")
    let lines = table.csv.split(separator: "\n")
    let fields = lines.filter { !$0.contains("\"") }.map {
      $0.split(separator: ",", omittingEmptySubsequences: false).count
    }
    #expect(Set(fields).count == 1 && lines.count == 1 + 2 * table.rows.count)
    let row = table.json["rows"]?.array?.first { $0["id"]?.string == "omni-avqa" }
    #expect(row?["cells"]?.array?.first?["measured"]?["accuracy"]?.double == 70.9)
    #expect(row?["cells"]?.array?.last?["measured"]?.isNull == true)
  }

  @Test("the same input is the same bytes")
  func deterministic() throws {
    for number in 1...4 {
      #expect(try table(number).files.map(\.text) == table(number).files.map(\.text))
      #expect(
        try table(number).files.map(\.path)
          == ["csv", "json", "md", "tex"].map { "tables/table\(number).\($0)" })
    }
  }
}
