// A file of predictions against a row: which verdict, which range, which category, in which words.
import Diagnostics
import JSONText
import Publications
import TestSupport
import Testing

@Suite("Predictions against a published row")
struct RowVerdictTests {
  private let row: PaperRow
  private let column: PublishedTable.Column

  init() throws {
    let paper = try ProjectPapers.paper()
    row = try #require(try PaperRow.named("Omni-R1 (AVQA)", in: [paper], table: 1).first)
    column = try #require(row.averages.first)
  }

  private func reading(
    _ scorer: String = "string_match", _ text: String = "as given", right: Int, of scored: Int = 1000, readable: Int? = nil
  ) -> PredictionReading {
    PredictionReading(scorer: scorer, text: text, right: right, scored: scored, readable: readable ?? scored)
  }

  /// The published categories are 236 of 333, 234 of 334 and 216 of 333.
  private func verdict(
    _ readings: PredictionReading..., sound: Int = 236, music: Int = 234, speech: Int = 216
  ) throws -> RowVerdict {
    try #require(
      RowVerdict(
        row, column: column, readings: readings, questionCount: 1000,
        categories: [
          PredictionCategory(id: "sound", right: sound, count: 333),
          PredictionCategory(id: "music", right: music, count: 334),
          PredictionCategory(id: "speech", right: speech, count: 333),
        ]))
  }

  @Test("68.6 is 686 of 1,000")
  func reproduced() throws {
    let verdict = try verdict(reading(right: 686), reading("exact", right: 600))
    #expect(verdict.verdict == .reproduced && !verdict.isNegative && !verdict.isOutside && verdict.mostMoved == nil)
    #expect(
      verdict.sentence
        == "The file bears out 68.6 % (Omni-R1 (AVQA), Table I, Test-mini Avg.): 686 of 1,000 right by string_match, the "
        + "official scorer.")
  }

  @Test("left out of the count, what was not scored may be what makes the number")
  func leftOut() throws {
    let verdict = try verdict(reading(right: 679, of: 990))
    #expect(verdict.verdict == .reproduced && verdict.unscored == 10)
    #expect(verdict.sentence.contains(": 679 of 990 right by string_match"))
    #expect(verdict.range == Interval(low: 0.679, high: 0.689))
  }

  @Test("another reading prints as published")
  func other() throws {
    let verdict = try verdict(
      reading(right: 662), reading("contains", right: 686), reading("contains", "in <answer>", right: 686), music: 210)
    #expect(verdict.verdict == .otherReading && !verdict.isNegative)
    #expect(
      verdict.sentence
        == "The file bears out 68.6 % (Omni-R1 (AVQA), Table I, Test-mini Avg.) only by contains (686 of 1,000) and by "
        + "contains on what stands in <answer> (686 of 1,000); it has 66.2 % by string_match, the official scorer (662 of "
        + "1,000). Most moved is Music: 210 of 334 right, 24 questions fewer than 70.1 % stands for.")
  }

  @Test("within the interval, and outside what the file can give")
  func within() throws {
    let verdict = try verdict(
      reading(right: 670), reading("exact", right: 672), reading("first_letter", right: 3, readable: 11), sound: 237, speech: 199)
    #expect(verdict.verdict == .withinInterval && verdict.isOutside && !verdict.isNegative)
    #expect(verdict.range == Interval(low: 0.670, high: 0.672))
    #expect(
      verdict.sentence
        == "The file does not print as 68.6 % (Omni-R1 (AVQA), Table I, Test-mini Avg.), which lies in its 95 % interval, "
        + "64.0 to 69.8 %: it has 67.0 % by string_match, the official scorer (670 of 1,000). The published number is "
        + "outside what this file can give: 67.0 to 67.2 %. Most moved is Speech: 199 of 333 right, 17 questions fewer "
        + "than 64.9 % stands for; Sound +1. Not taken into the range, as it reads fewer than half of the answers: "
        + "first_letter (a choice in 11 of 1,000).")
  }

  @Test("it differs, though the range reaches it")
  func differs() throws {
    let verdict = try verdict(reading(right: 600, of: 900))
    #expect(verdict.verdict == .withinInterval)
    let far = try self.verdict(reading(right: 600, of: 980), reading("contains", right: 700, of: 980))
    #expect(far.verdict == .differs && far.isNegative && !far.isOutside)
    #expect(
      far.sentence.contains(
        "What this file can give reaches from 60.0 to 72.0 %, 20 questions not scored counted both ways: the published "
          + "number lies within."))
  }

  @Test("a half unit of rounding belongs to the published number")
  func rounding() throws {
    #expect(try !verdict(reading(right: 685), reading("exact", right: 686)).isOutside)
    #expect(try verdict(reading(right: 685)).isOutside)
  }

  @Test("the table and JSON say the same")
  func pages() throws {
    let verdict = try verdict(reading(right: 662), reading("contains", right: 690), music: 210)
    let text = verdict.text(width: 100)
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 110 })
    #expect(
      text.contains(
        """
        readings
          scorer        scored    right  of    %     if not scored is right  prints as published
          string_match  as given  662    1000  66.2  66.2                    no
          contains      as given  690    1000  69.0  69.0                    no

        categories, by string_match
                  right  of   %     published  moved
          Sound   236    333  70.9  70.9       as published
          Music   210    334  62.9  70.1       -24 questions
          Speech  216    333  64.9  64.9       as published

        """))
    let json = verdict.json
    #expect(json["verdict"] == "within interval" && json["outside"] == false && json["most_moved"] == "music")
    #expect(json["readings"]?.array?.count == 2 && json["categories"]?.array?[1]["moved"] == -24)
    #expect(json["row"] == "omni-r1-avqa" && json["table"] == 1 && json["published"] == "68.6")
  }

  @Test("rows are found by id, name and label; an unknown one names those near it")
  func search() throws {
    let paper = try ProjectPapers.paper()
    #expect(try PaperRow.named("omni-r1 (avqa)", in: [paper]).map(\.table.number) == [1, 2, 3])
    #expect(try PaperRow.named("Reproduced", in: [paper], table: 1).map(\.row.id) == ["qwen2-audio-reproduced", "omni-reproduced"])
    #expect(
      refusal { try PaperRow.named("Omni-R1 AVQA", in: [paper], table: 1) }
        == "error: --row: no row of omni-r1, table 1 is called 'Omni-R1 AVQA'\n  hint: near it: Omni-R1 (AVQA) (Table I); "
        + "Omni-R1 (AVQA-GPT) (Table I); Omni-R1 (VGGs-GPT) (Table I); Qwen2-Audio-7B-Instruct, R1-AQA (Table I); "
        + "Qwen2.5-Omni-7B, Direct Inference (Table I)")
    #expect(refusal { try PaperRow.named("x", in: [paper], table: 9) }?.contains("there is no such table: omni-r1, table 9") == true)
  }
}
