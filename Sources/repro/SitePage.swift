// A site of results, put together from the records and from what is known of them on this machine.
import AudioFeatures
import Diagnostics
import Evaluation
import Experiments
import Foundation
import Publications
import Questions
internal import Records
import Reports
import Runner
import Site

enum SitePage {
  /// The site of these versions; those of one paper and profile are judged together.
  static func site(_ runs: [RunResults], clips: ClipMode) throws -> Site {
    let shelf = try Papers.shelf()
    // Cell by cell, so that all processors read to the end.
    let cells = runs.indices.flatMap { place in
      Set(runs[place].scores.cells.map(\.name)).sorted().map { (run: place, name: $0) }
    }
    let facts = try runs.concurrentMap { try ShownResult.facts(of: $0) }
    let read = try cells.concurrentMap { cell in
      try ShownResult.predictions(of: cell.name, in: runs[cell.run], facts: facts[cell.run])
    }
    let shown = try Array(runs.indices).concurrentMap { place in
      let own = zip(cells, read).filter { $0.0.run == place }
      return try result(
        runs[place],
        Dictionary(own.compactMap { cell, records in records.map { (cell.name, $0) } }) { first, _ in first })
    }
    var papers = PapersInUse(shelf)
    var reviews: [ShownReview] = []
    let telling = runs.indices.filter { !runs[$0].tables.isEmpty }
    for group in telling.grouped(by: { runs[$0] }, standard: shelf.standard) {
      let paper = try papers.paper(runs[group[0]].paper)
      reviews.append(
        ShownReview(paper: paper, results: group, option: paper.id == shelf.standard ? "" : paper.id))
    }
    let listening = Dictionary(
      runs.compactMap { run in experiment(run).map { (run.profile, $0.listening) } }) { first, _ in first }
    return Site(shown, reviews: reviews, clips: clips) { profile, benchmark in
      guard let known = Profile(rawValue: profile) else { return nil }
      let sources = DataSources(profile: known, cache: CellCache(), threads: 1)
      return sources.questionsAtHand(benchmark).map {
        QuestionsAtHand(
          folder: $0.folder, questions: $0.questions, pipeline: listening[profile] ?? .qwen_omni_utils)
      }
    }
  }

  /// The records of a version, its settings, and how its questions were put.
  private static func result(
    _ run: RunResults, _ predictions: [String: [PredictionRecord]]
  ) throws -> ShownResult {
    var result = try ShownResult(reading: run, predictions: predictions)
    guard let experiment = experiment(run) else { return result }
    result.title = experiment.title.isEmpty ? run.experiment : experiment.title
    let text = FileManager.default.contents(atPath: run.path + "/experiment.yaml") ?? Data()
    let origins = Experiment.recordedOrigins(resolved: String(decoding: text, as: UTF8.self))
    result.settings = experiment.settings.map { setting in
      ShownSetting(
        path: setting.path, value: setting.value,
        origin: setting.hasEffect
          ? origins[setting.path] ?? setting.origin : setting.origin + "; nothing here depends on it")
    }
    for cell in run.scores.cells {
      guard let asked = experiment.asking(cell.run.model, on: cell.benchmark, hasAudio: cell.audio) else { continue }
      result.prompts[cell.name] = SentPrompt(template: asked.template, before: asked.before, after: asked.after)
    }
    return result
  }

  /// The experiment as it was run; nil where its file cannot be read any more, which loses settings and prompts alone.
  private static func experiment(_ run: RunResults) -> Experiment? {
    guard let profile = Profile(rawValue: run.profile) else { return nil }
    return try? Experiment.read(path: run.path + "/experiment.yaml", profile: profile)
  }

  /// Writes a site and says what is in it on standard error.
  /// - Returns: the page to open.
  static func write(_ site: Site, to output: String) throws -> String {
    var site = site
    site.progress = { done, count in
      FileHandle.standardError.write(Data("repro: clips \(done) of \(count)\n".utf8))
    }
    let summary = try site.write(to: output)
    var note = "\(site.results.map(\.name).joined(separator: ", ")): \(counted(summary.questions, "question")), "
    note += "\(counted(summary.runs, "run")), \(counted(summary.clips, "clip")); \(bytes(summary.bytes))"
    if summary.faultyClips > 0 { note += "; \(counted(summary.faultyClips, "clip")) cannot be heard, the page says why" }
    FileHandle.standardError.write(Data("repro: \(note)\n".utf8))
    return output + "/index.html"
  }

  static func open(_ path: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["xdg-open", path]
    do {
      try process.run()
      process.waitUntilExit()
    } catch { throw Diagnostic("no browser could be started: \(error.localizedDescription)", hint: "open \(path) in one") }
    guard process.terminationStatus == 0 else {
      throw Diagnostic("no browser could be started: xdg-open is not there or failed", hint: "open \(path) in one", kind: .missing)
    }
  }
}

extension Sequence where Element: Sendable {
  /// Elements whose results are judged together, as claims may span tables: one paper and profile, each table once.
  func grouped(by run: (Element) -> RunResults, standard: String?) -> [[Element]] {
    reduce(into: [[Element]]()) { groups, element in
      let own = run(element)
      let place = groups.firstIndex { group in
        let first = run(group[0])
        return first.profile == own.profile && first.paper ?? standard == own.paper ?? standard
          && group.allSatisfy { Set(run($0).tables).isDisjoint(with: own.tables) }
      }
      if let place { groups[place].append(element) } else { groups.append([element]) }
    }
  }
}
