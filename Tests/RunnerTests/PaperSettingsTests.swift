// What a paper sets stands in its folder as data, and is where the experiments that reproduce it begin.
import Diagnostics
import Experiments
import Foundation
import Publications
import Questions
import Runner
import TestSupport
import Testing
import Training

@Suite("A paper's settings")
struct PaperSettingsTests {
  private func read(_ paper: String, _ more: String = "") throws -> Experiment {
    let text = """
      title: A test
      reproduces: {paper: \(paper)}
      \(more)
      cells:
        - model: qwen2-audio
        - train: {from: qwen2-audio, on: avqa, audio: true}
          as: rewarded
        - train: {from: qwen2-audio, on: vggs-gpt, audio: true, with: sft}
          as: told
        - evaluate: {models: [qwen2-audio, rewarded, told], on: mmau-mini, audio: true}
      """
    return try Experiment.read(Array(text.utf8), file: "t.yaml", profile: .paper)
  }

  @Test("every setting that a paper names is the default of its experiments, with its place", arguments: ["omni-r1", "r1-aqa"])
  func defaults(_ id: String) throws {
    let paper = try ProjectPapers.paper(id)
    let settings = Dictionary(uniqueKeysWithValues: try read(id).settings.map { ($0.path, $0) })
    var count = 0
    for own in paper.settings {
      guard let setting = settings[own.name] else { continue }
      count += 1
      let value = setting.value.hasPrefix("\"") ? String(setting.value.dropFirst().dropLast()) : setting.value
      let isSame = value == own.value || Double(own.value) != nil && Double(own.value) == Double(value)
      // Lists and mappings have several spellings.
      #expect(isSame || own.value.hasPrefix("[") || own.value.hasPrefix("{"), "\(own.name): \(value), not \(own.value)")
      if setting.path.hasPrefix("precision.") || setting.path == "grpo.completions_per_step" { continue }
      let origin = own.assumed.map { "assumed: " + $0 } ?? "paper, " + (own.place ?? "")
      #expect(setting.origin == origin, "\(own.name)")
      #expect(setting.isStated == (own.place != nil), "\(own.name)")
    }
    #expect(count > 30)
  }

  @Test("two papers have two defaults; neither is called a departure, and what differs from the paper's is")
  func two() throws {
    let (first, second) = (try read("omni-r1"), try read("r1-aqa"))
    #expect(first.training.groupSize == 4 && second.training.groupSize == 8)
    #expect(first.training.stepsOn == [:] && first.training.reward != second.training.reward)
    #expect(second.supervised.questionsPerStep == 16 && second.evaluation.answerTag?.name == "answer")
    #expect(second.resolved.contains("  group_size: 8  # paper, code (src/train.py:64)\n"))
    let again = try Experiment.read(Array(second.resolved.utf8), file: "t.yaml", profile: .paper)
    #expect(again.values == second.values && again.cells == second.cells)
    #expect(first.departures.isEmpty && second.departures.isEmpty)
    let changed = try read("r1-aqa", "grpo: {group_size: 4}")
    #expect(changed.departures.map(\.what) == ["grpo.group_size"])
    #expect(changed.departures.map(\.papers) == ["8"])
  }

  @Test("no setting of the first paper is without a word of where it comes from")
  func attributed() throws {
    let silent = try read("omni-r1").settings.filter {
      $0.origin == "this program's default" && !$0.path.hasPrefix("sft.")
    }
    #expect(silent.map(\.path) == [])
  }

  @Test("the paper's own experiment departs from it in nothing; another prompt of one run does")
  func runs() throws {
    let file = Fixtures.packageRoot.path + "/Experiments/r1-aqa/r1-aqa.yaml"
    let own = try Experiment.read(path: file, profile: .paper)
    #expect(own.departures == [])
    let text = try String(contentsOfFile: file, encoding: .utf8).replacing("thinking process", with: "thoughts")
      .replacing("extends: shared/r1-aqa.yaml", with: "")
    let other = try Experiment.read(Array(text.utf8), file: file, profile: .paper)
    #expect(Set(other.departures.map(\.what)) == ["prompt.template of qwen2-audio-avqa-think"])
  }

  @Test("a paper's value that an experiment could not have is named at its place")
  func faulty() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("x"), withIntermediateDirectories: true)
    try folder.write(
      """
      title: T
      source: S
      tables: []
      settings:
        - {name: grpo.group_size, value: 1, place: p}
        - {name: grpo.groupsize, value: 2, place: p}
        - {name: 'GRPO: anything', value: x, place: p}
      """, to: "x/paper.yaml")
    let shelf = try PaperShelf(folders: [folder.path])
    let words = refusal { try PaperDefaults(shelf.settings("x").all) } ?? ""
    #expect(words.contains("x/paper.yaml:5:36: error: settings.grpo.group_size: 1 is outside 2...1024"), "\(words)")
    #expect(words.contains("x/paper.yaml:6:35: error: settings: 'grpo.groupsize' is no setting of an experiment\n  hint: did you mean 'grpo.group_size'?"), "\(words)")
  }
}
