import CSV
import Foundation
import JSONText
import Publications
import TestSupport
import Testing

@Suite("The audit of the published tables")
struct AuditTests {
  let paper: PublishedPaper
  let audit: PaperAudit

  init() throws {
    paper = try ProjectPapers.paper()
    audit = PaperAudit(paper)
  }

  @Test(
    "every printed value of the checked tables is in the paper's folder, and no other",
    .enabled(if: Fixtures.sharedIsThere, "no shared/paper"))
  func tables() throws {
    for table in paper.tables {
      let url = Fixtures.shared.appendingPathComponent("paper/table\(table.number).csv")
      let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
      let columns = table.columns.count
      #expect(table.rows.map { $0.values.map { $0?.text ?? "" } } == lines.dropFirst().map { Array($0.suffix(columns)) })
      // Who each row is, and the order of the columns, by their headings.
      let labels = lines.dropFirst().map { row in
        zip(lines[0], row).filter { name, _ in table.labels.contains { $0.id == name } }.map { $1.isEmpty ? "-" : $1 }
      }
      #expect(table.rows.map(\.labels) == labels)
      #expect(table.columns.map(\.id) == lines[0].suffix(columns).map { $0.replacing("inference_", with: "") })
    }
  }

  @Test("a count is found by every rounding that prints it, and by no other")
  func roundings() {
    for n in [1, 3, 11, 24, 333, 1000] {
      for rounding in Rounding.allCases {
        for k in 0...n {
          let number = PrintedNumber(units: rounding.units(of: k, in: n, decimals: 1), decimals: 1)
          #expect(rounding.counts(printing: number, of: n).contains(k), "\(k) of \(n), \(rounding)")
          #expect(abs(number.value - 100 * Double(k) / Double(n)) < 0.1 + 1e-9)
        }
      }
    }
  }

  @Test("roundings differ where they should: 6 of 11, 215 of 334, a tie")
  func roundingCases() {
    func printed(_ k: Int, _ n: Int) -> [Int] { Rounding.allCases.map { $0.units(of: k, in: n, decimals: 1) } }
    #expect(printed(6, 11) == [545, 545, 545, 546])
    #expect(printed(215, 334) == [644, 644, 643, 644])
    #expect(printed(1, 2000) == [1, 0, 0, 1])
  }

  @Test("printed numbers keep their digits and nothing else is one")
  func printedNumbers() {
    #expect(PrintedNumber("61.0")?.text == "61.0")
    #expect(PrintedNumber("0.05")?.text == "0.05")
    #expect(PrintedNumber("7")?.text == "7")
    for text in ["", ".5", "5.", "-1.0", "1e3", "1.2.3", " 1", "12345678901", "١"] {
      #expect(PrintedNumber(text) == nil, "\(text)")
    }
  }

  private func verdict(_ cell: String) -> CellAudit.Verdict? {
    CellName(parsing: cell, paper: paper.id).flatMap { name in audit.cells.first { $0.cell == name }?.verdict }
  }

  @Test("the cells that no expected rounding explains are these")
  func cells() {
    #expect(audit.cells.count == 208)
    #expect(
      audit.impossibleCells.map(\.cell.description) == [
        "omni-r1/1/human/mini_sound", "omni-r1/1/human/mini_music", "omni-r1/1/qwen2-audio-direct/mini_music", "omni-r1/1/sari/mini_sound",
        "omni-r1/1/sari/mini_music",
      ])
    let unusual = audit.cells.filter { if case .unusualRounding = $0.verdict { true } else { false } }
    #expect(
      unusual.map(\.cell.description) == [
        "omni-r1/1/human/mini_speech", "omni-r1/1/phi-4/mini_music", "omni-r1/1/phi-4/mini_speech", "omni-r1/1/cota/mini_music",
        "omni-r1/1/r1-aqa/mini_music",
        "omni-r1/3/omni-direct/mix_sound_music", "omni-r1/3/omni-reproduced/mix_sound_music",
      ])
    #expect(verdict("omni-r1/3/omni-reproduced/mix_sound_music") == .unusualRounding([.twice]))
    #expect(verdict("omni-r1/1/r1-aqa/mini_music") == .unusualRounding([.truncated]))
    #expect(verdict("omni-r1/1/omni-reproduced/full_sound") == .sizeUnknown)
  }

  @Test("recovered counts reproduce the printed averages")
  func rows() throws {
    let counted = audit.rows.filter { $0.categoryCounts != nil && $0.verdict != .impossible }
    #expect(counted.count == 25)
    for row in counted {
      #expect(row.isMicro)
      let sum = try #require(row.sums.first)
      #expect(
        row.sums.count == 1
          && (2 * 1000 * sum + row.questionCount) / (2 * row.questionCount) == row.average.units)
    }
    let omni = try #require(
      audit.rows.first { $0.table == 1 && $0.row == "omni-r1-vggs-gpt" && $0.benchmark == "mmau-mini" })
    #expect(omni.categoryCounts == [[245], [248], [220]] && omni.sums == [713])
    #expect(
      audit.impossibleRows.map { "\($0.row) \($0.benchmark)" } == [
        "human mmau-mini", "qwen2-audio-direct mmau-mini", "sari mmau-mini", "qwen2-audio-direct mmau-full",
      ])
    #expect(audit.rows.filter { $0.table == 3 }.allSatisfy { !$0.isMacro })
  }

  @Test("the claims that the paper's own tables do not bear out are these")
  func claims() {
    #expect(audit.claims.count == 64)
    #expect(
      audit.failedClaims.map(\.claim.id) == [
        "abstract-highest", "mmar-sota", "categories-best", "revised-third-run", "revised-base-split",
        "mmar-all-but-mix1", "qwen2-near-chance", "arc-beats-avqa-text", "text-only-strong",
      ])
    #expect(audit.claims.filter { $0.verdict == .upToRounding }.map(\.claim.id) == ["vggs-best-averages", "scaling-helps"])
    #expect(audit.hasFailures)
  }

  @Test("a failure names the cells that break the claim")
  func evidence() throws {
    func evidence(_ id: String) throws -> [String] {
      try #require(audit.claims.first { $0.claim.id == id }).evidence
    }
    #expect(
      try evidence("categories-best") == [
        "Table I, Omni-R1 (VGGs-GPT), Test-full Music 70.8 < 72.9 (Audio Flamingo 2, Direct Inference)"
      ])
    #expect(
      try evidence("mmar-all-but-mix1") == [
        "Table III, Omni-R1 (AVQA-GPT), Single modality Sound 58.8 (97 of 165) < 61.2 (Qwen2.5-Omni-7B, Reproduced)",
        "Table III, Omni-R1 (AVQA-GPT), Mixed modalities All three 66.7 (16 of 24) = 66.7 (Qwen2.5-Omni-7B, Reproduced)",
      ])
    #expect(
      try evidence("revised-base-split")
        == [
          "Qwen2.5-Omni-7B, Reproduced, Test-full Avg. is 71.8, not 71.5; 71.5 is Qwen2.5-Omni-7B, Reproduced, Test-mini Avg."
        ].map { $0.replacing("Qwen2.5-Omni-7B, R", with: "Table II, Qwen2.5-Omni-7B, R") })
    #expect(
      try evidence("avqa-gain-mini") == [
        "Table I, Omni-R1 (AVQA), Test-mini Avg. 68.6 against 65.9 (Qwen2.5-Omni-7B, Reproduced), +2.7 points; 686 and "
          + "659 of 1,000; taken as independent, 95 % interval \u{2212}1.4 to +6.8; exact paired p between 1.5e-8 and "
          + "0.31, below 0.05 if the two disagree on at most 175 questions"
      ])
  }

  @Test("the JSON has the shape that was promised")
  func json() throws {
    let json = try JSONValue(parsing: audit.json.indentedText, file: "audit")
    #expect(json.object?.keys.sorted() == ["cells", "claims", "rows"])
    let cell = try #require(json["cells"]?.array?.first)
    #expect(
      cell.canonicalText
        == #"{"column":"mini_sound","counts":[],"n":333,"paper":"omni-r1","published":86.3,"row":"human","table":1,"verdict":"impossible"}"#
    )
    #expect(
      json["claims"]?.array?.first?.object?.keys.sorted() == [
        "evidence", "id", "paper", "statement", "verdict", "where",
      ])
  }

  @Test("the text for people keeps to its width")
  func text() {
    let lines = audit.text(width: 100).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(lines.contains { $0.hasPrefix("208 cells: 160 exact") })
  }

  @Test("numbers for reading")
  func numbers() {
    #expect(
      fixed(2.25, decimals: 1) == "2.3" && fixed(-0.04, decimals: 1) == "0.0"
        && grouped(1_234_567) == "1,234,567")
    #expect(["1", "0.05", "0.0037", "7.2e-6", "< 1e-12"] == [1, 0.05, 0.0037, 7.2e-6, 1e-20].map(probability))
    #expect(wrapped("  one two three", indent: 4, width: 9) == ["  one two", "    three"])
    #expect(csvField("a,\"b\"") == "\"a,\"\"b\"\"\"")
  }
}
