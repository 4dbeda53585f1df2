// What a site is made of: results as they were written, and what is known of them beside.
internal import Evaluation
internal import Foundation
public import JSONText
public import Publications
public import Questions
public import Records
public import Reports

/// How a question was put to a model: the template that is filled in, and the chat's own words around it.
public struct SentPrompt: Sendable, Hashable {
  public var template: PromptTemplate
  public var before: String
  public var after: String

  public init(template: PromptTemplate, before: String, after: String) {
    self.template = template
    self.before = before
    self.after = after
  }
}

/// A setting as it was run, with where its value came from.
public struct ShownSetting: Sendable, Hashable {
  public var path: String
  public var value: String
  public var origin: String

  public init(path: String, value: String, origin: String) {
    self.path = path
    self.value = value
    self.origin = origin
  }
}

/// One version of results, read whole.
public struct ShownResult: Sendable {
  /// `table4/micro/v0003`.
  public var name: String
  public var experiment: String
  public var profile: String
  public var version: String
  public var title: String
  /// Nil where nothing but predictions is known, as of those made elsewhere.
  public var run: RunResults?
  public var measured: Measurements
  /// By evaluation cell, in the order of the benchmark.
  public var predictions: [String: [PredictionRecord]]
  public var training: [TrainingCurve] = []
  public var settings: [ShownSetting] = []
  /// By evaluation cell.
  public var prompts: [String: SentPrompt] = [:]
  /// What provenance.json says in one word each: arithmetic, versions of the cells.
  public var facts: [(name: String, value: String)] = []
  /// Seconds that each job took, as far as this machine noted it.
  public var times: [(job: String, seconds: Double)] = []

  public init(name: String, title: String, cell: ScoreCell, predictions: [PredictionRecord]) {
    (self.name, experiment, profile, version, self.title) = (name, name, "", "", title)
    measured = Measurements(scale: .other("elsewhere"), cells: [cell])
    self.predictions = [cell.name: predictions]
  }

  /// What the questions of a version say, by benchmark.
  public typealias QuestionsFacts = [String: [ExactText: QuestionFacts]]

  /// - Throws: the place of a line that is no question.
  public static func facts(of run: RunResults) throws -> QuestionsFacts {
    try Set(run.scores.cells.map(\.benchmark)).sorted().reduce(into: [:]) { facts, benchmark in
      let file = run.path + "/" + Outcome.questionsFile(benchmark)
      guard let data = FileManager.default.contents(atPath: file) else { return }
      facts[benchmark] = try QuestionFacts.list(parsing: Array(data), file: file)
    }
  }

  /// The predictions of a cell; nil where the version has none.
  /// - Throws: the place of a line that is no prediction.
  public static func predictions(
    of cell: String, in run: RunResults, facts: QuestionsFacts
  ) throws -> [PredictionRecord]? {
    let file = run.predictionsFile(cell)
    let benchmark = run.scores.cells.first { $0.name == cell }?.benchmark ?? ""
    return try FileManager.default.contents(atPath: file).map {
      try PredictionRecord.list(parsing: Array($0), file: file, facts: facts[benchmark] ?? [:])
    }
  }

  /// Reads scores, predictions, curves and notes of a version.
  /// - Parameter known: the predictions by cell, where they were read already.
  /// - Throws: a line that is no prediction, or no step of a training; counts that the predictions do not give.
  public init(reading run: RunResults, predictions known: [String: [PredictionRecord]]? = nil) throws {
    (name, experiment, profile, version) = (run.name, run.experiment, run.profile, run.version)
    self.run = run
    title = run.experiment
    predictions = [:]
    let questions = known == nil ? try Self.facts(of: run) : [:]
    for cell in run.scores.cells where predictions[cell.name] == nil {
      predictions[cell.name] =
        try known.map { $0[cell.name] } ?? Self.predictions(of: cell.name, in: run, facts: questions)
    }
    let outcomes = predictions.mapValues { records in
      records.compactMap { Outcome($0) }
    }
    measured = try run.measurements(outcomes)
    training = try run.trainingCurves()
    if let provenance = try run.json("provenance.json") {
      if let arithmetic = provenance["arithmetic"]?.string { facts.append(("arithmetic", arithmetic)) }
      for (name, value) in provenance["cell_versions"]?.object?.pairs ?? [] {
        facts.append(("version of \(name) cells", value.integer.map { "\($0)" } ?? value.canonicalText))
      }
    }
    let machine = (run.path as NSString).deletingLastPathComponent + "/machine/timings.json"
    if let data = FileManager.default.contents(atPath: machine) {
      let timings = try? JSONValue(parsing: Array(data), file: machine)
      times = (timings?.object?.pairs ?? []).compactMap { job, value in
        value["seconds"]?.double.map { (job, $0) }
      }
    }
  }
}

extension [ShownResult] {
  /// A name of its own for each: two folders may bear the same names.
  func withOwnNames() -> [ShownResult] {
    var seen: [String: Int] = [:]
    return map { result in
      var result = result
      seen[result.name, default: 0] += 1
      if let count = seen[result.name], count > 1 { result.name += " (\(count))" }
      return result
    }
  }
}
