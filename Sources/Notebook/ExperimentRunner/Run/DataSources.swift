// Where a profile's models and data sets come from.
internal import ContentHash
internal import Diagnostics
internal import Foundation
internal import JSONText
internal import Locations
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

  func recipe(_ model: ModelName) -> MicroRecipe {
    var recipe: MicroRecipe = model == .qwen2Audio ? .qwen2Audio(worldSize) : .qwen25Omni(worldSize)
    recipe.version = versions.model
    return recipe
  }

  /// What a base model's key is made of.
  func baseSettings(_ model: ModelName) throws(Diagnostics) -> JSONValue {
    if profile != .paper { return .object(["cell": "model", "recipe": recipe(model).settings]) }
    let files = try digests(ofWeights: model)
    return .object([
      "cell": "model", "repository": .string(model.repository),
      "files": .object(JSONObject(files.map { ($0.name, .string($0.digest)) })),
    ])
  }

  /// The key of a base model.
  func baseKey(_ model: ModelName) throws(Diagnostics) -> String {
    Digest(of: try baseSettings(model).canonicalText).hexadecimal
  }

  /// The folder of published weights: under `REPRO_MODELS`, or in the hub's cache, whole or not.
  func publishedFolder(_ model: ModelName) throws(Diagnostics) -> String {
    do throws(Diagnostic) { return try CheckpointLocation.resolve(model.repository) } catch {
      let looked = CheckpointLocation.places(model.repository)
      let isThere = looked.contains { FileManager.default.fileExists(atPath: $0) }
      throw Diagnostics([
        isThere
          ? error
          : Diagnostic(
            "the weights of \(model.repository) are not on this machine; looked in " + looked.joined(separator: ", "),
            hint: "\(CheckpointLocation.download(model.repository)), or name a folder that holds them with REPRO_MODELS",
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

  func folder(_ set: MicroSet) throws(Diagnostics) -> String {
    let folder = root(set) + "/" + set.folder
    let file = file(set)
    if profile != .paper || FileManager.default.fileExists(atPath: folder + "/" + file) { return folder }
    throw Diagnostics([
      Diagnostic(
        "the data set '\(set.rawValue)' is not on this machine; looked for \(folder)/\(file)",
        hint: "repro data list says what belongs there; REPRO_DATA names another folder", kind: .missing)
    ])
  }

  /// The name of a set's file of questions within its folder.
  func file(_ set: MicroSet) -> String {
    profile == .paper ? set.publishedFile(in: root + "/" + set.folder) : set.file
  }

  func digest(_ set: MicroSet) throws(Diagnostics) -> String {
    if profile != .paper { return questions.digest(set) { Digest(of: world.document(set)).hexadecimal } }
    let folder = try folder(set)
    do throws(Diagnostic) { return try cache.digests.bytes(of: folder + "/" + file(set)) } catch {
      throw Diagnostics([error])
    }
  }

  func trainingSet(_ name: TrainingSetName, progress: (WorkProgress) -> Void) throws -> TrainingSet {
    let set = MicroSet(name)
    let folder = DataFolder(try prepared(set, progress))
    if name == .arcEasy { return try TrainingSet(arc: file(set), in: folder, name: name.rawValue) }
    return try TrainingSet(avqa: file(set), in: folder, name: name.rawValue)
  }

  func benchmark(_ name: BenchmarkName, progress: (WorkProgress) -> Void) throws -> Benchmark {
    let set = MicroSet(name)
    let folder = DataFolder(try prepared(set, progress))
    if name == .mmar { return try Benchmark(mmar: file(set), in: folder, name: name.rawValue) }
    let benchmark = try Benchmark(mmau: file(set), in: folder, name: name.rawValue)
    try benchmark.require(set.revises == nil ? .original : .revised)
    return benchmark
  }

  /// Where the digests of a micro set's sounds are kept when they are all there.
  func waveformList(_ set: MicroSet) throws(Diagnostics) -> String {
    try folder(set) + "/." + set.rawValue + ".waveforms"
  }

  /// The folder of a set; the micro world's is written if it is not there, and mended if it is not as it was written.
  func prepared(_ set: MicroSet, _ progress: (WorkProgress) -> Void) throws -> String {
    let folder = try folder(set)
    guard profile != .paper else { return folder }
    progress(WorkProgress(what: "sounds of \(set.rawValue)", done: 0, total: 1, note: ""))
    try world.write(set, under: root(set), threads: threads)
    let clips = world.clips(of: set).map { set.audioFolder + "/" + MicroWorld.fileName($0) }
    let list = try waveformList(set)
    let promised = FileManager.default.contents(atPath: list).map { String(decoding: $0, as: UTF8.self) }
    var found = try? waveforms(clips, in: folder)
    if let promised, found?.text != promised {
      let lines = Set(promised.split(separator: "\n"))
      for clip in clips {
        let digest = try? waveforms([clip], in: folder)
        if digest == nil || !lines.contains(digest?.text.dropLast() ?? "") { try AtomicFile.remove(folder + "/" + clip) }
      }
      try world.write(set, under: root(set), threads: threads)
      found = nil
    }
    let text = try (found ?? waveforms(clips, in: folder)).text
    if text != promised { try AtomicFile.write(text, to: list) }
    return folder
  }
}

extension MicroSet {
  /// Both worlds, the micro one and the real one, lay their sets out alike, under these names.
  init(_ set: TrainingSetName) {
    switch set {
    case .avqa: self = .avqa
    case .avqaGPT: self = .avqaGPT
    case .vggsGPT: self = .vggsGPT
    case .arcEasy: self = .arcEasy
    }
  }

  init(_ benchmark: BenchmarkName) {
    switch benchmark {
    case .mmauMini: self = .mmauMini
    case .mmauFull: self = .mmauFull
    case .mmauMiniRevised: self = .mmauMiniRevised
    case .mmauFullRevised: self = .mmauFullRevised
    case .mmar: self = .mmar
    }
  }
}
