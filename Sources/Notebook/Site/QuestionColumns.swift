// The questions of one benchmark and what every run said to them, as columns: a question's facts once, answers as places
// in a list of texts.
internal import ContentHash
internal import Diagnostics
internal import Evaluation
internal import JSONText
internal import Publications
internal import Questions
internal import Records

/// A set of questions as the site lists it.
struct QuestionColumns {
  let benchmark: String
  let profile: String
  private(set) var ids: [String] = []
  private(set) var runs: [Run] = []
  private var words = WordTable()
  private var places: [ExactText: Int] = [:]
  private var facts: [Facts] = []
  /// Questions and choices, where the set is at hand; places of `ids`.
  private var texts: [Int: AudioQuestion] = [:]
  private var prompts: [SentPrompt] = []
  var clips: [Int: ShownClip] = [:]
  /// Why nothing can be heard, of the whole set; nil where some clips are there.
  var silence: String?

  /// What a prediction says of its question.
  private struct Facts: Hashable {
    var answer: Int
    var category: Int
    var difficulty: Int
    var chance: Double?
  }

  struct Run {
    var cell: ScoreCell
    /// Names of the results that have it.
    var results: [Int]
    /// By question; -1 where it was not asked.
    var said: [Int]
    /// By question: 1, 0, `-` not scored, ` ` not asked.
    var verdicts: [UInt8]
    var unfinished: [Int]
    /// By question: log p of each choice, where that was recorded.
    var weights: [Int: [Double]]
    var prompt: Int?
  }

  init(benchmark: String, profile: String) {
    self.benchmark = benchmark
    self.profile = profile
  }

  /// Adds what a cell's model said, unless its questions are others than those of this set.
  /// - Returns: the run's place, or nil where the set is another.
  mutating func add(_ cell: ScoreCell, _ records: [PredictionRecord], result: Int, _ prompt: SentPrompt?) -> Int? {
    guard let known = knownPlaces(of: records) else { return nil }
    var said = [Int](repeating: -1, count: ids.count)
    var verdicts = [UInt8](repeating: UInt8(ascii: " "), count: ids.count)
    var unfinished: [Int] = []
    var weights: [Int: [Double]] = [:]
    for (record, known) in zip(records, known) {
      let place = known ?? self.append(record)
      if place == said.count {
        said.append(-1)
        verdicts.append(UInt8(ascii: " "))
      }
      said[place] = words.place(record.prediction)
      verdicts[place] = record.isCorrect.map { UInt8(ascii: $0 ? "1" : "0") } ?? UInt8(ascii: "-")
      if !record.isFinished { unfinished.append(place) }
      if let recorded = record.optionLogProbabilities { weights[place] = recorded }
    }
    let twin = runs.firstIndex { run in
      run.cell.name == cell.name && run.cell.key == cell.key && run.said == said && run.verdicts == verdicts
        && run.weights == weights
    }
    if let twin {
      runs[twin].results.append(result)
      return twin
    }
    // Only a template with the record's own digest is what was sent.
    let sent = prompt.flatMap { [cell.prompt, records.first?.prompt].contains($0.template.digest.hexadecimal) ? $0 : nil }
    let place = sent.map { sent in
      prompts.firstIndex(of: sent) ?? {
        prompts.append(sent)
        return prompts.count - 1
      }()
    }
    runs.append(
      Run(
        cell: cell, results: [result], said: said, verdicts: verdicts, unfinished: unfinished, weights: weights,
        prompt: place))
    return runs.count - 1
  }

  /// The place of each record's question, nil where it is new; nil where one says something else than is known of it.
  private func knownPlaces(of records: [PredictionRecord]) -> [Int?]? {
    var found: [Int?] = []
    found.reserveCapacity(records.count)
    for (index, record) in records.enumerated() {
      // Mostly every run answers the same questions in the same order.
      let isInOrder = index < ids.count && ids[index].utf8.elementsEqual(record.id.utf8)
      guard let place = isInOrder ? index : places[ExactText(record.id)] else {
        found.append(nil)
        continue
      }
      let facts = facts[place]
      guard words.texts[facts.answer] == record.answer, words.texts[facts.category] == record.category,
        words.texts[facts.difficulty] == record.difficulty, facts.chance == record.chance
      else { return nil }
      found.append(place)
    }
    return found
  }

  /// Adds a question; ids of one cell are each there once.
  private mutating func append(_ record: PredictionRecord) -> Int {
    places[ExactText(record.id)] = ids.count
    ids.append(record.id)
    facts.append(
      Facts(
        answer: words.place(record.answer), category: words.place(record.category),
        difficulty: words.place(record.difficulty), chance: record.chance))
    return ids.count - 1
  }

  /// Names of the runs for addresses, as the page's own script makes them: those of one name, of two versions, are told
  /// apart by their keys.
  var runIDs: [String] {
    var counts: [String: Int] = [:]
    for run in runs { counts[run.cell.name, default: 0] += 1 }
    var seen: [String: Int] = [:]
    return runs.map { run in
      let name = run.cell.name
      let id = counts[name] == 1 ? name : name + "@" + run.cell.key.prefix(12)
      seen[id, default: 0] += 1
      return (seen[id] ?? 1) > 1 ? "\(id)#\(seen[id] ?? 1)" : id
    }
  }

  /// Takes wording and choices of the set's own questions, where the answers are the same.
  mutating func describe(_ questions: [AudioQuestion]) {
    for question in questions {
      guard let place = places[ExactText(question.id)], words.texts[facts[place].answer] == question.answer ?? ""
      else { continue }
      texts[place] = question
    }
  }

  func question(_ place: Int) -> AudioQuestion? { texts[place] }

  /// The script's data; texts that only the questions have are added on the way.
  func json() -> JSONValue {
    var words = words
    let all = ids.indices
    func column(_ value: (Int) -> JSONValue) -> JSONValue { .array(all.map(value)) }
    let asked = column { texts[$0].map { .integer(words.place($0.question)) } ?? .integer(-1) }
    let choices = column { .array((texts[$0]?.choices ?? []).map { .integer(words.place($0)) }) }
    let kinds = column { texts[$0].map { .integer(words.place($0.subCategory)) } ?? .integer(-1) }
    let templates = prompts.reduce(into: [PromptTemplate]()) { if !$0.contains($1.template) { $0.append($1.template) } }
    let users = templates.map { template in
      column { texts[$0].map { .integer(words.place(template.userText($0))) } ?? .integer(-1) }
    }
    let said = runs.map { run -> JSONValue in
      let rest = [Int](repeating: -1, count: ids.count - run.said.count)
      let blanks = [UInt8](repeating: UInt8(ascii: " "), count: rest.count)
      let weights = run.weights.sorted { $0.key < $1.key }.map { place, list in
        ("\(place)", JSONValue.array(list.map { plotted($0) }))
      }
      return .object([
        "weights": weights.isEmpty ? .null : .object(JSONObject(weights)),
        "said": .array((run.said + rest).map { .integer($0) }),
        "verdicts": .string(String(decoding: run.verdicts + blanks, as: UTF8.self)),
        "cut": .array(run.unfinished.map { .integer($0) }), "prompt": run.prompt.map { .integer($0) } ?? .null,
      ])
    }
    return .object([
      "id": .array(ids.map { .string($0) }), "answer": column { .integer(facts[$0].answer) },
      "category": column { .integer(facts[$0].category) }, "difficulty": column { .integer(facts[$0].difficulty) },
      "chance": column { plotted(facts[$0].chance) }, "question": asked, "choices": choices, "kind": kinds,
      "user": .array(users), "runs": .array(said),
      "prompts": .array(
        prompts.map { sent in
          .object([
            "before": .string(sent.before), "after": .string(sent.after),
            "user": .integer(templates.firstIndex(of: sent.template) ?? 0),
          ])
        }),
      "clips": column { clips[$0]?.json ?? .null }, "silence": silence.map { .string($0) } ?? .null,
      "words": words.json,
    ])
  }
}
