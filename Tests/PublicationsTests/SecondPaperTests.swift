// The second paper came in as data: its audit finds what a program of its own found.
import Foundation
import Publications
import TestSupport
import Testing

@Suite("R1-AQA as data")
struct SecondPaperTests {
  let paper: PublishedPaper
  let audit: PaperAudit

  init() throws {
    paper = try ProjectPapers.paper("r1-aqa")
    audit = PaperAudit(paper)
  }

  @Test("of the authors' own rows two cells cannot be counts, and the others can")
  func ownRows() throws {
    let own = audit.cells.filter { cell in
      cell.cell.table == 1 && cell.cell.column.hasPrefix("mini") && paper.table(1)?.row(cell.cell.row)?.origin == .measured
    }
    #expect(own.count == 20)
    #expect(
      own.filter { $0.verdict == .impossible }.map(\.cell.description) == [
        "r1-aqa/1/sft-full/mini_music", "r1-aqa/1/sft-lora/mini_speech",
      ])
    let answer = try #require(audit.rows.first { $0.row == "grpo-answer" && $0.benchmark == "mmau-mini" })
    #expect(answer.categoryCounts == [[231], [223], [191]] && answer.sums == [645] && answer.verdict == .exact)
  }

  @Test("no cell of Test-mini is called impossible that another program explains, and the other way round",
    .enabled(if: Fixtures.sharedIsThere, "no shared/papers"))
  func everyTable() throws {
    let url = Fixtures.shared.appendingPathComponent("papers/r1-aqa/grim.md")
    let tables = try String(contentsOf: url, encoding: .utf8).split(separator: "\n## `tables/")
    for (number, name) in [(2, "results_image_2025-03-14"), (3, "readme_2025-03-14")] {
      let section = try #require(tables.first { $0.hasPrefix(name) })
      let rows = section.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| row") }
      let explained = rows.map { row in row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
      let cells = audit.cells.filter { $0.cell.table == number && $0.cell.column.hasPrefix("mini") }
      #expect(explained.count == cells.count && cells.count == 52)
      for (fields, cell) in zip(explained, cells) {
        #expect(fields[2] == cell.published.text)
        // Rounding twice, which the other program does not try, may explain one more.
        let isNone = fields[4...6].allSatisfy { $0 == "no" }
        let isTwice = cell.verdict == .unusualRounding([.twice])
        #expect((cell.verdict == .impossible || isTwice) == isNone, "\(cell.cell) \(cell.published.text)")
      }
    }
  }

  @Test("claims: what the tables bear out, and where image and README print two values for one")
  func claims() {
    #expect(
      audit.failedClaims.map(\.claim.id) == [
        "lora-over-full", "image-zero-shot-cot", "image-llama-3-strong-cap", "image-gemini-1.5-pro",
      ])
    #expect(audit.claims.first { $0.claim.id == "rl-beats-sft" }?.verdict == .holds)
  }

  @Test("runs that do not exist yet are rows not measured, and a row without a run stays published")
  func runs() throws {
    let table = try #require(paper.table(1))
    #expect(table.row("sft-full")?.run?.method == "sft" && table.row("sft-lora")?.run == nil)
    #expect(table.row("grpo-answer")?.run?.needsName == true && table.row("grpo-think")?.run?.needsName == true)
    let nothing = Measurements(scale: .other("micro"), cells: [])
    let verdicts = Verification(paper, nothing, tables: [1])
    func verdict(_ row: String) -> CellVerdict? { verdicts.cells.first { $0.cell.row == row && $0.cell.column == "mini_avg" } }
    #expect(verdict("sft-full")?.verdict == .notMeasured && verdict("sft-full")?.reason == "")
    #expect(verdict("sft-lora")?.reason == "the paper's own, of which nothing can be run here")
    #expect(verdicts.claims.allSatisfy { $0.verdict == .undecided } && !verdicts.isNegative)
  }

  @Test("two digits are kept: a measurement is printed as the paper prints")
  func digits() throws {
    let run = try #require(paper.table(1)?.row("grpo-answer")?.run)
    func measured(_ correct: Int) -> CellVerdict? {
      let cell = ScoreCell(
        name: "c", run: run, benchmark: "mmau-mini", audio: true, questionCount: 1000,
        correctCount: 645, categories: [.init(name: "sound", questionCount: 333, correctCount: correct)])
      return paper.cellVerdicts([1: Measurements(scale: .paper, cells: [cell])]).first {
        $0.cell.row == "grpo-answer" && $0.cell.column == "mini_sound"
      }
    }
    #expect(measured(231)?.verdict == .reproduced && measured(230)?.verdict == .withinInterval)
  }
}
