// Where a profile's models and data sets come from.
internal import Catalogue
internal import ContentHash
internal import Diagnostics
public import Experiments
internal import Foundation
internal import JSONText
internal import Locations
public import MicroModels
internal import MicroWorld
internal import Questions
internal import ResultStore
internal import SafeTensors

/// Models and data sets of a profile: the micro world in the cache, or published weights and data on this machine.
public struct DataSources: Sendable {
  public let profile: Profile
  public let cache: CellCache
  let threads: Int
  let versions: CellVersions
  /// Told of reading that takes a while.
  let witness: @Sendable (WorkProgress) -> Void
  let questions = KnownQuestions()

  public init(
    profile: Profile, cache: CellCache, threads: Int, versions: CellVersions = .current,
    witness: @escaping @Sendable (WorkProgress) -> Void = { _ in }
  ) {
    self.versions = versions
    self.profile = profile
    self.cache = cache
    self.threads = threads
    self.witness = witness
  }

  var worldSize: WorldSize { profile == .smoke ? .smoke : .micro }
  var world: MicroWorld { MicroWorld(size: worldSize) }

  func recipe(_ model: CatalogueModel) throws(Diagnostics) -> MicroRecipe {
    var recipe: MicroRecipe
    switch try standIn(model) {
    case .qwen2Audio: recipe = .qwen2Audio(worldSize)
    case .qwen25Omni: recipe = .qwen25Omni(worldSize)
    }
    recipe.version = versions.model
    return recipe
  }

  /// What a base model's key is made of.
  func baseSettings(_ model: CatalogueModel) throws(Diagnostics) -> JSONValue {
    if profile != .paper { return .object(["cell": "model", "recipe": try recipe(model).settings]) }
    let files = try digests(ofWeights: model)
    return .object([
      "cell": "model", "repository": .string(model.source),
      "files": .object(JSONObject(files.map { ($0.name, .string($0.digest)) })),
    ])
  }

  /// The key of a base model.
  func baseKey(_ model: CatalogueModel) throws(Diagnostics) -> String {
    Digest(of: try baseSettings(model).canonicalText).hexadecimal
  }

  /// The folder of published weights: under `REPRO_MODELS`, or in the hub's cache, whole or not.
  func publishedFolder(_ model: CatalogueModel) throws(Diagnostics) -> String {
    do throws(Diagnostic) { return try CheckpointLocation.resolve(model.weights) } catch {
      let looked = CheckpointLocation.places(model.weights)
      let isThere = looked.contains { FileManager.default.fileExists(atPath: $0) }
      throw Diagnostics([
        isThere
          ? error
          : Diagnostic(
            "the weights of \(model.weights) are not on this machine; looked in " + looked.joined(separator: ", "),
            hint: "\(CheckpointLocation.download(model.weights)), or name a folder that holds them with REPRO_MODELS",
            kind: .missing)
      ])
    }
  }

  /// Where the sets of a profile lie: the micro world in the cache, or the data sets of this machine.
  private var root: String { root(nil) }

  /// Each draw of benchmarks has a place of its own, so that two programs with two draws do not mend each other's.
  private func root(_ set: MicroSet?) -> String {
    guard profile != .paper else { return EnvironmentPath().path("REPRO_DATA") ?? "data" }
    let isDrawn = set?.isBenchmark == true && world.variant != MicroWorld.first
    return cache.root + "/micro-world/\(worldSize.name)-\(world.seed)" + (isDrawn ? "-" + world.variant : "")
  }

  func folder(_ set: DataSet) throws(Diagnostics) -> String {
    if profile != .paper {
      let standIn = try standIn(set)
      return root(standIn) + "/" + standIn.folder
    }
    let folder = root(nil) + "/" + set.folder
    let file = set.file(in: folder)
    if FileManager.default.fileExists(atPath: folder + "/" + file) { return folder }
    throw Diagnostics([
      Diagnostic(
        "the data set '\(set.name)' is not on this machine; looked for \(folder)/\(file)",
        hint: "repro data list says what belongs there; REPRO_DATA names another folder", kind: .missing)
    ])
  }

  /// The name of a set's file of questions within its folder.
  func file(_ set: DataSet) throws(Diagnostics) -> String {
    profile == .paper ? set.file(in: root + "/" + set.folder) : (try standIn(set)).file
  }

  func digest(_ set: DataSet) throws(Diagnostics) -> String {
    if profile != .paper {
      let standIn = try standIn(set)
      return questions.digest(set) { Digest(of: world.document(standIn)).hexadecimal }
    }
    let (folder, name) = (try folder(set), try file(set))
    do throws(Diagnostic) { return try cache.digests.bytes(of: folder + "/" + name) } catch {
      throw Diagnostics([error])
    }
  }

  func trainingSet(_ set: DataSet, progress: (WorkProgress) -> Void) throws -> TrainingSet {
    let folder = try prepared(set, progress)
    let file = try QuestionFile(folder + "/" + file(set), form: set.form)
    return TrainingSet(name: set.name, folder: folder, questions: file.questions)
  }

  func benchmark(_ set: DataSet, progress: (WorkProgress) -> Void) throws -> Benchmark {
    let folder = try prepared(set, progress)
    let file = try QuestionFile(folder + "/" + file(set), form: set.form)
    if let wanted = set.revision { try file.require(wanted) }
    var benchmark = Benchmark(name: set.name, folder: folder, questions: file.questions)
    benchmark.revision = file.revision
    return benchmark
  }

  /// Where the digests of a micro set's sounds are kept when they are all there.
  func waveformList(_ set: DataSet) throws(Diagnostics) -> String {
    try folder(set) + "/." + (try standIn(set)).rawValue + ".waveforms"
  }

  /// The folder of a set; the micro world's is written if it is not there, and mended if it is not as it was written.
  func prepared(_ set: DataSet, _ progress: (WorkProgress) -> Void) throws -> String {
    let folder = try folder(set)
    guard profile != .paper else { return folder }
    let standIn = try standIn(set)
    progress(WorkProgress(what: "sounds of \(set.name)", done: 0, total: 1, note: ""))
    try world.write(standIn, under: root(standIn), threads: threads)
    let clips = world.clips(of: standIn).map { standIn.audioFolder + "/" + MicroWorld.fileName($0) }
    let list = try waveformList(set)
    let promised = FileManager.default.contents(atPath: list).map { String(decoding: $0, as: UTF8.self) }
    var found = try? waveforms(clips, in: folder)
    if let promised, found?.text != promised {
      let lines = Set(promised.split(separator: "\n"))
      for clip in clips {
        let digest = try? waveforms([clip], in: folder)
        if digest == nil || !lines.contains(digest?.text.dropLast() ?? "") { try AtomicFile.remove(folder + "/" + clip) }
      }
      try world.write(standIn, under: root(standIn), threads: threads)
      found = nil
    }
    let text = try (found ?? waveforms(clips, in: folder)).text
    if text != promised { try AtomicFile.write(text, to: list) }
    return folder
  }
}
