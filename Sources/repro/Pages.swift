// Tables and reports of a run, from its files alone.
import Catalogue
import Diagnostics
import Evaluation
import Experiments
import Foundation
import JSONText
import Publications
internal import Records
import Reports
import ResultStore
import Runner

/// Makes the pages that are kept with a run's files.
final class Pages {
  let experiment: Experiment
  let files: [String: String]
  private var known: (scores: ScoreFile, measured: Measurements)?

  init(experiment: Experiment, files: [String: String]) {
    self.experiment = experiment
    self.files = files
  }

  /// These pages if the files of a folder are those they are made of; else the pages of the folder.
  func of(_ folder: [String: String]) -> Pages {
    files.allSatisfy { folder[$0.key] == $0.value } ? self : Pages(experiment: experiment, files: folder)
  }

  private func bytes(_ name: String) -> [UInt8] { Array((files[name] ?? "").utf8) }

  private func measurements() throws -> (scores: ScoreFile, measured: Measurements) {
    if let known { return known }
    let scores = try ScoreFile(parsing: bytes("scores.json"), file: "scores.json")
    var facts: [String: [ExactText: QuestionFacts]] = [:]
    for benchmark in Set(scores.cells.map(\.benchmark)) {
      let name = Outcome.questionsFile(benchmark)
      facts[benchmark] = try QuestionFacts.list(parsing: bytes(name), file: name)
    }
    let files = scores.cells.map { cell in
      let name = "predictions/\(cell.name).jsonl"
      return (cell: cell.name, name: name, bytes: bytes(name), facts: facts[cell.benchmark] ?? [:])
    }
    let lists = try files.concurrentMap { file throws(Diagnostic) in
      try Outcome.list(parsing: file.bytes, file: file.name, facts: file.facts)
    }
    let outcomes = Dictionary(zip(files.map(\.cell), lists)) { _, last in last }
    let scale: Measurements.Scale =
      experiment.profile == .paper ? .paper : .other(experiment.profile.rawValue)
    let made = (
      scores,
      Measurements(scale: scale, cells: scores.cells, outcomes: outcomes, departures: scores.departures)
    )
    known = made
    return made
  }

  /// The paper whose tables the experiment shows; nil where it shows none.
  private func paper() throws -> PublishedPaper? {
    let isNeeded = experiment.cells.contains { cell in
      switch cell {
      case .table, .verify: true
      default: false
      }
    }
    return isNeeded ? try Papers.paper(experiment.paper) : nil
  }

  func pages() throws -> [String: String] {
    let (scores, measured) = try measurements()
    let paper = try paper()
    var pages: [String: String] = [:]
    var report = RunReport(title: experiment.title, summary: summary(measured), cells: [])
    var note = ""
    for (index, cell) in experiment.cells.enumerated() {
      switch cell {
      case .note(let text):
        if !note.isEmpty { report.cells.append(RunReport.Cell(note: note)) }
        note = text
        continue
      case .model, .weights, .evaluate: break
      case .train: break
      case .table(let number):
        guard let paper, let published = paper.table(number) else { continue }
        let table = ResultTable(published, of: paper, measured)
        for file in table.files { pages[file.path] = file.text }
      case .verify: break
      }
      let grid = experiment.gridSpread(upTo: index)
      report.cells.append(
        RunReport.Cell(
          note: note, source: cell.source,
          outputs: try outputs(cell, scores, measured, paper) + gridOutputs(grid, scores, measured)))
      note = ""
    }
    for file in FactorSpread.files(FactorSpread.all(scores.cells, outcomes: measured.outcomes)) {
      pages[file.path] = file.text
    }
    for file in report.files { pages[file.path] = file.text }
    return pages
  }

  private func summary(_ measured: Measurements) -> [String] {
    let scale =
      switch experiment.profile {
      case .micro: "The micro profile: small models of the same architectures in a generated world. Its numbers are its own."
      case .smoke: "The smoke profile: a few steps of everything, for tests. Its numbers mean nothing."
      case .paper: "The paper profile: the published weights and the real data."
      }
    let seeds = experiment.seeds.map(String.init).joined(separator: ", ")
    return [scale, (experiment.trains ? "Seeds: \(seeds). " : "") + "Every setting with its origin stands in `experiment.yaml`."]
      + measured.departureSentences + [measured.subsetSentence, measured.weightsSentence].compactMap(\.self)
  }

  /// The tables of a grid, below its last cell.
  private func gridOutputs(
    _ cells: [EvaluateCell], _ scores: ScoreFile, _ measured: Measurements
  ) -> [RunReport.Output] {
    let own = scores.cells.filter { score in cells.contains { $0.names(score) } }
    return FactorSpread.all(own, outcomes: measured.outcomes).map { .markdown($0.markdown) }
  }

  private func outputs(
    _ cell: Cell, _ scores: ScoreFile, _ measured: Measurements, _ paper: PublishedPaper?
  ) throws -> [RunReport.Output] {
    switch cell {
    case .train(_, let name):
      let curves = try experiment.seeds.compactMap { seed -> TrainingCurve? in
        let file = TrainingCurve.file("\(name)-s\(seed)")
        return files[file] == nil ? nil : try TrainingCurve(cell: "seed \(seed)", parsing: bytes(file), file: file)
      }
      let lines = curves.map { $0.cell + ": " + $0.summary }.joined(separator: "\n")
      let plots = [("reward", "Reward", "mean reward of a step"), ("kl", "KL to the base", "nats a token")].compactMap {
        key, title, label in
        LinePlot(curves, key: key, title: "\(title): \(name)", label: label).map { plot in
          RunReport.Output.plot(
            name: "\(name)-\(key)", svg: plot.svg, alternative: "\(title) of \(name) over the steps")
        }
      }
      return [.text(lines)] + plots
    case .evaluate(let evaluate):
      let lines = scores.cells.filter { evaluate.names($0) }.map { cell in
        pad(cell.name, 60) + cell.counted + cell.gaming
          + (cell.subsets.isEmpty ? "" : "  subset: " + cell.subsets.map(\.text).joined(separator: "; "))
          + (cell.weights.map { "  weights made elsewhere: " + $0 } ?? "")
      }
      return [.text(lines.joined(separator: "\n"))]
    case .table(let number):
      guard let paper, let published = paper.table(number) else { return [] }
      let table = ResultTable(published, of: paper, measured)
      let comparable = measured.isPapers
      let hasScores = { column in table.rows.contains { $0.cells[column].measured != nil } }
      return [.markdown(table.markdown)]
        + table.columns.indices.filter { table.columns[$0].category == nil && hasScores($0) }.map { column in
          .plot(
            name: "\(table.name)-\(table.columns[column].id)",
            svg: IntervalPlot(table, column: column, comparable: comparable).svg,
            alternative: "\(table.title), \(table.columns[column].label)")
        }
    case .verify(let number):
      return paper.map { [.text(Verification($0, measured, tables: [number]).text())] } ?? []
    case .model, .weights, .note: return []
    }
  }

  /// What the terminal shows at the end: the tables, and what the control says.
  /// - Parameter results: the folder of results, as the next command has to name it.
  func words(isTerminal: Bool, results: String) throws -> String {
    let (scores, measured) = try measurements()
    var words = FactorSpread.all(scores.cells, outcomes: measured.outcomes).map { $0.text + "\n" }.joined()
    guard let paper = try paper() else { return words }
    for cell in experiment.cells {
      switch cell {
      case .table(let number):
        if let published = paper.table(number) {
          words += ResultTable(published, of: paper, measured).terminalText(style: isTerminal, width: Terminal.width(limit: 120)) + "\n"
        }
      case .verify(let number):
        let verification = Verification(paper, measured, tables: [number])
        words += verification.summary + "; the evidence: repro verify \(experiment.name).yaml"
          + (experiment.profile == .micro ? "" : " --profile \(experiment.profile.rawValue)")
          + (results == "results" ? "" : " --results " + shellQuoted(results)) + "\n"
      default: break
      }
    }
    return words
  }
}

extension ScoreCell {
  /// "618 of 900   68.7 %", and what of it was submitted and not scored.
  fileprivate var counted: String {
    let share = 100 * Double(correctCount) / Double(max(questionCount, 1))
    let scored = String(format: "%4d of %d  %5.1f %%", correctCount, questionCount, share)
    if unscoredCount == 0 { return scored }
    return questionCount == 0
      ? String(format: "%4d submitted, not scored", unscoredCount) : scored + "  \(unscoredCount) more submitted, not scored"
  }
}

extension ScoreCell {
  /// What makes accuracies of models hard to compare: answers that were cut, and those that name several options.
  fileprivate var gaming: String {
    let asked = questionCount + unscoredCount
    return [(truncatedCount, "cut at the limit of tokens"), (severalOptionsCount, "name several options")].reduce("") {
      guard let count = $1.0, count > 0, asked > 0 else { return $0 }
      return $0 + "  \(count) \($1.1) (" + String(format: "%.1f %%)", 100 * Double(count) / Double(asked))
    }
  }
}

extension EvaluateCell {
  /// Whether a score is of this cell, by its name: the model, a seed if it was fine-tuned, and how it was asked.
  fileprivate func names(_ score: ScoreCell) -> Bool {
    guard score.benchmark == on.name, score.decoding.rawValue == decoding.rawValue, audio.contains(score.audio),
      levels.elementsEqual(score.levels, by: { $0.factor == $1.factor && $0.level == $1.level })
    else { return false }
    if let run = score.run.name { return models.contains(run) }
    // Results of before runs were written down are known by their cells' names.
    let tail = "-\(score.benchmark)-\(score.audio ? "audio" : "text")-\(score.decoding.rawValue)"
    let name = score.name.hasSuffix("-subset") ? score.name.dropLast(7) : score.name[...]
    guard name.hasSuffix(tail) else { return false }
    let head = name.dropLast(tail.count)
    return models.contains { model in
      guard head.hasPrefix(model) else { return false }
      let rest = head.dropFirst(model.count)
      return rest.isEmpty || rest.hasPrefix("-s") && rest.count > 2 && rest.dropFirst(2).allSatisfy(\.isNumber)
    }
  }
}
