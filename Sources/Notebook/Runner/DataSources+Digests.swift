// What inputs are, by their content: weights, question files, and clips as they sound once decoded and resampled.
internal import AudioFeatures
internal import Catalogue
internal import ContentHash
internal import Diagnostics
internal import Experiments
internal import Foundation
internal import JSONText
internal import MicroModels
internal import MicroWorld
internal import Questions
internal import ResultStore
internal import Synchronization

/// The waveforms of some clips, by name.
struct WaveformDigests: Sendable, Hashable {
  /// Sorted by name.
  var clips: [(name: String, digest: String)]

  /// A line a clip, in the form of `sha256sum`; the digest is that of the samples at 16 kHz.
  var text: String { clips.map { $0.digest + "  " + $0.name + "\n" }.joined() }
  /// The digest of all.
  var digest: String { Digest(of: text).hexadecimal }

  static func == (a: Self, b: Self) -> Bool { a.text == b.text }
  func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// The questions of sets that were read once, by the digest of their file.
final class KnownQuestions: Sendable {
  private let known = Mutex<[String: (questions: [AudioQuestion], revision: RevisionFinding)]>([:])
  private let digests = Mutex<[DataSet: String]>([:])

  /// The digest of a generated set, which takes a while to write down.
  func digest(_ set: DataSet, _ make: () -> String) -> String {
    if let digest = digests.withLock({ $0[set] }) { return digest }
    let digest = make()
    digests.withLock { $0[set] = digest }
    return digest
  }

  func questions(
    _ key: String, _ read: () throws(Diagnostics) -> QuestionFile
  ) throws(Diagnostics) -> (questions: [AudioQuestion], revision: RevisionFinding) {
    if let list = known.withLock({ $0[key] }) { return list }
    let file = try read()
    known.withLock { $0[key] = (file.questions, file.revision) }
    return (file.questions, file.revision)
  }
}

extension DataSources {
  /// Configuration, tokenizer and weights of a published model, each by its content.
  func digests(ofWeights model: CatalogueModel) throws(Diagnostics) -> [(name: String, digest: String)] {
    try digests(ofCheckpoint: try publishedFolder(model), named: model.name)
  }

  /// Configuration, tokenizer and weights in a folder, each by its content.
  func digests(ofCheckpoint folder: String, named name: String) throws(Diagnostics) -> [(name: String, digest: String)] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { name in
      [".json", ".safetensors", ".txt", ".jinja"].contains { name.hasSuffix($0) }
    }.sorted()
    do throws(Diagnostic) {
      let witness = self.witness
      let what = "reading the weights of \(name)"
      let count = names.count
      let found = try cache.digests.digests(
        of: names.map { folder + "/" + $0 }, as: "bytes", threads: threads,
        each: { witness(WorkProgress(what: what, done: $0, total: count, note: "")) },
        { path throws(Diagnostic) in try FileDigests.sha256(path) })
      return Array(zip(names, found)).map { (name: $0, digest: $1) }
    } catch { throw Diagnostics([error]) }
  }

  /// The waveforms of clips of a folder, named relative to it, each once.
  /// - Throws: every clip that is not there or cannot be heard.
  func waveforms(
    _ clips: [String], in folder: String, by pipeline: ListeningPipeline = .qwen_omni_utils
  ) throws(Diagnostics) -> WaveformDigests {
    let names = Set(clips.map { ExactText($0) }).sorted().map(\.text)
    var found: [(name: String, digest: String)] = []
    var mistakes = Diagnostics()
    for (name, result) in zip(names, try inspect(names, in: folder, by: pipeline)) {
      do throws(Diagnostic) { found.append((name: name, digest: try result.get())) } catch { mistakes.report(error) }
    }
    try mistakes.throwIfAnyError()
    return WaveformDigests(clips: found)
  }

  /// What is wrong with clips of a folder, by name; those that can be heard whole are left out.
  func faults(ofClips names: [String], in folder: String) throws(Diagnostics) -> [String: Diagnostic] {
    var faults: [String: Diagnostic] = [:]
    for (name, result) in zip(names, try inspect(names, in: folder)) {
      if case .failure(let fault) = result { faults[name] = fault }
    }
    return faults
  }

  private func inspect(
    _ names: [String], in folder: String, by pipeline: ListeningPipeline = .qwen_omni_utils
  ) throws(Diagnostics) -> [Result<String, Diagnostic>] {
    let data = DataFolder(folder)
    let isOurs = profile != .paper
    let paths = names.map { name in
      // The micro world's names are our own.
      Result { () throws(Diagnostic) in isOurs ? folder + "/" + name : try data.file(name, of: "", in: folder) }
    }
    let witness = self.witness
    let inspection = ClipInspection(cache: cache, threads: threads, pipeline: pipeline) { done, count in
      if done % 100 == 0 {
        witness(WorkProgress(what: "listening to the clips in \(folder)", done: done, total: count, note: ""))
      }
    }
    let all = paths.map { (try? $0.get()) ?? "" }
    let results = inspection.digests(of: all)
    do throws(Diagnostic) { try cache.digests.save() } catch { throw Diagnostics([error]) }
    return zip(paths, results).map { path, result in path.flatMap { _ in result } }
  }

  /// The clips that a fine-tuning hears: those of the questions its steps come to.
  func clips(
    _ cell: TrainCell, _ course: TrainingCourse, seed: Int, _ kept: KeptQuestions?
  ) throws(Diagnostics) -> [String] {
    guard cell.audio else { return [] }
    let all = try questions(cell.on)
    let questions = kept?.keep(all) ?? all
    guard !questions.isEmpty else { return [] }
    var order = course.order(count: questions.count, seed: seed)
    var heard: Set<Int> = []
    for step in 0..<course.steps {
      heard.formUnion(order.step(step, size: course.questionsPerStep))
      if heard.count == questions.count { break }
    }
    return heard.compactMap { questions[$0].audioPath }
  }

  /// The clips of a benchmark.
  func clips(_ benchmark: DataSet, _ kept: KeptQuestions?) throws(Diagnostics) -> [String] {
    let all = try questions(benchmark)
    return (kept?.keep(all) ?? all).compactMap(\.audioPath)
  }

  /// The questions of a set that is there.
  func questions(_ set: DataSet) throws(Diagnostics) -> [AudioQuestion] { try content(set).questions }

  /// The options of a set's questions, by id; the micro world's need no file of theirs. Empty where they are not told.
  func options(_ set: DataSet) -> [ExactText: [String]] {
    guard profile != .paper else {
      let list = (try? questions(set)) ?? []
      return Dictionary(list.map { (ExactText($0.id), $0.choices) }) { first, _ in first }
    }
    guard let standIn = set.standIn else { return [:] }
    let text = Array(world.document(standIn).utf8)
    let whole = try? JSONValue(parsing: text, file: set.name)
    let rows =
      whole?.array ?? text.split(separator: 0x0A).compactMap { try? JSONValue(parsing: Array($0), file: set.name) }
    return rows.reduce(into: [:]) { options, row in
      guard let id = row["id"]?.string else { return }
      options[ExactText(id)] = (row["choices"]?.array ?? []).compactMap(\.string)
    }
  }

  /// Which revision a set's file holds.
  func revision(_ set: DataSet) throws(Diagnostics) -> RevisionFinding { try content(set).revision }

  private func content(
    _ set: DataSet
  ) throws(Diagnostics) -> (questions: [AudioQuestion], revision: RevisionFinding) {
    let (folder, name) = (try folder(set), try file(set))
    let key = set.name + " " + (try digest(set))
    return try questions.questions(key) { () throws(Diagnostics) in
      try QuestionFile(folder + "/" + name, form: set.form)
    }
  }
}

extension DataSources {
  /// How many questions a benchmark has; 0 if it is not there.
  func questionCount(_ benchmark: DataSet) -> Int {
    if profile == .paper { return (try? questions(benchmark).count) ?? 0 }
    return worldClips(benchmark).count
  }
}
