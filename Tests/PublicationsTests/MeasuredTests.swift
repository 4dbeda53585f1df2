import JSONText
import Publications
import Records
import TestSupport
import Testing

/// Outcomes of n questions in three categories; `isRight` decides each.
private func outcomes(_ n: Int, _ isRight: (Int) -> Bool) -> [Outcome] {
  (0..<n).map { Outcome(id: "q\($0)", category: ["sound", "music", "speech"][$0 % 3], isCorrect: isRight($0)) }
}

/// Measurements in which each named cell of table 4 is right on the questions below its count.
struct Synthetic {
  var cells: [ScoreCell] = []
  var outcomes: [String: [Outcome]] = [:]

  mutating func add(
    _ model: String, _ training: String? = nil, trainedWithAudio: Bool? = nil, audio: Bool = true,
    seed: Int? = nil,
    decoding: AnswerDecoding = .greedy, n: Int = 1000, isRight: (Int) -> Bool
  ) {
    let list = (0..<n).map {
      Outcome(id: "q\($0)", category: ["sound", "music", "speech"][$0 % 3], isCorrect: isRight($0))
    }
    let name = "\(cells.count)"
    let categories = ["sound", "music", "speech"].map { category in
      let own = list.filter { $0.category == category }
      return ScoreCell.Category(
        name: category, questionCount: own.count, correctCount: own.count { $0.isCorrect })
    }
    cells.append(
      ScoreCell(
        name: name, run: .init(model: model, training: training, trainingAudio: trainedWithAudio),
        benchmark: "mmau-mini", audio: audio, decoding: decoding, seed: seed, questionCount: n,
        correctCount: list.count { $0.isCorrect }, categories: categories, chance: 0.25))
    outcomes[name] = list
  }

  func measurements(_ scale: Measurements.Scale) -> Measurements {
    Measurements(scale: scale, cells: cells, outcomes: outcomes)
  }

  /// All eight rows and both columns, with the published counts, each better model right wherever a worse one is.
  static var asPublished: Synthetic {
    var synthetic = Synthetic()
    let counts: [(String, String?, Bool?, Int, Int)] = [
      ("qwen2-audio", nil, nil, 527, 305), ("qwen2-audio", "avqa", true, 632, 446),
      ("qwen2-audio", "avqa", false, 588, 424), ("qwen2-audio", "arc-easy", false, 602, 422),
      ("qwen2.5-omni", nil, nil, 659, 493), ("qwen2.5-omni", "avqa", true, 686, 517),
      ("qwen2.5-omni", "avqa", false, 656, 492), ("qwen2.5-omni", "arc-easy", false, 682, 517),
    ]
    for (model, training, trainedWithAudio, with, without) in counts {
      synthetic.add(model, training, trainedWithAudio: trainedWithAudio) { $0 < with }
      synthetic.add(model, training, trainedWithAudio: trainedWithAudio, audio: false) { $0 < without }
    }
    return synthetic
  }
}

@Suite("Measured against published")
struct MeasuredTests {
  let paper: PublishedPaper
  init() throws { paper = try ProjectPapers.paper() }

  /// The control of the paper, as measured.
  private func controls(_ synthetic: Synthetic) -> [FormatControl] {
    paper.controls.flatMap { FormatControl.all($0, of: paper, synthetic.measurements(.other("micro"))) }
  }

  @Test("the sign-flip test is McNemar's where outcomes are whole, and counts all patterns where they are not")
  func signFlip() {
    #expect(signFlipTest([1, 1, 1, -1, 0, 1]) == mcNemarTest(onlyFirst: 4, onlySecond: 1))
    #expect(signFlipTest([]) == 1 && signFlipTest([0, 0]) == 1)
    for differences in [[3, -1, 2, 2, 0, 1], [1, 2, 3, -4, 5], [3, 3, -1]] {
      let n = differences.count
      let seen = abs(differences.reduce(0, +))
      var far = 0
      for pattern in 0..<(1 << n) {
        var sum = 0
        for index in 0..<n {
          sum += pattern >> index & 1 == 1 ? abs(differences[index]) : -abs(differences[index])
        }
        if abs(sum) >= seen { far += 1 }
      }
      #expect(abs(signFlipTest(differences) - Double(far) / Double(1 << n)) < 1e-12, "\(differences)")
    }
  }

  @Test("one seed against one: McNemar and Newcombe; order of questions does not matter")
  func oneSeed() throws {
    let a = outcomes(100) { $0 < 60 }
    let b = outcomes(100) { $0 % 2 == 0 }
    let comparison = try #require(Comparison([a], [Array(b.reversed())], category: nil))
    let pairs = PairedCounts(a.map(\.isCorrect), b.map(\.isCorrect))
    #expect(comparison.pValue == pairs.mcNemar && comparison.interval == pairedDifferenceInterval(pairs))
    #expect(comparison.firstBetter == pairs.onlyFirst && comparison.secondBetter == pairs.onlySecond)
  }

  @Test("several copies of one seed are no new evidence")
  func copies() throws {
    let a = outcomes(100) { $0 < 60 }
    let b = outcomes(100) { $0 % 2 == 0 }
    let once = try #require(Comparison([a], [b], category: nil))
    let thrice = try #require(Comparison([a, a, a], [b], category: nil))
    #expect(once.pValue == thrice.pValue && once.difference == thrice.difference)
  }

  @Test("systems that answered different questions are not compared")
  func differentQuestions() {
    let a = outcomes(10) { _ in true }
    #expect(Comparison([a], [Array(a.dropLast())], category: nil) == nil)
    #expect(Comparison([a], [a.dropLast() + [Outcome(id: "x", isCorrect: true)]], category: nil) == nil)
    #expect(Comparison([a], [], category: nil) == nil)
  }

  @Test("lost training clips are counted and stay comparable; a part of a benchmark, or less than half of a set, does not")
  func lostClips() throws {
    func verdict(_ set: String, _ n: Int, of total: Int, rule: String = "") throws -> (CellVerdict.Verdict?, String?, String?) {
      var synthetic = Synthetic()
      synthetic.add("qwen2.5-omni", "avqa", trainedWithAudio: true, seed: 1) { $0 < 686 }
      var file = ScoreFile(tables: [4], cells: synthetic.cells).json.canonicalText
      file = file.replacing(
        "\"seed\":1", with: "\"seed\":1,\"subsets\":[{\"set\":\"\(set)\",\"n\":\(n),\"of\":\(total)\(rule)}]")
      synthetic.cells = try ScoreFile(parsing: Array(file.utf8), file: "scores.json").cells
      let again = ScoreFile(tables: [4], cells: synthetic.cells).json.canonicalText
      #expect(try ScoreFile(parsing: Array(again.utf8), file: "scores.json").cells == synthetic.cells)
      let measured = synthetic.measurements(.paper)
      let cell = paper.cellVerdicts([4: measured]).first { $0.measurement != nil }
      return (cell?.verdict, cell?.reason, measured.subsetSentence)
    }
    let lost = try verdict("avqa", 38_012, of: 40_425)
    #expect(lost.0 == .reproduced)
    #expect(lost.1 == "trained on 38,012 of the 40,425 questions of avqa")
    #expect(lost.2 == "Trained on 38,012 of the 40,425 questions of avqa; the clips of the others are lost.")
    let faulty = try verdict("avqa", 38_012, of: 40_425, rule: ",\"rule\":\"clips_usable\"")
    #expect(faulty.2 == "Trained on 38,012 of the 40,425 questions of avqa; the clips of the others are lost or cannot be heard.")
    let few = try verdict("avqa", 20_000, of: 40_425)
    #expect(few.0 == .notComparable)
    #expect(few.1 == "trained on less than half of its set: 20,000 of the 40,425 questions of avqa")
    let part = try verdict("mmau-mini", 990, of: 1000, rule: ",\"rule\":\"clips_usable\"")
    #expect(part.0 == .notComparable)
    #expect(part.1 == "on a declared subset: 990 of the 1,000 questions of mmau-mini")
    #expect(part.2 == "On a declared subset, those whose clips can be heard: 990 of the 1,000 questions of mmau-mini.")
  }

  @Test("the published counts, measured at the paper's scale, are reproduced")
  func reproduced() {
    let verification = Verification(paper, Synthetic.asPublished.measurements(.paper), tables: [4])
    #expect(verification.cells.count == 16 && verification.cells.allSatisfy { $0.verdict == .reproduced })
    #expect(!verification.claims.contains { $0.verdict == .contradicted && $0.claim.id == "text-only-mini" })
  }

  @Test("cells a little off lie within the interval, far off they differ, unmeasured ones say so")
  func verdicts() {
    var synthetic = Synthetic()
    synthetic.add("qwen2-audio") { $0 < 540 }
    synthetic.add("qwen2.5-omni") { $0 < 800 }
    synthetic.add("qwen2-audio", "avqa", trainedWithAudio: true, n: 900) { $0 < 600 }
    let verdicts = Verification(paper, synthetic.measurements(.paper), tables: [4]).cells
    func verdict(_ row: String) -> CellVerdict.Verdict? {
      verdicts.first { $0.cell.row == row && $0.cell.column == "with_audio" }?.verdict
    }
    #expect(verdict("qwen2-audio-base") == .withinInterval)
    #expect(verdict("omni-base") == .differs)
    #expect(verdict("qwen2-audio-avqa") == .notComparable)
    #expect(verdict("omni-avqa") == .notMeasured)
  }

  @Test("a micro result is never reproduced: it bears on claims only")
  func micro() {
    let verification = Verification(paper, Synthetic.asPublished.measurements(.other("micro")), tables: [4])
    #expect(verification.cells.allSatisfy { $0.verdict == .notComparable })
    #expect(verification.claims.contains { $0.verdict == .holds })
    let quoting = verification.claims.first { $0.claim.id == "without-audio-values" }
    #expect(quoting?.verdict == .undecided)
    #expect(quoting?.evidence == ["quotes numbers, which only the paper's scale can meet"])
  }

  @Test("claims: shown, contradicted, undecided")
  func claims() {
    var synthetic = Synthetic()
    synthetic.add("qwen2.5-omni") { $0 < 600 }
    for seed in 1...3 {
      synthetic.add("qwen2.5-omni", "arc-easy", trainedWithAudio: false, seed: seed) { $0 < 650 + seed }
      synthetic.add("qwen2.5-omni", "avqa", trainedWithAudio: true, seed: seed) { $0 < 655 + seed }
      synthetic.add("qwen2.5-omni", "avqa", trainedWithAudio: false, seed: seed) { $0 < 500 + seed }
    }
    let verification = Verification(paper, synthetic.measurements(.other("micro")), tables: [4])
    func verdict(_ id: String) -> ClaimVerdict.Verdict? {
      verification.claims.first { $0.claim.id == id }?.verdict
    }
    #expect(verdict("text-only-mini") == .holds)
    #expect(verdict("text-almost-as-well") == .holds)
    #expect(verdict("arc-beats-avqa-text") == .undecided)  // Qwen2-Audio is not measured
    #expect(verdict("text-only-strong") == .contradicted)  // Qwen2.5-Omni on AVQA without audio falls
    #expect(verdict("across-omni-base") == nil)
    #expect(verification.isNegative)
  }

  @Test("seeds that point to different sides decide nothing")
  func seedsDisagree() {
    var synthetic = Synthetic()
    synthetic.add("qwen2.5-omni") { $0 < 600 }
    for (seed, count) in [(1, 800), (2, 590)] {
      synthetic.add("qwen2.5-omni", "arc-easy", trainedWithAudio: false, seed: seed) { $0 < count }
    }
    let verdicts = Verification(paper, synthetic.measurements(.other("micro")), tables: [4]).claims
    let claim = verdicts.first { $0.claim.id == "text-only-mini" }
    #expect(claim?.verdict == .undecided && claim?.evidence.first?.contains("not the same direction in every seed") == true)
  }

  @Test("the control's sentence follows the counts")
  func control() {
    var synthetic = Synthetic()
    synthetic.add("qwen2.5-omni") { $0 < 600 }
    synthetic.add("qwen2.5-omni", decoding: .constrained) { $0 < 650 }
    synthetic.add("qwen2.5-omni", "avqa", trainedWithAudio: true, seed: 1) { $0 < 652 }
    let even = controls(synthetic).map(\.sentence)
    #expect(
      even == [
        "Qwen2.5-Omni, asked with audio: format alone, the untrained base held to the options, is worth +5.0 points "
          + "(60.0 to 65.0); no gain beyond it is shown by fine-tuning on AVQA with audio (65.2, +5.2 over the base, of "
          + "which format has 96 %; beyond it +0.2, 95 % interval \u{2212}0.2 to +0.6, paired p = 0.50)."
      ])
    synthetic.add("qwen2-audio") { $0 < 300 }
    synthetic.add("qwen2-audio", decoding: .constrained) { $0 < 350 }
    synthetic.add("qwen2-audio", "avqa", trainedWithAudio: true, seed: 1) { $0 < 400 }
    let both = controls(synthetic).map(\.sentence)
    #expect(
      both.first
        == "Qwen2-Audio, asked with audio: format alone, the untrained base held to the options, is worth +5.0 points "
        + "(30.0 to 35.0); a gain beyond it is shown by fine-tuning on AVQA with audio (40.0, +10.0 over the base, of "
        + "which format has 50 %; beyond it +5.0, 95 % interval +3.6 to +6.4, paired p < 1e-12).")
    #expect(both.count == 2)
  }

  @Test("the control's tests are corrected together, and a seed that points elsewhere forbids a verdict")
  func controlSeeds() throws {
    var synthetic = Synthetic()
    synthetic.add("qwen2.5-omni") { $0 < 600 }
    synthetic.add("qwen2.5-omni", decoding: .constrained) { $0 < 650 }
    for (seed, count) in [(1, 690), (2, 640)] {
      synthetic.add("qwen2.5-omni", "avqa", trainedWithAudio: true, seed: seed) { $0 < count }
    }
    synthetic.add("qwen2.5-omni", "avqa", trainedWithAudio: false, seed: 1) { $0 < 656 }
    synthetic.add("qwen2.5-omni", "arc-easy", trainedWithAudio: false, seed: 1) { $0 < 655 }
    let control = try #require(controls(synthetic).first)
    #expect(control.tunings.map { $0.beyond?.pValue ?? 1 }.suffix(2) == [0.03125, 0.0625])
    #expect(control.tunings.map(\.pValue).suffix(2) == [0.0625, 0.0625] && control.tunings[0].pValue < 0.05)
    #expect(
      control.sentence.hasPrefix(
        "Qwen2.5-Omni, asked with audio: format alone, the untrained base held to the options, is worth +5.0 points (60.0 "
          + "to 65.0); no gain beyond it is shown by fine-tuning on AVQA with audio (66.5, +6.5 over the base, of which "
          + "format has 77 %; beyond it +1.5, 95 % interval "))
    #expect(control.sentence.contains("not the same direction in every seed), nor on AVQA without audio (65.6, "))
    #expect(control.sentence.contains("), nor on ARC-Easy without audio (65.5, "))
  }

  @Test("a fine-tuning below the control is told apart, and a share of more than all is not told")
  func belowControl() throws {
    var synthetic = Synthetic()
    synthetic.add("qwen2.5-omni") { $0 < 600 }
    synthetic.add("qwen2.5-omni", decoding: .constrained) { $0 < 650 }
    synthetic.add("qwen2.5-omni", "avqa", trainedWithAudio: true, seed: 1) { $0 < 700 }
    synthetic.add("qwen2.5-omni", "arc-easy", trainedWithAudio: false, seed: 1) { $0 < 610 }
    let control = try #require(controls(synthetic).first)
    #expect(control.sentence.contains("a gain beyond it is shown by fine-tuning on AVQA with audio (70.0"))
    #expect(
      control.sentence.contains(
        "; less than format alone gives is shown by fine-tuning on ARC-Easy without audio (61.0, +1.0 over the base; "))
  }

  @Test("measurements: mean over seeds, sampling interval and spread apart")
  func measurement() throws {
    var synthetic = Synthetic()
    for (seed, count) in [(2, 640), (1, 600), (3, 650)] {
      synthetic.add("qwen2.5-omni", "avqa", trainedWithAudio: true, seed: seed) { $0 < count }
    }
    let measured = synthetic.measurements(.paper)
    let run = PublishedTable.Run(model: "qwen2.5-omni", training: "avqa", trainingAudio: true)
    let found = try #require(measured.measurement(run, benchmark: "mmau-mini", audio: true, category: nil))
    #expect(found.seeds.map(\.correctCount) == [600, 640, 650] && found.printed.text == "63.0")
    #expect(found.interval == wilsonInterval(630, of: 1000) && found.spread == Interval(low: 0.6, high: 0.65))
    #expect(measured.measurement(run, benchmark: "mmau-full", audio: true, category: nil) == nil)
  }

  @Test("scores are read back as they were written, and mistakes are named")
  func scoreFile() throws {
    let file = ScoreFile(tables: [4], cells: Synthetic.asPublished.cells)
    let read = try ScoreFile(parsing: Array(file.json.indentedText.utf8), file: "scores.json")
    #expect(read.tables == file.tables && read.cells == file.cells)
    func mistake(_ text: String) -> String {
      do {
        _ = try ScoreFile(parsing: Array(text.utf8), file: "scores.json")
        return "none"
      } catch { return "\(error)" }
    }
    let head = #"{"cells":[{"name":"a","model":"m","benchmark":"b","audio":true,"#
    #expect(
      mistake(head + #""n":3,"correct":4}]}"#)
        == "scores.json: error: cells[0]: 4 right of 3 questions cannot be")
    #expect(
      mistake(head + #""decoding":"greedi","n":3,"correct":1}]}"#)
        == "scores.json: error: cells[0].decoding: 'greedi' is no decoding\n  hint: did you mean 'greedy'?  (greedy, sampled, checkpoint, constrained, likelihood)"
    )
    #expect(
      mistake(#"{"cells":[{"name":"a"}]}"#) == "scores.json: error: cells[0].model: missing; expected a text")
    #expect(
      mistake(head + #""reported":{"average":"101"}}]}"#)
        == "scores.json: error: cells[0].reported.average: expected a printed percentage such as \"70.8\"")
    #expect(mistake(#"{"cells":{}}"#) == "scores.json: error: cells: expected a list, found an object")
  }

  @Test("predictions are read line by line, and mistakes are named")
  func predictions() throws {
    func read(_ text: String) throws -> [Outcome] {
      try Outcome.list(parsing: Array(text.utf8), file: "p.jsonl")
    }
    #expect(
      try read(#"{"id":"a","correct":true,"category":"sound"}"#) == [
        Outcome(id: "a", category: "sound", isCorrect: true)
      ])
    // A mixture by MMAR's name is the table's category.
    #expect(try read(#"{"id":"a","correct":true,"category":"mix-sound-music"}"#).first?.category == "mix_sound_music")
    func mistake(_ text: String) -> String {
      do {
        _ = try read(text)
        return "none"
      } catch { return "\(error)" }
    }
    #expect(
      mistake("{\"id\":\"a\",\"correct\":true}\n{\"id\":\"a\",\"correct\":true}")
        == "p.jsonl:2: error: the id 'a' is there twice")
    #expect(mistake("{\"id\":\"a\"}") == "p.jsonl:1: error: a prediction needs 'id' and 'correct'")
  }
}
