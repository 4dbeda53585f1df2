// What a grid moves: levels, gaps, tests, on outcomes made by hand.
import JSONText
import Publications
import Records
import Testing

@Suite("Spread over a grid of factors")
struct FactorSpreadTests {
  private static func cell(_ levels: [(String, String)], _ right: [Bool]) -> (ScoreCell, [Outcome]) {
    let name = levels.map(\.1).joined(separator: "-")
    var cell = ScoreCell(
      name: name, run: PublishedTable.Run(model: "m", training: nil, trainingAudio: nil, name: "m"), benchmark: "b",
      audio: true, questionCount: right.count, correctCount: right.count { $0 })
    cell.levels = levels.map { (factor: $0.0, level: $0.1) }
    return (cell, right.enumerated().map { Outcome(id: "\($0)", isCorrect: $1) })
  }

  private func spread(_ cells: [(ScoreCell, [Outcome])]) -> [FactorSpread] {
    FactorSpread.all(cells.map(\.0), outcomes: Dictionary(uniqueKeysWithValues: cells.map { ($0.0.name, $0.1) }))
  }

  /// The first `count` of twenty.
  private func first(_ count: Int) -> [Bool] { (0..<20).map { $0 < count } }

  @Test("levels are means of their cells, gaps are paired, p is corrected over all pairs")
  func levels() throws {
    let found = spread([
      Self.cell([("prompt", "a"), ("scorer", "x")], first(14)), Self.cell([("prompt", "a"), ("scorer", "y")], first(8)),
      Self.cell([("prompt", "b"), ("scorer", "x")], first(12)), Self.cell([("prompt", "b"), ("scorer", "y")], first(6)),
    ])
    let grid = try #require(found.first)
    #expect(found.count == 1 && grid.cellCount == 4 && grid.factors.map(\.name) == ["prompt", "scorer"])
    #expect(grid.factors[0].levels.map(\.accuracy) == [0.55, 0.45])
    #expect(grid.factors[1].levels.map(\.accuracy) == [0.65, 0.35])
    #expect(grid.factors[1].levels[0].interval == wilsonInterval(13.0, of: 20))
    let (prompt, scorer) = (try #require(grid.factors[0].gap), try #require(grid.factors[1].gap))
    #expect(abs(prompt.difference - 0.1) < 1e-12 && prompt.high == "a" && prompt.low == "b")
    #expect(abs(scorer.difference - 0.3) < 1e-12 && scorer.high == "x" && scorer.questionCount == 20)
    // By scorer eight questions differ by one or two, all the one way: 2/2⁸, times two for the two pairs.
    #expect(abs(scorer.pValue - 2 * 2 / 256) < 1e-12)
    #expect(abs(prompt.pValue - 2 / 16) < 1e-12)
    let whole = try #require(grid.gap)
    #expect(whole.high == "a, x" && whole.low == "b, y" && abs(whole.difference - 0.4) < 1e-12)
    #expect(abs(whole.pValue - 6 * 2 / 256) < 1e-12)
  }

  @Test("of two revisions only what both ask is paired; other models and cells outside a grid stand apart")
  func revisions() throws {
    let old = Self.cell([("on", "old")], first(10))
    var new = Self.cell([("on", "new")], first(10))
    new.1 = new.1.map { Outcome(id: Int($0.id).map { $0 < 15 ? "\($0)" : "new\($0)" } ?? "", isCorrect: !$0.isCorrect) }
    var other = Self.cell([], first(3))
    other.0.name = "other"
    let found = spread([old, new, other])
    let gap = try #require(found.first?.factors.first?.gap)
    #expect(found.count == 1 && gap.questionCount == 15 && gap.high == "old" && abs(gap.difference - 5.0 / 15) < 1e-12)
    #expect(found[0].factors[0].levels.map(\.questionCount) == [20, 20])
    let measured = Measurements(scale: .paper, cells: [old.0, other.0])
    #expect(measured.cells.map(\.name) == ["other"])
  }

  @Test("as text, Markdown and CSV")
  func pages() throws {
    let grid = try #require(
      spread([Self.cell([("scorer", "x")], first(14)), Self.cell([("scorer", "y")], first(8))]).first)
    #expect(
      grid.text == """
        m, asked with audio: 2 cells
          factor  level  accuracy  95 % interval  questions  spread  p (Holm)
          scorer  x      70.0      48.1 to 85.5   20         30.0    0.031
                  y      40.0      21.9 to 61.3   20
        The cells lie up to 30.0 points apart: x above y, on 20 questions, p = 0.031.

        """)
    #expect(grid.markdown.contains("| scorer | x | 70.0 | 48.1 to 85.5 | 20 | 30.0 | 0.031 |\n|  | y | 40.0 |"))
    #expect(grid.csv.hasPrefix("factor,level,accuracy,low,high,questions,spread,p\nscorer,x,0.7,"))
    let cell = Self.cell([("scorer", "x")], first(1)).0
    #expect(cell.json["levels"]?.array?.first?["level"] == "x")
  }
}
