// A raised version reruns its cells and what builds on them, no others.
import Experiments
import Runner
import TestSupport
import Testing

@Suite("Cell versions")
struct CellVersionTests {
  private func keys(_ versions: CellVersions, in folder: TemporaryFolder) throws -> [String: String] {
    let experiment = try Experiment.read(Array(soundFile.utf8), file: "t.yaml", profile: .smoke)
    let sources = DataSources(
      profile: .smoke, cache: CellCache(root: folder.file("cache")), threads: 1, versions: versions)
    return try Dictionary(uniqueKeysWithValues: Plan(experiment, sources: sources).jobs.map { ($0.name, $0.key) })
  }

  @Test("each cell type has its own, and a change of one changes the keys that hang on it")
  func raised() throws {
    let folder = try TemporaryFolder()
    let now = CellVersions.current
    let before = try keys(now, in: folder)
    let base = "qwen2-audio"
    let asked = Set(["\(base)-mmau-mini-audio-greedy", "\(base)-mmau-mini-text-greedy"])
    let trained = Set(["tuned-s1"])
    let trainedAsked = Set(["tuned-s1-mmau-mini-audio-greedy", "tuned-s1-mmau-mini-text-greedy"])
    #expect(Set(before.keys) == asked.union(trained).union(trainedAsked).union([base]))

    func changed(_ raise: (inout CellVersions) -> Void) throws -> Set<String> {
      var versions = now
      raise(&versions)
      let after = try keys(versions, in: folder)
      #expect(after.count == before.count)
      return Set(after.filter { $0.value != before[$0.key] }.keys)
    }
    #expect(try changed { _ in } == [])
    #expect(try changed { $0.evaluate += 1 } == asked.union(trainedAsked))
    #expect(try changed { $0.train += 1 } == trained.union(trainedAsked))
    #expect(try changed { $0.model += 1 } == Set(before.keys))
  }
}
