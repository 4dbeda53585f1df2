// Where a profile's models and data sets come from.
internal import ContentHash
internal import Diagnostics
internal import Foundation
internal import JSONText
internal import MicroWorld
internal import Questions

/// Models and data sets of a profile: the micro world in the cache, or published weights and data on this machine.
public struct DataSources: Sendable {
  public let profile: Profile
  public let cache: CellCache
  let threads: Int

  public init(profile: Profile, cache: CellCache, threads: Int) {
    self.profile = profile
    self.cache = cache
    self.threads = threads
  }

  var worldSize: WorldSize { profile == .smoke ? .smoke : .micro }
  var world: MicroWorld { MicroWorld(size: worldSize) }

  func recipe(_ model: ModelName) -> MicroRecipe {
    model == .qwen2Audio ? .qwen2Audio(worldSize) : .qwen25Omni(worldSize)
  }

  /// What a base model's key is made of.
  func baseSettings(_ model: ModelName) throws(Diagnostics) -> JSONValue {
    if profile != .paper { return .object(["cell": "model", "recipe": recipe(model).settings]) }
    let folder = try publishedFolder(model)
    var names = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
    names = names.filter { $0.hasSuffix(".json") || $0.hasSuffix(".safetensors") }
    return .object([
      "cell": "model", "repository": .string(model.repository),
      "files": .object(
        JSONObject(
          names.map { name in
            let path = folder + "/" + name
            let isSmall = name.hasSuffix(".json")
            let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
            let bytes = isSmall ? FileManager.default.contents(atPath: path) : nil
            let small = bytes.map { Digest(of: Array($0)).hexadecimal }
            return (name, .string(small ?? "\(size) bytes"))
          })),
    ])
  }

  /// The folder of published weights: under `REPRO_MODELS`, or in the hub's cache.
  func publishedFolder(_ model: ModelName) throws(Diagnostics) -> String {
    let environment = ProcessInfo.processInfo.environment
    var looked: [String] = []
    if let root = environment["REPRO_MODELS"] { looked.append(root + "/" + (model.repository as NSString).lastPathComponent) }
    let hub =
      environment["HF_HUB_CACHE"] ?? environment["HF_HOME"].map { $0 + "/hub" } ?? NSHomeDirectory() + "/.cache/huggingface/hub"
    let repository = hub + "/models--" + model.repository.replacingOccurrences(of: "/", with: "--")
    if let revision = FileManager.default.contents(atPath: repository + "/refs/main") {
      let commit = String(decoding: revision, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      looked.append(repository + "/snapshots/" + commit)
    } else {
      looked.append(repository)
    }
    if let found = looked.first(where: { FileManager.default.fileExists(atPath: $0 + "/config.json") }) { return found }
    throw Diagnostics([
      Diagnostic(
        "the weights of \(model.repository) are not on this machine; looked in " + looked.joined(separator: ", "),
        hint: "hf download \(model.repository), or name a folder that holds them with REPRO_MODELS", kind: .missing)
    ])
  }

  private func paperFolder(_ name: String) throws(Diagnostics) -> String {
    let root = ProcessInfo.processInfo.environment["REPRO_DATA"] ?? "data"
    let folder = root + "/" + name
    if FileManager.default.fileExists(atPath: folder) { return folder }
    throw Diagnostics([
      Diagnostic(
        "the data set '\(name)' is not on this machine; looked in \(folder)",
        hint: "repro data list says what belongs there; REPRO_DATA names another folder", kind: .missing)
    ])
  }

  func digest(of set: TrainingSetName) throws(Diagnostics) -> String {
    if profile != .paper { return Digest(of: world.document(set.rawValue)).hexadecimal }
    return try digest(file: fileName(set), in: try paperFolder(set.rawValue))
  }

  func digest(of benchmark: BenchmarkName) throws(Diagnostics) -> String {
    if profile != .paper { return Digest(of: world.document(benchmark.rawValue)).hexadecimal }
    return try digest(file: "mmau-test-mini.json", in: try paperFolder(benchmark.rawValue))
  }

  private func digest(file: String, in folder: String) throws(Diagnostics) -> String {
    do throws(Diagnostic) { return Digest(of: try DataFolder(folder).read(file)).hexadecimal } catch {
      throw Diagnostics([error])
    }
  }

  private func fileName(_ set: TrainingSetName) -> String {
    switch set {
    case .avqa: "train_qa.json"
    case .arcEasy: "ARC-Easy-Train.jsonl"
    }
  }

  private func worldFolder(_ name: String) -> String { cache.root + "/micro-world/\(worldSize.name)-\(world.seed)/" + name }

  func trainingSet(_ set: TrainingSetName, progress: (WorkProgress) -> Void) throws -> TrainingSet {
    let folder = try prepared(set.rawValue, progress)
    return switch set {
    case .avqa: try TrainingSet(avqa: fileName(set), in: DataFolder(folder), name: set.rawValue)
    case .arcEasy: try TrainingSet(arc: fileName(set), in: DataFolder(folder), name: set.rawValue)
    }
  }

  func benchmark(_ benchmark: BenchmarkName, progress: (WorkProgress) -> Void) throws -> Benchmark {
    let folder = try prepared(benchmark.rawValue, progress)
    return try Benchmark(mmau: "mmau-test-mini.json", in: DataFolder(folder), name: benchmark.rawValue)
  }

  /// The folder of a set; the micro world's is written if it is not there.
  private func prepared(_ name: String, _ progress: (WorkProgress) -> Void) throws -> String {
    if profile == .paper { return try paperFolder(name) }
    progress(WorkProgress(what: "sounds of \(name)", done: 0, total: 1, note: ""))
    try world.write(name, to: worldFolder(name), threads: threads)
    return worldFolder(name)
  }
}
