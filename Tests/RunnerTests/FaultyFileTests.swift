// Broken experiment files and the exact words they get.
import Diagnostics
import Experiments
import Foundation
import Runner
import TensorCore
import TestSupport
import Testing

/// A small file that is right; tests break it by replacing a part.
let soundFile = """
  title: A test
  reproduces: {table: 4}
  seeds: [1]
  grpo:
    group_size: 4
    temperature: 1.2
  evaluation: {max_new_tokens: 8}
  prompt: {choices: python_list}
  profiles:
    smoke: {grpo: {steps: 2}}
  cells:
    - note: Words.
    - model: qwen2-audio
    - train: {from: qwen2-audio, on: avqa, audio: true}
      as: tuned
    - evaluate: {models: [qwen2-audio, tuned], on: mmau-mini, audio: [true, false]}
    - table: 4
    - verify: 4

  """

struct FaultyFile: Sendable, CustomTestStringConvertible {
  var find: String
  var replace: String
  var message: String
  var testDescription: String { "\(find) → \(replace)" }
}

private let faults: [FaultyFile] = [
  FaultyFile(find: "title: A test\n", replace: "", message: "t.yaml:1:1: error: 'title' is missing"),
  FaultyFile(find: "title: A test", replace: "title:", message: "t.yaml:1:7: error: title: nothing where a text is expected"),
  FaultyFile(
    find: "title:", replace: "titel:",
    message: """
      t.yaml:1:1: error: 'title' is missing
      t.yaml:1:1: error: unknown field 'titel'
        hint: did you mean 'title'?
      """),
  FaultyFile(
    find: "{table: 4}", replace: "{table: 0}", message: "t.yaml:2:21: error: reproduces.table: 0 is outside 1...999"),
  FaultyFile(
    find: "{table: 4}", replace: "{tabel: 4}",
    message: "t.yaml:2:14: error: reproduces: unknown field 'tabel'\n  hint: did you mean 'table'?  (paper, table)"),
  FaultyFile(find: "{table: 4}", replace: "4", message: "t.yaml:2:13: error: reproduces: '4' where a mapping is expected"),
  FaultyFile(find: "seeds: [1]", replace: "seeds: [one]", message: "t.yaml:3:9: error: seeds: 'one' where a seed from 0 is expected"),
  FaultyFile(find: "seeds: [1]", replace: "seeds: [-1]", message: "t.yaml:3:9: error: seeds: '-1' where a seed from 0 is expected"),
  FaultyFile(find: "seeds: [1]", replace: "seeds: [1, 1]", message: "t.yaml:3:1: error: seeds: a seed stands twice"),
  FaultyFile(find: "seeds: [1]", replace: "seeds: []", message: "t.yaml:3:8: error: seeds: an empty list"),
  FaultyFile(
    find: "group_size: 4", replace: "groupsize: 4",
    message: "t.yaml:5:3: error: grpo: unknown field 'groupsize'\n  hint: did you mean 'group_size'?"),
  FaultyFile(find: "group_size: 4", replace: "group_size: 1", message: "t.yaml:5:15: error: grpo.group_size: 1 is outside 2...1024"),
  FaultyFile(
    find: "group_size: 4", replace: "group_size: four",
    message: "t.yaml:5:15: error: grpo.group_size: 'four' where a whole number is expected"),
  FaultyFile(
    find: "group_size: 4", replace: "group_size: \"4\"",
    message: "t.yaml:5:15: error: grpo.group_size: a text where a whole number is expected"),
  FaultyFile(
    find: "temperature: 1.2", replace: "temperature: 0",
    message: "t.yaml:6:16: error: grpo.temperature: 0.0 is outside above 0.0, up to 100.0"),
  FaultyFile(
    find: "temperature: 1.2", replace: "temperature: hot",
    message: "t.yaml:6:16: error: grpo.temperature: 'hot' where a number is expected"),
  FaultyFile(
    find: "temperature: 1.2", replace: "kl_coefficient: -0.1",
    message: "t.yaml:6:19: error: grpo.kl_coefficient: -0.1 is outside 0.0...1000.0"),
  FaultyFile(
    find: "temperature: 1.2", replace: "loss: grop",
    message: "t.yaml:6:9: error: grpo.loss: 'grop' is not a loss\n  hint: did you mean 'grpo'?  (grpo, bnpo, dr_grpo, dapo)"),
  FaultyFile(
    find: "temperature: 1.2", replace: "moments: float16",
    message: """
      t.yaml:6:12: error: grpo.moments: 'float16' is not a form of numbers
        hint: did you mean 'bfloat16'?  (float32, bfloat16)
      """),
  FaultyFile(
    find: "temperature: 1.2", replace: "freeze_audio_tower: perhaps",
    message: "t.yaml:6:23: error: grpo.freeze_audio_tower: 'perhaps' where true or false is expected"),
  FaultyFile(
    find: "temperature: 1.2", replace: "group_size: 5",
    message: "t.yaml:6:3: error: the key 'group_size' stands twice; first in line 5"),
  FaultyFile(
    find: "max_new_tokens: 8", replace: "scorer: fuzzy",
    message: """
      t.yaml:7:22: error: evaluation.scorer: 'fuzzy' is not a scorer
        hint: allowed: string_match, contains, exact, first_letter
      """),
  FaultyFile(
    find: "choices: python_list", replace: "template: \"{question} {choice}\"",
    message: "t.yaml:8:10: error: prompt.template: '{choices}' is missing from the template"),
  FaultyFile(
    find: "smoke: {grpo", replace: "smok: {grpo",
    message: "t.yaml:10:3: error: profiles: unknown field 'smok'\n  hint: did you mean 'smoke'?  (micro, paper, smoke)"),
  FaultyFile(
    find: "steps: 2", replace: "steps: 0", message: "t.yaml:10:25: error: profiles.smoke.grpo.steps: 0 is outside 1...1000000"),
  FaultyFile(
    find: "- note: Words.", replace: "- words: Words.",
    message: """
      t.yaml:12:5: error: cells[1]: no kind of cell
        hint: a cell is one of note, model, train, evaluate, table, verify
      t.yaml:12:5: error: cells[1]: unknown field 'words'
        hint: allowed: as, evaluate, model, note, table, train, verify
      """),
  FaultyFile(
    find: "- table: 4", replace: "- {table: 4, verify: 4}",
    message: """
      t.yaml:17:5: error: cells[5]: two kinds of cell: table, verify
        hint: a cell is one of note, model, train, evaluate, table, verify
      """),
  FaultyFile(
    find: "- model: qwen2-audio\n", replace: "- model: qwen-audio\n    as: qwen2-audio\n",
    message: """
      t.yaml:13:12: error: cells[2].model: 'qwen-audio' is not a model
        hint: did you mean 'qwen2-audio'?  (qwen2-audio, qwen2.5-omni)
      """),
  FaultyFile(
    find: "- model: qwen2-audio\n", replace: "- model: qwen2-audio\n    weights: a/b\n",
    message: "t.yaml:13:5: error: cells[2]: 'as' is missing: weights made elsewhere need a name"),
  FaultyFile(
    find: "- model: qwen2-audio\n", replace: "- {model: qwen2-audio, weights: a/b, as: qwen2-audio, training: aqva}\n",
    message: """
      t.yaml:13:67: error: cells[2].training: 'aqva' is not a training set
        hint: did you mean 'avqa'?  (avqa, avqa-gpt, vggs-gpt, arc-easy)
      """),
  FaultyFile(
    find: "- model: qwen2-audio\n", replace: "- {model: qwen2-audio, weights: '', as: qwen2-audio, training_audio: true}\n",
    message: """
      t.yaml:13:26: error: cells[2].weights: an empty text
      t.yaml:13:56: error: cells[2]: 'training' is missing, which 'training_audio' is about
      """),
  FaultyFile(
    find: "- model: qwen2-audio\n", replace: "- {model: qwen2-audio, training: avqa, as: qwen2-audio}\n",
    message: """
      t.yaml:13:5: error: cells[2]: 'weights' is missing: what a model was trained on is said of weights made elsewhere
        hint: name a repository or a folder, or train the model here with a 'train' cell
      """),
  FaultyFile(
    find: "from: qwen2-audio", replace: "from: qwen2-audoi",
    message: """
      t.yaml:14:19: error: cells[3].train.from: no cell above is named 'qwen2-audoi'
        hint: did you mean 'qwen2-audio'?  (qwen2-audio)
      """),
  FaultyFile(
    find: "on: avqa,", replace: "on: aqva,",
    message: "t.yaml:14:36: error: cells[3].train.on: 'aqva' is not a training set\n  hint: did you mean 'avqa'?  (avqa, avqa-gpt, vggs-gpt, arc-easy)"),
  FaultyFile(
    find: "on: avqa,", replace: "on: mmau-mini,",
    message: "t.yaml:14:36: error: cells[3].train.on: 'mmau-mini' is not a training set\n  hint: allowed: avqa, avqa-gpt, vggs-gpt, arc-easy"),
  FaultyFile(
    find: "on: avqa,", replace: "on: arc-easy,",
    message: "t.yaml:14:46: error: cells[3].train.audio: 'arc-easy' has no sound\n  hint: set audio to false"),
  FaultyFile(find: ", audio: true}", replace: "}", message: "t.yaml:14:12: error: cells[3].train: 'audio' is missing"),
  FaultyFile(
    find: "    as: tuned\n", replace: "",
    message: """
      t.yaml:14:5: error: cells[3]: 'as' is missing: a trained model needs a name
      t.yaml:15:38: error: cells[4].evaluate.models: no cell above is named 'tuned'
        hint: allowed: qwen2-audio
      """),
  FaultyFile(
    find: "as: tuned", replace: "as: qwen2-audio",
    message: """
      t.yaml:15:5: error: cells[3].as: the name 'qwen2-audio' is taken
      t.yaml:16:38: error: cells[4].evaluate.models: no cell above is named 'tuned'
        hint: allowed: qwen2-audio
      """),
  FaultyFile(
    find: "on: mmau-mini", replace: "on: mmua-mini",
    message: """
      t.yaml:16:50: error: cells[4].evaluate.on: 'mmua-mini' is not a benchmark
        hint: did you mean 'mmau-mini'?  (mmau-mini, mmau-full, mmau-v05.15.25-mini, mmau-v05.15.25-full, mmar)
      """),
  FaultyFile(
    find: "[true, false]", replace: "[true, maybe]",
    message: "t.yaml:16:75: error: cells[4].evaluate.audio: 'maybe' where true or false is expected"),
  FaultyFile(
    find: "audio: [true, false]}", replace: "audio: true, subset: some}",
    message: """
      t.yaml:16:82: error: cells[4].evaluate.subset: 'some' is not a subset
        hint: allowed: all, clips_present, clips_usable
      """),
  FaultyFile(
    find: "prompt: {choices", replace: "data: {subsets: all}\nprompt: {choices",
    message: "t.yaml:8:8: error: data: unknown field 'subsets'\n  hint: did you mean 'subset'?  (subset, training_subset)"),
  FaultyFile(find: "- table: 4", replace: "- table: four", message: "t.yaml:17:12: error: cells[5].table: 'four' where a whole number is expected"),
  FaultyFile(find: "cells:", replace: "cells: 3\nother:", message: """
    t.yaml:11:8: error: cells: '3' where a list of cells is expected
    t.yaml:12:1: error: unknown field 'other'
    """),
  FaultyFile(find: "title: A test", replace: "title: &a A test", message: "t.yaml:1:8: error: an anchor (&); write the value out"),
  FaultyFile(find: "title: A test", replace: "title: *a", message: "t.yaml:1:8: error: an alias (*); write the value out"),
  FaultyFile(find: "title: A test", replace: "title: !!str A test", message: "t.yaml:1:8: error: a tag (!); values are plain"),
  FaultyFile(find: "title: A test", replace: "title: [A test", message: "t.yaml:2:11: error: no YAML: did not find expected ',' or ']'"),
]

@Suite("Experiment files")
struct FaultyFileTests {
  private func read(_ text: String, profile: Profile = .micro) throws(Diagnostics) -> Experiment {
    try Experiment.read(Array(text.utf8), file: "t.yaml", profile: profile)
  }

  @Test("every mistake gets its place and its words", arguments: faults)
  func faulty(_ fault: FaultyFile) throws {
    #expect(soundFile.contains(fault.find))
    let text = soundFile.replacing(fault.find, with: fault.replace, maxReplacements: 1)
    do {
      _ = try read(text)
      Issue.record("nothing was found wrong")
    } catch { #expect(error.description == fault.message) }
  }

  @Test("several mistakes come together, in the order of their places")
  func together() {
    let text = soundFile.replacing("group_size: 4", with: "group_size: 1").replacing("on: avqa", with: "on: aqva")
    do {
      _ = try read(text)
      Issue.record("nothing was found wrong")
    } catch {
      #expect(error.sorted.map { $0.mark?.line ?? 0 } == [5, 14])
    }
  }

  @Test("a profile lays its values over the file's; what is given on the command line wins")
  func profiles() throws {
    #expect(try read(soundFile).training.steps == 1000)
    #expect(try read(soundFile, profile: .smoke).training.steps == 2)
    let changed = try Experiment.read(
      Array(soundFile.utf8), file: "t.yaml", profile: .smoke, overrides: [Override(path: "grpo.steps", value: "7")])
    #expect(changed.training.steps == 7)
    #expect(changed.origins["grpo.steps"] == .commandLine)
  }

  @Test("a faulty --set is named like a line of a file")
  func overrides() {
    do {
      _ = try Experiment.read(
        Array(soundFile.utf8), file: "t.yaml", profile: .micro,
        overrides: [Override(path: "grpo.stesp", value: "7")])
      Issue.record("nothing was found wrong")
    } catch {
      #expect(error.description.hasPrefix("--set grpo.stesp=7: error: grpo: unknown field 'stesp'\n  hint: did you mean 'steps'?"))
    }
  }

  @Test("what is written out resolved reads back as the same experiment", arguments: Profile.allCases)
  func resolved(_ profile: Profile) throws {
    let experiment = try read(soundFile, profile: profile)
    let again = try Experiment.read(Array(experiment.resolved.utf8), file: "t.yaml", profile: profile)
    #expect(again.cells == experiment.cells)
    #expect(again.training == experiment.training)
    #expect(again.seeds == experiment.seeds)
    #expect(again.prompt == experiment.prompt)
    #expect(again.evaluation == experiment.evaluation)
  }

  @Test("a declared subset, of a cell and of all cells, reads back as it was written")
  func subsets() throws {
    let text = soundFile.replacing("[true, false]}", with: "true, subset: all}").replacing(
      "prompt: {", with: "data: {subset: clips_present}\nprompt: {")
    let experiment = try read(text, profile: .paper)
    #expect(experiment.data.subset == .clips_present)
    #expect(experiment.resolved.contains("data:\n  subset: clips_present  # this file\n"))
    #expect(experiment.resolved.contains("audio: [true], decoding: greedy, subset: all}"))
    let again = try Experiment.read(Array(experiment.resolved.utf8), file: "t.yaml", profile: .paper)
    #expect(again.data == experiment.data)
    #expect(again.cells == experiment.cells)
    #expect((try read(soundFile)).resolved.contains("data:\n  subset: all  # assumed: the paper names no subset\n"))
    let lost = try read(
      soundFile.replacing("prompt: {", with: "data: {training_subset: clips_usable}\nprompt: {"), profile: .paper)
    #expect(lost.resolved.contains("  training_subset: clips_usable  # this file\n"))
    #expect(try Experiment.read(Array(lost.resolved.utf8), file: "t.yaml", profile: .paper).data == lost.data)
  }

  /// 4,000 by default; 100,000 with `./repro test --fuzz`.
  @Test("mutated files: an experiment or a mistake, never a trap or a hang")
  func mutated() {
    let count = Fuzzing.isOn ? 100_000 : 4000
    let original = Array(soundFile.utf8)
    var numbers = RandomStream(seed: 1, purpose: "mutated experiment files").sequence
    var (right, wrong) = (0, 0)
    for _ in 0..<count {
      var bytes = original
      for _ in 0..<numbers.integer(in: 1..<6) {
        let place = numbers.integer(in: 0..<bytes.count)
        switch numbers.integer(in: 0..<4) {
        case 0: bytes[place] = UInt8(numbers.integer(in: 0..<256))
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(numbers.element(of: Array("{}[]:,-&*!|>'\"%@` \n\t#?~0".utf8)), at: place)
        default: bytes.swapAt(place, numbers.integer(in: 0..<bytes.count))
        }
      }
      do {
        _ = try Experiment.read(bytes, file: "t.yaml", profile: .micro)
        right += 1
      } catch { wrong += error.list.isEmpty ? 0 : 1 }
    }
    #expect(right + wrong == count)
    #expect(wrong > count / 2)
  }

  @Test("deep nesting, many values and huge files are refused")
  func limits() {
    func message(_ text: String) -> String {
      do {
        _ = try read(text)
        return ""
      } catch { return error.description }
    }
    #expect(message("a: " + String(repeating: "[", count: 60)).contains("error"))
    #expect(message("title: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40))
      .contains("nested more than 32 deep"))
    #expect(message("title: [" + String(repeating: "1,", count: 200_000) + "1]").contains("more than 100000 values"))
    #expect(message(String(repeating: "#", count: 2_000_000)) == "t.yaml: error: 2000000 bytes; the limit is 1048576")
    #expect(message("") == "t.yaml: error: the file is empty")
    #expect(message("title: \u{0}") == "t.yaml:1: error: a NUL byte")
  }

  @Test("every file in Experiments is free of mistakes, under every profile")
  func shipped() throws {
    let folder = Fixtures.packageRoot.path + "/Experiments"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
    #expect(names.contains("table4.yaml"))
    for name in names {
      for profile in Profile.allCases { _ = try Experiment.read(path: folder + "/" + name, profile: profile) }
    }
  }
}
