// Real models and data sets are never called micro: one without a stand-in is refused by name under the small profiles.
import Catalogue
import Diagnostics
import Evaluation
import Experiments
import Models
import Records
import ResultStore
import Runner
import TestSupport
import Testing

@Suite("Stand-ins of the micro world")
struct StandInTests {
  @Test("a model and a set without a stand-in are refused under micro, all at once, and taken at the paper's scale")
  func refused() throws {
    var experiment = try Experiment.read(Array(soundFile.utf8), file: "t.yaml", profile: .smoke)
    let model = CatalogueModel(name: "omni-3b", family: .qwen25Omni, weights: "a/b")
    var set = try #require(Catalogue.standard().set("mmar"))
    (set.name, set.standIn) = ("bells", nil)
    experiment.cells = [
      .model(model, name: "omni-3b"),
      .evaluate(EvaluateCell(models: ["omni-3b"], on: set, audio: [true], decoding: .greedy, own: nil, subset: nil)),
    ]
    let folder = try TemporaryFolder()
    let sources = DataSources(profile: .smoke, cache: CellCache(root: folder.file("cache")), threads: 1)
    #expect(
      refusal { try Plan(experiment, sources: sources) } == """
        error: stand_in: the model 'omni-3b' has no stand-in in the micro world
          hint: run it under --profile paper, or name a stand_in in the catalogue
        error: stand_in: the data set 'bells' has no stand-in in the micro world
          hint: run it under --profile paper, or name a stand_in in the catalogue
        """)
  }
}
