// Per-question outcomes: what paired tests need.
public import Diagnostics
public import JSONText

/// One question of one evaluation cell.
public struct Outcome: Sendable, Hashable {
  public var id: String
  public var category: String?
  public var isCorrect: Bool
  /// The clip that several questions share; nil where the question has its own.
  public var clip: String?

  public init(id: String, category: String? = nil, isCorrect: Bool, clip: String? = nil) {
    self.id = id
    self.category = category
    self.isCorrect = isCorrect
    self.clip = clip
  }

  /// Nil of a question that could not be scored. MMAR's own "mix-sound-music" is mix_sound_music in scores and tables.
  public init?(_ record: PredictionRecord) {
    guard let isCorrect = record.isCorrect else { return nil }
    let category = record.category
    let name = category.utf8.contains(UInt8(ascii: "-")) ? category.replacing("-", with: "_") : category
    self.init(id: record.id, category: name, isCorrect: isCorrect, clip: record.clip)
  }

  /// Reads as much of `predictions/<cell>.jsonl` as paired tests need: one object a line with at least `id` and
  /// `correct`; `category` and `clip` if there are any.
  /// Left out are questions that could not be scored: `correct` is null, or the answer is empty, being withheld.
  /// - Parameter facts: of the benchmark's questions, by id, where the lines leave them to `questions/`.
  public static func list(
    parsing bytes: [UInt8], file: String, facts: [ExactText: QuestionFacts] = [:]
  ) throws(Diagnostic) -> [Outcome] {
    var outcomes: [Outcome] = []
    var seen: Set<ExactText> = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty {
      let value = try JSONValue(parsing: Array(line), file: file, firstLine: index + 1)
      let isWithheld = value["answer"]?.string == "" || value["correct"]?.isNull == true
      guard let id = value["id"]?.string, let isCorrect = value["correct"]?.boolean ?? (isWithheld ? false : nil) else {
        throw Diagnostic("a prediction needs 'id' and 'correct'", at: SourceMark(file: file, line: index + 1))
      }
      guard seen.insert(ExactText(id)).inserted else {
        throw Diagnostic("the id '\(id)' is there twice", at: SourceMark(file: file, line: index + 1))
      }
      if isWithheld { continue }
      // MMAR's own "mix-sound-music" is mix_sound_music in scores and tables.
      let known = facts[ExactText(id)]
      let category = (value["category"]?.string ?? known?.category)?.replacing("-", with: "_")
      let clip = value["clip"]?.string ?? known?.clip
      outcomes.append(Outcome(id: id, category: category, isCorrect: isCorrect, clip: clip))
    }
    return outcomes
  }

  /// Where a version keeps what the questions of a benchmark say.
  public static func questionsFile(_ benchmark: String) -> String { "questions/\(benchmark).jsonl" }
}
