// What a run measured: counts per evaluation cell, as `scores.json` holds them.
public import Diagnostics
public import JSONText
public import Records

/// One model on one benchmark, once.
public struct ScoreCell: Sendable, Hashable {
  /// Questions of one category, and how many were answered rightly.
  public struct Category: Sendable, Hashable {
    public var name: String
    public var questionCount: Int
    public var correctCount: Int
    /// Questions asked beside those, whose answers are withheld.
    public var unscoredCount: Int

    public init(name: String, questionCount: Int, correctCount: Int, unscoredCount: Int = 0) {
      self.name = name
      self.questionCount = questionCount
      self.correctCount = correctCount
      self.unscoredCount = unscoredCount
    }
  }

  /// The evaluation cell's name; its outcomes are `predictions/<name>.jsonl`.
  public var name: String
  public var run: PublishedTable.Run
  public var benchmark: String
  public var audio: Bool
  public var decoding: AnswerDecoding
  /// Of the fine-tuning; nil for a model that has none.
  public var seed: Int?
  /// Questions that were scored.
  public var questionCount: Int
  public var correctCount: Int
  /// Questions asked beside those: submitted, not scored, as the benchmark withholds their answers.
  public var unscoredCount = 0
  /// Answers that were cut at the limit of tokens, and those that name several options; of all questions asked. Nil where
  /// that was not counted.
  public var truncatedCount: Int?
  public var severalOptionsCount: Int?
  /// The digest of the prompt's template; nil where that was not noted.
  public var prompt: String?
  /// Of a cell of a grid: each factor with its level, in the grid's order. It is no measurement of a paper's row.
  public var levels: [(factor: String, level: String)] {
    get { levelPairs.map { ($0[0], $0[1]) } }
    set { levelPairs = newValue.map { [$0.factor, $0.level] } }
  }
  private var levelPairs: [[String]] = []
  /// In order of their names.
  public var categories: [Category]
  /// The hash of the cell's settings and inputs.
  public var key: String
  /// Accuracies that somebody else's server counted; then the counts above are 0.
  public var reported: [String: PrintedNumber]
  /// Accuracy of a uniform choice, as a fraction, if the run knows it.
  public var chance: Double?
  /// Declared subsets that it was measured on or trained on; empty where all sets were whole.
  public var subsets: [DeclaredSubset] = []
  /// The repository or folder of weights that were made elsewhere, which it was measured with or trained from; nil where
  /// all was made here from published weights.
  public var weights: String?

  public init(
    name: String, run: PublishedTable.Run, benchmark: String, audio: Bool, decoding: AnswerDecoding = .greedy,
    seed: Int? = nil, questionCount: Int, correctCount: Int, categories: [Category] = [], key: String = "",
    chance: Double? = nil
  ) {
    self.name = name
    self.run = run
    self.benchmark = benchmark
    self.audio = audio
    self.decoding = decoding
    self.seed = seed
    self.questionCount = questionCount
    self.correctCount = correctCount
    self.categories = categories.sorted { $0.name < $1.name }
    self.key = key
    self.chance = chance
    reported = [:]
  }

  /// Questions and right answers, of all or of one category; nil if the category is unknown.
  public func counts(of category: String?) -> (n: Int, correct: Int)? {
    guard let category else { return (questionCount, correctCount) }
    return categories.first { $0.name == category }.map { ($0.questionCount, $0.correctCount) }
  }

  /// Questions asked and not scored, of all or of one category.
  func unscored(of category: String?) -> Int {
    guard let category else { return unscoredCount }
    return categories.first { $0.name == category }?.unscoredCount ?? 0
  }
}

extension ScoreCell {
  /// The declared subset of the benchmark itself; nil where all its questions were asked.
  public var askedSubset: DeclaredSubset? { subsets.first { $0.set == benchmark } }
  /// Declared subsets of the sets it was trained on.
  public var trainingSubsets: [DeclaredSubset] { subsets.filter { $0.set != benchmark } }
}

/// A set of which only some questions were used, because the experiment says so.
public struct DeclaredSubset: Sendable, Hashable {
  public var set: String
  public var questionCount: Int
  public var total: Int
  /// Whether clips that are there but cannot be heard whole were left out too; else only lost ones were.
  public var leavesOutFaulty: Bool

  public init(set: String, questionCount: Int, total: Int, leavesOutFaulty: Bool = false) {
    self.set = set
    self.questionCount = questionCount
    self.total = total
    self.leavesOutFaulty = leavesOutFaulty
  }

  public var text: String { "\(grouped(questionCount)) of the \(grouped(total)) questions of \(set)" }
}

/// A `scores.json`:
///
///     {"reproduces": [4], "paper": id, if it is not the default one,
///      "cells": [{"name", "model", "training": text or null, "training_audio": true, false or null,
///                 "benchmark", "audio", "decoding": "greedy", "constrained" or "likelihood",
///                 "seed": number or null, "n", "correct",
///                 "categories": {"sound": {"n", "correct"}, …}, "chance": fraction or null, "key",
///                 "subsets": [{"set", "n", "of", "rule": "clips_usable" or none}, …] if only a declared subset of a
///                 set was used,
///                 "weights": text, if they were made elsewhere,
///                 "method": how it was trained, if not by GRPO; "run": the run's name in the experiment, if it is known,
///                 "truncated": answers cut at the limit of tokens, "several_options": answers that name more than one,
///                 "levels": [{"factor", "level"}, …] of a cell of a grid,
///                 "unscored": questions asked beside the "n", if the benchmark withholds answers}],
///      "departures": [{"what", "value", "paper", "stated"}, …] if a run under the paper profile is not the paper's}
///
/// A file of scores from a benchmark's own server has, instead of the counts,
/// `"reported": {"average": "70.8", "sound": "73.6", …}`.
public struct ScoreFile: Sendable, Hashable {
  /// The paper that the tables are of; nil for the default one.
  public var paper: String?
  /// Published tables that the experiment reproduces; empty if it does not say.
  public var tables: [Int]
  public var cells: [ScoreCell]
  /// How the run differs from the paper's experiment.
  public var departures: [Departure] = []

  public init(tables: [Int] = [], cells: [ScoreCell]) {
    self.tables = tables
    self.cells = cells
  }

  /// Keys of ours that say nothing about counts (an experiment's name, intervals) are passed over.
  public init(parsing bytes: [UInt8], file: String) throws(Diagnostic) {
    let value = try JSONValue(parsing: bytes, file: file)
    var top = try FieldReader(value, file: file, path: "")
    paper = try top.optional("paper", as: "a text") { $0.string }
    tables = (top.optional("reproduces")?.array ?? []).compactMap(\.integer)
    cells = []
    for (index, cell) in try top.array("cells").enumerated() {
      cells.append(try ScoreCell(cell, file: file, path: "cells[\(index)]"))
    }
    for (index, value) in (top.optional("departures")?.array ?? []).enumerated() {
      departures.append(try Departure(value, file: file, path: "departures[\(index)]"))
    }
  }

  public var json: JSONValue {
    var object = JSONObject([
      ("reproduces", .array(tables.map { .integer($0) })), ("cells", .array(cells.map(\.json))),
    ])
    if let paper { object["paper"] = .string(paper) }
    if !departures.isEmpty { object["departures"] = .array(departures.map(\.json)) }
    return .object(object)
  }
}

extension ScoreCell {
  init(_ value: JSONValue, file: String, path: String) throws(Diagnostic) {
    var fields = try FieldReader(value, file: file, path: path)
    name = try fields.string("name")
    run = PublishedTable.Run(
      model: try fields.string("model"), training: try fields.optional("training", as: "a text") { $0.string },
      trainingAudio: try fields.optional("training_audio", as: "true or false") { $0.boolean },
      method: try fields.optional("method", as: "a text") { $0.string },
      name: try fields.optional("run", as: "a text") { $0.string })
    benchmark = try fields.string("benchmark")
    audio = try fields.boolean("audio")
    let mode = try fields.optional("decoding", as: "a text") { $0.string } ?? "greedy"
    guard let decoding = AnswerDecoding(rawValue: mode) else {
      throw fields.mistake(
        "'\(mode)' is no decoding", key: "decoding",
        hint: suggestion(for: mode, among: AnswerDecoding.allCases.map(\.rawValue)))
    }
    self.decoding = decoding
    seed = try fields.optional("seed", as: "a whole number") { $0.integer }
    key = try fields.optional("key", as: "a text") { $0.string } ?? ""
    chance = try Self.chance(&fields)
    weights = try fields.optional("weights", as: "a text") { $0.string }
    reported = [:]
    categories = []
    for (index, value) in (fields.optional("subsets")?.array ?? []).enumerated() {
      subsets.append(try Self.subset(value, file: file, path: path + ".subsets[\(index)]"))
    }
    if let object = fields.optional("reported")?.object {
      for (name, value) in object.pairs {
        guard let number = PrintedNumber(value.string ?? ""), number.units <= 100 * number.scale else {
          throw fields.mistake("expected a printed percentage such as \"70.8\"", key: "reported." + name)
        }
        reported[name] = number
      }
      (questionCount, correctCount) = (0, 0)
      return
    }
    (questionCount, correctCount, unscoredCount) = try Self.counts(&fields)
    let asked = questionCount + unscoredCount
    func share(_ name: String) throws(Diagnostic) -> Int? {
      guard let count = try fields.optional(name, as: "a whole number", { $0.integer }) else { return nil }
      guard (0...asked).contains(count) else { throw fields.mistake("\(count) of \(asked) answers cannot be", key: name) }
      return count
    }
    truncatedCount = try share("truncated")
    severalOptionsCount = try share("several_options")
    prompt = try fields.optional("prompt", as: "a text") { $0.string }
    levels = (fields.optional("levels")?.array ?? []).compactMap { pair in
      pair["factor"]?.string.flatMap { factor in pair["level"]?.string.map { (factor, $0) } }
    }
    for (name, value) in (fields.optional("categories")?.object ?? JSONObject()).pairs {
      var category = try FieldReader(value, file: file, path: path + ".categories." + name)
      let counts = try Self.counts(&category)
      guard counts.n <= questionCount, counts.correct <= correctCount, counts.unscored <= unscoredCount else {
        throw category.mistake("\(counts.correct) right of \(counts.n) are more than those of all questions")
      }
      categories.append(
        Category(name: name, questionCount: counts.n, correctCount: counts.correct, unscoredCount: counts.unscored))
    }
    categories.sort { $0.name < $1.name }
  }

  private static func subset(_ value: JSONValue, file: String, path: String) throws(Diagnostic) -> DeclaredSubset {
    var fields = try FieldReader(value, file: file, path: path)
    let (n, total) = (try fields.integer("n"), try fields.integer("of"))
    guard 0 <= n, n <= total else { throw fields.mistake("\(n) of \(total) questions cannot be") }
    return DeclaredSubset(
      set: try fields.string("set"), questionCount: n, total: total,
      leavesOutFaulty: fields.optional("rule")?.string == "clips_usable")
  }

  private static func counts(
    _ fields: inout FieldReader
  ) throws(Diagnostic) -> (n: Int, correct: Int, unscored: Int) {
    let n = try fields.integer("n")
    let correct = try fields.integer("correct")
    let unscored = try fields.optional("unscored", as: "a whole number") { $0.integer } ?? 0
    guard n >= 0, n <= 1_000_000, correct >= 0, correct <= n else {
      throw fields.mistake("\(correct) right of \(n) questions cannot be")
    }
    guard (0...1_000_000).contains(unscored) else { throw fields.mistake("\(unscored) questions cannot be", key: "unscored") }
    return (n, correct, unscored)
  }

  /// A share from 0 to 1; a percentage in its place is refused.
  private static func chance(_ fields: inout FieldReader) throws(Diagnostic) -> Double? {
    guard let chance = try fields.optional("chance", as: "a number", { $0.double }) else { return nil }
    guard (0...1).contains(chance) else {
      let isPercent = chance > 1 && chance <= 100
      throw fields.mistake(
        "\(chance) is no chance: expected a share from 0 to 1", key: "chance",
        hint: isPercent ? "as a share, \(chance) % is \(chance / 100)" : nil)
    }
    return chance
  }

  public var json: JSONValue {
    var object = JSONObject([
      ("name", .string(name)), ("model", .string(run.model)),
      ("training", run.training.map { .string($0) } ?? .null),
      ("training_audio", run.trainingAudio.map { .boolean($0) } ?? .null), ("benchmark", .string(benchmark)),
      ("audio", .boolean(audio)), ("decoding", .string(decoding.rawValue)),
      ("seed", seed.map { .integer($0) } ?? .null), ("n", .integer(questionCount)),
      ("correct", .integer(correctCount)), ("key", .string(key)),
      (
        "categories",
        .object(
          JSONObject(
            categories.map {
              var counts = JSONObject([("n", .integer($0.questionCount)), ("correct", .integer($0.correctCount))])
              if $0.unscoredCount > 0 { counts["unscored"] = .integer($0.unscoredCount) }
              return ($0.name, .object(counts))
            }))
      ),
    ])
    if let truncatedCount { object["truncated"] = .integer(truncatedCount) }
    if let severalOptionsCount { object["several_options"] = .integer(severalOptionsCount) }
    if let prompt { object["prompt"] = .string(prompt) }
    if !levels.isEmpty {
      object["levels"] = .array(levels.map { .object(["factor": .string($0.factor), "level": .string($0.level)]) })
    }
    if unscoredCount > 0 { object["unscored"] = .integer(unscoredCount) }
    if let weights { object["weights"] = .string(weights) }
    if let name = run.name { object["run"] = .string(name) }
    if let method = run.method, method != PublishedTable.Run.standardMethod { object["method"] = .string(method) }
    if let chance { object["chance"] = .number(chance) }
    if !subsets.isEmpty {
      object["subsets"] = .array(
        subsets.map { subset in
          var mark = JSONObject([("set", .string(subset.set)), ("n", .integer(subset.questionCount)), ("of", .integer(subset.total))])
          if subset.leavesOutFaulty { mark["rule"] = "clips_usable" }
          return .object(mark)
        })
    }
    return .object(object)
  }
}
