// Predictions against questions: which are right, by every scorer.
public import Diagnostics
internal import JSONText

/// k right of n.
public struct RightCount: Sendable, Hashable {
  public var right: Int
  public var count: Int

  public init(right: Int = 0, count: Int = 0) {
    self.right = right
    self.count = count
  }

  mutating func add(_ isRight: Bool) {
    count += 1
    if isRight { right += 1 }
  }
}

/// One question with its prediction, judged.
public struct ScoredItem: Sendable, Hashable {
  public var question: ScoringQuestion
  /// Nil where there is none; it counts as wrong.
  public var prediction: String?
  /// By each of `AnswerScorer.allCases`.
  public var verdicts: [Bool]

  init(_ question: ScoringQuestion, prediction: String?) {
    self.question = question
    self.prediction = prediction
    verdicts = AnswerScorer.allCases.map { scorer in
      prediction.map { scorer.isRight($0, answer: question.answer, choices: question.choices) } ?? false
    }
  }

  /// Whether the prediction counts by a rule.
  public func isRight(by scorer: AnswerScorer) -> Bool {
    AnswerScorer.allCases.firstIndex(of: scorer).map { verdicts[$0] } ?? false
  }
}

/// The outcome of a predictions file.
public struct ScoreSheet: Sendable {
  public let benchmark: ScoredBenchmark
  public let items: [ScoredItem]
  /// Ids without a prediction, in the order of the questions.
  public let missing: [String]
  /// Whether those are left out of the count, as the official script does, or counted as wrong.
  public let isOfficial: Bool
  /// Ids of questions whose answer is withheld: neither right nor wrong, and not counted.
  public let withheld: [String]
  /// The keys the predictions stood under, sorted.
  public let keys: [String]
  public let revision: RevisionFinding

  /// Judges predictions.
  /// - Parameters:
  ///   - questions: the benchmark's own, in which case all of them count and rows are found by id; nil if the rows
  ///     bring theirs along.
  ///   - isOfficial: every row counts by its own question, and a row without a prediction does not count.
  /// - Throws: rows without a question, of no question, or whose choices or answer differ from the benchmark's.
  public init(
    _ benchmark: ScoredBenchmark, rows: [PredictionRow], questions: [ScoringQuestion]? = nil, isOfficial: Bool = false,
    file: String
  ) throws(Diagnostics) {
    self.benchmark = benchmark
    self.isOfficial = isOfficial
    keys = Set(rows.compactMap(\.key)).sorted()
    let asked = questions ?? rows.compactMap(\.question)
    revision = benchmark == .mmau ? RevisionFinding(asked.map(\.revisionItem)) : .unknown
    var mistakes = Diagnostics()
    let rows = try Self.named(rows, questions, isOfficial, file: file)
    if revision == .mixed {
      mistakes.report(
        Diagnostic(
          "holds \(revision.text)", at: SourceMark(file: file), hint: "score each revision with its own --questions"))
    }
    let isSilent = asked.isEmpty ? !rows.isEmpty && rows.allSatisfy { $0.answer == "" } : asked.allSatisfy(\.answer.isEmpty)
    if !isOfficial, isSilent {
      mistakes.report(
        Diagnostic(
          "the benchmark keeps its answers back", at: SourceMark(file: file), hint: "repro export writes a submission"))
    }
    try mistakes.throwIfAnyError()
    let all = try Self.pairs(rows, questions, isOfficial, file: file)
    withheld = isOfficial ? [] : all.map(\.0).filter(\.answer.isEmpty).map(\.id)
    let pairs = isOfficial ? all : all.filter { !$0.0.answer.isEmpty }
    missing = pairs.filter { $0.1 == nil }.map(\.0.id)
    items = pairs.compactMap { question, said in
      isOfficial && said == nil ? nil : ScoredItem(question, prediction: said)
    }
  }

  /// Rows without ids take those of the questions in order, if the two are as many and each row says enough to be
  /// sure that it is about its question.
  private static func named(
    _ rows: [PredictionRow], _ questions: [ScoringQuestion]?, _ isOfficial: Bool, file: String
  ) throws(Diagnostics) -> [PredictionRow] {
    guard let questions, !rows.isEmpty, !rows.contains(where: \.isNamed) else { return rows }
    if isOfficial, rows.allSatisfy({ $0.question != nil }) { return rows }
    if let found = QuestionFinder(questions).indices(of: rows) {
      return zip(rows, found).map { row, index in
        var row = row
        (row.id, row.isNamed) = (questions[index].id, true)
        return row
      }
    }
    let verdicts = zip(rows, questions).map { $0.isAbout($1) }
    let fact: String
    if rows.count != questions.count {
      fact = "its \(rows.count) rows have no id, and there are \(questions.count) questions"
    } else if let other = verdicts.firstIndex(of: false) {
      fact = "its rows have no id, and row \(other + 1) is not about question \(other + 1), \(questions[other].id)"
    } else if verdicts.contains(nil) {
      fact = "its rows have no id, nor a question or answer that would tell which question each is about"
    } else {
      return zip(rows, questions).map { row, question in
        var row = row
        (row.id, row.isNamed) = (question.id, true)
        return row
      }
    }
    throw Diagnostics([Diagnostic(fact, at: SourceMark(file: file), hint: "give each row the id of its question")])
  }

  private static func pairs(
    _ rows: [PredictionRow], _ questions: [ScoringQuestion]?, _ isOfficial: Bool, file: String
  ) throws(Diagnostics) -> [(ScoringQuestion, String?)] {
    var mistakes = RowMistakes()
    func report(_ id: String, _ fact: String, hint: String) {
      mistakes.add(Diagnostic(fact, at: SourceMark(file: file), path: id, hint: hint))
    }
    var known: [ExactText: ScoringQuestion] = [:]
    for question in questions ?? [] { known[ExactText(question.id)] = question }
    var said: [ExactText: String] = [:]
    var pairs: [(ScoringQuestion, String?)] = []
    for row in rows {
      let (own, id) = (row.question, ExactText(row.id))
      if questions != nil {
        guard let question = known[id] else {
          report(row.id, "is no id of the questions", hint: "another revision or split of the benchmark?")
          continue
        }
        let isOther = row.answer.map { !$0.isEmpty && !question.answer.isEmpty && !question.isNamed(by: $0) } ?? false
        if own.map({ !$0.agrees(with: question) }) ?? isOther {
          report(row.id, "its choices or answer differ from the questions'", hint: "another revision of the benchmark?")
        }
        said[id] = row.prediction
      }
      guard let question = own ?? known[id] else {
        let fact = row.answer?.isEmpty == false ? "has an answer and no choices" : "has no choices and answer"
        report(row.id, fact, hint: "name the benchmark's question file with --questions")
        continue
      }
      if isOfficial || questions == nil { pairs.append((question, row.prediction)) }
    }
    try mistakes.throwIfAny(of: rows.count, file: file)
    guard let questions, !isOfficial else { return pairs }
    return questions.map { ($0, said[ExactText($0.id)]) }
  }
}

extension ScoringQuestion {
  fileprivate var revisionItem: RevisionItem {
    RevisionItem(id: id, question: text, choices: choices, answer: answer)
  }
}

extension ScoreSheet {
  /// Over all questions of the sheet.
  public func total(by scorer: AnswerScorer = .string_match) -> RightCount {
    RightCount(right: items.count { $0.isRight(by: scorer) }, count: items.count)
  }

  /// Counts by the values of each group key, sorted by value; keys no row has are left out.
  public var groups: [(key: String, counts: [(value: String, count: RightCount)])] {
    benchmark.groupKeys.enumerated().compactMap { index, key in
      var counts: [String: RightCount] = [:]
      for item in items where !item.question.groups[index].isEmpty {
        counts[item.question.groups[index], default: RightCount()].add(item.isRight(by: .string_match))
      }
      return counts.isEmpty ? nil : (key, counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
  }

  /// Questions on which not all scorers agree.
  public var disputed: [String] { items.filter { Set($0.verdicts).count > 1 }.map(\.question.id) }

  /// What someone who hears nothing reaches under the official match.
  public struct Baselines: Sendable, Hashable {
    /// The expected share right of a uniform choice among the choices.
    public var uniform: Double
    /// Right when the first choice is always taken.
    public var first: RightCount
  }

  public var baselines: Baselines {
    var uniform = 0.0
    var first = RightCount()
    for question in items.map(\.question) {
      let right = question.choices.map {
        officialStringMatch($0, answer: question.answer, choices: question.choices)
      }
      uniform += Double(right.count { $0 }) / Double(max(right.count, 1))
      first.add(right.first ?? false)
    }
    return Baselines(uniform: items.isEmpty ? 0 : uniform / Double(items.count), first: first)
  }
}
