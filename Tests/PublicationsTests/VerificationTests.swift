// Verdicts: what is tested, what is corrected together, what is only shown.
import Publications
import TestSupport
import Testing

@Suite("Verdicts on claims and cells")
struct VerificationTests {
  let paper: PublishedPaper
  init() throws { paper = try ProjectPapers.paper() }

  private func verdict(_ verification: Verification, _ id: String) -> ClaimVerdict.Verdict? {
    verification.claims.first { $0.claim.id == id }?.verdict
  }

  private func verify(_ synthetic: Synthetic, _ scale: Measurements.Scale = .other("micro")) -> Verification {
    Verification(paper, synthetic.measurements(scale), tables: [4])
  }

  @Test("around chance must be shown: few questions leave it undecided, many can contradict it")
  func chance() {
    func near(_ correct: Int, of n: Int) -> ClaimVerdict.Verdict? {
      var synthetic = Synthetic()
      synthetic.add("qwen2-audio", audio: false, n: n) { $0 < correct }
      return verdict(verify(synthetic), "qwen2-near-chance")
    }
    #expect(near(250, of: 1000) == .holds)
    #expect(near(3, of: 12) == .undecided)
    #expect(near(305, of: 1000) == .contradicted)
  }

  @Test("well above chance")
  func aboveChance() {
    func above(_ correct: Int) -> ClaimVerdict.Verdict? {
      var synthetic = Synthetic()
      synthetic.add("qwen2.5-omni", audio: false) { $0 < correct }
      return verdict(verify(synthetic), "omni-above-chance")
    }
    #expect(above(493) == .holds && above(255) == .undecided && above(180) == .contradicted)
  }

  @Test("nearly as good must be shown, and clearly worse is a contradiction")
  func close() {
    func nearly(_ correct: Int) -> ClaimVerdict.Verdict? {
      var synthetic = Synthetic()
      synthetic.add("qwen2.5-omni", "avqa", trainedWithAudio: true, seed: 1) { $0 < 680 }
      synthetic.add("qwen2.5-omni", "arc-easy", trainedWithAudio: false, seed: 1) { $0 < correct }
      return verdict(verify(synthetic), "text-almost-as-well")
    }
    #expect(nearly(675) == .holds && nearly(655) == .undecided && nearly(600) == .contradicted)
  }

  @Test("a test that its seeds forbid to decide still counts in the correction")
  func family() {
    func counts(_ second: Int) -> (Int?, Double?, ClaimVerdict.Verdict?) {
      var synthetic = Synthetic()
      synthetic.add("qwen2.5-omni") { $0 < 600 }
      for (seed, count) in [(1, 650), (2, second)] {
        synthetic.add("qwen2.5-omni", "arc-easy", trainedWithAudio: false, seed: seed) { $0 < count }
        synthetic.add("qwen2.5-omni", "avqa", trainedWithAudio: true, seed: seed) { $0 < 620 + seed }
      }
      let verification = verify(synthetic)
      let claim = verification.claims.first { $0.claim.id == "text-only-mini" }
      return (verification.testCounts[4], claim?.parts.first?.pValue, claim?.verdict)
    }
    let agree = counts(651), disagree = counts(590)
    #expect(agree.2 == .holds && disagree.2 == .undecided)
    #expect(agree.0 == disagree.0 && (agree.0 ?? 0) > 3 && disagree.1 != nil)
  }

  @Test("a share needs a gain that is shown")
  func share() {
    func verdict(_ tuned: Int, _ tunedText: Int) -> ClaimVerdict.Verdict? {
      var synthetic = Synthetic()
      for (audio, base, after) in [(true, 500, tuned), (false, 300, tunedText)] {
        synthetic.add("qwen2-audio", audio: audio) { $0 < base }
        synthetic.add("qwen2-audio", "avqa", trainedWithAudio: true, audio: audio, seed: 1) { $0 < after }
        synthetic.add("qwen2.5-omni", audio: audio) { $0 < base }
        synthetic.add("qwen2.5-omni", "avqa", trainedWithAudio: true, audio: audio, seed: 1) { $0 < after }
      }
      return self.verdict(verify(synthetic), "gain-is-text")
    }
    #expect(verdict(600, 390) == .holds)
    #expect(verdict(600, 305) == .contradicted)
    #expect(verdict(502, 390) == .undecided)
  }

  @Test("claims over several tables are judged when every table is there, each cell from its own table's run")
  func tables() {
    let measured = Synthetic.asPublished.measurements(.other("micro"))
    let one = Verification(paper, measured, tables: [1])
    let three = Verification(paper, [1: measured, 2: measured, 3: measured])
    #expect(verdict(one, "generated-boost") == nil && verdict(three, "generated-boost") == .undecided)
    let empty = Measurements(scale: .other("micro"), cells: [])
    let mixed = Verification(paper, [1: empty, 4: measured])
    #expect(mixed.cells.filter { $0.cell.table == 1 }.allSatisfy { $0.measurement == nil })
    #expect(mixed.cells.contains { $0.cell.table == 4 && $0.measurement != nil })
  }

  @Test("cells that no count prints are impossible at every scale, and no fault of the measurement")
  func impossible() {
    let verification = Verification(paper, Synthetic.asPublished.measurements(.other("micro")), tables: [1])
    #expect(verification.cells.count { $0.verdict == .impossible } == 5 && !verification.isNegative)
  }

  @Test("another revision of the benchmark is not comparable, and says which was measured")
  func revision() {
    var measured = Synthetic.asPublished.measurements(.paper)
    for index in measured.cells.indices { measured.cells[index].benchmark = "mmau-v05.15.25-mini" }
    let cell = Verification(paper, measured, tables: [4]).cells.first { $0.cell.row == "omni-base" }
    #expect(cell?.verdict == .notComparable)
    #expect(
      cell?.reason == "measured on another revision of the benchmark: MMAU Test-mini, revision v05.15.25")
  }

  @Test("a server's percentages are reproduced or differ; without counts no interval speaks")
  func reported() throws {
    func verdict(_ average: String) throws -> CellVerdict.Verdict? {
      let text =
        #"{"cells":[{"name":"s","model":"qwen2.5-omni","benchmark":"mmau-full","audio":true,"reported":{"average":""#
        + average + #""}}]}"#
      let file = try ScoreFile(parsing: Array(text.utf8), file: "scores.json")
      let cells = Verification(paper, Measurements(scale: .paper, cells: file.cells), tables: [1]).cells
      return cells.first { $0.cell.description == "omni-r1/1/omni-reproduced/full_avg" }?.verdict
    }
    #expect(try verdict("68.4") == .reproduced)
    #expect(try verdict("68.3") == .differs)
  }

  @Test("the text keeps to its width, ends with the tally, and tells all on demand")
  func text() {
    let verification = verify(Synthetic.asPublished)
    for width in [60, 80, 100] {
      let lines = verification.text(width: width).split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= width })
      let tally = wrapped(verification.summary, indent: 2, width: width).map { Substring($0) }
      #expect(lines.suffix(tally.count) == tally[...])
    }
    #expect(verification.text(isFull: true).count > verification.text().count)
    // A family whose first claim has nothing to test is named once.
    #expect(verification.method.ranges(of: "What do the bases answer without hearing?").count == 1)
    #expect(verification.text().contains("quote numbers, which only the paper's scale can meet (1): without-audio-values"))
    let one = verification.claims.first { $0.claim.id == "omni-stronger-reader" }
    #expect(
      one?.telling
        == "Qwen2.5-Omni, not fine-tuned 49.3 against Qwen2-Audio, not fine-tuned 30.5, asked without audio: +18.8 "
        + "points, 95 % interval +16.4 to +21.2, p < 1e-12")
  }
}
